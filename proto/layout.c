/* layout.c - is this a layout of tasks? */

#include "proto/layout.h"

#include <inttypes.h>
#include <string.h>

#define NUMBER_MAX 65536
#define SET_MAX    32768 /* bytes of one */

static bool check_kind(int value, int most, const char *what, struct error *err)
{
    if (value >= 0 && value <= most)
        return true;
    return fail(err, ERROR_INVALID, "layout of the tasks: there is no %s %d", what, value);
}

static bool check_number(uint32_t number, const char *what, struct error *err)
{
    if (number <= NUMBER_MAX)
        return true;
    return fail(err, ERROR_INVALID, "layout of the tasks: %" PRIu32 " %s; %d are the most", number,
                what, NUMBER_MAX);
}

struct idset *layout_set(const char *text, struct error *err)
{
    struct idset *set = NULL;

    if (strlen(text) > SET_MAX)
        fail(err, ERROR_INVALID, "a set of %zu bytes; %d are the most", strlen(text), SET_MAX);
    else
        set = idset_parse(text, err);
    for (uint32_t id = set ? idset_first(set) : IDSET_NONE; id != IDSET_NONE;
         id = idset_after(set, id))
        if (id >= LAYOUT_CPU_LIMIT) {
            fail(err, ERROR_INVALID, "number %" PRIu32 " is not below %d", id, LAYOUT_CPU_LIMIT);
            idset_free(set);
            return NULL;
        }
    return set;
}

static bool check_sets(char *const *sets, size_t count, const char *what, struct error *err)
{
    const char *before = NULL;

    if (count > LAYOUT_SETS_MAX)
        return fail(err, ERROR_INVALID, "layout of the tasks: %zu %s; %d are the most", count, what,
                    LAYOUT_SETS_MAX);
    for (size_t i = 0; i < count; before = sets[i++]) {
        CLEANUP(idset_freep) struct idset *set = NULL;

        if (before && strcmp(before, sets[i]) == 0)
            continue;
        set = layout_set(sets[i], err);
        if (!set)
            return fail_in(err, "layout of the tasks: %s", what);
    }
    return true;
}

bool layout_check(const Wire__TaskLayout *layout, struct error *err)
{
    if (!layout)
        return true;
    if (!check_kind((int)layout->bind, WIRE__TASK_BIND__TASK_BIND_PART, "binding", err) ||
        !check_kind((int)layout->order, WIRE__TASK_ORDER__TASK_ORDER_FULL_CYCLIC, "order", err) ||
        !check_kind((int)layout->memory, WIRE__TASK_MEMORY__TASK_MEMORY_SETS, "use of memory",
                    err) ||
        !check_number(layout->threads_per_core, "threads of a core", err) ||
        !check_number(layout->tasks_per_core, "tasks on a core", err) ||
        !check_number(layout->tasks_per_package, "tasks in a package", err) ||
        !check_number(layout->plane, "tasks in a plane", err) ||
        !check_sets(layout->sets, layout->n_sets, "sets of cpus", err) ||
        !check_sets(layout->memory_sets, layout->n_memory_sets, "sets of NUMA nodes", err))
        return false;
    if (layout->bind == WIRE__TASK_BIND__TASK_BIND_SETS && layout->n_sets == 0)
        return fail(err, ERROR_INVALID, "layout of the tasks: no set of cpus is given");
    if (layout->memory == WIRE__TASK_MEMORY__TASK_MEMORY_SETS && layout->n_memory_sets == 0)
        return fail(err, ERROR_INVALID, "layout of the tasks: no set of NUMA nodes is given");
    return true;
}
