/* csv.h - read comma-separated rows (RFC 4180) back, strictly
 *
 * Owns: a copy of the text.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CSV_H
#define ACCOUNTING_CSV_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define CSV_COLUMNS_MAX 32

struct csv {
    char *text;  /* fields point into it */
    char *place; /* of the next row */
    size_t row;  /* number of the last one, from 1: the header */
    size_t count;
    char *fields[CSV_COLUMNS_MAX];
};

void csv_init(struct csv *csv, const struct buffer *bytes);
void csv_clear(struct csv *csv);

/* The next row into fields[0 .. count-1]: 1, at the end 0, -1 with *err for a row that is none. */
int csv_next(struct csv *csv, struct error *err);

#endif
