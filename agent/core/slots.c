/* slots.c - which cores of the node belong to whom */

#include "agent/core/slots.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Sorted by place, so that the cores of an L3, of a NUMA node and of a package are each a
 * run of `cores`, and the L3s of a NUMA node a run of `l3s`. */
struct core {
    struct core_place place;
    uint32_t id; /* logical index */
    bool taken;
};

/* A run of members one level below (cores, L3s, NUMA nodes) that lie together. */
struct domain {
    uint32_t first, end; /* members */
    uint32_t left;       /* free cores in it */
};

struct level {
    struct domain *domains;
    uint32_t count;
};

struct slots {
    struct core *cores;
    uint32_t count;
    uint32_t left;
    struct level l3s;      /* members: cores */
    struct level numas;    /* members: L3s */
    struct level packages; /* members: NUMA nodes */
    uint32_t *core_at;     /* place in `cores` of each logical index */
    uint32_t *numa_at;     /* of each place in `cores` */
    uint32_t *order;       /* scratch: NUMA nodes or L3s, the emptiest first */
};

static int compare_number(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_core(const void *a, const void *b)
{
    const struct core *x = a, *y = b;
    int order = compare_number(x->place.package, y->place.package);

    if (order == 0)
        order = compare_number(x->place.numa, y->place.numa);
    if (order == 0)
        order = compare_number(x->place.l3, y->place.l3);
    return order ? order : compare_number(x->id, y->id);
}

static void add_domain(struct level *level, uint32_t first)
{
    if (level->count > 0)
        level->domains[level->count - 1].end = first;
    level->domains[level->count++] = (struct domain){.first = first};
}

static void end_level(struct level *level, uint32_t end)
{
    if (level->count > 0)
        level->domains[level->count - 1].end = end;
}

static void make_levels(struct slots *slots)
{
    slots->l3s.domains = NEW_ARRAY(struct domain, slots->count);
    slots->numas.domains = NEW_ARRAY(struct domain, slots->count);
    slots->packages.domains = NEW_ARRAY(struct domain, slots->count);

    for (uint32_t i = 0; i < slots->count; i++) {
        const struct core_place *here = &slots->cores[i].place;
        const struct core_place *before = i > 0 ? &slots->cores[i - 1].place : NULL;
        bool package = !before || before->package != here->package;
        bool numa = package || before->numa != here->numa;
        bool l3 = numa || before->l3 != here->l3;

        if (package)
            add_domain(&slots->packages, slots->numas.count);
        if (numa)
            add_domain(&slots->numas, slots->l3s.count);
        if (l3)
            add_domain(&slots->l3s, i);
        slots->numa_at[i] = slots->numas.count - 1;
    }
    end_level(&slots->l3s, slots->count);
    end_level(&slots->numas, slots->l3s.count);
    end_level(&slots->packages, slots->numas.count);
}

static void count_left(struct slots *slots)
{
    slots->left = 0;
    for (uint32_t i = 0; i < slots->l3s.count; i++) {
        struct domain *l3 = &slots->l3s.domains[i];

        l3->left = 0;
        for (uint32_t c = l3->first; c < l3->end; c++)
            l3->left += !slots->cores[c].taken;
        slots->left += l3->left;
    }
    for (uint32_t i = 0; i < slots->numas.count; i++) {
        struct domain *numa = &slots->numas.domains[i];

        numa->left = 0;
        for (uint32_t l = numa->first; l < numa->end; l++)
            numa->left += slots->l3s.domains[l].left;
    }
    for (uint32_t i = 0; i < slots->packages.count; i++) {
        struct domain *package = &slots->packages.domains[i];

        package->left = 0;
        for (uint32_t n = package->first; n < package->end; n++)
            package->left += slots->numas.domains[n].left;
    }
}

struct slots *slots_new(const struct core_place *places, uint32_t count)
{
    struct slots *slots = NEW(struct slots);

    assert(count < IDSET_MAX);
    slots->count = count;
    slots->cores = NEW_ARRAY(struct core, count);
    slots->core_at = NEW_ARRAY(uint32_t, count);
    slots->numa_at = NEW_ARRAY(uint32_t, count);
    slots->order = NEW_ARRAY(uint32_t, count);
    for (uint32_t i = 0; i < count; i++)
        slots->cores[i] = (struct core){.place = places[i], .id = i};
    if (count > 0)
        qsort(slots->cores, count, sizeof(*slots->cores), compare_core);
    for (uint32_t i = 0; i < count; i++)
        slots->core_at[slots->cores[i].id] = i;
    make_levels(slots);
    count_left(slots);
    return slots;
}

void slots_free(struct slots *slots)
{
    if (!slots)
        return;
    free(slots->cores);
    free(slots->l3s.domains);
    free(slots->numas.domains);
    free(slots->packages.domains);
    free(slots->core_at);
    free(slots->numa_at);
    free(slots->order);
    free(slots);
}

uint32_t slots_count(const struct slots *slots)
{
    return slots->count;
}

uint32_t slots_left(const struct slots *slots)
{
    return slots->left;
}

/* Put the domains [first, end) of a level into `order`, those with most left first. */
static void sort_emptiest(uint32_t *order, const struct level *level, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        uint32_t place = i - first;

        while (place > 0 && level->domains[order[place - 1]].left < level->domains[i].left) {
            order[place] = order[place - 1];
            place--;
        }
        order[place] = i;
    }
}

