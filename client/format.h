/* format.h - which fields to print, and how wide
 *
 * Two languages, told apart by their look: names as sacct has them
 * ("jobid,state%20,jobname%-30"), and letters as squeue has them ("%.18i %t", with
 * whatever stands between printed as it is).  An unknown field is refused with the
 * nearest name: never an empty column.
 *
 * Owns: a copy of the text.  Borrows: the columns.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_FORMAT_H
#define CLIENT_FORMAT_H

#include "base/error.h"
#include "base/memory.h"
#include "client/output.h"

#include <stdbool.h>
#include <stddef.h>

#define FORMAT_WIDTH_MAX 4096
#define FORMAT_ITEM_MAX  256

struct format_item {
    const struct column *column; /* NULL: `text` alone */
    const char *text;            /* literal, not terminated */
    size_t text_length;
    size_t width; /* 0: as wide as needed */
    bool right;
};

struct format {
    bool letters; /* else names, and the caller puts spaces between */
    size_t count;
    struct format_item *items;
    char *text;
};

struct format *format_parse(const char *text, const struct column *columns, struct error *err);
struct format *format_all(const struct column *columns);
void format_free(struct format *format);
DEFINE_CLEANUP(struct format *, format_free)

#endif
