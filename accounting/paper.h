/* paper.h - a document of headings, paragraphs, tables and bars that fills page after page
 *
 * What does not fit on a page goes to the next; a table says its titles there again.
 *
 * Owns: the pages.  Borrows: its words.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_PAPER_H
#define ACCOUNTING_PAPER_H

#include "accounting/figures.h"
#include "accounting/pdf.h"
#include "accounting/texts.h"
#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

#define PAPER_COLUMNS_MAX 6

struct paper {
    struct pdf *pdf;
    const struct texts *texts;
    float y; /* where the next thing goes */
};

/* Begins the first page.  Takes pdf. */
void paper_init(struct paper *paper, struct pdf *pdf, const struct texts *texts);
void paper_clear(struct paper *paper);

void paper_title(struct paper *paper, const char *text);
void paper_heading(struct paper *paper, const char *text);
void paper_paragraph(struct paper *paper, const char *text);

/* A new page unless so much of this one is left. */
void paper_need(struct paper *paper, float height);

/* The first column stands left, the others right; titles[0] NULL: none has a title. */
struct paper_table {
    struct paper *paper;
    unsigned columns;
    const char *titles[PAPER_COLUMNS_MAX];
    bool mono; /* the last column has digests */
    struct buffer cells[PAPER_COLUMNS_MAX];
};

/* Columns and titles are set. */
void paper_table_begin(struct paper_table *table);
/* The row that stands in the cells, which are empty after it. */
void paper_table_row(struct paper_table *table);
void paper_table_end(struct paper_table *table); /* frees the cells */

void paper_bars(struct paper *paper, const struct bar *bars, size_t count);

/* On every page: what it is of, and its number. */
void paper_number(struct paper *paper, const char *of);

#endif
