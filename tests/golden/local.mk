# tests/golden/local.mk - a scenario and what must come out of it
#
#   test_scripts += %D%/thing.t
