# tests/property/local.mk - agreement with a slow, obvious model for random input
#
#   test_programs += %D%/test_thing     (uses test_random_from_environment())

test_programs += \
	%D%/test_heap \
	%D%/test_hostlist \
	%D%/test_idset \
	%D%/test_list \
	%D%/test_parse \
	%D%/test_table

test_programs += %D%/test_message
%C%_test_message_LDADD = $(test_libs) $(proto_libs)
