/* limits.c - what is used of all limits: holders, meters, associations */

#include "scheduler/core/limits.h"

#include "scheduler/core/het.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/limits_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)

static struct meter *meter_of(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct meter, of_timers);
}

static bool wakes_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct meter *first = meter_of(a), *second = meter_of(b);
    int order;

    if (first->wake_us != second->wake_us)
        return first->wake_us < second->wake_us;
    if (first->holder->of != second->holder->of)
        return first->holder->of < second->holder->of;
    order = strcmp(first->holder->name, second->holder->name);
    if (order == 0)
        order = strcmp(first->user ? first->user : "", second->user ? second->user : "");
    return order < 0;
}

static struct job *job_of(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct job, of_ends);
}

static bool ends_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct job *first = job_of(a), *second = job_of(b);

    if (first->counted_end_s != second->counted_end_s)
        return first->counted_end_s < second->counted_end_s;
    return first->id < second->id;
}

struct limits *limits_new(void)
{
    struct limits *limits = NEW(struct limits);

    limits->holders = table_new();
    limits->meters = table_new();
    limits->associations = table_new();
    limits->places = table_new();
    limits->footings = table_new();
    heap_init(&limits->timers, wakes_before);
    heap_init(&limits->ends, ends_before);
    return limits;
}

void limits_free(struct limits *limits)
{
    struct association *association;
    struct holder *holder;
    struct meter *meter;
    struct footing *footing;
    struct place *known;

    if (!limits)
        return;
    for (size_t place = 0; (association = table_next(limits->associations, &place));) {
        free(association->qos_name);
        free(association->user);
        free(association->institution);
        free(association);
    }
    for (size_t place = 0; (meter = table_next(limits->meters, &place));) {
        free(meter->user);
        free(meter);
    }
    for (size_t place = 0; (holder = table_next(limits->holders, &place));) {
        free(holder->name);
        free(holder);
    }
    for (size_t place = 0; (known = table_next(limits->places, &place));)
        free(known);
    for (size_t place = 0; (footing = table_next(limits->footings, &place));)
        free(footing);
    table_free(limits->footings);
    table_free(limits->places);
    table_free(limits->associations);
    table_free(limits->meters);
    table_free(limits->holders);
    heap_clear(&limits->timers);
    heap_clear(&limits->ends);
    free(limits);
}

/* --- holders ----------------------------------------------------------------------------------- */

static void make_key(struct buffer *key, enum limit_of of, const char *name, const char *user)
{
    buffer_add_char(key, (char)('0' + of));
    buffer_add(key, name, strlen(name) + 1);
    if (user)
        buffer_add(key, user, strlen(user) + 1);
}

static struct holder *get_holder(struct limits *limits, enum limit_of of, const char *name)
{
    CLEANUP(buffer_clear) struct buffer key;
    struct holder *holder;

    buffer_init(&key);
    make_key(&key, of, name, NULL);
    holder = table_get(limits->holders, key.bytes, key.length);
    if (holder)
        return holder;
    holder = NEW(struct holder);
    holder->of = of;
    holder->name = memory_copy(name);
    for (unsigned form = 0; form < LIMIT_FORM_COUNT; form++)
        for (unsigned what = 0; what < LIMIT_WHAT_COUNT; what++) {
            holder->most[form][what] = LIMIT_NONE;
            for (unsigned source = 0; source < LIMIT_SOURCE_COUNT; source++)
                holder->given[source][form][what] = LIMIT_NONE;
        }
    table_put(limits->holders, key.bytes, key.length, holder);
    return holder;
}

const struct holder *limits_next(const struct limits *limits, size_t *place)
{
    return table_next(limits->holders, place);
}

/* The least of all sources, for each. */
static void settle_holder(struct limits *limits, struct holder *holder)
{
    holder->has_any = holder->has_users = false;
    holder->bounds = 0;
    for (unsigned form = 0; form < LIMIT_FORM_COUNT; form++)
        for (unsigned what = 0; what < LIMIT_WHAT_COUNT; what++) {
            int64_t *most = &holder->most[form][what];

            *most = LIMIT_NONE;
            for (unsigned source = 0; source < LIMIT_SOURCE_COUNT; source++)
                if (holder->given[source][form][what] < *most)
                    *most = holder->given[source][form][what];
            if (*most == LIMIT_NONE)
                continue;
            holder->has_any = true;
            holder->has_users |= form == LIMIT_PER_USER;
            holder->bounds |= 1U << what;
        }
    limits->has_any |= holder->has_any;
    limits->has_places |= holder->has_any && limit_is_of_place(holder->of);
    limits->touched = true;
}

void limits_set(struct limits *limits, enum limit_source source, const struct limit *limit)
{
    struct holder *holder = get_holder(limits, limit->of, limit->name);

    holder->given[source][limit->form][limit->what] = limit->amount;
    settle_holder(limits, holder);
}

