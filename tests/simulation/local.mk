# tests/simulation/local.mk - several parts on one simulated clock, network and disk
#
#   test_programs += %D%/test_thing; long runs are `make check-simulation SEEDS=N`
