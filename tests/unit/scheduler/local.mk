# tests/unit/scheduler/local.mk - one test_<file>.c for each <file>.c of scheduler/
#
#   test_programs += %D%/test_thing
#   %C%_test_thing_LDADD = $(test_libs) LIBRARIES OF THE FOLDER $(base_libs)   (default: $(LDADD))

scheduler_service_tests = \
	%D%/test_service

test_programs += $(scheduler_service_tests)
check_LIBRARIES += %D%/libservicebench.a
%C%_libservicebench_a_SOURCES = %D%/service_bench.c %D%/service_bench.h
$(%C%_libservicebench_a_OBJECTS): $(wire_headers)

service_test_libs = %D%/libservicebench.a $(test_libs) $(scheduler_libs)
%C%_test_service_LDADD = $(service_test_libs)
$(%C%_test_service_OBJECTS): $(wire_headers)
