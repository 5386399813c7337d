/* rates.h - the rate cards of a report (rates.csv), and whether its prices are theirs
 *
 * The file has every card that begins before the period's end, with when it was made, so that
 * each factor in R04.csv can be computed again.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_RATES_H
#define ACCOUNTING_RATES_H

#include "accounting/bundle.h"
#include "accounting/render.h"
#include "base/error.h"

#include <stdbool.h>

#define RATES_NAME "rates.csv"

render_fn render_rates;

/* Was each card made before it was in force, and is each factor in R04.csv that of the card of its
 * start?  What no card is for is priced by its cluster's factor, which stands in the record. */
bool rates_verify(const struct bundle *bundle, struct error *err);

#endif
