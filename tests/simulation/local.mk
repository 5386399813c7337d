# tests/simulation/local.mk - several parts on one simulated clock, network and disk
#
# `make check` runs some dozens of seeds; many are `make check-simulation SEEDS=N`.

check_LIBRARIES += %D%/libsimulation.a
%C%_libsimulation_a_SOURCES = \
	%D%/agenda.c %D%/agenda.h \
	%D%/center.c %D%/center.h \
	%D%/chance.c %D%/chance.h \
	%D%/checks.c %D%/checks.h \
	%D%/checks_books.c \
	%D%/client.c %D%/client.h \
	%D%/disk.c %D%/disk.h \
	%D%/findings.c %D%/findings.h \
	%D%/host_clock.c %D%/host_clock.h \
	%D%/machine.c %D%/machine.h \
	%D%/machine_check.c \
	%D%/network.c %D%/network.h \
	%D%/operator.c %D%/operator.h \
	%D%/researcher.c %D%/researcher.h \
	%D%/run.c %D%/run.h \
	%D%/storm.c %D%/storm.h \
	%D%/trace.c %D%/trace.h \
	%D%/warden.c %D%/warden.h \
	%D%/world.c %D%/world.h

$(%C%_libsimulation_a_OBJECTS): $(wire_headers)

# Its own log, random numbers and syncs come before those of base/ and the C library.
simulation_libs = %D%/libsimulation.a $(test_libs) $(agent_libs) $(scheduler_libs)

test_helpers += %D%/simulate
%C%_simulate_LDADD = $(simulation_libs)

test_programs += %D%/test_simulation %D%/test_scenarios
%C%_test_simulation_LDADD = $(simulation_libs)
%C%_test_scenarios_LDADD = $(simulation_libs)

test_scripts += %D%/federation/federation.t
EXTRA_DIST += %D%/README.md %D%/federation/figures %D%/federation/make-log

SEEDS = 200
SEED = 1
check-simulation: %D%/simulate$(EXEEXT)
	tests/simulation/simulate$(EXEEXT) --seed $(SEED) --seeds $(SEEDS)
.PHONY: check-simulation
