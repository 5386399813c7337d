# accounting/local.mk - ledger, reports, and their verification

# The pure part, which the scheduler links too.
noinst_LIBRARIES += %D%/core/libledger.a
%C%_core_libledger_a_SOURCES = \
	%D%/core/account.c %D%/core/account.h \
	%D%/core/books.h \
	%D%/core/chain.c \
	%D%/core/correct.c \
	%D%/core/hold.c \
	%D%/core/ledger.c %D%/core/ledger.h \
	%D%/core/openings.c %D%/core/openings.h \
	%D%/core/posting.c \
	%D%/core/rate.c %D%/core/rate.h \
	%D%/core/restore.c \
	%D%/core/seal.c %D%/core/seal.h \
	%D%/core/share.c %D%/core/share.h \
	%D%/core/tree.c %D%/core/tree.h \
	%D%/core/usage.c

# The service and the verifier.
noinst_LIBRARIES += %D%/libaccounting.a
%C%_libaccounting_a_SOURCES = \
	%D%/bundle.c %D%/bundle.h \
	%D%/checkpoint.c %D%/checkpoint.h \
	%D%/corrections.c %D%/corrections.h \
	%D%/csv.c %D%/csv.h \
	%D%/export.c %D%/export.h \
	%D%/export_open.c \
	%D%/figures.c %D%/figures.h \
	%D%/json.c %D%/json.h \
	%D%/mail.c %D%/mail.h \
	%D%/manifest.c %D%/manifest.h \
	%D%/notice_store.h %D%/notice_store_sqlite.c \
	%D%/notify.c %D%/notify.h \
	%D%/paper.c %D%/paper.h \
	%D%/pdf.c %D%/pdf.h \
	%D%/people.c %D%/people.h \
	%D%/period.c %D%/period.h \
	%D%/proof.c %D%/proof.h \
	%D%/rates.c %D%/rates.h \
	%D%/render.c %D%/render.h \
	%D%/render_csv.c \
	%D%/render_html.c \
	%D%/render_json.c \
	%D%/render_pdf.c %D%/statement.h \
	%D%/render_quality.c \
	%D%/render_text.c \
	%D%/report.c %D%/report.h \
	%D%/service.c %D%/service.h \
	%D%/settings.c %D%/settings.h \
	%D%/settings_notices.c %D%/settings_notices.h \
	%D%/store_reader.c %D%/store_reader.h %D%/store_reader_inside.h \
	%D%/store_reader_chain.c \
	%D%/store_reader_postgres.c \
	%D%/store_reader_quota.c \
	%D%/store_reader_sqlite.c \
	%D%/texts.c %D%/texts.h \
	%D%/tree_log.c %D%/tree_log.h \
	%D%/verify.c %D%/verify.h \
	%D%/verify_items.c %D%/verify_items.h \
	%D%/webhook.c %D%/webhook.h
$(%C%_libaccounting_a_OBJECTS): $(wire_headers)

accounting_libs = %D%/libaccounting.a %D%/core/libledger.a $(proto_libs) $(SQLITE3_LIBS) \
	$(JANSSON_LIBS) $(HPDF_LIBS) $(LIBCURL_LIBS)

sbin_PROGRAMS += %D%/tequio-accounting
%C%_tequio_accounting_SOURCES = %D%/main.c
%C%_tequio_accounting_LDADD = $(accounting_libs)

bin_PROGRAMS += %D%/tequio-verify
%C%_tequio_verify_SOURCES = %D%/verify_main.c
%C%_tequio_verify_LDADD = $(accounting_libs)

bin_PROGRAMS += %D%/tequio-export
%C%_tequio_export_SOURCES = %D%/export_main.c
%C%_tequio_export_LDADD = $(accounting_libs)
