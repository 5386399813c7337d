/* limits_admit.c - who may have more, and when to look again */

#include "scheduler/core/inventory.h"
#include "scheduler/core/limits.h"
#include "scheduler/core/limits_inside.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)

/* --- questions ------------------------------------------------------------------------------------ */

/* What a meter shows; core seconds are those to come. */
static int64_t used_of(const struct meter *meter, enum limit_what what, int64_t now_us)
{
    __int128 left;

    if (what != LIMIT_CORE_SECONDS)
        return meter->used[what];
    left = meter->ends - (__int128)meter->cores * (now_us / SECOND_US);
    return left <= 0 ? 0 : left > LIMIT_NONE / 2 ? LIMIT_NONE / 2 : (int64_t)left;
}

int64_t limits_used(const struct limits *limits, const struct holder *holder, enum limit_what what,
                    int64_t now_us)
{
    CLEANUP(buffer_clear) struct buffer key;
    const struct meter *meter;

    buffer_init(&key);
    buffer_add_char(&key, (char)('0' + holder->of));
    buffer_add(&key, holder->name, strlen(holder->name) + 1);
    meter = table_get(limits->meters, key.bytes, key.length);
    return meter ? used_of(meter, what, now_us) : 0;
}

/* One walk over the meters of a job that asks. */
struct inquiry {
    const struct charge *charge;
    int64_t now_us;
    bool together, alone; /* the forms that are looked at */
    bool is_empty;        /* as if nobody had anything */
    unsigned nth;         /* so many hits are passed over */
    struct limit_hit *hit;
};

static bool is_hit(struct inquiry *inquiry, struct meter *meter, enum limit_form form,
                   enum limit_what what, int64_t used)
{
    int64_t most = meter->holder->most[form][what], needs = inquiry->charge->amounts[what];

    if (most == LIMIT_NONE || (needs <= most && used <= most - needs))
        return false;
    if (inquiry->nth > 0) {
        inquiry->nth--;
        return false;
    }
    *inquiry->hit = (struct limit_hit){meter, form, what, most, used, needs};
    return true;
}

/* A person's meter has the limits per user; the other the total, and those of each job. */
static bool hits_meter(struct inquiry *inquiry, struct meter *meter)
{
    enum limit_form form = meter->user ? LIMIT_PER_USER : LIMIT_TOTAL;

    if (meter->user ? !meter->holder->has_users : !meter->holder->has_any)
        return false;
    for (unsigned what = 0; what < LIMIT_WHAT_COUNT; what++) {
        int64_t used;

        if (inquiry->charge->amounts[what] <= 0 || !(meter->holder->bounds & 1U << what))
            continue;
        used = inquiry->is_empty ? 0 : used_of(meter, what, inquiry->now_us);
        if (inquiry->together && is_hit(inquiry, meter, form, what, used))
            return true;
        if (inquiry->alone && !meter->user && is_hit(inquiry, meter, LIMIT_PER_JOB, what, 0))
            return true;
    }
    return false;
}

/* Of one place. */
static unsigned add_meters(struct limits *limits, struct meter *total, const char *user,
                           struct meter **ret_meters)
{
    const struct holder *holder = total->holder;
    unsigned count = 0;

    if (holder->has_users)
        ret_meters[count++] = limits_meter(limits, holder->of, holder->name, user);
    if (holder->has_any)
        ret_meters[count++] = total;
    return count;
}

/* Those of the place that have limits: in most there are none, and nobody's meters are made for a
 * look.  How many, of the partition and of its cluster. */
static unsigned partition_meters(struct limits *limits, struct limit_place place,
                                 const struct association *association,
                                 struct meter *ret_meters[PLACE_METERS])
{
    if (!limits->has_places || !place.cluster)
        return 0;
    return add_meters(limits, limits_place(limits, place)->partition, association->user,
                      ret_meters);
}

static unsigned cluster_meters(struct limits *limits, struct limit_place place,
                               const struct association *association,
                               struct meter *ret_meters[PLACE_METERS])
{
    const char *user = association->user;
    const struct place *known;
    unsigned count;

