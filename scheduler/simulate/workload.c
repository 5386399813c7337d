/* workload.c - the jobs of a log, as they are replayed */

#include "scheduler/simulate/workload.h"

#include "base/parse.h"
#include "scheduler/simulate/text.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_MOST_S (PARSE_DURATION_MAX_US / US_PER_SECOND)

static void add(struct workload *workload, const struct swf_job *job)
{
    int64_t processors = job->processors_asked > 0 ? job->processors_asked : job->processors;
    int64_t limit_s = job->limit_s > 0 ? job->limit_s : job->run_s;

    if (job->run_s <= 0 || processors <= 0) {
        workload->left_out_idle++;
        return;
    }
    if (limit_s > LIMIT_MOST_S)
        limit_s = LIMIT_MOST_S;
    if (workload->count == workload->capacity) {
        workload->capacity = workload->capacity ? 2 * workload->capacity : 4096;
        workload->jobs = memory_resize(workload->jobs, workload->capacity, sizeof(*workload->jobs));
    }
    workload->jobs[workload->count++] = (struct work){
        .number = job->number,
        .submit_s = job->submit_s,
        .run_s = job->run_s < limit_s ? job->run_s : limit_s,
        .limit_s = limit_s,
        .processors = (uint32_t)processors,
        .user = (int32_t)job->user,
        .group = (int32_t)job->group,
    };
}

/* Stable by merging: equal seconds keep the log's order.  O(n log n); a log that is in
 * order already, as nearly all are, costs one walk. */
static void sort(struct work *jobs, struct work *room, size_t count)
{
    size_t half = count / 2, left = 0, right = half;

    if (count < 2)
        return;
    sort(jobs, room, half);
    sort(jobs + half, room, count - half);
    if (jobs[half - 1].submit_s <= jobs[half].submit_s)
        return;
    memcpy(room, jobs, half * sizeof(*jobs));
    for (size_t place = 0; left < half; place++)
        jobs[place] = right < count && jobs[right].submit_s < room[left].submit_s ? jobs[right++]
                                                                                  : room[left++];
}

static void sort_by_submission(struct work *jobs, size_t count)
{
    struct work *room = NEW_ARRAY(struct work, count / 2 + 1);

    sort(jobs, room, count);
    free(room);
}

bool workload_read(struct workload *workload, const char *path, struct error *err)
{
    CLEANUP(swf_freep) struct swf *swf = swf_open(path, err);
    struct swf_job job;
    int read;

    *workload = (struct workload){0};
    if (!swf)
        return false;
    while ((read = swf_next(swf, &job, err)) == 1 && workload->count < WORKLOAD_JOBS_MAX)
        add(workload, &job);
    workload->header = *swf_header(swf);
    if (read == 1)
        fail(err, ERROR_EXHAUSTED, _("%.150s has more than %d jobs"), path, WORKLOAD_JOBS_MAX);
    else if (read == 0 && workload->count == 0)
        fail(err, ERROR_INVALID, _("%.150s has no job that ran"), path);
    if (read != 0 || workload->count == 0) {
        workload_clear(workload);
        return false;
    }
    sort_by_submission(workload->jobs, workload->count);
    return true;
}

void workload_clear(struct workload *workload)
{
    free(workload->jobs);
    *workload = (struct workload){0};
}

void workload_fit(struct workload *workload, uint32_t processors)
{
    size_t kept = 0;

    for (size_t i = 0; i < workload->count; i++)
        if (workload->jobs[i].processors <= processors)
            workload->jobs[kept++] = workload->jobs[i];
    workload->left_out_large += workload->count - kept;
    workload->count = kept;
}

/* SplitMix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators",
 * 2014. */
static uint64_t next_chance(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

struct work *workload_shake(const struct workload *workload, uint32_t shake_s, uint64_t seed)
{
    struct work *jobs = NEW_ARRAY(struct work, workload->count + 1);
    uint64_t state = seed;

    memcpy(jobs, workload->jobs, workload->count * sizeof(*jobs));
    if (shake_s == 0)
        return jobs;
    for (size_t i = 0; i < workload->count; i++) {
        int64_t moved_s = (int64_t)(next_chance(&state) % (2 * (uint64_t)shake_s + 1));

        jobs[i].submit_s += moved_s - (int64_t)shake_s;
    }
    sort_by_submission(jobs, workload->count);
    return jobs;
}
