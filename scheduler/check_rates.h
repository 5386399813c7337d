/* check_rates.h - is each attempt's price the one that the rate card of its start says
 *
 * Part of check.c: cards are given first, records of use then.
 *
 * Owns: the cards.  Threads: as check.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CHECK_RATES_H
#define SCHEDULER_CHECK_RATES_H

#include "base/error.h"
#include "scheduler/store.h"

#include <stdbool.h>

struct check_rates;

struct check_rates *check_rates_new(void);
void check_rates_free(struct check_rates *rates);

/* I12: one card for a place and a time, made before it was in force. */
void check_rates_card(struct check_rates *rates, const struct rate_row *row, finding_fn *on_finding,
                      void *owner);

/* I7: cores x time x factor, rounded once, charged, waived or listed in full.  I12: by the card of
 * its start.  I13: no more processor time than the cores had.  False: reading failed. */
bool check_rates_usage(struct check_rates *rates, struct store *store, const struct usage_row *row,
                       finding_fn *on_finding, void *owner, struct error *err);

#endif
