/* check.h - is the database what it must be
 *
 * Every row's MAC, both kinds of chains, double entry, balances, holds against jobs: read
 * through the store's seam, so that it serves --check-store and store_check alike.
 *
 * Owns: nothing.  Threads: wherever the slow lane may be used.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CHECK_H
#define SCHEDULER_CHECK_H

#include "base/buffer.h"
#include "base/error.h"
#include "scheduler/row.h"
#include "scheduler/store.h"

#include <stdbool.h>
#include <stdint.h>

/* A finding of an invariant begins with its name, which docs/accounting.md explains ("I2: …");
 * others are of rows, chains and the file as such.
 *
 * Each thing that is wrong is one finding; false only when reading itself failed. */
bool store_check(struct store *store, finding_fn *on_finding, void *owner, uint64_t *ret_rows,
                 struct error *err);

/* Who is told of what is wrong, and one thing more that is. */
struct finder {
    finding_fn *on_finding;
    void *owner;
};
void find(const struct finder *finder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
