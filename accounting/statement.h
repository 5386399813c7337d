/* statement.h - a report on paper: A4 pages in English and Spanish
 *
 * All that stands in it is in other files of the bundle, so that the verifier can make it again.
 * What it says of itself is the end of the institution's chain: its own digest it cannot name.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_STATEMENT_H
#define ACCOUNTING_STATEMENT_H

#include "accounting/report.h"
#include "accounting/texts.h"
#include "base/buffer.h"

/* corrections: R15.csv.  Of the report it reads names, period, sums, the chain's ends and the
 * checkpoint, and no lines. */
void statement_print(const struct report *report, const struct texts *texts,
                     const struct buffer *corrections, struct buffer *buffer);

#endif
