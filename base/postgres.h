/* postgres.h - a connection to PostgreSQL: questions in groups, answers in their order
 *
 * Questions that are asked one after the other go out together, and postgres_end_group() ends
 * them: a group is one round trip however many they are.  Each question has one answer, taken in
 * the same order; the first that fails ends its group, and the rest of it is not done.  SQL is
 * constant text, its values are sent apart from it, in binary.
 *
 * A connection that is not there after ten seconds, or whose server cannot be reached for as
 * long, is given up; so is a statement that takes longer than the limit that was set.
 * <libpq-fe.h> appears in postgres*.c only.
 *
 * Owns: its connection.  Threads: one at a time for each connection.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_POSTGRES_H
#define BASE_POSTGRES_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POSTGRES_PREFIX      "postgresql://"
#define POSTGRES_VALUES_MOST 48

struct postgres;
struct postgres_rows; /* an answer */

/* --- connection ------------------------------------------------------------------------------ */

/* `where` is a URL as libpq takes it; `schema` is where names without one are looked for.
 * A statement may take so long; 0: as long as it likes. */
struct postgres *postgres_open(const char *where, const char *schema, unsigned limit_ms,
                               struct error *err);
void postgres_free(struct postgres *postgres);
DEFINE_CLEANUP(struct postgres *, postgres_free)

/* "postgresql HOST/DATABASE": to be shown, without the password. */
const char *postgres_name(const struct postgres *postgres);

/* Dial again if the connection was lost; not inside a transaction, which would be lost too. */
bool postgres_revive(struct postgres *postgres, struct error *err);

/* Any number of statements without values, in one transaction unless they say otherwise. */
bool postgres_execute(struct postgres *postgres, const char *sql, struct error *err);

/* --- values ---------------------------------------------------------------------------------- */

enum postgres_kind { POSTGRES_NUMBER, POSTGRES_TEXT, POSTGRES_BYTES };

/* What stands for $1, $2...: each added is the next. */
struct postgres_values {
    struct buffer bytes;
    int count;
    struct {
        enum postgres_kind kind;
        bool list;
        size_t start, size; /* in bytes */
    } values[POSTGRES_VALUES_MOST];
};

void postgres_values_init(struct postgres_values *values);
void postgres_values_clear(struct postgres_values *values); /* for CLEANUP() */
void postgres_values_reset(struct postgres_values *values);
void postgres_add_number(struct postgres_values *values, int64_t number);
void postgres_add_text(struct postgres_values *values, const char *text);
void postgres_add_bytes(struct postgres_values *values, const void *bytes, size_t size);

/* One value that is an array of `count` elements, which are listed next. */
void postgres_add_list(struct postgres_values *values, enum postgres_kind kind, size_t count);
void postgres_list_number(struct postgres_values *values, int64_t number);
void postgres_list_bytes(struct postgres_values *values, const void *bytes, size_t size);

/* The statement of SQLite in the words of PostgreSQL: values stand at $1, and there are no hints
 * for the use of an index.  free() it. */
char *postgres_translate(const char *sqlite) __attribute__((malloc, returns_nonnull));

/* --- questions and answers ------------------------------------------------------------------- */

/* `values` may be NULL.  Prepared at the first time and kept: `sql` must be one of few texts. */
bool postgres_ask(struct postgres *postgres, const char *sql, const struct postgres_values *values,
                  struct error *err);

/* The same for a text that does not come again. */
bool postgres_ask_once(struct postgres *postgres, const char *sql,
                       const struct postgres_values *values, struct error *err);
bool postgres_end_group(struct postgres *postgres, struct error *err);

/* The next answer of the group (free it); NULL with *err: it failed, and the group is over. */
struct postgres_rows *postgres_answer(struct postgres *postgres, struct error *err);

/* Behind the last answer: false when something fails that has no answer. */
bool postgres_group_is_good(struct postgres *postgres, struct error *err);

/* Take no more of its answers. */
void postgres_leave_group(struct postgres *postgres);

/* A group of one question. */
struct postgres_rows *postgres_ask_alone(struct postgres *postgres, const char *sql,
                                         const struct postgres_values *values, struct error *err);

/* The number in the first column of its one row; `otherwise` when there is none. */
bool postgres_ask_number(struct postgres *postgres, const char *sql,
                         const struct postgres_values *values, int64_t otherwise,
                         int64_t *ret_number, struct error *err);

void postgres_rows_free(struct postgres_rows *rows);
DEFINE_CLEANUP(struct postgres_rows *, postgres_rows_free)

/* How many rows it has, or, of a change, how many were changed. */
size_t postgres_row_count(const struct postgres_rows *rows);
size_t postgres_changed(const struct postgres_rows *rows);

/* 0 and "" for what is NULL or not there. */
int64_t postgres_number_at(const struct postgres_rows *rows, size_t row, unsigned column);
const char *postgres_text_at(const struct postgres_rows *rows, size_t row, unsigned column);
const void *postgres_bytes_at(const struct postgres_rows *rows, size_t row, unsigned column,
                              size_t *ret_size);

/* --- long answers ---------------------------------------------------------------------------- */

/* Read piece by piece, as of the moment it was opened; several may be open on a connection, and
 * are closed in the other order. */
struct postgres_cursor {
    struct postgres *postgres;
    struct postgres_rows *rows; /* the piece at hand */
    size_t row, count;          /* in it; the next one */
    bool whole;                 /* no other piece follows */
    char name[16];
};

bool postgres_cursor_open(struct postgres_cursor *cursor, struct postgres *postgres,
                          const char *sql, const struct postgres_values *values, struct error *err);

/* False with *err when it fails; at its end ret_row is false.  The row is cursor->rows'
 * number *ret_at. */
bool postgres_cursor_next(struct postgres_cursor *cursor, bool *ret_row, size_t *ret_at,
                          struct error *err);
void postgres_cursor_close(struct postgres_cursor *cursor); /* for CLEANUP() */

/* Between these, whatever is committed, cursors see one state of the database. */
bool postgres_hold_still(struct postgres *postgres, struct error *err);
void postgres_go_on(struct postgres *postgres);

#endif
