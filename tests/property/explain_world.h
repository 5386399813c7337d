/* explain_world.h - a small network in a random state, for questions about what waits in it
 *
 * One or two clusters with a few nodes, jobs of three people that run, wait, are held or depend on
 * others, short budgets, nodes that are away; the planner has come to rest.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_PROPERTY_EXPLAIN_WORLD_H
#define TESTS_PROPERTY_EXPLAIN_WORLD_H

#include "tests/lib/random.h"
#include "tests/unit/scheduler/core_scene.h"

/* scene_clear() when done. */
void explain_make_state(struct scene *scene, struct test_random *random);

/* Then, beside that: nodes are kept for some, or for nobody, each day or each week. */
void explain_repeat_windows(struct scene *scene, struct test_random *random);

#endif
