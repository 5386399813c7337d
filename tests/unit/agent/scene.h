/* scene.h - agents on simulated nodes, and a scheduler that does as the test says
 *
 * Time, network and nodes are simulated; journals are real files.  Messages wait in queues and
 * are delivered by scene_run(), which may lose or double some of them.
 *
 * Owns: everything in it.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_AGENT_SCENE_H
#define TESTS_UNIT_AGENT_SCENE_H

#include "agent/agent.h"
#include "base/list.h"
#include "proto/message.h"
#include "tests/lib/clock_simulated.h"
#include "tests/lib/random.h"
#include "tests/lib/runtime_simulated.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCENE_NODES_MAX 4
#define SECOND          INT64_C(1000000)

struct scene;

struct scene_node {
    struct scene *scene;
    uint32_t index;
    char name[24]; /* "n0" … */
    char *directory;
    char *hosts;
    char boot_id[40];
    unsigned starts; /* of its agent */
    struct agent *agent;
    struct agent_facts facts;
    struct runtime_simulated *simulated;
    struct runtime runtime;
    bool cut;         /* from the scheduler */
    unsigned dialled; /* again, by its agent */
    bool lent;        /* by another one: as of its agent's next start */
};

struct scene {
    struct clock_simulated clock_state;
    struct clock clock;
    struct topology *topology;
    size_t count;
    struct scene_node nodes[SCENE_NODES_MAX];
    struct list queue; /* messages on their way */
    struct test_random random;
    unsigned lose_percent, double_percent;

    /* the scheduler */
    uint64_t epoch;
    uint64_t session; /* the same for all: it is in what scene_send() sends without one */
    uint8_t lineage[16];
    bool acknowledge;      /* reports */
    bool mute_inventory;   /* no verdicts */
    Wire__Verdict verdict; /* for all parts of an inventory */
    uint64_t knows;        /* the job whose launch it knows, though it is another lineage's */
    int64_t lease_us;      /* in the launches of scene_launch() */
    uint64_t last_request;
    struct list heard;    /* what agents said, oldest first: struct heard */
    size_t heard_of[200]; /* how many of each kind */
    struct list answers;  /* on local sockets: struct heard */
};

/* Something an agent sent. */
struct heard {
    struct list_node of_scene;
    uint32_t node;
    Wire__Envelope *envelope;
};

/* `count` nodes with this topology; their agents run, and have said hello. */
struct scene *scene_new(size_t count, const char *topology, simulated_plan_fn *plan, void *owner);
void scene_free(struct scene *scene);
DEFINE_CLEANUP(struct scene *, scene_free)

/* End the node's agent (as kill -9 does, between two turns) and start it again. */
void scene_stop_agent(struct scene *scene, size_t node);
void scene_start_agent(struct scene *scene, size_t node);

/* Let that much time pass; everything due happens in its order. */
void scene_run(struct scene *scene, int64_t time_us);

/* A message from the scheduler; the epoch and, if it is 0, the request are filled in. */
void scene_send(struct scene *scene, size_t node, Wire__Envelope *envelope);

/* The verdicts on it, all alike. */
void scene_answer_inventory(struct scene *scene, size_t node, const Wire__Envelope *ask);

/* An ask of a process on the node's local socket, user 1000, after its hello. */
void scene_ask(struct scene *scene, size_t node, Wire__Envelope *envelope);

/* What job `job` (attempt 1) has on its nodes n0 … : all parts ready; then the batch script. */
void scene_launch(struct scene *scene, uint64_t job, size_t nodes, uint32_t cores);
void scene_start(struct scene *scene, uint64_t job, size_t nodes, uint32_t cores);
void scene_part_stop(struct scene *scene, size_t node, uint64_t job, uint32_t part,
                     uint32_t signal);

/* An operator's word that it ends, though the scheduler does not know it. */
void scene_stop_unknown(struct scene *scene, size_t node, uint64_t job);

/* Fill a launch as the two above do; the texts are borrowed from the scene. */
void scene_fill_launch(struct scene *scene, Wire__PartLaunch *launch, uint64_t job, size_t nodes,
                       uint32_t part, uint32_t cores);

/* The last report of a part with this event, or NULL; and how many there were. */
const Wire__PartReport *scene_report(const struct scene *scene, uint64_t job, uint32_t part,
                                     Wire__PartEvent event);
size_t scene_reports(const struct scene *scene, uint64_t job, uint32_t part, Wire__PartEvent event);

/* The last answer of this kind on a local socket, or NULL. */
const Wire__Envelope *scene_answer(const struct scene *scene, Wire__Envelope__BodyCase kind);
const Wire__Envelope *scene_last(const struct scene *scene, Wire__Envelope__BodyCase kind);

struct task_key scene_key(uint64_t job, uint32_t part, uint64_t step);

#endif
