/* topology_inside.h - the inside of the topology, for the files that read it
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_TOPOLOGY_INSIDE_H
#define AGENT_TOPOLOGY_INSIDE_H

#include "agent/topology.h"

struct hwloc_topology;

/* topology_gpus.c: after the cores. */
void topology_read_gpus(struct topology *topology, struct hwloc_topology *loaded);

#endif
