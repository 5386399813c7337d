/* core_scene.h - a small network for the tests of the core
 *
 * Cluster alpha with the partitions batch (default, all nodes) and lent (a lease of ten
 * minutes), cluster beta with batch; institution unam with 1000 SU; project astro.  Time starts at
 * SCENE_START and moves only when a test says so.
 *
 * Owns: the core and its effects.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_SCHEDULER_CORE_SCENE_H
#define TESTS_UNIT_SCHEDULER_CORE_SCENE_H

#include "base/buffer.h"
#include "base/parse.h"
#include "scheduler/core/core.h"

#include <stdbool.h>
#include <stdint.h>

#define SCENE_START INT64_C(1700000000000000)

struct scene {
    struct core *core;
    struct effects effects;
    struct buffer text; /* of the last step's effects, one a line */
    struct error err;   /* of the last refused request */
    int64_t now_us;
};

void scene_init(struct scene *scene);
void scene_init_with(struct scene *scene, const struct policy *policy, /* NULL: EASY */
                     struct priority_settings priority);
void scene_clear(struct scene *scene);

void scene_step(struct scene *scene, struct event event);
void scene_pass(struct scene *scene, int64_t duration_us); /* EVENT_TIME_PASSED after it */
void scene_join(struct scene *scene, const char *node, uint32_t cores, const char *boot);
void scene_node(struct scene *scene, enum event_kind kind, const char *node);

/* The job's id; 0 when it was refused.  Texts in the request may be constants. */
uint64_t scene_submit(struct scene *scene, struct request request);
void scene_job(struct scene *scene, enum event_kind kind, uint64_t job, const char *by);

/* News of a part, with the token and attempt of the moment. */
void scene_news(struct scene *scene, enum event_kind kind, uint64_t job, uint32_t part);
void scene_end(struct scene *scene, uint64_t job, uint32_t part, enum end_cause cause,
               uint32_t exit_code);

const struct job *scene_find(const struct scene *scene, uint64_t job);
bool scene_wants(const struct scene *scene, const char *effect); /* is it in the text? */

#endif
