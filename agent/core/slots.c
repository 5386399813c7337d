/* slots.c - which cores of the node belong to whom */

#include "agent/core/slots_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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
        if (numa) {
            slots->package_at[slots->numas.count] = slots->packages.count - 1;
            add_domain(&slots->numas, slots->l3s.count);
        }
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

/* Most machines number their cores in this order already. */
static bool is_sorted(const struct slots *slots)
{
    for (uint32_t i = 1; i < slots->count; i++)
        if (compare_core(&slots->cores[i - 1], &slots->cores[i]) > 0)
            return false;
    return true;
}

struct slots *slots_new(const struct core_place *places, uint32_t count)
{
    struct slots *slots = NEW(struct slots);

    assert(count < IDSET_MAX);
    slots->count = count;
    slots->cores = NEW_ARRAY(struct core, count);
    slots->core_at = NEW_ARRAY(uint32_t, count);
    slots->numa_at = NEW_ARRAY(uint32_t, count);
    slots->package_at = NEW_ARRAY(uint32_t, count);
    slots->order = NEW_ARRAY(uint32_t, count);
    for (uint32_t i = 0; i < count; i++)
        slots->cores[i] = (struct core){.place = places[i], .id = i};
    if (!is_sorted(slots))
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
    free(slots->package_at);
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

uint32_t slots_numas(const struct slots *slots)
{
    return slots->numas.count;
}

uint32_t slots_numa_package(const struct slots *slots, uint32_t numa)
{
    return slots->package_at[numa];
}

uint32_t slots_core_package(const struct slots *slots, uint32_t core)
{
    return slots->package_at[slots->numa_at[slots->core_at[core]]];
}

uint32_t slots_numa_across(const struct slots *slots, uint32_t turn)
{
    uint32_t round = 0, seen = 0;

    turn %= slots->numas.count;
    for (;; round++)
        for (uint32_t i = 0; i < slots->packages.count; i++) {
            const struct domain *package = &slots->packages.domains[i];

            if (package->first + round < package->end && seen++ == turn)
                return package->first + round;
        }
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
