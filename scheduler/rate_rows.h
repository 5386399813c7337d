/* rate_rows.h - a rate card from its row of the database
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_RATE_ROWS_H
#define SCHEDULER_RATE_ROWS_H

#include "accounting/core/rate.h"
#include "base/error.h"
#include "scheduler/row.h"

#include <stdbool.h>

/* Its prices are taken as they stand there. */
bool rate_from_row(const struct rate_row *row, struct rate *ret_rate, struct error *err);

#endif
