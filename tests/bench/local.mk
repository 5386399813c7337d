# tests/bench/local.mk - how fast; not part of `make check`
#
#   EXTRA_PROGRAMS += %D%/bench_thing
