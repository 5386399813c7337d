/* core_agents.h - the agents of a small network: they go on with what they hold
 *
 * Borrows: the world.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_PROPERTY_CORE_AGENTS_H
#define TESTS_PROPERTY_CORE_AGENTS_H

#include "tests/property/core_world.h"

/* The agent of some part goes on with it: ready, started, ended, refused. */
void world_agent_acts(struct world *world);

/* The machine went down: its agent has nothing any more. */
void world_reboot(struct world *world, unsigned node);

#endif
