/* core_dependencies.c - jobs that wait for what becomes of others
 *
 * Each parent that has not ended has a list of the dependencies on it, so that its end costs
 * what depends on it, and nothing else.  A job whose dependencies changed is touched, and looked
 * at when the event is done: a chain of jobs that end one for the other is a loop, no recursion. */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/dependency.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* All jobs of a user with the same name that have not ended, by id. */
struct namesakes {
    struct list jobs;
};

static struct job *namesake_of(const struct list_node *node)
{
    return CONTAINER_OF(node, struct job, of_namesakes);
}

static void make_name_key(const struct job *job, struct buffer *key)
{
    buffer_init(key);
    buffer_add(key, job->user, strlen(job->user) + 1);
    buffer_add_text(key, job->name);
}

static struct namesakes *find_namesakes(const struct core *core, const struct job *job)
{
    CLEANUP(buffer_clear) struct buffer key;

    make_name_key(job, &key);
    return table_get(core->namesakes, key.bytes, key.length);
}

static void join_namesakes(struct core *core, struct job *job)
{
    CLEANUP(buffer_clear) struct buffer key;
    struct namesakes *namesakes;

    make_name_key(job, &key);
    namesakes = table_get(core->namesakes, key.bytes, key.length);
    if (!namesakes) {
        namesakes = NEW(struct namesakes);
        list_init(&namesakes->jobs);
        table_put(core->namesakes, key.bytes, key.length, namesakes);
    }
    list_add_last(&namesakes->jobs, &job->of_namesakes);
}

static void touch(struct core *core, struct job *job)
{
    if (job->state == JOB_PENDING && !list_has(&job->of_touched))
        list_add_last(&core->touched, &job->of_touched);
}

/* Of an array, it is the head that is among the namesakes. */
static const struct job *name_bearer(const struct job *job)
{
    return job->array ? job->array->head : job;
}

static bool is_first_of_name(const struct core *core, const struct job *job)
{
    return list_first(&find_namesakes(core, job)->jobs) == &name_bearer(job)->of_namesakes;
}

static void follow_own_singletons(struct core *core, struct job *job)
{
    struct dependencies *dependencies = job->request.dependencies;

    for (uint32_t i = 0; dependencies && i < dependencies->count; i++)
        if (dependencies->all[i].kind == DEPENDENCY_SINGLETON && is_first_of_name(core, job) &&
            dependency_set(&dependencies->all[i], DEPENDENCY_MET, 0))
            touch(core, job);
}

static bool is_pending(const struct job *job)
{
    return job->state == JOB_PENDING;
}

static void follow_singletons(struct core *core, struct job *job)
{
    CLEANUP(memory_freep) struct job **jobs = NULL;
    size_t count;

    if (!job_is_head(job)) {
        follow_own_singletons(core, job);
        return;
    }
    count = array_select(core, job, NULL, is_pending, &jobs);
    for (size_t i = 0; i < count; i++) {
        follow_own_singletons(core, jobs[i]);
        if (jobs[i]->request.dependencies)
            core_save_job(core, jobs[i]);
    }
}

static void leave_namesakes(struct core *core, struct job *job)
{
    struct namesakes *namesakes = find_namesakes(core, job);
    CLEANUP(buffer_clear) struct buffer key;

    make_name_key(job, &key);
    list_remove(&namesakes->jobs, &job->of_namesakes);
    if (namesakes->jobs.count > 0) {
        follow_singletons(core, namesake_of(list_first(&namesakes->jobs)));
        return;
    }
    free(table_remove(core->namesakes, key.bytes, key.length));
}

static void watch(struct core *core, struct dependency *dependency)
{
    struct list *children = table_get_number(core->children, dependency->parent);

    if (!children) {
        children = NEW(struct list);
        list_init(children);
        table_put_number(core->children, dependency->parent, children);
    }
    list_add_last(children, &dependency->of_parent);
}

static void unwatch(struct core *core, struct dependency *dependency)
{
    struct list *children = table_get_number(core->children, dependency->parent);

    list_remove(children, &dependency->of_parent);
    if (children->count == 0)
        free(table_remove_number(core->children, dependency->parent));
}

