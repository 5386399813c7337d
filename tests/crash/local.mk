# tests/crash/local.mk - stop after the n-th write, start again, invariants hold
#
#   test_programs += %D%/test_thing; long runs are `make check-crash`
