# tests/replay/local.mk - logs of jobs, replayed
#
# To expect something of one more policy: an empty file expected/POLICY, then `make
# replay-update`.

test_scripts += %D%/replay.t
EXTRA_DIST += %D%/small.swf %D%/expected

replay-update: scheduler/tequio-simulate
	TEQUIO_SOURCE='$(abs_top_srcdir)' TEQUIO_BUILD='$(abs_top_builddir)' \
	    $(SHELL) $(srcdir)/%D%/replay.t --update
.PHONY: replay-update
