# tests/golden/local.mk - a scenario and what must come out of it
#
# A new one: a folder with a file `scenario`; then `make golden-update` and read `expected`.

test_helpers += %D%/scenario
%C%_scenario_SOURCES = %D%/scenario.c %D%/scenario.h %D%/scenario_network.c %D%/scenario_policy.c %D%/scenario_request.c %D%/scenario_say.c \
	%D%/scenario_words.c
%C%_scenario_LDADD = scheduler/core/libcore.a accounting/core/libledger.a $(base_libs)
test_scripts += %D%/golden.t

golden_scenarios = array array-depend backfill budget cancel conservative deadline dependency drain due factors fcfs features federation finish gap-shortest given-back gpus guarantee guarantee-preemptor guarantee-reserved half-life het het-limits het-wake hold lease lend-hours lent \
	licenses limit limits limits-places limits-whole maintenance multinode partitions preempt preempt-owners preempt-planned predicted preempt-qos prolog qos rates reasons requeue reservation shares shortage shortest smallest stage-in suspend switches time-min wfp
EXTRA_DIST += $(foreach name,$(golden_scenarios),%D%/$(name)/scenario %D%/$(name)/expected)

slurm_scripts = after-the-first-command array both-families dependency directories \
	equals-and-blanks export-all-and-more export-none export-some gpu hybrid later letters-joined mail \
	memory-units misspelt nodes-by-name openmp other-manager serial short-letters signal \
	time-zero whole-node-memory wrong-time
EXTRA_DIST += $(foreach name,$(slurm_scripts),%D%/slurm/$(name).sh %D%/slurm/$(name).expected)

golden-update: %D%/scenario
	TEQUIO_SOURCE='$(abs_top_srcdir)' TEQUIO_BUILD='$(abs_top_builddir)' \
	    $(SHELL) $(srcdir)/%D%/golden.t --update
.PHONY: golden-update
