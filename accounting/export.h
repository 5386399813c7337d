/* export.h - a report's items in the forms of others: OGF Usage Record 2.0, APEL, open data
 *
 * Made from bundles that were checked, without a network: whoever has the reports can export them.
 *
 * Usage records and APEL's summary have the names of people, for exchange under agreement.  The
 * open data have none: a row is a cluster and an institution in a month, and a row that fewer than
 * 5 people or 2 projects stand behind is left out.  No sums are given out beside the rows, for they
 * would tell what was left out.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_EXPORT_H
#define ACCOUNTING_EXPORT_H

#include "accounting/bundle.h"
#include "accounting/manifest.h"
#include "accounting/verify_items.h"
#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define OPEN_PEOPLE_LEAST   5
#define OPEN_PROJECTS_LEAST 2

/* A checked bundle, and what its manifest says. */
struct export_source {
    struct bundle *bundle;
    struct manifest manifest;
};

typedef bool export_fn(const struct export_source *sources, size_t count, struct buffer *buffer,
                       struct error *err);

export_fn export_usage_records; /* one XML document, a record for each attempt */
export_fn export_apel;          /* a summary message, a block for each group of attempts */
export_fn export_open_table;    /* usage.csv of the open data */

/* datapackage.json, which describes the table (Frictionless Data Package). */
void export_open_package(const struct export_source *sources, size_t count,
                         const struct buffer *table, struct buffer *buffer);

extern const char export_open_columns[];

#endif
