/* queue.c - the waiting jobs, in order, by what they ask for and where */

#include "scheduler/core/queue.h"

#include "scheduler/core/priority.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool shapes_before(const struct heap_node *a, const struct heap_node *b)
{
    return shape_is_before(CONTAINER_OF(a, struct shape, of_order),
                           CONTAINER_OF(b, struct shape, of_order));
}

void queue_init(struct queue *queue, const struct policy *policy)
{
    *queue = (struct queue){
        .policy = policy,
        .shapes = table_new(),
        .streams = table_new(),
        .users = table_new(),
        .broke = table_new(),
        .full = table_new(),
    };
    heap_init(&queue->open, shapes_before);
    list_init(&queue->check);
    list_init(&queue->due);
    parking_init(&queue->away, "");
    parking_init(&queue->mixed, "*");
}

void queue_clear(struct queue *queue)
{
    struct parking *parking;
    struct shape *shape;
    struct stream *stream;
    uint32_t *count;
    size_t place = 0;

    heap_clear(&queue->open);
    parking_clear(&queue->away);
    parking_clear(&queue->mixed);
    while ((parking = table_next(queue->broke, &place)))
        parking_clear(parking);
    place = 0;
    while ((parking = table_next(queue->full, &place)))
        parking_clear(parking);
    place = 0;
    while ((shape = table_next(queue->shapes, &place)))
        shape_free(shape);
    place = 0;
    while ((stream = table_next(queue->streams, &place)))
        free(stream);
    place = 0;
    while ((count = table_next(queue->users, &place)))
        free(count);
    place = 0;
    while ((parking = table_next(queue->broke, &place))) {
        free((char *)(uintptr_t)parking->name);
        free(parking);
    }
    place = 0;
    while ((parking = table_next(queue->full, &place)))
        free(parking);
    table_free(queue->full);
    table_free(queue->shapes);
    table_free(queue->streams);
    table_free(queue->users);
    table_free(queue->broke);
}

/* --- streams ------------------------------------------------------------------------------ */

static size_t size_of_key(size_t lane_count)
{
    return (lane_count + 1) * sizeof(uint32_t);
}

static struct stream *get_stream(struct queue *queue, const struct lanes *lanes)
{
    size_t size = size_of_key(lanes->count);
    CLEANUP(memory_freep) uint32_t *key = NEW_ARRAY(uint32_t, lanes->count + 1);
    struct stream *stream;

    memcpy(key, lanes->numbers, lanes->count * sizeof(*key));
    key[lanes->count] =
        (lanes->in_window ? STREAM_IN_WINDOW : 0) | (lanes->claims ? STREAM_CLAIMS : 0);
    stream = table_get(queue->streams, key, size);
    if (stream)
        return stream;
    stream = memory_get(1, sizeof(*stream) + size);
    stream->lane_count = lanes->count;
    stream->tier = 2 * lanes->tier + lanes->claims;
    memcpy(stream->lanes, key, size);
    table_put(queue->streams, stream->lanes, size, stream);
    return stream;
}

void queue_drop_empty(struct queue *queue, struct stream *stream)
{
    if (stream->shape_count > 0 || heap_has(&stream->of_walk))
        return;
    table_remove(queue->streams, stream->lanes, size_of_key(stream->lane_count));
    free(stream);
}

/* --- lines -------------------------------------------------------------------------------- */

static void enter_lines(struct queue *queue, struct shape *shape)
{
    for (unsigned i = 0; i < queue_order_count(queue); i++) {
        shape->of_lines[i].demand = &shape->demand;
        line_add(&shape->stream->lines[i], &shape->of_lines[i]);
    }
}

static void leave_lines(struct queue *queue, struct shape *shape)
{
    for (unsigned i = 0; i < queue_order_count(queue); i++)
        line_remove(&shape->stream->lines[i], &shape->of_lines[i]);
}

/* --- shapes ------------------------------------------------------------------------------- */

static void open_shape(struct queue *queue, struct shape *shape)
{
    shape->state = SHAPE_OPEN;
    heap_add(&queue->open, &shape->of_order);
}

struct shape *queue_first_open(const struct queue *queue)
{
    struct heap_node *first = heap_first(&queue->open);

    return first ? CONTAINER_OF(first, struct shape, of_order) : NULL;
}

void queue_close(struct queue *queue, struct shape *shape)
{
    assert(shape->state == SHAPE_OPEN);
    heap_remove(&queue->open, &shape->of_order);
    shape->state = SHAPE_ASIDE;
}

void queue_open_all(struct queue *queue)
{
    struct shape *shape;
    size_t place = 0;

    while ((shape = table_next(queue->shapes, &place)))
        if (shape->state == SHAPE_ASIDE)
            open_shape(queue, shape);
}

void queue_checked(struct queue *queue, struct shape *shape)
{
    list_remove(&queue->check, &shape->of_check);
    list_add_last(&queue->check, &shape->of_check);
}

struct shape *queue_oldest_check(const struct queue *queue)
{
    struct list_node *first = list_first(&queue->check);

    return first ? CONTAINER_OF(first, struct shape, of_check) : NULL;
}

/* Into the lines, from nowhere or from where it was parked. */
static void let_in(struct queue *queue, struct shape *shape)
{
    enter_lines(queue, shape);
    list_add_first(&queue->check, &shape->of_check);
    open_shape(queue, shape);
}

