/* sweep.h - delete trees that users have filled, without harm to anything else
 *
 * Below a directory that belongs to another user, entries are deleted with that user's
 * rights: whatever is linked or moved in there meanwhile, root deletes nothing that the
 * user could not.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_SWEEP_H
#define AGENT_LAUNCHER_SWEEP_H

#include <stdbool.h>

/* Empty the directory, in a process of its own that nobody waits for. */
void sweep_later(int directory);

/* The same, here and now; false when something is left. */
bool sweep_now(int directory);
bool sweep_is_empty(int directory);

#endif
