/* sealing.h - the seals that people have in the books, in and out of the store
 *
 * Threads: none, except that openings_read() is called wherever its lane may be used.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SEALING_H
#define SCHEDULER_SEALING_H

#include "accounting/core/openings.h"
#include "scheduler/store.h"

/* All that the store has; NULL with *err when it cannot be read. */
struct openings *openings_read(struct store *store, enum lane lane, struct error *err);

/* A row that is of another size or seal than name and salt make is not added; false. */
bool openings_add_row(struct openings *openings, const struct seal_row *row);

#endif
