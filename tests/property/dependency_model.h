/* dependency_model.h - what jobs may wait for, slowly and obviously
 *
 * Knows of each job what was saved last, and asks all of them again for each dependency.
 *
 * Borrows: the world.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_PROPERTY_DEPENDENCY_MODEL_H
#define TESTS_PROPERTY_DEPENDENCY_MODEL_H

#include "tests/property/core_world.h"

/* Any dependencies on earlier jobs, also on ones that the core has forgotten. */
struct dependencies *dependency_model_any(struct world *world);

/* After a step: every state is as it must be, no job waits in vain, and none started too
 * early. */
void dependency_model_check(const struct world *world);

#endif
