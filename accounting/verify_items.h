/* verify_items.h - the items of a report (R04.csv) and the chain they come from
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_VERIFY_ITEMS_H
#define ACCOUNTING_VERIFY_ITEMS_H

#include "accounting/bundle.h"
#include "accounting/manifest.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct item {
    uint64_t sequence;
    char key[LEDGER_KEY_MAX];
    struct usage usage;
};

/* Each row of R04.csv, in its order, until the callback returns false. */
typedef bool item_fn(void *owner, const struct item *item, struct error *err);
bool items_each(const struct bundle *bundle, item_fn *each, void *owner, struct error *err);

/* A report with nothing but the sums of the items; NULL with the row that is none. */
struct report *items_sum(const struct bundle *bundle, struct error *err);

/* Each item, in its order; stops when the callback returns false. */
typedef bool usage_fn(void *owner, const struct usage *usage, struct error *err);
bool items_each_usage(const struct bundle *bundle, usage_fn *each, void *owner, struct error *err);

/* Is there nobody of another institution in it? */
bool items_check_institution(const struct bundle *bundle, const char *institution,
                             struct error *err);

/* Recompute each item's price. */
bool items_check_prices(const struct bundle *bundle, struct error *err);

/* leaves.txt hashes, link by link, from the manifest's head_before to its head; each item is
 * in the leaf of its number, and each leaf with usage is an item. */
bool items_check_chain(const struct bundle *bundle, const struct manifest *manifest,
                       struct error *err);

#endif
