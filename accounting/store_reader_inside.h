/* store_reader_inside.h - what the files of the store reader share
 *
 * Statements are written for SQLite, with values at ?1, and read any database that the scheduler
 * keeps its state in.  What stands in it is the same; sums are cast to bigint, and the column
 * "user" has its quotation marks, which mean the same in both.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_STORE_READER_INSIDE_H
#define ACCOUNTING_STORE_READER_INSIDE_H

#include "accounting/store_reader.h"

#include <stddef.h>

enum reader_step { READER_ROW, READER_DONE, READER_FAILED };

/* Values are numbered from 1, columns from 0; texts are valid until the next step. */
struct reader_statement;
struct reader_kind {
    const char *begins; /* a place that begins so is one of these */
    struct store_reader *(*open)(const char *place, struct error *err);
    void (*free)(struct store_reader *reader);

    /* What is not the same as before when the database has changed; 0: it cannot be told. */
    uint64_t (*version)(struct store_reader *reader);
    const char *(*error)(struct store_reader *reader);
    struct reader_statement *(*prepare)(struct store_reader *reader, const char *sql);
    void (*bind_number)(struct reader_statement *statement, int index, int64_t number);
    void (*bind_text)(struct reader_statement *statement, int index, const char *text);
    enum reader_step (*step)(struct reader_statement *statement);
    void (*reset)(struct reader_statement *statement); /* to be bound and stepped anew */
    int64_t (*number)(struct reader_statement *statement, int column);
    const char *(*text)(struct reader_statement *statement, int column); /* "" for NULL */
    const void *(*bytes)(struct reader_statement *statement, int column, size_t *ret_size);
    void (*end)(struct reader_statement *statement);
};

extern const struct reader_kind reader_sqlite, reader_postgres;

struct store_reader {
    const struct reader_kind *kind;
    char *name; /* to be shown, without a password */
    uint64_t version;
    bool seen;
};

struct reader_statement {
    struct store_reader *reader;
};

/* NULL with *err when the database has no such columns. */
struct reader_statement *reader_prepare(struct store_reader *reader, const char *sql,
                                        struct error *err);
void reader_end(struct reader_statement *statement);
DEFINE_CLEANUP(struct reader_statement *, reader_end)
bool reader_fail(struct store_reader *reader, const char *what, struct error *err);

static inline void reader_bind_number(struct reader_statement *statement, int index, int64_t number)
{
    statement->reader->kind->bind_number(statement, index, number);
}

static inline void reader_bind_text(struct reader_statement *statement, int index, const char *text)
{
    statement->reader->kind->bind_text(statement, index, text);
}

static inline enum reader_step reader_step(struct reader_statement *statement)
{
    return statement->reader->kind->step(statement);
}

static inline void reader_reset(struct reader_statement *statement)
{
    statement->reader->kind->reset(statement);
}

static inline int64_t reader_number(struct reader_statement *statement, int column)
{
    return statement->reader->kind->number(statement, column);
}

static inline const char *reader_text(struct reader_statement *statement, int column)
{
    return statement->reader->kind->text(statement, column);
}

static inline const void *reader_bytes(struct reader_statement *statement, int column,
                                       size_t *ret_size)
{
    return statement->reader->kind->bytes(statement, column, ret_size);
}

#endif
