# tests/lib/local.mk - what the tests share

check_LIBRARIES += %D%/libtest.a
%C%_libtest_a_SOURCES = \
	%D%/random.c %D%/random.h \
	%D%/runner.c %D%/runner.h \
	%D%/scratch.c %D%/scratch.h

EXTRA_DIST += %D%/totals
