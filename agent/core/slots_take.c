/* slots_take.c - which free cores are chosen */

#include "agent/core/slots_inside.h"

#include <assert.h>

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

static uint32_t emptiest(const struct level *level, uint32_t first, uint32_t end)
{
    uint32_t best = first;

    for (uint32_t i = first + 1; i < end; i++)
        if (level->domains[i].left > level->domains[best].left)
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
    slots->packages.domains[slots->package_at[numa]].left -= count;
    slots->left -= count;
    while (count > 0) {
        uint32_t l3 = tightest(&slots->l3s, domain->first, domain->end, count);
        uint32_t here = count;

        if (l3 == UINT32_MAX) {
            l3 = emptiest(&slots->l3s, domain->first, domain->end);
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
            numa = emptiest(&slots->numas, first, end);
            here = slots->numas.domains[numa].left;
        }
        take_in_numa(slots, numa, here, taken);
        count -= here;
    }
}

/* One NUMA node is enough: prefer the one with the tightest L3 that holds them all.
 * UINT32_MAX: it is not. */
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

/* Two NUMA nodes of [first, end) that hold `count` and have least left together: what remains
 * of them is of little use to others. */
static void take_in_pair(struct slots *slots, uint32_t first, uint32_t end, uint32_t count,
                         struct idset *taken)
{
    const struct domain *numas = slots->numas.domains;
    uint32_t best = UINT32_MAX, one = first, other = first;

    for (uint32_t i = first; i < end; i++)
        for (uint32_t j = i + 1; j < end; j++) {
            uint32_t both = numas[i].left + numas[j].left;

            if (both < count || both >= best)
                continue;
            best = both;
            one = numas[i].left >= numas[j].left ? i : j;
            other = one == i ? j : i;
        }
    assert(best != UINT32_MAX);
    best = numas[one].left;
    take_in_numa(slots, one, best, taken);
    take_in_numa(slots, other, count - best, taken);
}

static void take_in_several(struct slots *slots, uint32_t count, struct idset *taken)
{
    uint32_t spread = fewest(slots, &slots->numas, 0, slots->numas.count, count);
    uint32_t package = choose_package(slots, count, spread);
    uint32_t first = 0, end = slots->numas.count;

    if (package != UINT32_MAX) {
        first = slots->packages.domains[package].first;
        end = slots->packages.domains[package].end;
    }
    if (spread == 2)
        take_in_pair(slots, first, end, count, taken);
    else
        take_in_numas(slots, first, end, count, taken);
}

static void take(struct slots *slots, uint32_t count, struct idset *taken)
{
    uint32_t numa = choose_numa(slots, count);

    if (numa != UINT32_MAX)
        take_in_numa(slots, numa, count, taken);
    else
        take_in_several(slots, count, taken);
}

struct idset *slots_take(struct slots *slots, uint32_t count)
{
    struct idset *taken;

    assert(count > 0);
    if (count > slots->left)
        return NULL;
    taken = idset_new();
    take(slots, count, taken);
    return taken;
}

static uint32_t numa_left(const struct slots *slots, uint32_t numa)
{
    return slots->numas.domains[numa].left;
}

struct idset *slots_take_in_numa(struct slots *slots, uint32_t numa, uint32_t count)
{
    struct idset *taken;

    assert(numa < slots->numas.count && count > 0);
    if (numa_left(slots, numa) < count)
        return NULL;
    taken = idset_new();
    take_in_numa(slots, numa, count, taken);
    return taken;
}
