/* array.c - a job array: many jobs alike, told apart by a number */

#include "scheduler/core/array.h"

#include <assert.h>
#include <stdlib.h>

struct array *array_new(uint64_t id, const struct elements *all, uint32_t throttle)
{
    struct array *array = NEW(struct array);

    assert(all->count > 0);
    array->id = id;
    array->users = 1;
    array->throttle = throttle;
    elements_copy(&array->all, all);
    return array;
}

struct array *array_use(struct array *array)
{
    array->users++;
    return array;
}

void array_leave(struct array *array)
{
    if (!array || --array->users > 0)
        return;
    elements_clear(&array->all);
    elements_clear(&array->bad);
    free(array);
}

uint64_t array_element_id(uint64_t array, uint32_t element)
{
    return array + 1 + element;
}

uint32_t array_element_of(const struct array *array, uint64_t id)
{
    uint32_t element;

    if (id <= array->id || id - array->id - 1 > ELEMENT_MAX)
        return ELEMENT_NONE;
    element = (uint32_t)(id - array->id - 1);
    return elements_has(&array->all, element) ? element : ELEMENT_NONE;
}

uint64_t array_id_count(const struct elements *all)
{
    return (uint64_t)elements_last(all) + 2;
}

bool array_is_full(const struct array *array)
{
    return array && array->throttle > 0 && array->placed >= array->throttle;
}
