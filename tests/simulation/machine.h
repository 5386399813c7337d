/* machine.h - a node: the real agent on a simulated machine
 *
 * The machine outlives its agent: clock, disk, and what the runtime runs.  The agent may be
 * killed between two turns, when it has written its journal but not yet sent, or by a disk
 * that fails; the machine may go down as a whole and come back with another boot id.
 *
 * Owns: agent, runtime, topology, directory.  Borrows: agenda, trace, network, findings.
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_MACHINE_H
#define TESTS_SIMULATION_MACHINE_H

#include "agent/agent.h"
#include "tests/lib/runtime_simulated.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/findings.h"
#include "tests/simulation/host_clock.h"
#include "tests/simulation/network.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/warden.h"

#include <stdbool.h>
#include <stdint.h>

enum death {
    DEATH_BETWEEN, /* between two turns */
    DEATH_MUTE, /* at the end of the next turn that has something to say: nothing of it is sent */
    DEATH_DISK, /* the next sync but some fails */
    DEATH_COUNT
};

struct machine_facts {
    const char *name;
    const char *cluster;
    char key[SOCKET_KEY_TEXT];
    uint32_t cores;
    uint64_t memory_bytes;
    bool lease; /* its partition's jobs end without word from the scheduler */
    simulated_plan_fn *plan;
    void *owner; /* of plan() */
};

struct machine {
    struct machine_facts is;
    struct agenda *agenda;
    struct trace *trace;
    struct findings *findings;
    struct test_random random;
    struct link *link;
    struct host_clock clock;
    struct clock clock_seam;
    struct runtime_simulated *simulated;
    struct warden *warden;
    struct runtime runtime;
    struct topology *topology;
    struct disk disk;
    char *directory;

    struct agent *agent; /* NULL: it does not run */
    struct agent_facts facts;
    bool powered;
    char boot_id[40];
    unsigned boots, starts;
    uint64_t turns;      /* of agents, and what ended them */
    uint64_t life;       /* of the agent: entries of the agenda for one before are void */
    int64_t wake_us;     /* the earliest entry that was put down; INT64_MAX: none */
    bool mute;           /* DEATH_MUTE is to come */
    bool silenced;       /* it has: the turn is over for those outside */
    int64_t down_us;     /* when the agent last ended, or was last down; virtual time */
    int64_t declared_us; /* until then somebody's word that it is lost may be under way */
};

struct machine *machine_new(const struct machine_facts *facts, struct agenda *agenda,
                            struct findings *findings, struct network *network, uint64_t seed);
void machine_free(struct machine *machine);
DEFINE_CLEANUP(struct machine *, machine_free)

/* The agent; the machine must have power. */
void machine_start(struct machine *machine);
void machine_kill(struct machine *machine, enum death death);

/* The whole machine; machine_power_on() also starts the agent. */
void machine_power_off(struct machine *machine);
void machine_power_on(struct machine *machine);

/* One shepherd is killed, if any task set runs; the agent must be down. */
void machine_lose_shepherd(struct machine *machine);

/* What must hold between two turns. */
void machine_check(const struct machine *machine);

/* Nothing of any job is left, and nothing is still to be told. */
bool machine_is_clean(const struct machine *machine);

/* Say what is. */
void machine_tell_rest(const struct machine *machine);

#endif