    if (!limits->has_places || !place.cluster)
        return 0;
    known = limits_place(limits, place);
    count = add_meters(limits, known->cluster, user, ret_meters);
    if (limits_is_lent(place.cluster, association->institution))
        count += add_meters(limits, known->lent, user, ret_meters + count);
    return count;
}

static bool hits_one_of(struct inquiry *inquiry, struct meter *const *meters, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (meters[i] && hits_meter(inquiry, meters[i]))
            return true;
    return false;
}

/* Of all partitions that it would be in, each with what it would have there. */
static bool hits_partitions(struct limits *limits, const struct limit_wish *wish,
                            struct inquiry *inquiry)
{
    struct meter *meters[PLACE_METERS];
    struct limit_place place = wish->place;
    unsigned count = wish->shares ? wish->shares->count : 0;
    bool hit = false;

    if (count == 0)
        return hits_one_of(inquiry, meters,
                           partition_meters(limits, place, wish->association, meters));
    for (unsigned i = 0; !hit && i < count; i++) {
        place.partition = wish->shares->all[i].partition;
        inquiry->charge = &wish->shares->all[i].charge;
        hit = hits_one_of(inquiry, meters,
                          partition_meters(limits, place, wish->association, meters));
    }
    inquiry->charge = wish->charge;
    return hit;
}

static bool hits_any(struct limits *limits, const struct limit_wish *wish, struct inquiry *inquiry)
{
    struct meter *meters[PLACE_METERS];

    inquiry->charge = wish->charge;
    inquiry->now_us = wish->now_us;
    return limits->has_any &&
           (hits_one_of(inquiry, wish->association->meters, ASSOCIATION_METERS) ||
            hits_partitions(limits, wish, inquiry) ||
            hits_one_of(inquiry, meters,
                        cluster_meters(limits, wish->place, wish->association, meters)));
}

bool limits_admit(struct limits *limits, const struct limit_wish *wish, unsigned nth,
                  struct limit_hit *ret_hit)
{
    struct inquiry inquiry = {.together = true, .alone = true, .nth = nth, .hit = ret_hit};

    return !hits_any(limits, wish, &inquiry);
}

bool limits_admit_partition(struct limits *limits, const struct limit_wish *wish)
{
    struct limit_hit ignored;
    struct inquiry inquiry = {.charge = wish->charge,
                              .now_us = wish->now_us,
                              .together = true,
                              .alone = true,
                              .hit = &ignored};
    struct meter *meters[PLACE_METERS] = {NULL};

    return !hits_one_of(&inquiry, meters,
                        partition_meters(limits, wish->place, wish->association, meters));
}

bool limits_admit_alone(struct limits *limits, const struct limit_wish *wish, bool per_job,
                        struct limit_hit *ret_hit)
{
    struct inquiry inquiry = {
        .together = !per_job, .alone = true, .is_empty = true, .hit = ret_hit};

    return !hits_any(limits, wish, &inquiry);
}

bool limits_admit_submission(struct limits *limits, const struct association *association,
                             int64_t jobs, struct limit_hit *ret_hit)
{
    struct charge charge = {.amounts = {[LIMIT_SUBMITTED] = jobs}};
    struct limit_wish wish = {.association = association, .charge = &charge};
    struct inquiry inquiry = {.together = true, .hit = ret_hit};

    return !hits_any(limits, &wish, &inquiry);
}

static void lower(int64_t *left, const struct meter *meter)
{
    int64_t most = meter->holder->most[meter->user ? LIMIT_PER_USER : LIMIT_TOTAL][LIMIT_NODES];
    int64_t each = meter->holder->most[LIMIT_PER_JOB][LIMIT_NODES];

    if (most != LIMIT_NONE && most - meter->used[LIMIT_NODES] < *left)
        *left = most - meter->used[LIMIT_NODES];
    if (each < *left)
        *left = each;
}

int64_t limits_nodes_left(struct limits *limits, const struct association *association,
                          struct limit_place place)
{
    struct meter *meters[PLACE_METERS];
    int64_t left = LIMIT_NONE;
    unsigned count;

