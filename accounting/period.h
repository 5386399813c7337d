/* period.h - the months that books are kept in
 *
 * A period is a calendar month of the network's declared zone (default
 * America/Mexico_City), written "2026-11"; its edges are instants, so that a month
 * is the same for all clusters.  The zone is the process's (TZ): the
 * program sets it once at its start.  So this is no part of accounting/core.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_PERIOD_H
#define ACCOUNTING_PERIOD_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct period {
    char name[8];     /* "2026-11" */
    int64_t start_us; /* wall clock, belongs to it */
    int64_t end_us;   /* does not */
};

/* "YYYY-MM", years 2000 to 2999. */
bool period_parse(const char *text, struct period *ret_period, struct error *err);

/* The one that holds this instant. */
void period_of(int64_t at_us, struct period *ret_period);

#endif