/* An element that waits with others gets a job of its own, so that its end is seen. */
static const struct job *seek_parent(struct core *core, uint64_t id)
{
    struct job *parent = array_seek_job(core, id);

    if (parent && parent->elements && parent->state == JOB_PENDING)
        return array_part_one(core, parent, (uint32_t)(id - parent->array_id - 1));
    return parent;
}

/* Does each element of an array wait for that of another? */
static bool is_by_element(const struct dependency *dependency, const struct job *parent)
{
    return dependency->kind == DEPENDENCY_AFTER_CORR && dependency->child->array_id &&
           job_is_head(parent);
}

/* A parent that has not ended is watched; one that nobody knows any more and of which nothing
 * was noted will never do what is waited for. */
static void begin_to_follow(struct core *core, struct job *job, struct dependency *dependency)
{
    const struct job *parent = seek_parent(core, dependency->parent);

    dependency->child = job;
    if (dependency->kind == DEPENDENCY_SINGLETON)
        return;
    if (parent && is_by_element(dependency, parent)) {
        if (dependency->state == DEPENDENCY_OPEN && !job_state_is_final(parent->state))
            watch(core, dependency);
        return;
    }
    if (parent)
        dependency_settle(dependency, parent->state, parent->start_us, parent->end_us,
                          core->now_us);
    else if (dependency->from_us > core->now_us + dependency->delay_us)
        dependency->from_us = core->now_us + dependency->delay_us; /* the clock was put back */
    else if (dependency->state == DEPENDENCY_OPEN)
        dependency_set(dependency, DEPENDENCY_NEVER, 0);
    if (parent && !job_state_is_final(parent->state))
        watch(core, dependency);
}

void dependencies_begin(struct core *core, struct job *job)
{
    struct dependencies *dependencies = job->request.dependencies;
    int64_t from_us;

    if (name_bearer(job) == job)
        join_namesakes(core, job);
    for (uint32_t i = 0; dependencies && i < dependencies->count; i++)
        begin_to_follow(core, job, &dependencies->all[i]);
    follow_singletons(core, job);
    if (dependencies && !dependencies->keep &&
        dependencies_state(dependencies, &from_us) == DEPENDENCY_NEVER)
        touch(core, job);
}

void dependencies_follow(struct core *core, const struct job *parent)
{
    struct list *children = table_get_number(core->children, parent->id);

    if (!children)
        return;
    LIST_EACH(children, place) {
        struct dependency *dependency = CONTAINER_OF(place, struct dependency, of_parent);

        if (is_by_element(dependency, parent) ||
            !dependency_settle(dependency, parent->state, parent->start_us, parent->end_us,
                               core->now_us))
            continue;
        core_save_job(core, dependency->child);
        touch(core, dependency->child);
    }
}

void dependencies_copied(struct core *core, const struct job *from, struct job *to)
{
    const struct dependencies *watched = from->request.dependencies;
    struct dependencies *own = to->request.dependencies;

    for (uint32_t i = 0; own && i < own->count; i++) {
        own->all[i].child = to;
        if (list_has(&watched->all[i].of_parent))
            watch(core, &own->all[i]);
    }
}

/* Those elements of a waiting job whose counterparts have ended wait for them no more. */
static void settle_elements(struct core *core, struct dependency *dependency,
                            const struct elements *ended, enum dependency_state state)
{
    struct list *children = table_get_number(core->children, dependency->parent);
    size_t index = (size_t)(dependency - dependency->child->request.dependencies->all);
    struct job *part;

    if (dependency->state != DEPENDENCY_OPEN || dependency->child->state != JOB_PENDING)
        return;
    part = array_part(core, dependency->child, ended);
    if (!part)
        return;
    dependency = &part->request.dependencies->all[index];
    dependency_set(dependency, state, 0);
    if (list_has(&dependency->of_parent))
        list_remove(children, &dependency->of_parent);
    core_save_job(core, part);
    touch(core, part);
}

