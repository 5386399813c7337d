/* booking_rows.h - a transaction of the ledger as rows of the database
 *
 * One row of txn with the text that its leaf hashes, a row for each of its entries, and the row of
 * usage that a charge or waiver is for.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_BOOKING_ROWS_H
#define SCHEDULER_BOOKING_ROWS_H

#include "accounting/core/ledger.h"
#include "base/buffer.h"
#include "scheduler/store.h"

#include <stdint.h>

/* usage NULL: the transaction has none.  `scratch` is overwritten. */
void booking_add_rows(const struct txn *txn, const struct usage *usage, int64_t id,
                      struct batch *batch, struct buffer *scratch);

#endif
