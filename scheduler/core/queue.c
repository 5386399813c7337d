/* queue.c - the waiting jobs, by what they ask for */

#include "scheduler/core/queue.h"

#include "base/buffer.h"
#include "scheduler/core/request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct job *job_of(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct job, of_shape);
}

bool job_is_before(const struct job *a, const struct job *b)
{
    if (a->request.nice != b->request.nice)
        return a->request.nice < b->request.nice;
    return a->id < b->id;
}

static bool jobs_before(const struct heap_node *a, const struct heap_node *b)
{
    return job_of(a)->id < job_of(b)->id;
}

static bool shapes_before(const struct heap_node *a, const struct heap_node *b)
{
    return job_is_before(shape_first(CONTAINER_OF(a, struct shape, of_open)),
                         shape_first(CONTAINER_OF(b, struct shape, of_open)));
}

struct job *shape_first(const struct shape *shape)
{
    return job_of(heap_first(&shape->jobs));
}

struct need shape_need(const struct shape *shape)
{
    return (struct need){&shape->request, shape->only, shape->except, shape->avoid};
}

void queue_init(struct queue *queue)
{
    *queue = (struct queue){.shapes = table_new(), .users = table_new()};
    heap_init(&queue->open, shapes_before);
    list_init(&queue->aside);
    list_init(&queue->parked);
}

static void free_shape(struct shape *shape)
{
    heap_clear(&shape->jobs);
    request_clear(&shape->request);
    hostlist_free(shape->only);
    hostlist_free(shape->except);
    free(shape->project);
    free(shape->institution);
    free(shape->possible);
    free(shape->key);
    free(shape);
}

void queue_clear(struct queue *queue)
{
    struct shape *shape;
    uint32_t *count;
    size_t place = 0;

    heap_clear(&queue->open);
    while ((shape = table_next(queue->shapes, &place)))
        free_shape(shape);
    place = 0;
    while ((count = table_next(queue->users, &place)))
        free(count);
    table_free(queue->shapes);
    table_free(queue->users);
}

static void make_key(const struct job *job, struct buffer *key)
{
    buffer_init(key);
    buffer_add_u32(key, job->avoid ? job->avoid->index + 1 : 0);
    buffer_add(key, job->project, strlen(job->project) + 1);
    request_add_key(&job->request, key);
}

/* The lists were read before, when the request was checked. */
static struct hostlist *read_list(const char *text)
{
    struct error ignored;

    return text ? hostlist_parse(text, &ignored) : NULL;
}

static struct shape *shape_new(const struct job *job, const struct buffer *key,
                               size_t cluster_count)
{
    struct shape *shape = NEW(struct shape);

    heap_init(&shape->jobs, jobs_before);
    request_copy(&shape->request, &job->request);
    shape->project = memory_copy(job->project);
    shape->institution = memory_copy(job->institution);
    shape->only = read_list(job->request.node_list);
    shape->except = read_list(job->request.node_exclude);
    shape->avoid = job->avoid;
    shape->possible = NEW_ARRAY(uint8_t, cluster_count);
    shape->key_size = key->length;
    shape->key = memory_copy_bytes(key->bytes, key->length);
    return shape;
}

void queue_add(struct queue *queue, struct job *job, size_t cluster_count)
{
    CLEANUP(buffer_clear) struct buffer key;
    struct shape *shape;

    assert(!job->shape);
    make_key(job, &key);
    shape = table_get(queue->shapes, key.bytes, key.length);
    queue->count++;
    if (!shape) {
        shape = shape_new(job, &key, cluster_count);
        table_put(queue->shapes, shape->key, shape->key_size, shape);
        job->shape = shape;
        heap_add(&shape->jobs, &job->of_shape);
        heap_add(&queue->open, &shape->of_open);
        return;
    }
    job->shape = shape;
    heap_add(&shape->jobs, &job->of_shape);
    queue_move(queue, shape);
}

void queue_move(struct queue *queue, struct shape *shape)
{
    if (shape->state == SHAPE_OPEN)
        heap_move(&queue->open, &shape->of_open);
}

static void take_out(struct queue *queue, struct shape *shape)
{
    if (shape->state == SHAPE_OPEN)
        heap_remove(&queue->open, &shape->of_open);
    else
        list_remove(shape->state == SHAPE_ASIDE ? &queue->aside : &queue->parked,
                    &shape->of_list);
}

void queue_remove(struct queue *queue, struct job *job)
{
    struct shape *shape = job->shape;

    assert(shape && queue->count > 0);
    queue->count--;
    job->shape = NULL;
    if (shape->jobs.count > 1) {
        heap_remove(&shape->jobs, &job->of_shape);
        queue_move(queue, shape);
        return;
    }
    /* Out of the order first: it compares shapes by their first jobs. */
    take_out(queue, shape);
    heap_remove(&shape->jobs, &job->of_shape);
    table_remove(queue->shapes, shape->key, shape->key_size);
    free_shape(shape);
}

struct shape *queue_first(const struct queue *queue)
{
    struct heap_node *first = heap_first(&queue->open);

    return first ? CONTAINER_OF(first, struct shape, of_open) : NULL;
}

void queue_set_aside(struct queue *queue, struct shape *shape, enum job_reason reason)
{
    take_out(queue, shape);
    shape->reason = reason;
    if (reason == REASON_RESOURCES) {
        shape->state = SHAPE_ASIDE;
        list_add_last(&queue->aside, &shape->of_list);
    } else {
        shape->state = SHAPE_PARKED;
        list_add_last(&queue->parked, &shape->of_list);
    }
}

static void open_shape(struct queue *queue, struct shape *shape)
{
    take_out(queue, shape);
    shape->state = SHAPE_OPEN;
    heap_add(&queue->open, &shape->of_open);
}

void queue_open_aside(struct queue *queue)
{
    LIST_EACH(&queue->aside, place)
        open_shape(queue, CONTAINER_OF(place, struct shape, of_list));
}

void queue_open_parked(struct queue *queue, const char *institution, enum job_reason reason)
{
    LIST_EACH(&queue->parked, place)
    {
        struct shape *shape = CONTAINER_OF(place, struct shape, of_list);

        if (reason != REASON_NONE && shape->reason != reason)
            continue;
        if (!institution || strcmp(shape->institution, institution) == 0)
            open_shape(queue, shape);
    }
}

uint32_t queue_user_count(const struct queue *queue, const char *user)
{
    const uint32_t *count = table_get_text(queue->users, user);

    return count ? *count : 0;
}

void queue_count_user(struct queue *queue, const char *user, int change)
{
    uint32_t *count = table_get_text(queue->users, user);

    if (!count) {
        count = NEW(uint32_t);
        table_put_text(queue->users, user, count);
    }
    assert(change > 0 || *count > 0);
    *count = change > 0 ? *count + 1 : *count - 1;
    if (*count == 0)
        free(table_remove_text(queue->users, user));
}
