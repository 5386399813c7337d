/* job_rows.h - a job that has left the memory, found in the store by its id
 *
 * An element of an array may be in the row of several: those that ended while they waited alike.
 *
 * Threads: the loop's.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_JOB_ROWS_H
#define SCHEDULER_JOB_ROWS_H

#include "base/error.h"
#include "proto/arena.h"
#include "scheduler/core/job.h"
#include "scheduler/row.h"

#include <stdbool.h>
#include <stdint.h>

struct service;

/* Fill the row, whose texts go into the arena.  ERROR_NOT_FOUND where there is none, or where it
 * is no element of `array` (0: it need not be one). */
bool find_job_row(struct service *service, uint64_t id, uint64_t array, struct row *ret_row,
                  struct arena *keep, struct error *err);

/* The same question about a job in memory (NULL: nothing is asked) that has been found by the
 * id. */
bool check_job_array(const struct job *job, uint64_t id, uint64_t array, struct error *err);

#endif
