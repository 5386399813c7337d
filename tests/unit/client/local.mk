# tests/unit/client/local.mk - one test_<file>.c for each <file>.c of client/
#
#   test_programs += %D%/test_thing
#   %C%_test_thing_LDADD = $(test_libs) LIBRARIES OF THE FOLDER $(base_libs)   (default: $(LDADD))
