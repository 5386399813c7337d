/* queue_order.c - the ranks of waiting jobs, and all of them anew */

#include "scheduler/core/queue.h"

#include "scheduler/core/priority.h"

#include <assert.h>
#include <stdlib.h>

/* Where both orders are the same, one line is enough. */
unsigned queue_order_count(const struct queue *queue)
{
    return queue->policy->queue == queue->policy->candidates ? 1 : TURN_COUNT;
}

int64_t queue_run_of(const struct queue *queue, const struct shape *shape, const struct job *job)
{
    int64_t limit_us = (int64_t)shape->demand.amounts[DEMAND_TIME];

    return queue->policy->predicts && job->predicted_us > 0 ? job->predicted_us : limit_us;
}

struct standing queue_standing(const struct queue *queue, const struct shape *shape,
                               const struct job *job, int64_t now_us)
{
    const struct policy *policy = queue->policy;
    int64_t limit_us = (int64_t)shape->demand.amounts[DEMAND_TIME];
    struct standing standing = {
        .since_us = job->eligible_us,
        .wait_us = now_us - job->eligible_us,
        .limit_us = limit_us > 0 ? limit_us : 1,
        .run_us = queue_run_of(queue, shape, job),
        .cores = shape->demand.counts[DEMAND_CORES],
        .place = (double)job->place / PLACE_MOST,
        .backlog_us = queue->backlog_us,
    };

    if (queue->core && (policy->queue->has_priorities || policy->candidates->has_priorities))
        standing.priority = priority_of_job(queue->core, job);
    return standing;
}

void queue_take_turns(const struct queue *queue, struct shape *shape, int64_t now_us)
{
    const struct policy *policy = queue->policy;
    const struct job *job = shape_first(shape);
    struct standing standing = queue_standing(queue, shape, job, now_us);

    for (unsigned i = 0; i < queue_order_count(queue); i++) {
        const struct order *order = i == TURN_QUEUE ? policy->queue : policy->candidates;

        shape->of_lines[i].turn = (struct turn){policy_rank(policy, order, &standing),
                                                job->request.nice, shape->stream->tier, job->id};
    }
}

/* Where its turn orders it beside the lines, or NULL. */
static struct heap *heap_of(struct queue *queue, const struct shape *shape)
{
    if (shape->state == SHAPE_PARKED)
        return &shape->parking->shapes[shape->round];
    return shape->state == SHAPE_OPEN ? &queue->open : NULL;
}

/* A shape and where it stands in line; with a copy of its turn, less the tier, which is the
 * stream's: sorting goes over memory far and wide.  Of 32 bytes, as what is larger is sorted by
 * pointers, each comparison of which would go to memory. */
struct stander {
    double rank;
    int32_t nice;
    uint32_t stream; /* its number */
    uint64_t job;
    struct line_node *node;
};

static_assert(sizeof(struct stander) <= 32, "it is sorted in place");

static struct stander stander_of(uint32_t stream, struct line_node *node)
{
    return (struct stander){node->turn.rank, node->turn.nice, stream, node->turn.job, node};
}

static int compare_standers(const void *a, const void *b)
{
    const struct stander *first = a, *second = b;

    if (first->stream != second->stream)
        return first->stream < second->stream ? -1 : 1;
    if (first->rank != second->rank)
        return first->rank < second->rank ? -1 : 1;
    if (first->nice != second->nice)
        return first->nice < second->nice ? -1 : 1;
    return first->job < second->job ? -1 : 1;
}

/* All streams, each with its number among them. */
static struct stream **number_streams(struct queue *queue)
{
    struct stream **streams = NEW_ARRAY(struct stream *, table_count(queue->streams));
    struct stream *stream;
    size_t place = 0;
    uint32_t count = 0;

    while ((stream = table_next(queue->streams, &place))) {
        stream->number = count;
        streams[count++] = stream;
    }
    return streams;
}

/* Make one line of each stream anew. */
static void build_lines(struct stream *const *streams, struct stander *standers, size_t count,
                        unsigned order)
{
    CLEANUP(memory_freep) struct line_node **nodes = NEW_ARRAY(struct line_node *, count);

    qsort(standers, count, sizeof(*standers), compare_standers);
    for (size_t i = 0; i < count; i++)
        nodes[i] = standers[i].node;
    for (size_t first = 0, end; first < count; first = end) {
        uint32_t number = standers[first].stream;

        for (end = first; end < count && standers[end].stream == number; end++)
            ;
        line_build(&streams[number]->lines[order], nodes + first, end - first);
    }
}

/* Out of the heaps before any turn changes. */
static void leave_heaps(struct queue *queue)
{
    struct shape *shape;
    size_t place = 0;

    while ((shape = table_next(queue->shapes, &place)))
        if (heap_of(queue, shape))
            heap_remove(heap_of(queue, shape), &shape->of_order);
}

/* Of a million shapes none is in a cache: they are asked for some steps ahead. */
#define AHEAD 8

static void ask_for(const struct shape *shape)
{
    if (!shape)
        return;
    __builtin_prefetch(&shape->state, 1);
    __builtin_prefetch(&shape->jobs);
    __builtin_prefetch(&shape->demand);
    __builtin_prefetch(&shape->of_lines[0].turn, 1);
}

void queue_reorder(struct queue *queue, int64_t now_us, uint64_t cores)
{
    CLEANUP(memory_freep)
    struct stander *standers = NEW_ARRAY(struct stander, table_count(queue->shapes));
    CLEANUP(memory_freep) struct stream **streams = number_streams(queue);
    struct shape *shape;
    size_t place = 0, ahead = 0, count = 0;

    queue->backlog_us = (double)queue->work * 1e6 / (double)(cores > 0 ? cores : 1);
    leave_heaps(queue);
    for (unsigned i = 0; i < AHEAD; i++)
        ask_for(table_next(queue->shapes, &ahead));
    while ((shape = table_next(queue->shapes, &place))) {
        ask_for(table_next(queue->shapes, &ahead));
        queue_take_turns(queue, shape, now_us);
        if (heap_of(queue, shape))
            heap_add(heap_of(queue, shape), &shape->of_order);
        if (shape->state != SHAPE_PARKED)
            standers[count++] = stander_of(shape->stream->number, shape->of_lines);
    }
    for (unsigned i = 0; i < queue_order_count(queue); i++) {
        for (size_t j = 0; i > 0 && j < count; j++)
            standers[j] = stander_of(standers[j].stream, standers[j].node + 1);
        build_lines(streams, standers, count, i);
    }
}
