/* licenses.c - licences of programs: counted over the network or over one cluster */

#include "scheduler/core/licenses.h"

#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/job.h"
#include "scheduler/core/request.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Who holds seats, in no order. */
struct holder {
    const struct job *job;
    uint32_t seats;
};

struct license {
    char name[LICENSE_NAME_SIZE];
    const struct cluster *cluster; /* NULL: the network's */
    uint32_t seats, used;
    uint32_t holder_count, holder_capacity;
    struct holder *holders;
    int64_t reserved_us;     /* from then on some are kept; INT64_MAX: none */
    uint32_t reserved_spare; /* what is left of them then */
};

struct licenses {
    size_t count;
    struct license *all;
};

/* --- what a job wants --------------------------------------------------------------------------- */

static bool add_wish(struct license_list *list, char *word, struct error *err)
{
    char *sign = word + strcspn(word, ":=");
    uint32_t seats = 1, place = list->count;

    if (*sign) {
        *sign = '\0';
        if (!parse_u32(sign + 1, 1, LICENSE_SEATS_MAX, &seats, err))
            return fail_in(err, "license %.64s", word);
    }
    if (!parse_name(word, "license", LICENSE_NAME_SIZE - 1, err))
        return false;
    if (list->count == LICENSES_OF_JOB)
        return fail(err, ERROR_INVALID, "more than %d licenses", LICENSES_OF_JOB);
    for (uint32_t i = 0; i < list->count; i++)
        if (strcmp(list->all[i].name, word) == 0)
            return fail(err, ERROR_INVALID, "license %s is named twice: write %s:%" PRIu32, word,
                        word, list->all[i].seats + seats);
    for (; place > 0 && strcmp(list->all[place - 1].name, word) > 0; place--)
        list->all[place] = list->all[place - 1];
    snprintf(list->all[place].name, LICENSE_NAME_SIZE, "%s", word);
    list->all[place].seats = seats;
    list->count++;
    return true;
}

bool license_list_parse(const char *text, struct license_list *ret_list, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(text);
    struct license_list list = {0};
    char *rest = copy, *word;

    if (strchr(text, '|'))
        return fail(err, ERROR_INVALID,
                    "licenses '%.60s': a choice with | is not offered: name those that the job "
                    "needs, with commas",
                    text);
    while ((word = strsep(&rest, ",")))
        if (!add_wish(&list, word, err))
            return fail_in(err, "licenses '%.60s'", text);
    *ret_list = list;
    return true;
}

/* --- the pool ----------------------------------------------------------------------------------- */

static void add_all(struct licenses *licenses, const struct license_stock *stock, size_t count,
                    const struct cluster *cluster)
{
    licenses->all =
        memory_resize(licenses->all, licenses->count + count + 1, sizeof(*licenses->all));
    for (size_t i = 0; i < count; i++) {
        struct license *license = &licenses->all[licenses->count++];

        *license = (struct license){
            .cluster = cluster,
            .seats = stock[i].seats,
            .reserved_us = INT64_MAX,
        };
        snprintf(license->name, sizeof(license->name), "%s", stock[i].name);
    }
}

struct licenses *licenses_new(const struct license_stock *network, size_t count,
                              const struct inventory *inventory)
{
    struct licenses *licenses = NEW(struct licenses);

    add_all(licenses, network, count, NULL);
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);

        add_all(licenses, cluster->licenses, cluster->license_count, cluster);
    }
    return licenses;
}

void licenses_free(struct licenses *licenses)
{
    if (!licenses)
        return;
    for (size_t i = 0; i < licenses->count; i++)
        free(licenses->all[i].holders);
    free(licenses->all);
    free(licenses);
}

/* The cluster's own, else the network's. */
static struct license *find(const struct licenses *licenses, const char *name,
                            const struct cluster *cluster)
{
    struct license *found = NULL;

    for (size_t i = 0; i < licenses->count; i++) {
        struct license *license = &licenses->all[i];

        if (strcmp(license->name, name) != 0)
            continue;
        if (license->cluster == cluster)
            return license;
        if (!license->cluster)
            found = license;
    }
    return found;
}

