/* statistics.c - what a schedule was worth */

#include "scheduler/simulate/statistics.h"

#include "base/memory.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return first < second ? -1 : first > second;
}

/* The smallest value that is no less than 95 of a hundred. */
static int64_t percentile_95(int64_t *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[(count * 95 + 99) / 100 - 1];
}

static double bounded_slowdown(int64_t wait_s, int64_t run_s)
{
    int64_t bound_s = run_s > SLOWDOWN_BOUND_S ? run_s : SLOWDOWN_BOUND_S;
    double slowdown = (double)(wait_s + run_s) / (double)bound_s;

    return slowdown > 1 ? slowdown : 1;
}

struct statistics statistics_of(const struct work *jobs, const int64_t *starts_s, size_t count,
                                uint32_t processors)
{
    int64_t *waits_s = NEW_ARRAY(int64_t, count);
    int64_t last_s = jobs[0].submit_s;
    struct statistics all = {0};
    double work = 0;

    for (size_t i = 0; i < count; i++) {
        waits_s[i] = starts_s[i] - jobs[i].submit_s;
        all.wait_s += (double)waits_s[i];
        if ((double)waits_s[i] > all.wait_max_s)
            all.wait_max_s = (double)waits_s[i];
        all.slowdown += bounded_slowdown(waits_s[i], jobs[i].run_s);
        work += (double)jobs[i].run_s * jobs[i].processors;
        if (starts_s[i] + jobs[i].run_s > last_s)
            last_s = starts_s[i] + jobs[i].run_s;
    }
    all.wait_s /= (double)count;
    all.slowdown /= (double)count;
    all.wait_p95_s = (double)percentile_95(waits_s, count);
    all.makespan_s = (double)(last_s - jobs[0].submit_s);
    all.utilization = work / (all.makespan_s * processors);
    free(waits_s);
    return all;
}

void statistics_add(struct statistics *sum, const struct statistics *more)
{
    sum->wait_s += more->wait_s;
    sum->wait_p95_s += more->wait_p95_s;
    sum->wait_max_s += more->wait_max_s;
    sum->slowdown += more->slowdown;
    sum->utilization += more->utilization;
    sum->makespan_s += more->makespan_s;
    sum->cpu_s += more->cpu_s;
    sum->decisions_per_s += more->decisions_per_s;
}

void statistics_divide(struct statistics *sum, unsigned count)
{
    sum->wait_s /= count;
    sum->wait_p95_s /= count;
    sum->wait_max_s /= count;
    sum->slowdown /= count;
    sum->utilization /= count;
    sum->makespan_s /= count;
    sum->cpu_s /= count;
    sum->decisions_per_s /= count;
}
