/* topology_locality.c - where a cpu set is, in the words that Open MPI 4 compares */

#include "agent/topology_locality.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <hwloc.h>
#include <stdlib.h>

static const struct {
    hwloc_obj_type_t type;
    const char *letters;
} levels[] = {
    {HWLOC_OBJ_PACKAGE,  "SK"},
    {HWLOC_OBJ_L3CACHE,  "L3"},
    {HWLOC_OBJ_L2CACHE,  "L2"},
    {HWLOC_OBJ_L1CACHE,  "L1"},
    {HWLOC_OBJ_CORE,     "CR"},
    {HWLOC_OBJ_PU,       "HT"},
    {HWLOC_OBJ_NUMANODE, "NM"},
};

/* The level's objects that have a cpu of the set. */
static void add_level(hwloc_topology_t machine, hwloc_const_cpuset_t cpus, size_t level,
                      struct buffer *text)
{
    hwloc_bitmap_t found = hwloc_bitmap_alloc();
    hwloc_obj_t object = NULL;
    char *list = NULL;

    while ((object = hwloc_get_next_obj_by_type(machine, levels[level].type, object)))
        if (hwloc_bitmap_intersects(object->cpuset, cpus))
            hwloc_bitmap_set(found, object->logical_index);
    if (!hwloc_bitmap_iszero(found) && hwloc_bitmap_list_asprintf(&list, found) > 0)
        buffer_print(text, "%s%s%s", text->length > 0 ? ":" : "", levels[level].letters, list);
    free(list);
    hwloc_bitmap_free(found);
}

static char *locality_of(hwloc_topology_t machine, const char *cpus)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    hwloc_bitmap_t set = hwloc_bitmap_alloc();

    buffer_init(&text);
    if (hwloc_bitmap_list_sscanf(set, cpus) == 0)
        for (size_t level = 0; level < COUNT_OF(levels); level++)
            add_level(machine, set, level, &text);
    hwloc_bitmap_free(set);
    return buffer_steal(&text);
}

char **topology_locality(char *const *cpus, size_t count, struct error *err)
{
    hwloc_topology_t machine = NULL;
    char **texts = NULL;

    if (hwloc_topology_init(&machine) != 0) {
        fail_errno(err, "hwloc");
        return NULL;
    }
    if (hwloc_topology_load(machine) == 0) {
        texts = NEW_ARRAY(char *, count);
        for (size_t i = 0; i < count; i++)
            texts[i] = locality_of(machine, cpus[i]);
    } else {
        fail_errno(err, "the machine's topology");
    }
    hwloc_topology_destroy(machine);
    return texts;
}
