/* corrections.h - what was corrected in a month: refunds, transfers, ends of grants (R15.csv)
 *
 * The table follows from the texts that the chain hashes, and from nothing else: the verifier makes
 * it again from leaves.txt.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CORRECTIONS_H
#define ACCOUNTING_CORRECTIONS_H

#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

extern const char csv_correction_columns[];

/* The row of this leaf, or nothing when it corrects nothing. */
void corrections_add_leaf(const char *leaf, uint64_t sequence, struct buffer *buffer);

/* The whole table from leaves.txt (each leaf is followed by an empty line). */
void corrections_from_leaves(const char *leaves, uint64_t first_sequence, struct buffer *buffer);

#endif
