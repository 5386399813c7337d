/* tree_log.h - the hashes of the network's log, kept in a file that only grows
 *
 * The file follows from the database and may be deleted: it is made again.  What it has
 * is held against the database before it is believed.
 *
 * Owns: its file.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_TREE_LOG_H
#define ACCOUNTING_TREE_LOG_H

#include "accounting/core/tree.h"
#include "accounting/store_reader.h"

struct tree_log;

struct tree_log *tree_log_open(const char *path, struct error *err);
void tree_log_free(struct tree_log *log);
DEFINE_CLEANUP(struct tree_log *, tree_log_free)

/* Take in what the database has now, on disk when it returns. */
bool tree_log_follow(struct tree_log *log, struct store_reader *reader, struct error *err);

uint64_t tree_log_leaves(const struct tree_log *log);
struct tree_source tree_log_source(struct tree_log *log);

#endif
