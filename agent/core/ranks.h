/* ranks.h - which ranks a step has on which node
 *
 * In blocks (as many as the node has tasks, then the next node), or in planes: so many tasks to
 * one node after the other, and again from the first.  A plane of 1 is what Slurm calls
 * cyclic.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_CORE_RANKS_H
#define AGENT_CORE_RANKS_H

#include <stddef.h>
#include <stdint.h>

/* tasks: of each node.  plane: 0: blocks.  ret_ranks: of the tasks of node `which`, in
 * increasing order; has room for tasks[which]. */
void ranks_of(const uint32_t *tasks, size_t count, uint32_t plane, size_t which,
              uint32_t *ret_ranks);

#endif
