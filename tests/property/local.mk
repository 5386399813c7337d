# tests/property/local.mk - agreement with a slow, obvious model for random input
#
#   test_programs += %D%/test_thing     (uses test_random_from_environment())

EXTRA_DIST += %D%/random

test_programs += \
	%D%/test_heap \
	%D%/test_hostlist \
	%D%/test_idset \
	%D%/test_list \
	%D%/test_parse \
	%D%/test_table

test_programs += %D%/test_message
%C%_test_message_LDADD = $(test_libs) $(proto_libs)

core_libs = scheduler/core/libcore.a accounting/core/libledger.a

test_programs += %D%/test_array
%C%_test_array_SOURCES = %D%/test_array.c %D%/core_world.c %D%/core_world.h %D%/core_world_network.c \
	%D%/array_model.c %D%/array_model.h %D%/core_agents.c %D%/core_agents.h
%C%_test_array_LDADD = $(test_libs) $(core_libs) $(base_libs)

test_programs += \
	%D%/test_backfill %D%/test_preemption %D%/test_core %D%/test_guarantee %D%/test_inventory %D%/test_ledger \
	%D%/test_limits %D%/test_line %D%/test_profile %D%/test_textbook \
	%D%/test_timeline
%C%_test_backfill_LDADD = $(test_libs) $(core_libs) $(base_libs)
%C%_test_preemption_LDADD = $(test_libs) $(core_libs) $(base_libs)
%C%_test_guarantee_LDADD = $(test_libs) $(core_libs) $(base_libs)
%C%_test_inventory_LDADD = $(test_libs) $(core_libs) $(base_libs)
%C%_test_ledger_LDADD = $(test_libs) $(core_libs) $(base_libs)
%C%_test_line_LDADD = $(test_libs) $(core_libs) $(base_libs)
%C%_test_limits_SOURCES = %D%/test_limits.c %D%/core_world.c %D%/core_world.h %D%/core_world_network.c
%C%_test_limits_LDADD = $(test_libs) $(core_libs) $(base_libs)
%C%_test_profile_LDADD = $(test_libs) $(core_libs) $(base_libs)
%C%_test_textbook_LDADD = $(test_libs) $(core_libs) $(base_libs)
%C%_test_timeline_LDADD = $(test_libs) $(core_libs) $(base_libs)
world_sources = %D%/core_world.c %D%/core_world.h %D%/core_world_network.c %D%/core_agents.c \
	%D%/core_agents.h %D%/core_history.c %D%/core_history.h %D%/dependency_model.c \
	%D%/dependency_model.h
%C%_test_core_SOURCES = %D%/test_core.c $(world_sources)
%C%_test_core_LDADD = $(test_libs) $(core_libs) $(base_libs)

test_programs += %D%/test_determinism
%C%_test_determinism_SOURCES = %D%/test_determinism.c %D%/core_player.c %D%/core_player.h \
	$(world_sources)
%C%_test_determinism_LDADD = $(test_libs) $(core_libs) $(base_libs)

test_programs += %D%/test_explain %D%/test_het %D%/test_nearest
%C%_test_het_SOURCES = %D%/test_het.c tests/unit/scheduler/core_scene.c \
	tests/unit/scheduler/core_scene.h
%C%_test_het_LDADD = $(test_libs) $(core_libs) $(base_libs)

test_programs += %D%/test_fair_share
%C%_test_fair_share_LDADD = $(test_libs) $(core_libs) $(base_libs)

%C%_test_nearest_SOURCES = %D%/test_nearest.c tests/unit/scheduler/core_scene.c \
	tests/unit/scheduler/core_scene.h
%C%_test_nearest_LDADD = $(test_libs) $(core_libs) $(base_libs)
%C%_test_explain_SOURCES = %D%/test_explain.c %D%/explain_world.c %D%/explain_world.h \
	tests/unit/scheduler/core_scene.c \
	tests/unit/scheduler/core_scene.h
%C%_test_explain_LDADD = $(test_libs) scheduler/libscheduler.a $(core_libs) $(base_libs)

# `make check` looks at 600 states; many are `make check-explain STATES=N SEED=FIRST`.
STATES = 10000
check-explain: %D%/test_explain$(EXEEXT)
	TEQUIO_TEST_STATES=$(STATES) TEQUIO_TEST_SEED=$(SEED) %D%/test_explain$(EXEEXT)
.PHONY: check-explain

test_programs += %D%/test_slots
%C%_test_slots_LDADD = $(test_libs) agent/core/libagentcore.a $(base_libs)

test_programs += %D%/test_settlement
%C%_test_settlement_SOURCES = %D%/test_settlement.c tests/unit/scheduler/core_scene.c \
	tests/unit/scheduler/core_scene.h
%C%_test_settlement_LDADD = $(test_libs) $(core_libs) $(base_libs)

test_programs += %D%/test_placement
%C%_test_placement_CPPFLAGS = $(AM_CPPFLAGS) -DTOPOLOGIES=\"$(abs_top_srcdir)/tests/integration/topologies\"
%C%_test_placement_LDADD = $(test_libs) $(agent_libs)
$(%C%_test_placement_OBJECTS): $(wire_headers)
