/* output.h - rows as a table, as records, by a format, or as JSON
 *
 * A command describes its columns once, as a table of functions that read one cell of a row; how
 * the rows are printed is the asker's choice.  A table has the widths that its
 * cells need; on a terminal that is too narrow, columns that may be cut end in '+'.  Elsewhere
 * nothing is cut.  Control characters of the cells are escaped.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/options.h"
#include "client/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cell_kind {
    CELL_NONE, /* not known: "-", in JSON null */
    CELL_TEXT,
    CELL_NUMBER,
    CELL_FRACTION,
    CELL_FLAG,     /* yes or no */
    CELL_TIME,     /* microseconds since 1970 */
    CELL_DURATION, /* microseconds; INT64_MAX: UNLIMITED */
    CELL_SIZE,     /* bytes */
    CELL_AMOUNT,   /* micro service units */
};

enum tone { TONE_PLAIN, TONE_GOOD, TONE_WAIT, TONE_BAD, TONE_COUNT };

struct cell {
    enum cell_kind kind;
    enum tone tone;
    int64_t number;
    double fraction;
    const char *text;
    const char *absent; /* what CELL_NONE shows instead of "-" */
};

/* Fill *cell (all zero before).  `scratch` is empty and lives until the cell was printed. */
typedef void cell_fn(const void *row, struct cell *cell, struct buffer *scratch);

enum column_flag {
    COLUMN_RIGHT = 1 << 0, /* numbers */
    COLUMN_CUT = 1 << 1,   /* may be cut to fit a terminal */
};

struct column {
    const char *name;  /* in --format and JSON: "jobid" */
    const char *alias; /* another name in --format, as Slurm's tools have it; or NULL */
    const char *title; /* "JOBID" */
    char letter;       /* in "%i" formats; 0: none */
    unsigned flags;
    cell_fn *cell;
};

struct output_options {
    bool json;
    bool no_header;
    bool parsable;         /* '|' between, none at the end */
    bool parsable_end;     /* '|' also at the end */
    const char *delimiter; /* NULL: "|" */
    const char *format;    /* NULL: the command's own */
};

/* Rows for a command's table of options. */
#define OUTPUT_OPTIONS(type, field)                                                           \
    OPTION_FLAG('h', "noheader", type, field.no_header, N_("print no titles")),               \
        OPTION_TEXT('o', "format", "FIELDS", type, field.format,                              \
                    N_("print these fields: names with commas, each with %WIDTH if wanted")), \
        OPTION_FLAG(0, "json", type, field.json, N_("print JSON, all fields unless --format"))

struct output {
    const struct column *columns; /* ends with name NULL */
    const char *standard;         /* the format when none is asked for */
    const void *const *rows;
    size_t count;
};

/* The rows on stdout; false when the format is wrong.  Errors of writing are found by
 * output_end(). */
bool output_print(const struct output *output, const struct output_options *options,
                  struct error *err);

/* Several kinds of rows as one JSON object: the fields of a part without a name (it has one row)
 * stand in it as they are, the rows of the others in a list of that name. */
struct output_part {
    const char *name;
    struct output output; /* all columns */
};
void output_object(const struct output_part *parts, size_t count);

/* Each row as a block of "Title: value" lines, empty ones left out. */
bool output_records(const struct output *output, const struct output_options *options,
                    struct error *err);

/* Is the format one that output_print() would take: before anything is asked of a server. */
bool output_check(const struct column *columns, const struct output_options *options,
                  struct error *err);

/* Add a cell as text (escaped), sizes rounded: for all forms but JSON and the parsable one. */
void output_cell(const struct cell *cell, struct buffer *buffer);

/* Columns that a text takes on a terminal, and bytes of it that fit into so many. */
size_t output_width(const char *text);
size_t output_prefix(const char *text, size_t width);

/* Print a text with its control characters escaped. */
void output_text(const char *text);

/* Make sure that descriptors 0 to 2 are open: what the caller closed must not become a socket. */
void output_begin(void);

/* Flush stdout; false when something could not be written.  A broken pipe is no
 * news for anybody: then ret_quiet is set. */
bool output_end(bool *ret_quiet, struct error *err);

#endif
