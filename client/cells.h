/* cells.h - the short way to fill a cell, for tables of columns
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_CELLS_H
#define CLIENT_CELLS_H

#include "client/output.h"

static inline void cell_set(struct cell *cell, enum cell_kind kind, int64_t number)
{
    cell->kind = kind;
    cell->number = number;
}

static inline void cell_set_text(struct cell *cell, const char *text)
{
    cell->kind = CELL_TEXT;
    cell->text = text;
}

/* A cell that is a field as it is: of `type`, read as `kind`. */
#define CELL_OF_TEXT(name, type, field)                                                 \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        cell_set_text(cell, ((const type *)row)->field);                                \
    }
#define CELL_OF(name, type, kind, field)                                                \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        cell_set(cell, kind, (int64_t)((const type *)row)->field);                      \
    }

/* The same, but 0 stands for nothing. */
#define CELL_OF_OPTIONAL(name, type, kind, field)                                       \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        if (((const type *)row)->field > 0)                                             \
            cell_set(cell, kind, (int64_t)((const type *)row)->field);                  \
    }

#endif
