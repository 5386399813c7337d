/* tree.h - the network's one log as a Merkle tree (RFC 6962)
 *
 * Its leaves are the heads of the institutions' chains in the order in which they came to be, one
 * for each transaction of anybody: who has seen one root knows that nobody was shown another
 * past.  Hashes are kept in the order in which they become known: after leaf n those of
 * all subtrees that it completes, so that the list only ever grows:
 *
 *     leaf 0 | leaf 1, node 0-1 | leaf 2 | leaf 3, node 2-3, node 0-3 | leaf 4 | …
 *
 * A proof reads O(log n) of them.
 *
 * Pure.  Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CORE_TREE_H
#define ACCOUNTING_CORE_TREE_H

#include "base/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_LEVELS    63
#define TREE_PROOF_MAX (TREE_LEVELS + 2)

/* Where the kept hashes are; false: it could not be read. */
struct tree_source {
    bool (*read)(void *owner, uint64_t place, struct digest *ret_hash);
    void *owner;
};

struct tree_proof {
    size_t count;
    struct digest hashes[TREE_PROOF_MAX];
};

struct digest tree_leaf(const struct digest *head); /* SHA-256(0x00 || head) */

/* How many hashes are kept for so many leaves. */
uint64_t tree_kept(uint64_t leaves);

/* What to keep for leaf number `index`, the next one: the leaf and what it completes. */
bool tree_grow(const struct tree_source *source, uint64_t index, const struct digest *leaf,
               struct tree_proof *ret_hashes);

/* Of no leaves: SHA-256 of nothing. */
bool tree_root(const struct tree_source *source, uint64_t leaves, struct digest *ret_root);

/* That leaf `index` is in the tree of so many leaves. */
bool tree_prove_leaf(const struct tree_source *source, uint64_t leaves, uint64_t index,
                     struct tree_proof *ret_proof);
bool tree_check_leaf(const struct tree_proof *proof, uint64_t leaves, uint64_t index,
                     const struct digest *leaf, const struct digest *root);

/* That the tree of `before` leaves is the beginning of the one of `leaves`; 0 < before. */
bool tree_prove_growth(const struct tree_source *source, uint64_t before, uint64_t leaves,
                       struct tree_proof *ret_proof);
bool tree_check_growth(const struct tree_proof *proof, uint64_t before,
                       const struct digest *root_before, uint64_t leaves,
                       const struct digest *root);

#endif
