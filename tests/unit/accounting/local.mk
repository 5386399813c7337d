# tests/unit/accounting/local.mk - one test_<file>.c for each <file>.c of accounting/
#
#   test_programs += %D%/test_thing
#   %C%_test_thing_LDADD = $(test_libs) LIBRARIES OF THE FOLDER $(base_libs)   (default: $(LDADD))

accounting_test_libs = $(test_libs) $(accounting_libs)
sample_report = %D%/sample_report.c %D%/sample_report.h

test_programs += \
	%D%/test_bundle \
	%D%/test_csv \
	%D%/test_export \
	%D%/test_notify \
	%D%/test_period \
	%D%/test_rates \
	%D%/test_render_html \
	%D%/test_render_pdf \
	%D%/test_render_quality \
	%D%/test_report \
	%D%/test_service \
	%D%/test_settings \
	%D%/test_store_reader \
	%D%/test_tree_log \
	%D%/test_tamper \
	%D%/test_verify

# A database written by the scheduler's own store.
sample_store = %D%/sample_store.c %D%/sample_store.h
sample_store_libs = $(test_libs) accounting/libaccounting.a scheduler/libscheduler.a \
	accounting/core/libledger.a $(proto_libs) $(SQLITE3_LIBS) $(JANSSON_LIBS) $(HPDF_LIBS) $(LIBCURL_LIBS)
%C%_test_bundle_SOURCES = %D%/test_bundle.c $(sample_report)
%C%_test_bundle_LDADD = $(accounting_test_libs)
%C%_test_settings_LDADD = $(accounting_test_libs)
%C%_test_render_html_SOURCES = %D%/test_render_html.c $(sample_report)
%C%_test_render_html_LDADD = $(accounting_test_libs)
$(%C%_test_render_html_OBJECTS): $(wire_headers)
%C%_test_export_SOURCES = %D%/test_export.c $(sample_report)
%C%_test_export_LDADD = $(accounting_test_libs)
$(%C%_test_export_OBJECTS): $(wire_headers)
%C%_test_render_pdf_SOURCES = %D%/test_render_pdf.c $(sample_report)
%C%_test_render_pdf_LDADD = $(accounting_test_libs)
$(%C%_test_render_pdf_OBJECTS): $(wire_headers)
%C%_test_render_quality_LDADD = $(accounting_test_libs)
$(%C%_test_render_quality_OBJECTS): $(wire_headers)
%C%_test_report_SOURCES = %D%/test_report.c $(sample_store)
%C%_test_report_LDADD = $(sample_store_libs)
%C%_test_service_SOURCES = %D%/test_service.c $(sample_store)
%C%_test_service_LDADD = $(sample_store_libs)
%C%_test_store_reader_SOURCES = %D%/test_store_reader.c $(sample_store)
%C%_test_store_reader_LDADD = $(sample_store_libs)
$(%C%_test_bundle_OBJECTS): $(wire_headers)
$(%C%_test_report_OBJECTS): $(wire_headers)
$(%C%_test_service_OBJECTS): $(wire_headers)
$(%C%_test_store_reader_OBJECTS): $(wire_headers)
%C%_test_tree_log_SOURCES = %D%/test_tree_log.c $(sample_store)
%C%_test_tree_log_LDADD = $(sample_store_libs)
$(%C%_test_tree_log_OBJECTS): $(wire_headers)

%C%_test_rates_LDADD = $(accounting_test_libs)
$(%C%_test_rates_OBJECTS): $(wire_headers)
%C%_test_csv_LDADD = $(accounting_test_libs)
%C%_test_notify_LDADD = $(accounting_test_libs)
$(%C%_test_notify_OBJECTS): $(wire_headers)
%C%_test_period_LDADD = $(accounting_test_libs)
forge = %D%/forge.c %D%/forge.h $(sample_report)
%C%_test_tamper_SOURCES = %D%/test_tamper.c $(forge)
%C%_test_tamper_LDADD = $(accounting_test_libs)
$(%C%_test_tamper_OBJECTS): $(wire_headers)
%C%_test_verify_SOURCES = %D%/test_verify.c $(forge)
%C%_test_verify_LDADD = $(accounting_test_libs)
$(%C%_test_verify_OBJECTS): $(wire_headers)

# The books (the default LDADD has no ledger).
ledger_test_libs = $(test_libs) accounting/core/libledger.a $(base_libs)

test_programs += \
	%D%/test_account %D%/test_chain %D%/test_correct %D%/test_hold %D%/test_ledger \
	%D%/test_openings %D%/test_posting %D%/test_rate %D%/test_restore %D%/test_seal %D%/test_share %D%/test_tree %D%/test_usage
%C%_test_account_LDADD = $(ledger_test_libs)
%C%_test_chain_LDADD = $(ledger_test_libs)
%C%_test_correct_LDADD = $(ledger_test_libs)
%C%_test_hold_LDADD = $(ledger_test_libs)
%C%_test_ledger_LDADD = $(ledger_test_libs)
%C%_test_openings_LDADD = $(ledger_test_libs)
%C%_test_posting_LDADD = $(ledger_test_libs)
%C%_test_seal_LDADD = $(ledger_test_libs)
%C%_test_rate_LDADD = $(ledger_test_libs)
%C%_test_restore_LDADD = $(ledger_test_libs)
%C%_test_share_LDADD = $(ledger_test_libs)
%C%_test_tree_LDADD = $(ledger_test_libs)
%C%_test_usage_LDADD = $(ledger_test_libs)