/* How many of the domains, the emptiest first, hold `count` cores; UINT32_MAX: all do not. */
static uint32_t fewest(const struct slots *slots, const struct level *level, uint32_t first,
                       uint32_t end, uint32_t count)
{
    uint32_t sum = 0;

    sort_emptiest(slots->order, level, first, end);
    for (uint32_t i = 0; i < end - first; i++) {
        sum += level->domains[slots->order[i]].left;
        if (sum >= count)
            return i + 1;
    }
    return UINT32_MAX;
}

/* The domain among [first, end) that holds `count` and has least left; or UINT32_MAX. */
static uint32_t tightest(const struct level *level, uint32_t first, uint32_t end, uint32_t count)
{
    uint32_t best = UINT32_MAX;

    for (uint32_t i = first; i < end; i++)
        if (level->domains[i].left >= count &&
            (best == UINT32_MAX || level->domains[i].left < level->domains[best].left))
            best = i;
    return best;
}

static void take_in_l3(struct slots *slots, uint32_t l3, uint32_t count, struct idset *taken)
{
    struct domain *domain = &slots->l3s.domains[l3];

    assert(domain->left >= count);
    domain->left -= count;
    for (uint32_t i = domain->first; count > 0; i++) {
        if (slots->cores[i].taken)
            continue;
        slots->cores[i].taken = true;
        idset_add(taken, slots->cores[i].id);
        count--;
    }
}

/* The rest goes where it fits best, what is larger than any L3 into the emptiest. */
static void take_in_numa(struct slots *slots, uint32_t numa, uint32_t count, struct idset *taken)
{
    struct domain *domain = &slots->numas.domains[numa];

    assert(domain->left >= count);
    domain->left -= count;
    while (count > 0) {
        uint32_t l3 = tightest(&slots->l3s, domain->first, domain->end, count);
        uint32_t here = count;

        if (l3 == UINT32_MAX) {
            fewest(slots, &slots->l3s, domain->first, domain->end, count);
            l3 = slots->order[0];
            here = slots->l3s.domains[l3].left;
        }
        take_in_l3(slots, l3, here, taken);
        count -= here;
    }
}

/* Likewise over the NUMA nodes [first, end). */
static void take_in_numas(struct slots *slots, uint32_t first, uint32_t end, uint32_t count,
                          struct idset *taken)
{
    while (count > 0) {
        uint32_t numa = tightest(&slots->numas, first, end, count);
        uint32_t here = count;

        if (numa == UINT32_MAX) {
            fewest(slots, &slots->numas, first, end, count);
            numa = slots->order[0];
            here = slots->numas.domains[numa].left;
        }
        take_in_numa(slots, numa, here, taken);
        count -= here;
    }
}

/* One NUMA node is enough: prefer the one with the tightest L3 that holds them all. */
static uint32_t choose_numa(const struct slots *slots, uint32_t count)
{
    uint32_t l3 = tightest(&slots->l3s, 0, slots->l3s.count, count);

    if (l3 == UINT32_MAX)
        return tightest(&slots->numas, 0, slots->numas.count, count);
    return slots->numa_at[slots->l3s.domains[l3].first];
}

/* The tightest package in which `spread` NUMA nodes will do; or UINT32_MAX. */
static uint32_t choose_package(const struct slots *slots, uint32_t count, uint32_t spread)
{
    uint32_t best = UINT32_MAX;

    for (uint32_t i = 0; i < slots->packages.count; i++) {
        const struct domain *package = &slots->packages.domains[i];

        if (package->left < count ||
            (best != UINT32_MAX && slots->packages.domains[best].left <= package->left))
            continue;
        if (fewest(slots, &slots->numas, package->first, package->end, count) == spread)
            best = i;
    }
    return best;
}

struct idset *slots_take(struct slots *slots, uint32_t count)
{
    struct idset *taken;
    uint32_t spread, package;

    assert(count > 0);
    if (count > slots->left)
        return NULL;
    taken = idset_new();
    spread = fewest(slots, &slots->numas, 0, slots->numas.count, count);
    package = spread > 1 ? choose_package(slots, count, spread) : UINT32_MAX;
    if (spread == 1)
        take_in_numa(slots, choose_numa(slots, count), count, taken);
    else if (package != UINT32_MAX)
        take_in_numas(slots, slots->packages.domains[package].first,
                      slots->packages.domains[package].end, count, taken);
    else
        take_in_numas(slots, 0, slots->numas.count, count, taken);
    count_left(slots);
    return taken;
}

bool slots_claim(struct slots *slots, const struct idset *cores)
{
    for (uint32_t id = idset_first(cores); id != IDSET_NONE; id = idset_after(cores, id))
        if (id >= slots->count || slots->cores[slots->core_at[id]].taken)
            return false;
    for (uint32_t id = idset_first(cores); id != IDSET_NONE; id = idset_after(cores, id))
        slots->cores[slots->core_at[id]].taken = true;
    count_left(slots);
    return true;
}

void slots_give(struct slots *slots, const struct idset *cores)
{
    for (uint32_t id = idset_first(cores); id != IDSET_NONE; id = idset_after(cores, id)) {
        assert(id < slots->count);
        assert(slots->cores[slots->core_at[id]].taken);
        slots->cores[slots->core_at[id]].taken = false;
    }
    count_left(slots);
}

uint32_t slots_numa_span(const struct slots *slots, const struct idset *cores)
{
    uint32_t span = 0, last = UINT32_MAX;

    for (uint32_t i = 0; i < slots->count; i++) {
        if (!idset_has(cores, slots->cores[i].id) || slots->numa_at[i] == last)
            continue;
        last = slots->numa_at[i];
        span++;
    }
    return span;
}
