/* queued.c - what the jobs that wait would hold if they started now, by budget */

#include "scheduler/queued.h"

#include "accounting/core/account.h"
#include "base/table.h"
#include "scheduler/core/price.h"

#include <stdlib.h>

struct queued {
    struct table *institutions, *projects; /* __int128, by name; projects are the network's */
    int64_t until_us;                      /* the sums are good */
    int64_t summed_us;
};

static void clear(struct table *sums)
{
    void *sum;

    for (size_t place = 0; (sum = table_next(sums, &place));)
        free(sum);
    table_free(sums);
}

struct queued *queued_new(void)
{
    struct queued *queued = NEW(struct queued);

    queued->institutions = table_new();
    queued->projects = table_new();
    return queued;
}

void queued_free(struct queued *queued)
{
    if (!queued)
        return;
    clear(queued->institutions);
    clear(queued->projects);
    free(queued);
}

static void add(struct table *sums, const char *name, __int128 amount)
{
    __int128 *sum = table_get_text(sums, name);

    if (!sum) {
        sum = NEW(__int128);
        table_put_text(sums, name, sum);
    }
    *sum += amount;
}

void queued_sum(struct queued *queued, const struct core *core, int64_t now_us)
{
    int64_t count = 0;

    if (now_us >= queued->summed_us && now_us < queued->until_us)
        return;
    clear(queued->institutions);
    clear(queued->projects);
    queued->institutions = table_new();
    queued->projects = table_new();
    for (const struct job *job = core_job_after(core, 0); job;
         job = core_job_after(core, job->id)) {
        int64_t billed_micro;
        __int128 amount;

        count++;
        if (job->state != JOB_PENDING || job_is_head(job) ||
            !price_of_waiting(core, core_rates(core), job, now_us, &billed_micro))
            continue;
        amount = billed_micro;
        amount *= job_element_count(job);
        add(queued->projects, job->project, amount);
        add(queued->institutions, job->institution, amount);
    }
    queued->summed_us = now_us;
    queued->until_us = now_us + count * QUEUED_GOOD_US;
}

int64_t queued_amount(const struct queued *queued, const char *institution, const char *project)
{
    const __int128 *sum = project ? table_get_text(queued->projects, project)
                                  : table_get_text(queued->institutions, institution);

    return sum ? amount_saturate(*sum) : 0;
}
