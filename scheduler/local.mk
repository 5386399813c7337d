# scheduler/local.mk - the central scheduler
#
# scheduler/core -> noinst_LIBRARIES %D%/core/libschedulercore.a;
# programs: sbin_PROGRAMS tequio-scheduler.
