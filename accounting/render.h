/* render.h - a report's files
 *
 * One row of a table says the file's name and what fills it; the bundle writes them
 * all, the manifest lists them, the verifier reads them again.  CSV: UTF-8, comma, LF,
 * header row, quotes only where needed, empty = unknown; SU with 6 decimals; times in UTC.
 * Column names are stable: docs/reports.md explains them.
 *
 * To add a file: a function, a row in render.c, a paragraph in docs/reports.md.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_RENDER_H
#define ACCOUNTING_RENDER_H

#include "accounting/report.h"
#include "base/buffer.h"

#include <stddef.h>

typedef void render_fn(const struct report *report, struct buffer *buffer);

struct render {
    const char *file;
    render_fn *render;
};

extern const struct render renders[];
extern const size_t render_count;

/* The header rows, which the verifier insists on. */
extern const char csv_summary_columns[];
extern const char csv_group_columns[]; /* after the first column, the group's name */
extern const char csv_item_columns[];

render_fn render_summary_csv;    /* R01.csv */
render_fn render_projects_csv;   /* R02.csv */
render_fn render_users_csv;      /* R03.csv */
render_fn render_items_csv;      /* R04.csv */
render_fn render_clusters_csv;   /* R07.csv */
render_fn render_waits_csv;      /* R08.csv */
render_fn render_efficiency_csv; /* R09.csv */
render_fn render_corrections;    /* R15.csv */
render_fn render_leaves;         /* leaves.txt */
render_fn render_text;           /* report.txt */
render_fn render_html_english;   /* report.en.html */
render_fn render_html_spanish;   /* report.es.html */
render_fn render_pdf_english;    /* report.en.pdf */
render_fn render_pdf_spanish;    /* report.es.pdf */

/* From this mark on a page follows from the items alone. */
#define HTML_ITEMS_MARK "<!-- items -->\n"
render_fn render_html_items_english, render_html_items_spanish;
render_fn render_json;       /* report.json */
render_fn render_checkpoint; /* checkpoint, without its signature */
render_fn render_proofs;     /* proofs.txt */

#endif
