# tests/lib/local.mk - what the tests share

check_LIBRARIES += %D%/libtest.a
%C%_libtest_a_SOURCES = \
	%D%/clock_simulated.c %D%/clock_simulated.h \
	%D%/curve.c %D%/curve.h \
	%D%/envelope.c %D%/envelope.h \
	%D%/frame.c %D%/frame.h \
	%D%/peer.c %D%/peer.h \
	%D%/postgres_server.c %D%/postgres_server.h \
	%D%/random.c %D%/random.h \
	%D%/runner.c %D%/runner.h \
	%D%/runtime_simulated.c %D%/runtime_simulated.h %D%/runtime_simulated_inside.h \
	%D%/runtime_simulated_files.c %D%/runtime_simulated_look.c \
	%D%/scratch.c %D%/scratch.h \
	%D%/server.c %D%/server.h \
	%D%/store_memory.c %D%/store_memory.h %D%/store_memory_inside.h \
	%D%/store_memory_query.c \
	%D%/store_memory_rules.c

$(%C%_libtest_a_OBJECTS): $(wire_headers)

test_scripts += %D%/totals.t
EXTRA_DIST += %D%/totals

test_helpers += %D%/garbage
%C%_garbage_LDADD = $(test_libs) $(base_libs)

EXTRA_DIST += %D%/postgres %D%/programs

test_helpers += %D%/siege
%C%_siege_LDADD = $(test_libs) $(base_libs)
