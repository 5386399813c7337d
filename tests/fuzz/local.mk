# tests/fuzz/local.mk - decoders never crash, whatever they are fed
#
# To add a target: fuzz_thing.c, which defines the function of target.h; at least one input in
# corpus/thing/; and
#
#   fuzz_programs += %D%/fuzz_thing
#   %C%_fuzz_thing_SOURCES = %D%/fuzz_thing.c $(fuzz_main)
#   %C%_fuzz_thing_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)
#
# `make check` feeds each its corpus and variations of it.  To search for long:
#
#   ./configure CC=clang --enable-fuzzing --enable-sanitizers && make
#   tests/fuzz/fuzz_thing -max_total_time=600 NEW-FOLDER tests/fuzz/corpus/thing

fuzz_programs =

if FUZZING
noinst_PROGRAMS += $(fuzz_programs)
fuzz_main = %D%/target.h
else
test_programs += $(fuzz_programs)
fuzz_main = %D%/replay.c %D%/target.h
endif

EXTRA_DIST += %D%/corpus

fuzz_programs += %D%/fuzz_escape
%C%_fuzz_escape_SOURCES = %D%/fuzz_escape.c $(fuzz_main)
%C%_fuzz_escape_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)
