/* core_history.h - whatever may happen in a small network, by chance
 *
 * Borrows: the world.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_PROPERTY_CORE_HISTORY_H
#define TESTS_PROPERTY_CORE_HISTORY_H

#include "tests/property/core_world.h"

/* Jobs come and are changed, agents do what they were told, nodes go and come, grants are given, the
 * clock goes on: one of these. */
void history_act(struct world *world);

/* A job of any shape; to be cleared. */
void history_fill_request(struct world *world, struct request *request);

/* Its id is filled in, and it is kept over restarts. */
void history_give(struct world *world, struct grant *grant);
const char *history_institution(const char *project);

#endif
