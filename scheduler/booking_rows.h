/* booking_rows.h - a transaction of the ledger as a row of the database, and back
 *
 * What an attempt used and was charged for is in the columns of its transaction; the text that
 * its leaf hashes follows from them and is not stored.  Any other transaction has its text.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_BOOKING_ROWS_H
#define SCHEDULER_BOOKING_ROWS_H

#include "accounting/core/ledger.h"
#include "base/buffer.h"
#include "scheduler/store.h"

#include <stdbool.h>
#include <stdint.h>

/* usage NULL: the transaction has none.  `scratch` is overwritten. */
void booking_add_row(const struct txn *txn, const struct usage *usage, int64_t id,
                     struct batch *batch, struct buffer *scratch);

/* What an attempt used, into its columns; the texts stay the usage's. */
void booking_put_usage(struct txn_row *row, const struct usage *usage);

/* Is it what an attempt was charged, or what was waived or listed of it? */
bool booking_has_usage(const struct txn_row *row);
struct usage booking_usage(const struct txn_row *row);

/* Its numbers, key, institution and head; without lines. */
struct txn booking_txn(const struct txn_row *row);

/* Add the text that the leaf hashes. */
void booking_print_text(const struct txn_row *row, struct buffer *buffer);

/* "CHG/17/1/0", also where the row has no key because it follows. */
void booking_print_key(const struct txn_row *row, struct buffer *buffer);

#endif
