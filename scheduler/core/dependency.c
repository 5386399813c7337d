/* dependency.c - what must have happened to other jobs before a job may start */

#include "scheduler/core/dependency.h"

#include "base/memory.h"
#include "base/parse.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static const char *const kinds[] = {
    "afterany", "after", "afterok", "afternotok", "aftercorr", "singleton",
};
static_assert(COUNT_OF(kinds) == DEPENDENCY_KIND_COUNT, "one name for each, in their order");

static const char *const states[] = {"unfulfilled", "fulfilled", "failed"};
static_assert(COUNT_OF(states) == DEPENDENCY_STATE_COUNT, "one name for each, in their order");

const char *dependency_kind_name(enum dependency_kind kind)
{
    assert(kind < DEPENDENCY_KIND_COUNT);
    return kinds[kind];
}

struct dependencies *dependencies_new(uint32_t count)
{
    struct dependencies *dependencies =
        memory_get(1, sizeof(*dependencies) + (size_t)count * sizeof(*dependencies->all));

    dependencies->count = count;
    return dependencies;
}

struct dependencies *dependencies_copy(const struct dependencies *from)
{
    struct dependencies *copy;

    if (!from)
        return NULL;
    copy = dependencies_new(from->count);
    copy->any = from->any;
    copy->keep = from->keep;
    for (uint32_t i = 0; i < from->count; i++)
        copy->all[i] = (struct dependency){
            .kind = from->all[i].kind,
            .state = from->all[i].state,
            .parent = from->all[i].parent,
            .array = from->all[i].array,
            .delay_us = from->all[i].delay_us,
            .from_us = from->all[i].from_us,
        };
    return copy;
}

bool dependency_set(struct dependency *dependency, enum dependency_state state, int64_t from_us)
{
    if (dependency->state == state && dependency->from_us == from_us)
        return false;
    dependency->state = state;
    dependency->from_us = from_us;
    return true;
}

bool dependency_settle(struct dependency *dependency, enum job_state state, int64_t start_us,
                       int64_t end_us, int64_t now_us)
{
    bool ended = job_state_is_final(state), good = state == JOB_COMPLETED;
    enum dependency_state next = DEPENDENCY_OPEN;
    int64_t from_us = 0;

    switch (dependency->kind) {
    case DEPENDENCY_AFTER:
        if (start_us || ended) {
            next = DEPENDENCY_MET;
            from_us = start_us ? start_us : end_us;
            from_us = (from_us < now_us ? from_us : now_us) + dependency->delay_us;
        }
        break;
    case DEPENDENCY_AFTER_ANY:
        if (ended)
            next = DEPENDENCY_MET;
        break;
    case DEPENDENCY_AFTER_OK:
    case DEPENDENCY_AFTER_CORR:
        if (ended)
            next = good ? DEPENDENCY_MET : DEPENDENCY_NEVER;
        break;
    case DEPENDENCY_AFTER_NOT_OK:
        if (ended)
            next = good ? DEPENDENCY_NEVER : DEPENDENCY_MET;
        break;
    case DEPENDENCY_SINGLETON:
    case DEPENDENCY_KIND_COUNT:
        return false;
    }
    return dependency_set(dependency, next, dependency->delay_us ? from_us : 0);
}

/* One of them is enough: the first that is met. */
static enum dependency_state any_state(const struct dependencies *dependencies,
                                       int64_t *ret_from_us)
{
    enum dependency_state state = DEPENDENCY_NEVER;
    int64_t from_us = INT64_MAX;

    for (uint32_t i = 0; i < dependencies->count; i++) {
        const struct dependency *dependency = &dependencies->all[i];

        if (dependency->state == DEPENDENCY_MET && dependency->from_us < from_us)
            from_us = dependency->from_us;
        if (dependency->state == DEPENDENCY_OPEN)
            state = DEPENDENCY_OPEN;
    }
    if (from_us == INT64_MAX)
        return state;
    *ret_from_us = from_us;
    return DEPENDENCY_MET;
}

static enum dependency_state all_state(const struct dependencies *dependencies,
                                       int64_t *ret_from_us)
{
    enum dependency_state state = DEPENDENCY_MET;

    for (uint32_t i = 0; i < dependencies->count; i++) {
        const struct dependency *dependency = &dependencies->all[i];

        if (dependency->state == DEPENDENCY_NEVER)
            return DEPENDENCY_NEVER;
        if (dependency->state == DEPENDENCY_OPEN)
            state = DEPENDENCY_OPEN;
        else if (dependency->from_us > *ret_from_us)
            *ret_from_us = dependency->from_us;
    }
    return state;
}

enum dependency_state dependencies_state(const struct dependencies *dependencies,
                                         int64_t *ret_from_us)
{
    *ret_from_us = 0;
    if (!dependencies || dependencies->count == 0)
        return DEPENDENCY_MET;
    return dependencies->any ? any_state(dependencies, ret_from_us)
                             : all_state(dependencies, ret_from_us);
}

void dependency_print_parent(const struct dependency *dependency, struct buffer *buffer)
{
    if (dependency->array)
        buffer_print(buffer, "%" PRIu64 "_%" PRIu64, dependency->array,
                     dependency->parent - dependency->array - 1);
    else
        buffer_print(buffer, "%" PRIu64, dependency->parent);
}

void dependencies_print(const struct dependencies *dependencies, struct buffer *buffer)
{
    for (uint32_t i = 0; dependencies && i < dependencies->count; i++) {
        const struct dependency *dependency = &dependencies->all[i];

        if (i > 0)
            buffer_add_char(buffer, dependencies->any ? '?' : ',');
        buffer_add_text(buffer, kinds[dependency->kind]);
        if (dependency->parent) {
            buffer_add_char(buffer, ':');
            dependency_print_parent(dependency, buffer);
        }
        if (dependency->delay_us)
            buffer_print(buffer, "+%" PRId64, dependency->delay_us / US_PER_MINUTE);
        buffer_print(buffer, "(%s)", states[dependency->state]);
    }
}
