/* worker.h - one thread for what blocks: fsync, big reads
 *
 * Jobs run one after another on the worker's thread; each result comes back as
 * a callback on the loop's thread, in the order given.  The locks of the program
 * are here and in ring.c.
 *
 * Owns: its thread.  Borrows: the jobs' owners until their callback ran.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_WORKER_H
#define BASE_WORKER_H

#include "base/loop.h"

typedef void work_fn(void *owner); /* on the worker's thread */
typedef void done_fn(void *owner); /* on the loop's thread */

struct worker;

struct worker *worker_new(struct loop *loop);

/* Waits for the jobs given so far; their callbacks run inside. */
void worker_free(struct worker *worker);
DEFINE_CLEANUP(struct worker *, worker_free)

void worker_give(struct worker *worker, work_fn *work, done_fn *done, void *owner);

#endif
