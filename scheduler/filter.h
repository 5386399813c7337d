/* filter.h - which jobs a person means
 *
 * Borrows: the message it was read from.  Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_FILTER_H
#define SCHEDULER_FILTER_H

#include "base/error.h"
#include "proto/message.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/job.h"
#include "scheduler/row.h"

#include <stdbool.h>

struct filter {
    const Wire__JobFilter *wire; /* NULL: all */
    unsigned states;             /* bit per enum job_state; 0: any */
};

bool filter_read(const Wire__JobFilter *wire, struct filter *ret_filter, struct error *err);
bool filter_has_job(const struct filter *filter, const struct job *job);
bool filter_has_row(const struct filter *filter, const struct job_row *row);

/* Is it the text that is wanted, where one is?  Empty: any is; text NULL: there is none. */
bool is_or_any(const char *wanted, const char *text);

/* Does it say anything at all? */
bool filter_is_empty(const struct filter *filter);

#endif
