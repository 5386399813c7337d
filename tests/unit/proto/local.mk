# tests/unit/proto/local.mk - one test_<file>.c for each <file>.c of proto/
#
#   test_programs += %D%/test_thing
#   %C%_test_thing_LDADD = $(test_libs) LIBRARIES OF THE FOLDER $(base_libs)   (default: $(LDADD))

proto_tests = \
	%D%/test_arena \
	%D%/test_channel \
	%D%/test_dispatch \
	%D%/test_garbage \
	%D%/test_identity \
	%D%/test_layout \
	%D%/test_message \
	%D%/test_pattern \
	%D%/test_scan \
	%D%/test_session \
	%D%/test_staging

test_programs += $(proto_tests)
EXTRA_DIST += %D%/roles.golden

%C%_test_channel_SOURCES = %D%/test_channel.c %D%/channel_bench.c %D%/channel_bench.h
%C%_test_dispatch_SOURCES = %D%/test_dispatch.c %D%/dispatch_bench.c %D%/dispatch_bench.h
%C%_test_garbage_SOURCES = %D%/test_garbage.c %D%/channel_bench.c %D%/channel_bench.h
%C%_test_session_SOURCES = %D%/test_session.c %D%/dispatch_bench.c %D%/dispatch_bench.h

%C%_test_staging_LDADD = $(test_libs) $(proto_libs)
%C%_test_layout_LDADD = $(test_libs) $(proto_libs)
%C%_test_arena_LDADD = $(test_libs) $(proto_libs)
%C%_test_channel_LDADD = $(test_libs) $(proto_libs)
%C%_test_dispatch_LDADD = $(test_libs) $(proto_libs)
%C%_test_garbage_LDADD = $(test_libs) $(proto_libs)
%C%_test_identity_LDADD = $(test_libs) $(proto_libs)
%C%_test_message_LDADD = $(test_libs) $(proto_libs)
%C%_test_pattern_LDADD = $(test_libs) $(proto_libs)
%C%_test_scan_LDADD = $(test_libs) $(proto_libs)
%C%_test_session_LDADD = $(test_libs) $(proto_libs)
