/* postgres_inside.h - what the files of the connection to PostgreSQL share
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_POSTGRES_INSIDE_H
#define BASE_POSTGRES_INSIDE_H

#include "base/postgres.h"
#include "base/table.h"

#include <libpq-fe.h>

/* A question on its way. */
struct postgres_asked {
    const char *sql;
    bool prepares; /* has no answer for the asker */
};

struct postgres {
    PGconn *connection;
    char *where, *schema, *name;
    unsigned limit_ms;
    struct table *prepared; /* char * by text: the names that the server knows the texts by */
    uint64_t names;         /* given so far */
    struct postgres_asked *asked;
    size_t asked_count, asked_next, asked_capacity;
    bool sent; /* the group has its end */
    unsigned cursors;
    bool held;
};

bool postgres_fail(const struct postgres *postgres, const PGresult *result, const char *what,
                   struct error *err);
#ifdef __clang_analyzer__ /* as in base/error.h */
#define postgres_fail(...) ((postgres_fail)(__VA_ARGS__), false)
#endif

/* Pointers to the values, as libpq wants them. */
struct postgres_pointers {
    Oid types[POSTGRES_VALUES_MOST];
    const char *values[POSTGRES_VALUES_MOST];
    int sizes[POSTGRES_VALUES_MOST];
    int formats[POSTGRES_VALUES_MOST];
};
void postgres_point(const struct postgres_values *values, struct postgres_pointers *ret_pointers);

#endif
