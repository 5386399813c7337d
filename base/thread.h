/* thread.h - a thread that no signal reaches
 *
 * Signals are for the thread that has the loop: every other one is started here, and blocks them
 * all from its first instruction on.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include "base/error.h"

#include <pthread.h>
#include <stdbool.h>

typedef void *thread_fn(void *owner);

/* The caller's mask of signals is what it was.  The caller joins it. */
bool thread_start(pthread_t *ret_thread, thread_fn *run, void *owner, struct error *err);

/* For those that cannot go on without: ends the program, as where memory is missing. */
pthread_t thread_new(thread_fn *run, void *owner);

#endif
