# tests/crash/local.mk - stop after the n-th write, start again, invariants hold
#
#   test_programs += %D%/test_thing; long runs are `make check-crash`

test_helpers += %D%/kill_loop
%C%_kill_loop_SOURCES = \
	%D%/history_check.c %D%/history_check.h \
	%D%/job.c %D%/job.h \
	%D%/kill_loop.c \
	%D%/live_jobs.c %D%/live_jobs.h \
	%D%/ran.c %D%/ran.h \
	%D%/submitter.c %D%/submitter.h
%C%_kill_loop_LDADD = $(test_libs) $(proto_libs)
$(%C%_kill_loop_OBJECTS): $(wire_headers)

test_helpers += %D%/cut_loop
%C%_cut_loop_SOURCES = \
	%D%/cut_loop.c \
	%D%/history_check.c %D%/history_check.h \
	%D%/job.c %D%/job.h \
	%D%/links.c %D%/links.h \
	%D%/live_jobs.c %D%/live_jobs.h \
	%D%/ran.c %D%/ran.h \
	%D%/submitter.c %D%/submitter.h
%C%_cut_loop_LDADD = $(test_libs) $(proto_libs)
$(%C%_cut_loop_OBJECTS): $(wire_headers)

kill_scripts = %D%/scheduler_kill %D%/agent_kill %D%/launcher_kill
EXTRA_DIST += $(kill_scripts) %D%/failover %D%/kills %D%/link_cuts

# Kill each daemon KILLS times while jobs come and run, and cut the links of sites CUTS times.  RATE: so
# many submissions a second must come through, in place of what the scripts say.
KILLS = 10
CUTS = 10
RATE =
check-crash: all check-programs
	@status=0; for script in $(kill_scripts); do \
	    TEQUIO_BUILD='$(abs_top_builddir)' $(srcdir)/$$script --kills $(KILLS) \
	    $(if $(RATE),--rate $(RATE)) || status=1; \
	done; \
	TEQUIO_BUILD='$(abs_top_builddir)' $(srcdir)/%D%/link_cuts --cuts $(CUTS) || status=1; \
	exit $$status
check-programs: $(check_PROGRAMS)
.PHONY: check-crash check-programs

# Two schedulers on one PostgreSQL, the one that works killed KILLS times; by name only.
check-failover: all check-programs
	TEQUIO_BUILD='$(abs_top_builddir)' $(srcdir)/%D%/failover --kills $(KILLS)
.PHONY: check-failover

# Stop after the n-th write, for every n.
test_programs += %D%/commit
%C%_commit_SOURCES = %D%/commit.c %D%/stop_store_sqlite.c %D%/stop_store_sqlite.h
%C%_commit_LDADD = $(service_test_libs)
$(%C%_commit_OBJECTS): $(wire_headers)
