/* replay_inside.h - what replay.c shares with the network that it builds
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SIMULATE_REPLAY_INSIDE_H
#define SCHEDULER_SIMULATE_REPLAY_INSIDE_H

#include "base/heap.h"
#include "scheduler/core/core.h"
#include "scheduler/simulate/replay.h"

/* A job while it runs. */
struct running {
    struct heap_node of_ends;
    int64_t end_s;
};

/* What the core asked of a node, answered after the step. */
struct demand {
    uint64_t job;
    uint32_t part;
    enum event_kind answer;
};

struct replay {
    const struct replay_settings *settings;
    const struct work *jobs;
    size_t count;
    int64_t *starts_s;
    struct core *core;
    struct effects effects;
    struct heap ends;
    struct running *running; /* by job */
    int64_t now_s;
    size_t submitted, ended;
    size_t demand_count, demand_capacity;
    struct demand *demands;
    size_t due_count, due_capacity;
    size_t *due; /* jobs that end in this second before their limits */
    struct replay_counts counts;
};

/* The core takes it in; what it wants is noted. */
void replay_step(struct replay *replay, struct event *event);

#define REPLAY_NAME_SIZE 16

/* "u17"; "u" of those whose number is not known.  Done so often that printf() would be seen. */
void replay_write_name(char name[REPLAY_NAME_SIZE], char kind, int32_t number);

/* Of a job. */
void replay_write_project(const struct replay *replay, const struct work *work,
                          char name[REPLAY_NAME_SIZE]);

struct core *replay_make_core(const struct replay_settings *settings);

/* Institutions, projects with budget enough, and nodes. */
void replay_open_network(struct replay *replay);

#endif
