/* twin.h - a copy of this process that answers one question
 *
 * fork() without exec(): all that the process knows is there as it was at that instant, and
 * whatever the twin does to it is nobody else's.  The pages are shared until they are written,
 * so the cost is that of the page tables (docs/decisions/what-if-by-fork.md).  Only the thread
 * that asked is there; the twin must not touch sockets, threads, files or the log of its
 * origin.  It has no descriptors but 0, 1, 2 and its output, and dies with its origin.
 *
 * Owns: a started twin its process and the reading end, until twin_end().  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_TWIN_H
#define BASE_TWIN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Runs in the twin, which ends when it returns. */
typedef void twin_fn(void *owner, int output);

struct twin {
    pid_t pid;
    int descriptor; /* what it writes; its end is the answer's end */
};

bool twin_start(twin_fn *work, void *owner, struct twin *ret_twin, struct error *err);

/* Kill it if it is still there, and close what it wrote to; somebody has to reap it. */
void twin_kill(struct twin *twin);
void twin_end(struct twin *twin); /* and reap it */

/* In the twin: all of it, or false when nobody listens any more. */
bool twin_write(int output, const void *bytes, size_t size);

/* Start one and wait for its answer, which has exactly this size. */
bool twin_ask(twin_fn *work, void *owner, void *ret_answer, size_t size, struct error *err);

#endif
