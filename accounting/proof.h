/* proof.h - where a report stands in the network's log
 *
 * The log has a leaf for each transaction of anybody (accounting/core/tree.h).  A report shows
 * that the head of its institution's chain is in the log of its checkpoint, and that this log is the one of
 * the report before, grown.
 *
 *     leaf INDEX OF SIZE          behind it the hashes of the proof, one a line
 *     growth SIZE_BEFORE SIZE
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_PROOF_H
#define ACCOUNTING_PROOF_H

#include "accounting/checkpoint.h"
#include "accounting/core/tree.h"
#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define PROOFS_NAME "proofs.txt"

struct proofs {
    struct checkpoint checkpoint;
    bool has_leaf; /* the month has transactions */
    uint64_t index;
    struct tree_proof leaf;
    uint64_t before; /* leaves of the report before; 0: there is none */
    struct tree_proof growth;
};

/* From the kept hashes; false: they cannot be read. */
bool proofs_make(const struct tree_source *source, struct proofs *proofs);

void proofs_print(const struct proofs *proofs, struct buffer *buffer);

/* Strictly what proofs_print() prints; the checkpoint is left as it is. */
bool proofs_read(const char *text, struct proofs *ret_proofs, struct error *err);

#endif