    if (!limits->has_any)
        return left;
    for (unsigned i = 0; i < ASSOCIATION_METERS; i++)
        if (association->meters[i])
            lower(&left, association->meters[i]);
    count = partition_meters(limits, place, association, meters);
    count += cluster_meters(limits, place, association, meters + count);
    for (unsigned i = 0; i < count; i++)
        lower(&left, meters[i]);
    return left;
}

enum job_reason limit_hit_reason(const struct limit_hit *hit)
{
    return limit_reason(hit->meter->holder->of, hit->form, hit->what);
}

void limit_hit_place(const struct limit_hit *hit, char *place, size_t size)
{
    const struct holder *holder = hit->meter->holder;
    const char *user = hit->form == LIMIT_PER_USER ? hit->meter->user : NULL;

    snprintf(place, size, "%s%s%.40s%s%.24s", limit_of_name(holder->of), *holder->name ? " " : "",
             holder->name, user ? ", user " : "", user ? user : "");
}

/* --- core seconds fall by themselves --------------------------------------------------------------- */

void limits_wake(struct limits *limits, const struct limit_hit *hit, int64_t now_us)
{
    struct meter *meter = hit->meter;
    __int128 over = meter->ends - (hit->most - hit->needs);
    int64_t at_us;

    if (hit->what != LIMIT_CORE_SECONDS || hit->needs > hit->most || meter->cores <= 0)
        return;
    /* Not more often than each minute, whoever waits. */
    at_us = (int64_t)((over + meter->cores - 1) / meter->cores) * SECOND_US;
    if (at_us <= now_us)
        at_us = now_us + 1;
    at_us += MINUTE_US - 1 - (at_us + MINUTE_US - 1) % MINUTE_US;
    if (heap_has(&meter->of_timers) && meter->wake_us <= at_us)
        return;
    meter->wake_us = at_us;
    if (heap_has(&meter->of_timers))
        heap_move(&limits->timers, &meter->of_timers);
    else
        heap_add(&limits->timers, &meter->of_timers);
}

int64_t limits_next_time(const struct limits *limits)
{
    struct heap_node *first = heap_first(&limits->timers);

    return first ? CONTAINER_OF(first, struct meter, of_timers)->wake_us : INT64_MAX;
}

struct meter *limits_due(struct limits *limits, int64_t now_us)
{
    struct heap_node *first = heap_first(&limits->timers);

    if (!first || limits_next_time(limits) > now_us)
        return NULL;
    heap_remove(&limits->timers, first);
    return CONTAINER_OF(first, struct meter, of_timers);
}

/* --- invariants ------------------------------------------------------------------------------------ */

void limits_check_begin(struct limits *limits)
{
    struct meter *meter;

    for (size_t place = 0; (meter = table_next(limits->meters, &place));)
        memset(meter->counted, 0, sizeof(meter->counted));
}

static void count_in(struct meter *meter, const struct portion *portion, bool has_end)
{
    for (unsigned what = 0; what < LIMIT_WHAT_COUNT; what++)
        meter->counted[what] += portion->amounts[what];
    if (has_end)
        meter->counted[LIMIT_CORE_SECONDS] += portion->amounts[LIMIT_CORES];
}

void limits_check_job(struct limits *limits, const struct job *job)
{
    struct portion portion;

    for (unsigned i = 0; i < ASSOCIATION_METERS; i++)
        if (job->association->meters[i])
            job->association->meters[i]->counted[LIMIT_SUBMITTED] += job_element_count(job);
    if (job->state == JOB_PENDING)
        return;
    for (uint32_t i = 0; limits_portion(limits, job, i, &portion); i++)
        for (unsigned j = 0; j < portion.count; j++)
            count_in(portion.meters[j], &portion, job->counted_end_s > 0);
}

bool limits_check_end(const struct limits *limits)
{
    const struct meter *meter;

    for (size_t place = 0; (meter = table_next(limits->meters, &place));)
        for (unsigned what = 0; what < LIMIT_WHAT_COUNT; what++) {
            int64_t used = what == LIMIT_CORE_SECONDS ? meter->cores : meter->used[what];

            if (used != meter->counted[what])
                return false;
        }
    return true;
}
