# accounting/local.mk - ledger, reports, and their verification
#
# accounting/core -> noinst_LIBRARIES %D%/core/libaccountingcore.a (the scheduler links it too);
# programs: sbin_PROGRAMS tequio-accounting, bin_PROGRAMS tequio-verify.
