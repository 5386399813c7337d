/* read_ahead.h - rows are read and checked on one thread while another uses those before
 *
 * For the start, when all that lives is read: what the store does for a row (find it, compare its
 * MAC) and what is made of it take about as long, so they are done side by side.
 *
 * Owns: nothing.  Threads: queries on one of its own (LANE_SLOW), callbacks on the caller's.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_READ_AHEAD_H
#define SCHEDULER_READ_AHEAD_H

#include "scheduler/store.h"

/* A row of the query of this number, valid during the call.  False: no more. */
typedef bool ahead_fn(void *owner, size_t query, const struct row *row, bool good);

/* As if the queries were asked one after another, until one fails or the callback has enough. */
bool read_ahead(struct store *store, const struct query *queries, size_t count, ahead_fn *on_row,
                void *owner, struct error *err);

#endif
