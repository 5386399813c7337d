/* figures.h - how figures of a report are shown to people: rounded; exact ones are in the tables
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_FIGURES_H
#define ACCOUNTING_FIGURES_H

#include "accounting/report.h"
#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

/* Service units with two decimals. */
void figure_add_amount(struct buffer *buffer, int64_t amount_micro);

/* Processor time used of what was allocated, "73 %"; nothing when nothing was allocated. */
void figure_add_percent(struct buffer *buffer, const struct totals *totals);

/* Minutes with one decimal. */
void figure_add_minutes(struct buffer *buffer, int64_t time_us);

/* In millionths, as service units are. */
int64_t figure_core_hours(const struct totals *totals);

/* --- charts --- */

#define BARS_MOST 12

struct bar {
    const char *name;
    int64_t amount_micro;
};

/* By what was billed, the largest first; free() it. */
const struct group **figure_sort(const struct group_list *list);

/* The largest, and all others as one; how many there are. */
size_t figure_bars(const struct group *const *groups, size_t count, const char *others,
                   struct bar bars[BARS_MOST + 1]);

/* The longest of them, 0 when there is none. */
int64_t figure_longest(const struct bar *bars, size_t count);

#endif
