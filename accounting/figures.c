/* figures.c - how figures of a report are shown to people */

#include "accounting/figures.h"

#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void figure_add_amount(struct buffer *buffer, int64_t amount_micro)
{
    uint64_t size = amount_micro < 0 ? 0 - (uint64_t)amount_micro : (uint64_t)amount_micro;
    uint64_t cents = (size + 5000) / 10000;

    buffer_print(buffer, "%s%" PRIu64 ".%02" PRIu64, amount_micro < 0 ? "-" : "", cents / 100,
                 cents % 100);
}

void figure_add_percent(struct buffer *buffer, const struct totals *totals)
{
    if (totals->core_us > 0)
        buffer_print(buffer, "%" PRId64 " %%",
                     (int64_t)(((__int128)totals->cpu_used_us * 100 + totals->core_us / 2) /
                               totals->core_us));
}

void figure_add_minutes(struct buffer *buffer, int64_t time_us)
{
    int64_t tenths = time_us / (US_PER_MINUTE / 10);

    buffer_print(buffer, "%" PRId64 ".%" PRId64, tenths / 10, tenths % 10);
}

int64_t figure_core_hours(const struct totals *totals)
{
    return (int64_t)((__int128)totals->core_us * 1000000 / US_PER_HOUR);
}

static int compare_groups(const void *a, const void *b)
{
    const struct group *first = *(const struct group *const *)a;
    const struct group *second = *(const struct group *const *)b;

    if (first->totals.charged_micro != second->totals.charged_micro)
        return first->totals.charged_micro < second->totals.charged_micro ? 1 : -1;
    return strcmp(first->name, second->name);
}

const struct group **figure_sort(const struct group_list *list)
{
    const struct group **groups = NEW_ARRAY(const struct group *, list->count + 1);

    for (size_t i = 0; i < list->count; i++)
        groups[i] = &list->all[i];
    if (list->count > 1)
        qsort(groups, list->count, sizeof *groups, compare_groups);
    return groups;
}

size_t figure_bars(const struct group *const *groups, size_t count, const char *others,
                   struct bar bars[BARS_MOST + 1])
{
    size_t shown = count > BARS_MOST ? BARS_MOST : count;

    for (size_t i = 0; i < shown; i++)
        bars[i] = (struct bar){groups[i]->name, groups[i]->totals.charged_micro};
    if (count == shown)
        return shown;
    bars[shown] = (struct bar){others, 0};
    for (size_t i = shown; i < count; i++)
        bars[shown].amount_micro += groups[i]->totals.charged_micro;
    return shown + 1;
}

int64_t figure_longest(const struct bar *bars, size_t count)
{
    int64_t longest_micro = 0;

    for (size_t i = 0; i < count; i++)
        if (bars[i].amount_micro > longest_micro)
            longest_micro = bars[i].amount_micro;
    return longest_micro;
}
