/* store_reader_inside.h - what the files of the store reader share
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_STORE_READER_INSIDE_H
#define ACCOUNTING_STORE_READER_INSIDE_H

#include "accounting/store_reader.h"

#include <sqlite3.h>

struct store_reader {
    sqlite3 *database;
    int64_t version;
    bool seen;
};

DEFINE_CLEANUP(sqlite3_stmt *, sqlite3_finalize)

/* NULL with *err when the database has no such columns. */
sqlite3_stmt *reader_prepare(struct store_reader *reader, const char *sql, struct error *err);
bool reader_fail(struct store_reader *reader, const char *what, struct error *err);
const char *reader_text(sqlite3_stmt *statement, int column); /* "" for NULL */

#endif
