/* series_rows.h - what jobs used over their time, in the store
 *
 * A row for each job of which it is known.  It is of the attempt that it names: what is told of one that
 * was broken off is not that of the next.
 *
 * Threads: the loop's.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SERIES_ROWS_H
#define SCHEDULER_SERIES_ROWS_H

#include "scheduler/core/job.h"
#include "scheduler/store.h"

struct service;

/* Nothing, where it is not known. */
void save_series(const struct job *job, struct batch *batch);

/* Of a job that is in the core already; one that cannot be read is left out. */
void load_series(struct service *service, const struct series_row *row);

/* As base/series.h prints it, in the arena; "": it is not known. */
bool stored_series(struct service *service, const struct job_row *job, struct arena *keep,
                   char **ret_samples, struct error *err);

#endif
