/* placement.c - which cores of a part each task is bound to */

#include "agent/core/placement.h"

#include <assert.h>
#include <stdlib.h>

/* The part alone, as a small machine; ids[i] is the core's index on the real one. */
static struct slots *part_slots(const struct core_place *places, const struct idset *part,
                                uint32_t *ids)
{
    CLEANUP(memory_freep)
    struct core_place *inside = NEW_ARRAY(struct core_place, idset_count(part));
    uint32_t count = 0;

    for (uint32_t id = idset_first(part); id != IDSET_NONE; id = idset_after(part, id)) {
        inside[count] = places[id];
        ids[count++] = id;
    }
    return slots_new(inside, count);
}

static struct idset *translated(const struct idset *small, const uint32_t *ids)
{
    struct idset *cores = idset_new();

    for (uint32_t i = idset_first(small); i != IDSET_NONE; i = idset_after(small, i))
        idset_add(cores, ids[i]);
    return cores;
}

struct placement *placement_new(const struct core_place *places, const struct idset *part,
                                uint32_t tasks, uint32_t each)
{
    uint32_t count = idset_count(part);
    CLEANUP(memory_freep) uint32_t *ids = NEW_ARRAY(uint32_t, count);
    CLEANUP(slots_freep) struct slots *slots = part_slots(places, part, ids);
    struct placement *placement = NEW(struct placement);

    assert(count > 0 && each > 0);
    if (each > count)
        each = count;
    placement->tasks = tasks;
    placement->cores = NEW_ARRAY(struct idset *, tasks);
    for (uint32_t i = 0; i < tasks; i++) {
        CLEANUP(idset_freep) struct idset *taken = slots_take(slots, each);

        if (!taken) { /* all dealt out: from the first again */
            slots_free(slots);
            slots = part_slots(places, part, ids);
            taken = slots_take(slots, each);
        }
        placement->cores[i] = translated(taken, ids);
    }
    return placement;
}

void placement_free(struct placement *placement)
{
    if (!placement)
        return;
    for (uint32_t i = 0; i < placement->tasks; i++)
        idset_free(placement->cores[i]);
    free(placement->cores);
    free(placement);
}
