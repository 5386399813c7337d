# tests/unit/accounting/local.mk - one test_<file>.c for each <file>.c of accounting/
#
#   test_programs += %D%/test_thing
#   %C%_test_thing_LDADD = $(test_libs) LIBRARIES OF THE FOLDER $(base_libs)   (default: $(LDADD))

accounting_test_libs = $(test_libs) $(accounting_libs)
sample_report = %D%/sample_report.c %D%/sample_report.h

test_programs += \
	%D%/test_csv \
	%D%/test_period \
	%D%/test_verify

%C%_test_csv_LDADD = $(accounting_test_libs)
%C%_test_period_LDADD = $(accounting_test_libs)
%C%_test_verify_SOURCES = %D%/test_verify.c $(sample_report)
%C%_test_verify_LDADD = $(accounting_test_libs)
$(%C%_test_verify_OBJECTS): $(wire_headers)
