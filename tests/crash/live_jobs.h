/* live_jobs.h - which jobs the scheduler holds for alive
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_CRASH_LIVE_JOBS_H
#define TESTS_CRASH_LIVE_JOBS_H

#include "proto/channel.h"

#include <stdbool.h>
#include <stdint.h>

#define ASK_US (60 * US_PER_SECOND)

/* A page of the list of jobs, or of history, behind that one; NULL: it was not answered. */
Wire__Envelope *jobs_after(struct channel *channel, uint64_t after, bool history);

/* Of those that wait or run, the first that is wanted; 0: there is none, or the list failed.
 * NULL: any is. */
typedef bool job_wanted_fn(void *owner, uint64_t job);
uint64_t first_live_job(struct channel *channel, job_wanted_fn *is_wanted, void *owner);

#endif
