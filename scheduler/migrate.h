/* migrate.h - the whole state moved from one store into another
 *
 * Every row goes as it is, with its MAC: people, jobs, books and their chains, numbers and lineage
 * stay what they were.  The source must pass its checks, the target must be empty; until it is
 * whole no scheduler works with it.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_MIGRATE_H
#define SCHEDULER_MIGRATE_H

#include "base/error.h"
#include "scheduler/store.h"

#include <stdbool.h>
#include <stdint.h>

/* DIRECTORY/tequio.db into the empty database at `where`; the file is kept under another name, so
 * that nothing goes on with it.  Says how many rows.  What is wrong with the source is told first,
 * and then nothing is moved. */
bool migrate_to(const char *directory, const char *where, finding_fn *on_finding, void *owner,
                uint64_t *ret_rows, struct error *err);

#endif
