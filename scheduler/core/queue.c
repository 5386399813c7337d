/* queue.c - the waiting jobs, in order, by what they ask for and where */

#include "scheduler/core/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool shapes_before(const struct heap_node *a, const struct heap_node *b)
{
    return shape_is_before(CONTAINER_OF(a, struct shape, of_order),
                           CONTAINER_OF(b, struct shape, of_order));
}

static bool streams_before(const struct heap_node *a, const struct heap_node *b)
{
    return shape_is_before(stream_first(CONTAINER_OF(a, struct stream, of_queue)),
                           stream_first(CONTAINER_OF(b, struct stream, of_queue)));
}

static void parking_init(struct parking *parking, const char *name)
{
    *parking = (struct parking){.name = name};
    heap_init(&parking->shapes[0], shapes_before);
    heap_init(&parking->shapes[1], shapes_before);
}

static void parking_clear(struct parking *parking)
{
    heap_clear(&parking->shapes[0]);
    heap_clear(&parking->shapes[1]);
}

void queue_init(struct queue *queue, size_t cluster_count)
{
    *queue = (struct queue){
        .cluster_count = cluster_count,
        .shapes = table_new(),
        .streams = table_new(),
        .users = table_new(),
        .broke = table_new(),
    };
    heap_init(&queue->order, streams_before);
    list_init(&queue->closed);
    list_init(&queue->aside);
    list_init(&queue->due);
    parking_init(&queue->away, "");
}

static void stream_free(struct stream *stream)
{
    heap_clear(&stream->open);
    free(stream);
}

void queue_clear(struct queue *queue)
{
    struct parking *parking;
    struct shape *shape;
    struct stream *stream;
    uint32_t *count;
    size_t place = 0;

    heap_clear(&queue->order);
    parking_clear(&queue->away);
    while ((parking = table_next(queue->broke, &place)))
        parking_clear(parking);
    place = 0;
    while ((shape = table_next(queue->shapes, &place)))
        shape_free(shape);
    place = 0;
    while ((stream = table_next(queue->streams, &place)))
        stream_free(stream);
    place = 0;
    while ((count = table_next(queue->users, &place)))
        free(count);
    place = 0;
    while ((parking = table_next(queue->broke, &place))) {
        free((char *)(uintptr_t)parking->name);
        free(parking);
    }
    table_free(queue->shapes);
    table_free(queue->streams);
    table_free(queue->users);
    table_free(queue->broke);
}

/* --- streams ------------------------------------------------------------------------------ */

struct shape *stream_first(const struct stream *stream)
{
    return CONTAINER_OF(heap_first(&stream->open), struct shape, of_order);
}

struct stream *queue_first(const struct queue *queue)
{
    struct heap_node *first = heap_first(&queue->order);

    return first ? CONTAINER_OF(first, struct stream, of_queue) : NULL;
}

/* Its first shape may have changed: find its place in the order again. */
static void order_stream(struct queue *queue, struct stream *stream)
{
    bool ordered = heap_has(&stream->of_queue);

    if (stream->open.count == 0 && ordered)
        heap_remove(&queue->order, &stream->of_queue);
    else if (stream->open.count > 0 && ordered)
        heap_move(&queue->order, &stream->of_queue);
    else if (stream->open.count > 0 && !list_has(&stream->of_closed))
        heap_add(&queue->order, &stream->of_queue);
}

static void reopen(struct queue *queue, struct stream *stream)
{
    list_remove(&queue->closed, &stream->of_closed);
    order_stream(queue, stream);
}

void queue_close(struct queue *queue, struct stream *stream)
{
    heap_remove(&queue->order, &stream->of_queue);
    list_add_last(&queue->closed, &stream->of_closed);
}

static struct stream *get_stream(struct queue *queue, const uint32_t *lanes, size_t count)
{
    struct stream *stream = table_get(queue->streams, lanes, count * sizeof(*lanes));

    if (stream)
        return stream;
    stream = memory_get(1, sizeof(*stream) + count * sizeof(*lanes));
    heap_init(&stream->open, shapes_before);
    stream->lane_count = count;
    memcpy(stream->lanes, lanes, count * sizeof(*lanes));
    table_put(queue->streams, stream->lanes, count * sizeof(*lanes), stream);
    return stream;
}

static void drop_stream(struct queue *queue, struct stream *stream)
{
    if (--stream->shape_count > 0)
        return;
    if (list_has(&stream->of_closed))
        list_remove(&queue->closed, &stream->of_closed);
    table_remove(queue->streams, stream->lanes, stream->lane_count * sizeof(*stream->lanes));
    stream_free(stream);
}

/* --- shapes ------------------------------------------------------------------------------- */

/* The shape has a new first job, or is new itself.  A closed stream has been looked at up to
 * some job: this one may come before it. */
static void order_shape(struct queue *queue, struct shape *shape)
{
    if (list_has(&shape->stream->of_closed) && stream_first(shape->stream) == shape)
        reopen(queue, shape->stream);
    else
        order_stream(queue, shape->stream);
}

static void open_shape(struct queue *queue, struct shape *shape)
{
    shape->state = SHAPE_OPEN;
    heap_add(&shape->stream->open, &shape->of_order);
    order_shape(queue, shape);
}

/* Where its parked shapes are that are to be looked at again. */
static struct heap *due_shapes(struct parking *parking)
{
    return &parking->shapes[parking->round];
}

