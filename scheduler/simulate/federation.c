/* federation.c - what several sites gain from being one network, by the jobs of one log */

#include "scheduler/simulate/federation.h"

#include "base/parse.h"
#include "base/table.h"
#include "scheduler/simulate/text.h"

#include <inttypes.h>
#include <stdlib.h>

/* --- users ------------------------------------------------------------------------------------ */

struct person {
    int32_t user;
    int32_t site;
    double work; /* processor seconds */
    bool at_home;
};

/* Who is not known is -1. */
static uint64_t key_of(int32_t user)
{
    return (uint64_t)((int64_t)user + 1);
}

static int compare_persons(const void *a, const void *b)
{
    const struct person *first = *(struct person *const *)a, *second = *(struct person *const *)b;

    if (first->work != second->work)
        return first->work > second->work ? -1 : 1;
    return first->user < second->user ? -1 : 1;
}

/* SplitMix64, as in workload.c: by a person's number, so that others change nothing. */
static uint64_t chance_of(const struct person *person, uint64_t seed)
{
    uint64_t mixed = seed + UINT64_C(0x9e3779b97f4a7c15) * (key_of(person->user) + 1);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* By number; who is not known is one. */
static struct table *find_persons(const struct workload *workload)
{
    struct table *persons = table_new();

    for (size_t i = 0; i < workload->count; i++) {
        const struct work *work = &workload->jobs[i];
        uint64_t key = key_of(work->user);
        struct person *person = table_get_number(persons, key);

        if (!person) {
            person = NEW(struct person);
            person->user = work->user;
            table_put_number(persons, key, person);
        }
        person->work += (double)work->run_s * work->processors;
    }
    return persons;
}

static void free_persons(struct table *persons)
{
    struct person *person;
    size_t place = 0;

    while ((person = table_next(persons, &place)))
        free(person);
    table_free(persons);
}

static void deal_out(const struct federation *federation, struct table *persons)
{
    size_t count = table_count(persons), place = 0;
    CLEANUP(memory_freep) struct person **order = NEW_ARRAY(struct person *, count + 1);
    double work[FEDERATION_SITES_MOST] = {0};

    for (size_t i = 0; i < count; i++)
        order[i] = table_next(persons, &place);
    qsort(order, count, sizeof(struct person *), compare_persons);
    for (size_t i = 0; i < count; i++) {
        int32_t least = 0;

        for (uint32_t j = 1; j < federation->site_count; j++)
            if (work[j] < work[least])
                least = (int32_t)j;
        order[i]->site = least;
        work[least] += order[i]->work;
        order[i]->at_home = chance_of(order[i], federation->seed) % 100 < federation->home_percent;
    }
}

static bool deal(struct federation *federation, struct workload *workload, struct error *err)
{
    struct table *persons = find_persons(workload);

    federation->users = table_count(persons);
    deal_out(federation, persons);
    for (size_t i = 0; i < workload->count; i++) {
        struct work *work = &workload->jobs[i];
        const struct person *person = table_get_number(persons, key_of(work->user));

        work->site = person->site;
        work->at_home = person->at_home;
        federation->sites[work->site].jobs++;
        federation->home_jobs += work->at_home;
    }
    free_persons(persons);
    if (federation->users >= federation->site_count)
        return true;
    return fail(err, ERROR_INVALID,
                _("%zu users of the log have jobs: too few for %" PRIu32 " institutions"),
                federation->users, federation->site_count);
}

/* --- the runs --------------------------------------------------------------------------------- */

/* Jobs of one site, and when they start. */
struct share_of_site {
    size_t count;
    struct work *jobs;
    int64_t *starts_s;
};

static void clear_share(struct share_of_site *share)
{
    free(share->jobs);
    free(share->starts_s);
}

static struct share_of_site share_of(const struct workload *workload, const int64_t *starts_s,
                                     int32_t site)
{
    struct share_of_site share = {
        .jobs = NEW_ARRAY(struct work, workload->count),
        .starts_s = NEW_ARRAY(int64_t, workload->count),
    };

    for (size_t i = 0; i < workload->count; i++) {
        if (workload->jobs[i].site != site)
            continue;
        share.starts_s[share.count] = starts_s[i];
        share.jobs[share.count++] = workload->jobs[i];
    }
    return share;
}

/* Starts go back to where the jobs are among all. */
static void put_back(const struct workload *workload, const struct share_of_site *share,
                     int32_t site, int64_t *starts_s)
{
    for (size_t i = 0, place = 0; i < workload->count; i++)
        if (workload->jobs[i].site == site)
            starts_s[i] = share->starts_s[place++];
}

static bool run_alone(struct federation *federation, const struct workload *workload,
                      int64_t *starts_s, struct error *err)
{
    struct replay_settings settings = federation->settings;
    struct replay_counts counts;

    settings.sites = settings.guarantee = 0;
    for (uint32_t i = 0; i < federation->site_count; i++) {
        CLEANUP(clear_share) struct share_of_site share = share_of(workload, starts_s, (int32_t)i);

        if (!replay(&settings, share.jobs, share.count, share.starts_s, &counts, err))
            return false;
        federation->sites[i].alone =
            statistics_of(share.jobs, share.starts_s, share.count, federation->processors);
        put_back(workload, &share, (int32_t)i, starts_s);
    }
    federation->alone = statistics_of(workload->jobs, starts_s, workload->count,
                                      federation->processors * federation->site_count);
    return true;
}

static bool run_together(struct federation *federation, const struct workload *workload,
                         int64_t *starts_s, struct error *err)
{
    CLEANUP(federation_watch_freep)
    struct federation_watch *watch = federation_watch_new(federation, workload);
    struct replay_settings settings = federation->settings;
    struct replay_counts counts;

    settings.sites = federation->site_count;
    settings.booked = federation_watch_booked;
    settings.rested = federation_watch_rested;
    settings.context = watch;
    if (!replay(&settings, workload->jobs, workload->count, starts_s, &counts, err))
        return false;
    for (uint32_t i = 0; i < federation->site_count; i++) {
        CLEANUP(clear_share) struct share_of_site share = share_of(workload, starts_s, (int32_t)i);

        federation->sites[i].together =
            statistics_of(share.jobs, share.starts_s, share.count, federation->processors);
    }
    federation->together = statistics_of(workload->jobs, starts_s, workload->count,
                                         federation->processors * federation->site_count);
    federation->together.cpu_s = (double)counts.cpu_us / (double)US_PER_SECOND;
    return true;
}

/* --- contributions ---------------------------------------------------------------------------- */

/* What was booked of each institution is what its jobs ran; and what one has from others, these
 * have lent. */
static void add_up(struct federation *federation, const struct workload *workload)
{
    int64_t ran_s[FEDERATION_SITES_MOST] = {0}, net_s = 0;

    federation->adds_up = true;
    for (size_t i = 0; i < workload->count; i++)
        ran_s[workload->jobs[i].site] +=
            workload->jobs[i].run_s * (int64_t)workload->jobs[i].processors;
    for (uint32_t i = 0; i < federation->site_count; i++)
        for (uint32_t j = 0; j < federation->site_count; j++) {
            int64_t use_s = federation->rows[i].at[j];

            ran_s[i] -= use_s;
            federation->sites[i].used_s += i != j ? use_s : 0;
            federation->sites[j].lent_s += i != j ? use_s : 0;
        }
    for (uint32_t i = 0; i < federation->site_count; i++) {
        net_s += federation->sites[i].lent_s - federation->sites[i].used_s;
        federation->adds_up &= ran_s[i] == 0;
    }
    federation->adds_up &= net_s == 0;
}

bool federation_run(struct federation *federation, struct workload *workload, struct error *err)
{
    CLEANUP(memory_freep) int64_t *starts_s = NEW_ARRAY(int64_t, workload->count);

    federation->jobs = workload->count;
    federation->sites = NEW_ARRAY(struct federation_site, federation->site_count);
    federation->rows = NEW_ARRAY(struct federation_row, federation->site_count);
    if (!deal(federation, workload, err) || !run_alone(federation, workload, starts_s, err) ||
        !run_together(federation, workload, starts_s, err))
        return false;
    add_up(federation, workload);
    return true;
}

void federation_clear(struct federation *federation)
{
    free(federation->sites);
    free(federation->rows);
}