bool licenses_possible(const struct licenses *licenses, const struct license_list *list,
                       const struct cluster *cluster)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct license *license = find(licenses, list->all[i].name, cluster);

        if (!license || license->seats < list->all[i].seats)
            return false;
    }
    return true;
}

static uint32_t free_of(const struct license *license)
{
    return license->seats > license->used ? license->seats - license->used : 0;
}

bool licenses_free_now(const struct licenses *licenses, const struct license_list *list,
                       const struct cluster *cluster, int64_t end_us)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct license *license = find(licenses, list->all[i].name, cluster);
        uint32_t wanted = list->all[i].seats;

        if (!license || free_of(license) < wanted)
            return false;
        if (end_us > license->reserved_us && license->reserved_spare < wanted)
            return false;
    }
    return true;
}

static int compare_ends(const void *a, const void *b)
{
    const struct holder *first = a, *second = b;
    int64_t x = first->job->expected_us, y = second->job->expected_us;

    return (x > y) - (x < y);
}

static int64_t seats_free_at(const struct license *license, uint32_t wanted, int64_t now_us)
{
    CLEANUP(memory_freep) struct holder *holders = NULL;
    uint32_t left = free_of(license);

    if (left >= wanted)
        return now_us;
    holders = NEW_ARRAY(struct holder, license->holder_count);
    memcpy(holders, license->holders, license->holder_count * sizeof(*holders));
    qsort(holders, license->holder_count, sizeof(*holders), compare_ends);
    for (uint32_t i = 0; i < license->holder_count; i++) {
        left += holders[i].seats;
        if (left >= wanted)
            return holders[i].job->expected_us > now_us ? holders[i].job->expected_us : now_us + 1;
    }
    return INT64_MAX;
}

int64_t licenses_free_at(const struct licenses *licenses, const struct license_list *list,
                         const struct cluster *cluster, int64_t now_us)
{
    int64_t latest_us = now_us;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct license *license = find(licenses, list->all[i].name, cluster);
        int64_t at_us = license ? seats_free_at(license, list->all[i].seats, now_us) : INT64_MAX;

        if (at_us > latest_us)
            latest_us = at_us;
    }
    return latest_us;
}

/* --- reservations ------------------------------------------------------------------------------- */

static uint32_t used_after(const struct license *license, int64_t at_us)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < license->holder_count; i++)
        if (license->holders[i].job->expected_us > at_us)
            used += license->holders[i].seats;
    return used;
}

void licenses_reserve(struct licenses *licenses, const struct license_list *list,
                      const struct cluster *cluster, int64_t start_us)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct license *license = find(licenses, list->all[i].name, cluster);
        uint32_t taken, spare;

        if (!license)
            continue;
        taken = used_after(license, start_us) + list->all[i].seats;
        spare = license->seats > taken ? license->seats - taken : 0;
        /* Several that wait are taken for one: the earlier time and the lesser rest. */
        if (license->reserved_us == INT64_MAX || spare < license->reserved_spare)
            license->reserved_spare = spare;
        if (start_us < license->reserved_us)
            license->reserved_us = start_us;
    }
}

void licenses_drop(struct licenses *licenses)
{
    for (size_t i = 0; i < licenses->count; i++)
        licenses->all[i].reserved_us = INT64_MAX;
}

/* --- jobs --------------------------------------------------------------------------------------- */

static bool wishes_of(const struct job *job, struct license_list *ret_list)
{
    struct error ignored;

    return job->request.constraints && job->request.constraints->licenses &&
           license_list_parse(job->request.constraints->licenses, ret_list, &ignored);
}

static void hold(struct license *license, const struct job *job, uint32_t seats)
{
    if (license->holder_count == license->holder_capacity) {
        license->holder_capacity = license->holder_capacity ? 2 * license->holder_capacity : 8;
        license->holders =
            memory_resize(license->holders, license->holder_capacity, sizeof(*license->holders));
    }
    license->holders[license->holder_count++] = (struct holder){job, seats};
    license->used += seats;
    if (job->expected_us > license->reserved_us)
        license->reserved_spare -=
            seats < license->reserved_spare ? seats : license->reserved_spare;
}