/* Among the others that are due, by name: the order does not tell what changed first. */
static void make_due(struct queue *queue, struct parking *parking)
{
    struct list_node *place = list_first(&queue->due);

    while (place && strcmp(CONTAINER_OF(place, struct parking, of_due)->name, parking->name) < 0)
        place = list_after(&queue->due, place);
    if (place)
        list_add_before(&queue->due, place, &parking->of_due);
    else
        list_add_last(&queue->due, &parking->of_due);
}

static void begin_round(struct queue *queue, struct parking *parking)
{
    parking->round = 1 - parking->round;
    parking->again = false;
    if (due_shapes(parking)->count > 0)
        make_due(queue, parking);
}

/* The last of a round has been taken out. */
static void end_round(struct queue *queue, struct parking *parking)
{
    if (due_shapes(parking)->count > 0 || !list_has(&parking->of_due))
        return;
    list_remove(&queue->due, &parking->of_due);
    if (parking->again)
        begin_round(queue, parking);
}

static void leave_parking(struct queue *queue, struct shape *shape)
{
    struct parking *parking = shape->parking;

    heap_remove(&parking->shapes[shape->round], &shape->of_order);
    shape->parking = NULL;
    end_round(queue, parking);
}

static void take_out(struct queue *queue, struct shape *shape)
{
    switch (shape->state) {
    case SHAPE_OPEN:
        heap_remove(&shape->stream->open, &shape->of_order);
        order_stream(queue, shape->stream);
        break;
    case SHAPE_ASIDE:
        list_remove(&queue->aside, &shape->of_list);
        break;
    case SHAPE_PARKED:
        leave_parking(queue, shape);
        break;
    }
}

/* Its first job may be another. */
static void move_shape(struct queue *queue, struct shape *shape)
{
    if (shape->state == SHAPE_OPEN) {
        heap_move(&shape->stream->open, &shape->of_order);
        order_shape(queue, shape);
    } else if (shape->state == SHAPE_PARKED) {
        heap_move(&shape->parking->shapes[shape->round], &shape->of_order);
    }
}

void queue_add(struct queue *queue, struct job *job, const uint32_t *lanes, size_t lane_count)
{
    CLEANUP(buffer_clear) struct buffer key;
    struct shape *shape;

    assert(!job->shape);
    buffer_init(&key);
    shape_make_key(job, &key);
    shape = table_get(queue->shapes, key.bytes, key.length);
    queue->count++;
    if (!shape) {
        shape = shape_new(job, &key, queue->cluster_count);
        table_put(queue->shapes, shape->key, shape->key_size, shape);
        shape->stream = get_stream(queue, lanes, lane_count);
        shape->stream->shape_count++;
        job->shape = shape;
        heap_add(&shape->jobs, &job->of_shape);
        open_shape(queue, shape);
        return;
    }
    job->shape = shape;
    heap_add(&shape->jobs, &job->of_shape);
    move_shape(queue, shape);
}

void queue_remove(struct queue *queue, struct job *job)
{
    struct shape *shape = job->shape;

    assert(shape && queue->count > 0);
    queue->count--;
    job->shape = NULL;
    if (shape->jobs.count > 1) {
        heap_remove(&shape->jobs, &job->of_shape);
        move_shape(queue, shape);
        return;
    }
    /* Out of the order first: it compares shapes by their first jobs. */
    take_out(queue, shape);
    heap_remove(&shape->jobs, &job->of_shape);
    table_remove(queue->shapes, shape->key, shape->key_size);
    drop_stream(queue, shape->stream);
    shape_free(shape);
}

static struct parking *parking_for(struct queue *queue, const struct shape *shape,
                                   enum job_reason reason)
{
    struct parking *parking;

    if (reason != REASON_BUDGET)
        return &queue->away;
    parking = table_get_text(queue->broke, shape->institution);
    if (!parking) {
        parking = NEW(struct parking);
        parking_init(parking, memory_copy(shape->institution));
        table_put_text(queue->broke, parking->name, parking);
    }
    return parking;
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
        shape->parking = parking_for(queue, shape, reason);
        shape->round = 1 - shape->parking->round;
        heap_add(&shape->parking->shapes[shape->round], &shape->of_order);
    }
}

void queue_open_aside(struct queue *queue)
{
    LIST_EACH(&queue->closed, place)
        reopen(queue, CONTAINER_OF(place, struct stream, of_closed));
    LIST_EACH(&queue->aside, place) {
        struct shape *shape = CONTAINER_OF(place, struct shape, of_list);

        take_out(queue, shape);
        open_shape(queue, shape);
    }
}

static void parking_changed(struct queue *queue, struct parking *parking)
{
    if (list_has(&parking->of_due))
        parking->again = true;
    else
        begin_round(queue, parking);
}

void queue_budget_changed(struct queue *queue, const char *institution)
{
    struct parking *parking = table_get_text(queue->broke, institution);

    if (parking)
        parking_changed(queue, parking);
}

void queue_all_changed(struct queue *queue)
{
    struct parking *parking;
    size_t place = 0;

    parking_changed(queue, &queue->away);
    while ((parking = table_next(queue->broke, &place)))
        parking_changed(queue, parking);
}

bool queue_unpark(struct queue *queue, size_t most)
{
    for (; queue->due.count > 0 && most > 0; most--) {
        struct parking *parking = CONTAINER_OF(list_first(&queue->due), struct parking, of_due);
        struct shape *shape = CONTAINER_OF(heap_first(due_shapes(parking)), struct shape, of_order);

        /* Institutions take turns. */
        list_remove(&queue->due, &parking->of_due);
        list_add_last(&queue->due, &parking->of_due);
        leave_parking(queue, shape);
        open_shape(queue, shape);
    }
    return queue->due.count > 0;
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
