# tests/bench/local.mk - how fast; not part of `make check`
#
#   EXTRA_PROGRAMS += %D%/bench_thing

EXTRA_PROGRAMS += %D%/message
%C%_message_LDADD = $(proto_libs)
$(%C%_message_OBJECTS): $(wire_headers)

EXTRA_PROGRAMS += %D%/launch
%C%_launch_LDADD = agent/libruntime.a agent/liblauncher.a $(test_libs) $(base_libs)

EXTRA_PROGRAMS += %D%/core
%C%_core_LDADD = $(core_libs) $(base_libs)

EXTRA_PROGRAMS += %D%/array
%C%_array_LDADD = $(core_libs) $(base_libs)

EXTRA_PROGRAMS += %D%/schedule
%C%_schedule_SOURCES = %D%/schedule.c %D%/schedule_network.c %D%/schedule_network.h \
	%D%/schedule_plot.c %D%/schedule_plot.h \
	%D%/schedule_restart.c %D%/schedule_restart.h
%C%_schedule_LDADD = $(core_libs) $(base_libs) -lm

EXTRA_PROGRAMS += %D%/submit
%C%_submit_SOURCES = %D%/scheduler_bench.c %D%/scheduler_bench.h %D%/submit.c
%C%_submit_LDADD = $(proto_libs)
$(%C%_submit_OBJECTS): $(wire_headers)

EXTRA_PROGRAMS += %D%/restart
%C%_restart_SOURCES = %D%/restart.c %D%/scheduler_bench.c %D%/scheduler_bench.h
%C%_restart_LDADD = $(proto_libs)
$(%C%_restart_OBJECTS): $(wire_headers)

EXTRA_PROGRAMS += %D%/ledger
%C%_ledger_SOURCES = %D%/ledger.c %D%/ledger_bench.h %D%/ledger_server.c %D%/ledger_statement.c
%C%_ledger_LDADD = accounting/libaccounting.a scheduler/libscheduler.a \
	accounting/core/libledger.a $(proto_libs) $(SQLITE3_LIBS) $(JANSSON_LIBS) \
	$(HPDF_LIBS) $(LIBCURL_LIBS)
$(%C%_ledger_OBJECTS): $(wire_headers)

EXTRA_PROGRAMS += %D%/history
%C%_history_SOURCES = %D%/history.c %D%/scheduler_bench.c %D%/scheduler_bench.h
%C%_history_LDADD = $(scheduler_libs)
$(%C%_history_OBJECTS): $(wire_headers)

EXTRA_PROGRAMS += %D%/placement
%C%_placement_SOURCES = %D%/placement.c tests/lib/random.c tests/lib/random.h
%C%_placement_LDADD = $(agent_libs)
$(%C%_placement_OBJECTS): $(wire_headers)

EXTRA_DIST += %D%/launch-mpi %D%/throughput %D%/lib-slurm.sh %D%/slurm %D%/reports %D%/slurm_reports %D%/hostile %D%/hostile_scripts
