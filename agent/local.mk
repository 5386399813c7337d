# agent/local.mk - what runs on every node
#
# agent/core -> noinst_LIBRARIES %D%/core/libagentcore.a;
# programs: sbin_PROGRAMS tequio-agent tequio-launcher, pkglibexec_PROGRAMS tequio-rsh.
