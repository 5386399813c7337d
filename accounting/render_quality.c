/* render_quality.c - how long people waited, and how well they used what they had */

#include "accounting/render.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int compare_waits(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

/* The least that at least so many of a hundred are not above. */
static int64_t share_of(const int64_t *sorted, size_t count, unsigned percent)
{
    return sorted[(count * percent + 99) / 100 - 1];
}

bool waits_summarize(const struct group *group, struct waits *ret_waits)
{
    CLEANUP(memory_freep) int64_t *sorted = NULL;
    size_t count = group->wait_count;
    __int128 sum = 0;

    if (count == 0)
        return false;
    sorted = memory_copy_bytes(group->waits_us, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_waits);
    for (size_t i = 0; i < count; i++)
        sum += sorted[i];
    *ret_waits = (struct waits){
        .mean_us = (int64_t)(sum / (int64_t)count),
        .half_us = share_of(sorted, count, 50),
        .most_us = share_of(sorted, count, 95),
        .longest_us = sorted[count - 1],
    };
    return true;
}

void render_waits_csv(const struct report *report, struct buffer *buffer)
{
    buffer_add_text(buffer, "cluster,jobs,wait_mean_us,wait_p50_us,wait_p95_us,wait_max_us\n");
    for (size_t i = 0; i < report->clusters.count; i++) {
        const struct group *cluster = &report->clusters.all[i];
        struct waits waits;

        if (!waits_summarize(cluster, &waits))
            continue;
        buffer_print(buffer, "%s,%zu,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n",
                     cluster->name, cluster->wait_count, waits.mean_us, waits.half_us,
                     waits.most_us, waits.longest_us);
    }
}

/* Empty when there is nothing to divide by. */
static void add_ppm(struct buffer *buffer, __int128 part, __int128 whole)
{
    buffer_add_char(buffer, ',');
    if (whole > 0)
        buffer_add_signed(buffer, (int64_t)(part * 1000000 / whole));
}

void render_efficiency_csv(const struct report *report, struct buffer *buffer)
{
    buffer_add_text(buffer, "project,jobs,cpu_eff_ppm,mem_eff_ppm,billed_usu,failed_usu\n");
    for (size_t i = 0; i < report->projects.count; i++) {
        const struct group *project = &report->projects.all[i];
        const struct totals *totals = &project->totals;

        buffer_print(buffer, "%s,%" PRIu64, project->name, totals->jobs);
        add_ppm(buffer, totals->cpu_used_us, totals->core_us);
        add_ppm(buffer, totals->memory_used_mib_s, totals->memory_mib_s);
        buffer_print(buffer, ",%" PRId64 ",%" PRId64 "\n", totals->charged_micro,
                     totals->failed_micro);
    }
}