static void take_out(struct queue *queue, struct shape *shape)
{
    if (shape->state == SHAPE_PARKED) {
        parking_leave(queue, shape);
        return;
    }
    if (shape->state == SHAPE_OPEN)
        queue_close(queue, shape);
    leave_lines(queue, shape);
    list_remove(&queue->check, &shape->of_check);
}

/* Its first job is another.  One that was looked at is looked at again where that one comes
 * before what it was looked at for. */
static void move_shape(struct queue *queue, struct shape *shape, int64_t now_us)
{
    struct turn had = shape->of_lines[TURN_QUEUE].turn;

    if (shape->state == SHAPE_PARKED) {
        queue_take_turns(queue, shape, now_us);
        heap_move(&shape->parking->shapes[shape->round], &shape->of_order);
        return;
    }
    leave_lines(queue, shape);
    queue_take_turns(queue, shape, now_us);
    enter_lines(queue, shape);
    if (shape->state == SHAPE_OPEN)
        heap_move(&queue->open, &shape->of_order);
    else if (turn_is_before(&shape->of_lines[TURN_QUEUE].turn, &had))
        open_shape(queue, shape);
}

void queue_set_limit(struct queue *queue, struct shape *shape, int64_t limit_us, int64_t now_us)
{
    bool stands = shape->state != SHAPE_PARKED;

    if (stands)
        leave_lines(queue, shape);
    shape->demand = demand_of_job(shape_first(shape), limit_us);
    if (stands)
        enter_lines(queue, shape);
    move_shape(queue, shape, now_us);
}

/* Bounded, so that a million jobs that ask for too much cannot overflow the sum. */
#define WORK_MOST (UINT64_C(1) << 43)

static uint64_t work_of(const struct queue *queue, const struct shape *shape)
{
    uint64_t run_s = (uint64_t)queue_run_of(queue, shape, shape_first(shape)) / 1000000;
    uint64_t cores = shape->demand.counts[DEMAND_CORES];

    return cores > 0 && run_s > WORK_MOST / cores ? WORK_MOST : run_s * cores;
}

/* Once for each job: one that waits again keeps its place. */
static void find_place(struct queue *queue, const struct shape *shape, struct job *job)
{
    if (job->place == 0)
        job->place = sizes_add(&queue->sizes, queue_run_of(queue, shape, job),
                               (int64_t)shape->demand.amounts[DEMAND_TIME],
                               shape->demand.counts[DEMAND_CORES]);
}

static void add_shape(struct queue *queue, struct job *job, const struct lanes *lanes,
                      const struct shape_key *key, int64_t now_us)
{
    struct shape *shape = shape_new(job, lanes->count, queue_order_count(queue));

    table_put(queue->shapes, key->bytes, sizeof(key->bytes), shape);
    shape->stream = get_stream(queue, lanes);
    shape->stream->shape_count++;
    shape->demand = demand_of_job(job, lanes->limit_us);
    shape->work = work_of(queue, shape);
    job->shape = shape;
    queue->work += shape->work;
    find_place(queue, shape, job);
    queue_take_turns(queue, shape, now_us);
    let_in(queue, shape);
}

void queue_add(struct queue *queue, struct job *job, const struct lanes *lanes, int64_t now_us)
{
    const struct shape_key key = shape_key_of(job);
    struct shape *shape;

    assert(!job->shape);
    queue->count++;
    shape = table_get(queue->shapes, key.bytes, sizeof(key.bytes));
    if (!shape) {
        add_shape(queue, job, lanes, &key, now_us);
        return;
    }
    job->shape = shape;
    queue->work += shape->work;
    find_place(queue, shape, job);
    heap_add(&shape->jobs, &job->of_shape);
    if (shape_first(shape) == job)
        move_shape(queue, shape, now_us);
}

static void remove_shape(struct queue *queue, struct shape *shape)
{
    const struct shape_key key = shape_key_of(shape_first(shape));

    table_remove(queue->shapes, key.bytes, sizeof(key.bytes));
    take_out(queue, shape);
    heap_remove(&shape->jobs, heap_first(&shape->jobs));
    shape->stream->shape_count--;
    queue_drop_empty(queue, shape->stream);
    shape_free(shape);
}

void queue_remove(struct queue *queue, struct job *job, int64_t now_us)
{
    struct shape *shape = job->shape;
    bool was_first;

    assert(shape && queue->count > 0);
    was_first = shape_first(shape) == job;
    queue->count--;
    queue->work -= shape->work;
    job->shape = NULL;
    if (shape->jobs.count > 1) {
        heap_remove(&shape->jobs, &job->of_shape);
        if (was_first)
            move_shape(queue, shape, now_us);
        return;
    }
    remove_shape(queue, shape);
}

void queue_set_aside(struct queue *queue, struct shape *shape, enum job_reason reason)
{
    shape->reason = reason;
    if (reason == REASON_RESOURCES || reason == REASON_LICENSES) {
        if (shape->state == SHAPE_OPEN)
            queue_close(queue, shape);
        return;
    }
    take_out(queue, shape);
    shape->state = SHAPE_PARKED;
    parking_enter(queue, shape, reason);
}

bool queue_unpark(struct queue *queue, size_t most)
{
    struct shape *shape;

    for (; most > 0 && (shape = parking_next(queue)); most--) {
        parking_leave(queue, shape);
        let_in(queue, shape);
    }
    return queue->due.count > 0;
}
