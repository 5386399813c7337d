/* check_rates.h - is each attempt's price the one that the rate card of its start says
 *
 * Part of check.c: cards are given first, records of use then.
 *
 * Owns: the cards.  Threads: as check.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CHECK_RATES_H
#define SCHEDULER_CHECK_RATES_H

#include "accounting/core/rate.h"
#include "base/error.h"
#include "scheduler/check.h"
#include "scheduler/store.h"

#include <stdbool.h>

/* I12: one card for a place and a time, made before it was in force.  It joins `rates`. */
void check_rates_card(struct rates *rates, const struct rate_row *row, const struct finder *finder);

/* I7: cores x time x factor, rounded once, charged, waived or listed in full.  I12: by the card of
 * its start.  I13: no more processor time than the cores had. */
void check_rates_usage(const struct rates *rates, const struct txn_row *row,
                       const struct finder *finder);

#endif
