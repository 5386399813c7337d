/* use_tables.h - who used how much, in tables with the names and columns of sreport
 *
 * To add a table: a row in use_tables.c and in docs/man/tequio-report.1.scd.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_USE_TABLES_H
#define CLIENT_USE_TABLES_H

#include "base/error.h"
#include "client/output.h"

#include <stdbool.h>
#include <stdint.h>

struct session;

struct use_options {
    struct output_options output;
    int64_t unit_us; /* in which time of cores is counted */
};

/* "Seconds", "Minutes", "Hours" as sreport has them, in any case. */
bool use_unit_parse(const char *text, int64_t *ret_unit_us, struct error *err);

/* words: KIND TABLE [NAME=VALUE...], as sreport takes them. */
bool use_table_print(struct session *session, int count, char **words, struct use_options *options,
                     struct error *err);

#endif