void licenses_take(struct licenses *licenses, const struct job *job)
{
    struct license_list list;

    if (!wishes_of(job, &list))
        return;
    for (uint32_t i = 0; i < list.count; i++) {
        struct license *license = find(licenses, list.all[i].name, job->cluster);

        if (license) /* or it was taken out of the configuration while the job ran */
            hold(license, job, list.all[i].seats);
    }
}

static void let_go(struct license *license, const struct job *job)
{
    for (uint32_t i = 0; i < license->holder_count; i++) {
        if (license->holders[i].job != job)
            continue;
        license->used -= license->holders[i].seats;
        license->holders[i] = license->holders[--license->holder_count];
        return;
    }
}

void licenses_give(struct licenses *licenses, const struct job *job)
{
    struct license_list list;

    if (!wishes_of(job, &list))
        return;
    for (uint32_t i = 0; i < list.count; i++) {
        struct license *license = find(licenses, list.all[i].name, job->cluster);

        if (license)
            let_go(license, job);
    }
}

uint64_t licenses_of(const struct licenses *licenses, const struct job *job)
{
    struct license_list list;
    uint64_t seats = 0;

    if (!wishes_of(job, &list))
        return 0;
    for (uint32_t i = 0; i < list.count; i++)
        if (find(licenses, list.all[i].name, job->cluster))
            seats += list.all[i].seats;
    return seats;
}

/* --- words -------------------------------------------------------------------------------------- */

const char *licenses_short(const struct licenses *licenses, const struct license_list *list,
                           const struct cluster *cluster, uint32_t *ret_wanted, uint32_t *ret_free)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct license *license = find(licenses, list->all[i].name, cluster);

        *ret_wanted = list->all[i].seats;
        *ret_free = license ? free_of(license) : 0;
        if (*ret_free < *ret_wanted)
            return list->all[i].name;
    }
    return NULL;
}

bool licenses_at(const struct licenses *licenses, size_t index, const char **ret_name,
                 const struct cluster **ret_cluster, uint32_t *ret_seats, uint32_t *ret_used)
{
    if (index >= licenses->count)
        return false;
    *ret_name = licenses->all[index].name;
    *ret_cluster = licenses->all[index].cluster;
    *ret_seats = licenses->all[index].seats;
    *ret_used = licenses->all[index].used;
    return true;
}

/* Nobody may have it: what is it called then? */
static bool fail_unknown(const struct licenses *licenses, const char *name, struct error *err)
{
    CLEANUP(memory_freep) const char **names = NEW_ARRAY(const char *, licenses->count + 1);
    const char *nearest;

    for (size_t i = 0; i < licenses->count; i++)
        names[i] = licenses->all[i].name;
    for (size_t i = 0; i < licenses->count; i++)
        if (strcmp(names[i], name) == 0)
            return fail(err, ERROR_INVALID,
                        "license %s is cluster %s's, which this job may not run on", name,
                        licenses->all[i].cluster->name);
    nearest = nearest_name(name, names);
    return fail(err, ERROR_NOT_FOUND, "no license %s%s%s%s", name, nearest ? "; did you mean " : "",
                nearest ? nearest : "", nearest ? "?" : "");
}

/* The most seats of that name in a cluster that the request may run on. */
static bool most_seats(const struct licenses *licenses, const char *name,
                       const struct request *request, const struct inventory *inventory,
                       uint32_t *ret_seats)
{
    bool known = false;

    *ret_seats = 0;
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);
        const struct license *license;

        if (!request_partition(request, cluster))
            continue;
        license = find(licenses, name, cluster);
        known = known || license;
        if (license && license->seats > *ret_seats)
            *ret_seats = license->seats;
    }
    return known;
}

bool licenses_check(const struct licenses *licenses, const struct license_list *list,
                    const struct request *request, const struct inventory *inventory,
                    struct error *err)
{
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);

        if (request_partition(request, cluster) && licenses_possible(licenses, list, cluster))
            return true;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t most;

        if (!most_seats(licenses, list->all[i].name, request, inventory, &most))
            return fail_unknown(licenses, list->all[i].name, err);
        if (most < list->all[i].seats)
            return fail(err, ERROR_INVALID,
                        "%" PRIu32 " licenses %s, but there are %" PRIu32 " at most",
                        list->all[i].seats, list->all[i].name, most);
    }
    return fail(err, ERROR_INVALID, "no one cluster has all of these licenses");
}
