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

fuzz_programs += %D%/fuzz_message
%C%_fuzz_message_SOURCES = %D%/fuzz_message.c $(fuzz_main)
%C%_fuzz_message_LDADD = $(test_libs) $(proto_libs)
%C%_fuzz_message_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)
$(%C%_fuzz_message_OBJECTS): $(wire_headers)

fuzz_programs += %D%/fuzz_parse
%C%_fuzz_parse_SOURCES = %D%/fuzz_parse.c $(fuzz_main)
%C%_fuzz_parse_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)

fuzz_programs += %D%/fuzz_hostlist
%C%_fuzz_hostlist_SOURCES = %D%/fuzz_hostlist.c $(fuzz_main)
%C%_fuzz_hostlist_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)

fuzz_programs += %D%/fuzz_idset
%C%_fuzz_idset_SOURCES = %D%/fuzz_idset.c $(fuzz_main)
%C%_fuzz_idset_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)

fuzz_programs += %D%/fuzz_options
%C%_fuzz_options_SOURCES = %D%/fuzz_options.c $(fuzz_main)
%C%_fuzz_options_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)

fuzz_programs += %D%/fuzz_settings
%C%_fuzz_settings_SOURCES = %D%/fuzz_settings.c $(fuzz_main)
%C%_fuzz_settings_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)

fuzz_programs += %D%/fuzz_jobfile
%C%_fuzz_jobfile_SOURCES = %D%/fuzz_jobfile.c $(fuzz_main)
%C%_fuzz_jobfile_LDADD = $(test_libs) $(client_libs)
%C%_fuzz_jobfile_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)
$(%C%_fuzz_jobfile_OBJECTS): $(wire_headers)

fuzz_programs += %D%/fuzz_scheduler_settings
%C%_fuzz_scheduler_settings_SOURCES = %D%/fuzz_scheduler_settings.c $(fuzz_main)
%C%_fuzz_scheduler_settings_LDADD = $(test_libs) $(scheduler_libs)
%C%_fuzz_scheduler_settings_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)
$(%C%_fuzz_scheduler_settings_OBJECTS): $(wire_headers)

fuzz_programs += %D%/fuzz_request
%C%_fuzz_request_SOURCES = %D%/fuzz_request.c $(fuzz_main)
%C%_fuzz_request_LDADD = agent/liblauncher.a $(test_libs) $(base_libs)
%C%_fuzz_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)

fuzz_programs += %D%/fuzz_swf
%C%_fuzz_swf_SOURCES = %D%/fuzz_swf.c $(fuzz_main)
%C%_fuzz_swf_LDADD = $(test_libs) $(simulate_libs)
%C%_fuzz_swf_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)

fuzz_programs += %D%/fuzz_series
%C%_fuzz_series_SOURCES = %D%/fuzz_series.c $(fuzz_main)
%C%_fuzz_series_LDADD = agent/liblauncher.a $(test_libs) $(base_libs)
%C%_fuzz_series_LDFLAGS = $(AM_LDFLAGS) $(FUZZING_LDFLAGS)

# New seeds each time, for the night: `make check` has the same ones always.
RUNS = 10
random_programs = $(filter tests/property/%,$(test_programs)) $(fuzz_programs) \
	tests/simulation/test_simulation
check-random: $(check_PROGRAMS)
	@TEQUIO_SOURCE='$(abs_top_srcdir)' TEQUIO_BUILD='$(abs_top_builddir)' \
	    $(srcdir)/tests/property/random $(RUNS) $(random_programs)
.PHONY: check-random
