/* topology_locality.h - where a cpu set is, in the words that Open MPI 4 compares
 *
 * "SK0:L30:L20-1:CR0-1:HT0-3:NM0": two letters for each level, then logical indexes.  Ranks whose
 * words of a level have a number in common share something at it.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_TOPOLOGY_LOCALITY_H
#define AGENT_TOPOLOGY_LOCALITY_H

#include "base/error.h"

#include <stddef.h>

/* One text for each cpu list, of this machine; free the texts, then the array. */
char **topology_locality(char *const *cpus, size_t count, struct error *err);

#endif
