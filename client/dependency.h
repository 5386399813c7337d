/* dependency.h - what --dependency says
 *
 * As in Slurm: "KIND:JOB[:JOB…]", several with ',' (all of them) or '?' (one is enough), "singleton", and
 * a bare JOB, which means afterany.  "after:JOB+MINUTES" waits so long after JOB's start.
 *
 * Owns: nothing; messages are in the arena.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_DEPENDENCY_H
#define CLIENT_DEPENDENCY_H

#include "base/error.h"
#include "proto/arena.h"
#include "proto/message.h"

#include <stdbool.h>

/* Into spec->dependencies and spec->dependency_any. */
bool dependency_read(const char *text, struct arena *arena, Wire__JobSpec *spec, struct error *err);

#endif