void limits_drop_source(struct limits *limits, enum limit_source source)
{
    struct holder *holder;

    limits->has_any = limits->has_places = false;
    for (size_t place = 0; (holder = table_next(limits->holders, &place));) {
        for (unsigned form = 0; form < LIMIT_FORM_COUNT; form++)
            for (unsigned what = 0; what < LIMIT_WHAT_COUNT; what++)
                holder->given[source][form][what] = LIMIT_NONE;
        settle_holder(limits, holder);
    }
}

/* --- meters and associations -------------------------------------------------------------------- */

struct meter *limits_meter(struct limits *limits, enum limit_of of, const char *name,
                           const char *user)
{
    CLEANUP(buffer_clear) struct buffer key;
    struct meter *meter;

    buffer_init(&key);
    make_key(&key, of, name, user);
    meter = table_get(limits->meters, key.bytes, key.length);
    if (meter)
        return meter;
    meter = NEW(struct meter);
    meter->holder = get_holder(limits, of, name);
    meter->user = user ? memory_copy(user) : NULL;
    table_put(limits->meters, key.bytes, key.length, meter);
    return meter;
}

#define PLACE_NAME_SIZE (2 * 64 + 2)

static void name_partition(struct limit_place place, char *name)
{
    snprintf(name, PLACE_NAME_SIZE, "%.64s/%.64s", place.cluster->name, place.partition->name);
}

const struct place *limits_place(struct limits *limits, struct limit_place place)
{
    uint64_t key = (uintptr_t)place.partition;
    struct place *known = table_get_number(limits->places, key);
    char name[PLACE_NAME_SIZE];

    if (known)
        return known;
    name_partition(place, name);
    known = NEW(struct place);
    known->partition = limits_meter(limits, LIMIT_OF_PARTITION, name, NULL);
    known->cluster = limits_meter(limits, LIMIT_OF_CLUSTER, place.cluster->name, NULL);
    known->lent = limits_meter(limits, LIMIT_OF_LENT, place.cluster->name, NULL);
    table_put_number(limits->places, key, known);
    return known;
}

bool limits_is_lent(const struct cluster *cluster, const char *institution)
{
    return cluster->institution && strcmp(cluster->institution, institution) != 0;
}

/* What those of an association are counted by where they run.  They are asked for at each start, end
 * and change of an end, so their names are looked up once. */
struct footing {
    unsigned count;
    struct meter *meters[PLACE_METERS]; /* those of the partition first */
};

static struct footing *find_footing(struct limits *limits, const struct association *association,
                                    struct limit_place place)
{
    struct footing *footing = NEW(struct footing);
    struct meter **meters = footing->meters;
    const char *user = association->user;
    char name[PLACE_NAME_SIZE];

    name_partition(place, name);
    meters[footing->count++] = limits_meter(limits, LIMIT_OF_PARTITION, name, user);
    meters[footing->count++] = limits_meter(limits, LIMIT_OF_PARTITION, name, NULL);
    meters[footing->count++] = limits_meter(limits, LIMIT_OF_CLUSTER, place.cluster->name, user);
    meters[footing->count++] = limits_meter(limits, LIMIT_OF_CLUSTER, place.cluster->name, NULL);
    if (!limits_is_lent(place.cluster, association->institution))
        return footing;
    meters[footing->count++] = limits_meter(limits, LIMIT_OF_LENT, place.cluster->name, user);
    meters[footing->count++] = limits_meter(limits, LIMIT_OF_LENT, place.cluster->name, NULL);
    return footing;
}

static const struct footing *footing_of(struct limits *limits, const struct job *job,
                                        const struct partition *partition)
{
    const uintptr_t key[] = {(uintptr_t)job->association, (uintptr_t)partition};
    struct footing *footing = table_get(limits->footings, key, sizeof(key));

    if (footing)
        return footing;
    footing = find_footing(limits, job->association, (struct limit_place){job->cluster, partition});
    table_put(limits->footings, key, sizeof(key), footing);
    return footing;
}

/* The nearest first: that is the one whose limit is named. */
static void find_meters(struct limits *limits, struct association *association,
                        const char *institution, const char *project)
{
    struct meter **meters = association->meters;
    const char *user = association->user;
    CLEANUP(memory_freep) char *member = memory_format("%s/%s", project, user);

    if (association->qos_name) {
        meters[0] = limits_meter(limits, LIMIT_OF_QOS, association->qos_name, user);
        meters[1] = limits_meter(limits, LIMIT_OF_QOS, association->qos_name, NULL);
    }
    meters[2] = limits_meter(limits, LIMIT_OF_USER, user, NULL);
    meters[3] = limits_meter(limits, LIMIT_OF_MEMBER, member, NULL);
    meters[4] = limits_meter(limits, LIMIT_OF_PROJECT, project, user);
    meters[5] = limits_meter(limits, LIMIT_OF_PROJECT, project, NULL);
    meters[6] = limits_meter(limits, LIMIT_OF_INSTITUTION, institution, user);
    meters[7] = limits_meter(limits, LIMIT_OF_INSTITUTION, institution, NULL);
    meters[8] = limits_meter(limits, LIMIT_OF_NETWORK, "", user);
    meters[9] = limits_meter(limits, LIMIT_OF_NETWORK, "", NULL);
}

