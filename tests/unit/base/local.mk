# tests/unit/base/local.mk - one test_<file>.c for each <file>.c of base/
#
#   test_programs += %D%/test_thing
#   %C%_test_thing_LDADD = $(test_libs) LIBRARIES OF THE FOLDER $(base_libs)   (default: $(LDADD))

test_programs += \
	%D%/test_buffer \
	%D%/test_clock \
	%D%/test_error \
	%D%/test_file \
	%D%/test_heap \
	%D%/test_list \
	%D%/test_log \
	%D%/test_loop \
	%D%/test_memory \
	%D%/test_random \
	%D%/test_table \
	%D%/test_worker
