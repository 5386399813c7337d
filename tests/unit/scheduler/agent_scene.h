/* agent_scene.h - a researcher and two nodes, for tests of what agents say
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_SCHEDULER_AGENT_SCENE_H
#define TESTS_UNIT_SCHEDULER_AGENT_SCENE_H

#include "tests/unit/scheduler/service_bench.h"

struct scene {
    struct bench bench;
    struct caller *ana, *n1, *n2; /* the nodes are enrolled in "sur", and have not joined */
};

void scene_init(struct scene *scene);
void scene_clear(struct scene *scene);

const struct job *job_of(const struct scene *scene, uint64_t id);
const struct node *node_of(const struct scene *scene, const char *name);

/* The first launch that waits for the node, or NULL. */
Wire__Envelope *take_launch(struct scene *scene, const struct caller *node);

/* Job 1 of ana's is submitted and runs on n1. */
void run_a_job(struct scene *scene, Wire__Envelope **ret_launch);

/* A heartbeat of this incarnation (bench_join() says 2); the request's number. */
uint64_t send_heartbeat(struct scene *scene, struct caller *node, uint8_t incarnation);

/* Was a heartbeat answered, at once? */
bool beat(struct scene *scene, struct caller *node);

/* Fill an ask that submits one job as `spec` says. */
struct asked {
    Wire__Envelope ask;
    Wire__Submit submit;
    Wire__JobSpec spec;
    Wire__JobSpec *specs[1];
    ProtobufCBinaryData scripts[1];
    uint8_t key[16];
};
void asked_init(struct asked *asked);

#endif