static void drop_if_empty(struct core *core, uint64_t parent)
{
    struct list *children = table_get_number(core->children, parent);

    if (children && children->count == 0)
        free(table_remove_number(core->children, parent));
}

/* An element of an array has ended: what waits for the array element by element. */
static void follow_element(struct core *core, const struct job *job)
{
    struct list *children = table_get_number(core->children, job->array_id);
    bool good = job->state == JOB_COMPLETED;
    CLEANUP(elements_clear) struct elements ended = {0};

    if (!children || !job->array || job_is_head(job))
        return;
    if (job->elements)
        elements_copy(&ended, job->elements);
    else
        elements_append(&ended, job->element);
    LIST_EACH(children, place) {
        struct dependency *dependency = CONTAINER_OF(place, struct dependency, of_parent);

        if (is_by_element(dependency, job->array->head))
            settle_elements(core, dependency, &ended, good ? DEPENDENCY_MET : DEPENDENCY_NEVER);
    }
    drop_if_empty(core, job->array_id);
}

/* Those of an array that have ended well. */
static void find_good(const struct core *core, const struct array *array, struct elements *ret_good)
{
    CLEANUP(memory_freep) struct job **jobs = NULL;
    CLEANUP(elements_clear) struct elements others = {0};
    size_t count = array_select(core, array->head, NULL, job_may_be_cancelled, &jobs);

    elements_copy(ret_good, &array->all);
    elements_cut(ret_good, &array->bad, &others);
    for (size_t i = 0; i < count; i++) {
        if (jobs[i]->elements)
            elements_cut(ret_good, jobs[i]->elements, &others);
        else
            elements_remove(ret_good, jobs[i]->element);
    }
}

/* All jobs of the array that wait for those elements of the other one that have ended so. */
static void correlate(struct core *core, const struct job *head, uint32_t index,
                      const struct elements *ended, enum dependency_state state)
{
    CLEANUP(memory_freep) struct job **jobs = NULL;
    size_t count = array_select(core, head, ended, is_pending, &jobs);

    for (size_t i = 0; i < count; i++)
        settle_elements(core, &jobs[i]->request.dependencies->all[index], ended, state);
}

void dependencies_correlate(struct core *core, struct job *job)
{
    const struct job *head = job->array->head;
    const struct dependencies *own = job->request.dependencies;
    uint32_t count = own ? own->count : 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t id = own->all[i].parent;
        const struct job *parent = core_seek_job(core, id);
        CLEANUP(elements_clear) struct elements good = {0};

        if (!parent || !is_by_element(&own->all[i], parent))
            continue;
        find_good(core, parent->array, &good);
        correlate(core, head, i, &good, DEPENDENCY_MET);
        correlate(core, head, i, &parent->array->bad, DEPENDENCY_NEVER);
        drop_if_empty(core, id);
    }
}

void dependencies_end(struct core *core, struct job *job)
{
    struct dependencies *own = job->request.dependencies;
    struct list *children;

    for (uint32_t i = 0; own && i < own->count; i++)
        if (list_has(&own->all[i].of_parent))
            unwatch(core, &own->all[i]);
    if (name_bearer(job) == job)
        leave_namesakes(core, job);
    dependencies_follow(core, job);
    follow_element(core, job);
    children = table_remove_number(core->children, job->id);
    if (!children)
        return;
    LIST_EACH(children, place)
        list_remove(children, place);
    free(children);
}

void dependencies_run(struct core *core)
{
    struct list_node *first;

    while ((first = list_first(&core->touched))) {
        list_remove(&core->touched, first);
        job_look_again(core, CONTAINER_OF(first, struct job, of_touched));
    }
}

void dependencies_clear(struct core *core)
{
    struct namesakes *namesakes;
    struct list *children;

    for (size_t place = 0; (children = table_next(core->children, &place));)
        free(children);
    for (size_t place = 0; (namesakes = table_next(core->namesakes, &place));)
        free(namesakes);
    table_free(core->children);
    table_free(core->namesakes);
}