struct association *limits_associate(struct limits *limits, const char *institution,
                                     const char *project, const char *user, const char *qos)
{
    CLEANUP(buffer_clear) struct buffer key;
    struct association *association;

    buffer_init(&key);
    buffer_add(&key, project, strlen(project) + 1);
    buffer_add(&key, user, strlen(user) + 1);
    if (qos)
        buffer_add(&key, qos, strlen(qos) + 1);
    association = table_get(limits->associations, key.bytes, key.length);
    if (association)
        return association;
    association = NEW(struct association);
    association->user = memory_copy(user);
    association->institution = memory_copy(institution);
    association->qos_name = qos ? memory_copy(qos) : NULL;
    find_meters(limits, association, institution, project);
    table_put(limits->associations, key.bytes, key.length, association);
    return association;
}

struct association *limits_next_association(const struct limits *limits, size_t *place)
{
    return table_next(limits->associations, place);
}

/* --- what jobs have ------------------------------------------------------------------------------ */

void limits_submit(struct association *association, int64_t jobs)
{
    for (unsigned i = 0; i < ASSOCIATION_METERS; i++)
        if (association->meters[i])
            association->meters[i]->used[LIMIT_SUBMITTED] += jobs;
}

#define PARTITION_METERS 2

static bool find_share(struct limits *limits, const struct job *job, uint32_t component,
                       struct portion *ret_portion)
{
    const struct partition *partition;

    ret_portion->count = 0;
    if (!job->components || component >= het_size(&job->request))
        return false;
    partition = limits_amounts_of_component(job, component, ret_portion->amounts);
    if (!partition)
        return true;
    ret_portion->count = PARTITION_METERS;
    memcpy(ret_portion->meters, footing_of(limits, job, partition)->meters,
           PARTITION_METERS * sizeof(*ret_portion->meters));
    return true;
}

bool limits_portion(struct limits *limits, const struct job *job, uint32_t number,
                    struct portion *ret_portion)
{
    unsigned count = 0;

    if (number > 0)
        return find_share(limits, job, number - 1, ret_portion);
    if (job->cluster) {
        const struct footing *footing = footing_of(limits, job, job->partition);
        unsigned first = job->components ? PARTITION_METERS : 0;

        count = footing->count - first;
        memcpy(ret_portion->meters, footing->meters + first, count * sizeof(*ret_portion->meters));
    }
    for (unsigned i = 0; i < ASSOCIATION_METERS; i++)
        if (job->association->meters[i])
            ret_portion->meters[count++] = job->association->meters[i];
    ret_portion->count = count;
    limits_amounts_of_job(job, ret_portion->amounts);
    return true;
}

static int64_t end_of(int64_t end_us)
{
    return end_us / SECOND_US + (end_us % SECOND_US > 0);
}

/* Count its core seconds up to end_s instead of what was counted; 0: none. */
static void count_up_to(struct limits *limits, struct job *job, int64_t end_s)
{
    struct portion portion;

    for (uint32_t i = 0; limits_portion(limits, job, i, &portion); i++)
        for (unsigned j = 0; j < portion.count; j++) {
            struct meter *meter = portion.meters[j];
            int64_t cores = portion.amounts[LIMIT_CORES];

            meter->cores += cores * ((end_s > 0) - (job->counted_end_s > 0));
            meter->ends += (__int128)cores * (end_s - job->counted_end_s);
        }
    if (heap_has(&job->of_ends))
        heap_remove(&limits->ends, &job->of_ends);
    job->counted_end_s = end_s;
    if (end_s > 0)
        heap_add(&limits->ends, &job->of_ends);
}

static void add_amounts(struct limits *limits, const struct job *job, int64_t sign)
{
    struct portion portion;

    for (uint32_t i = 0; limits_portion(limits, job, i, &portion); i++)
        for (unsigned j = 0; j < portion.count; j++)
            for (unsigned what = 0; what < LIMIT_WHAT_COUNT; what++)
                portion.meters[j]->used[what] += sign * portion.amounts[what];
}

void limits_take(struct limits *limits, struct job *job, int64_t end_us)
{
    assert(job->counted_end_s == 0);
    add_amounts(limits, job, 1);
    count_up_to(limits, job, end_of(end_us));
    limits->touched = true;
}

void limits_expect(struct limits *limits, struct job *job, int64_t end_us)
{
    count_up_to(limits, job, end_of(end_us));
}

void limits_give(struct limits *limits, struct job *job)
{
    add_amounts(limits, job, -1);
    count_up_to(limits, job, 0);
}

void limits_advance(struct limits *limits, int64_t now_us)
{
    struct heap_node *first;

    while ((first = heap_first(&limits->ends)) &&
           job_of(first)->counted_end_s <= now_us / SECOND_US)
        limits_expect(limits, job_of(first), 0);
}
