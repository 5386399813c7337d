/* queue_parking.c - shapes that could not start whatever ends, until what keeps them changes */

#include "scheduler/core/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool shapes_before(const struct heap_node *a, const struct heap_node *b)
{
    return shape_is_before(CONTAINER_OF(a, struct shape, of_order),
                           CONTAINER_OF(b, struct shape, of_order));
}

void parking_init(struct parking *parking, const char *name)
{
    *parking = (struct parking){.name = name};
    heap_init(&parking->shapes[0], shapes_before);
    heap_init(&parking->shapes[1], shapes_before);
}

void parking_clear(struct parking *parking)
{
    heap_clear(&parking->shapes[0]);
    heap_clear(&parking->shapes[1]);
}

/* Where its parked shapes are that are to be looked at again. */
static struct heap *due_shapes(struct parking *parking)
{
    return &parking->shapes[parking->round];
}

static bool parking_is_before(const struct parking *a, const struct parking *b)
{
    int order = strcmp(a->name, b->name);

    return order < 0 || (order == 0 && a->array < b->array);
}

/* Among the others that are due, by name: the order does not tell what changed first. */
static void make_due(struct queue *queue, struct parking *parking)
{
    struct list_node *place = list_first(&queue->due);

    while (place && parking_is_before(CONTAINER_OF(place, struct parking, of_due), parking))
        place = list_after(&queue->due, place);
    if (place)
        list_add_before(&queue->due, place, &parking->of_due);
    else
        list_add_last(&queue->due, &parking->of_due);
}

/* Of a round that was cut short, since nothing was left of the limit, those who were not looked at
 * are still due; those who were join them, in the order of their turns. */
static void begin_round(struct queue *queue, struct parking *parking)
{
    struct heap *others = &parking->shapes[1 - parking->round];
    struct heap_node *place;

    if (due_shapes(parking)->count == 0)
        parking->round = 1 - parking->round;
    else
        while ((place = heap_first(others))) {
            heap_remove(others, place);
            CONTAINER_OF(place, struct shape, of_order)->round = parking->round;
            heap_add(due_shapes(parking), place);
        }
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
    else
        parking->nodes_changed = false;
}

void parking_leave(struct queue *queue, struct shape *shape)
{
    struct parking *parking = shape->parking;

    heap_remove(&parking->shapes[shape->round], &shape->of_order);
    shape->parking = NULL;
    end_round(queue, parking);
}

struct parking *queue_parking(struct queue *queue, const char *name)
{
    struct parking *parking = table_get_text(queue->broke, name);

    if (!parking) {
        parking = NEW(struct parking);
        parking_init(parking, memory_copy(name));
        table_put_text(queue->broke, parking->name, parking);
    }
    return parking;
}

static struct parking *parking_of_array(struct queue *queue, uint64_t array)
{
    struct parking *parking = table_get_number(queue->full, array);

    if (!parking) {
        parking = NEW(struct parking);
        parking_init(parking, "");
        parking->array = array;
        table_put_number(queue->full, array, parking);
    }
    return parking;
}

static struct parking *parking_for(struct queue *queue, const struct shape *shape,
                                   enum job_reason reason)
{
    if (reason == REASON_ARRAY_LIMIT)
        return parking_of_array(queue, shape_first(shape)->array_id);
    if (shape->refuge)
        return shape->refuge;
    if (reason != REASON_BUDGET)
        return &queue->away;
    return queue_parking(queue, shape_first(shape)->institution);
}

void parking_enter(struct queue *queue, struct shape *shape, enum job_reason reason)
{
    shape->parking = parking_for(queue, shape, reason);
    shape->round = 1 - shape->parking->round;
    shape->parking->some_need_nodes |= shape->needs_nodes;
    heap_add(&shape->parking->shapes[shape->round], &shape->of_order);
}

void queue_parking_changed(struct queue *queue, struct parking *parking)
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
        queue_parking_changed(queue, parking);
    queue_parking_changed(queue, &queue->mixed);
}

void queue_array_changed(struct queue *queue, uint64_t array)
{
    struct parking *parking = table_get_number(queue->full, array);

    if (parking)
        queue_parking_changed(queue, parking);
}

void queue_array_gone(struct queue *queue, uint64_t array)
{
    struct parking *parking = table_remove_number(queue->full, array);

    if (!parking)
        return;
    assert(parking->shapes[0].count == 0 && parking->shapes[1].count == 0);
    if (list_has(&parking->of_due))
        list_remove(&queue->due, &parking->of_due);
    parking_clear(parking);
    free(parking);
}

void queue_all_changed(struct queue *queue)
{
    struct parking *parking;
    size_t place = 0;

    queue_parking_changed(queue, &queue->away);
    queue_parking_changed(queue, &queue->mixed);
    while ((parking = table_next(queue->broke, &place))) {
        parking->nodes_changed |= parking->some_need_nodes;
        parking->some_need_nodes = false; /* those who still do say so again */
        queue_parking_changed(queue, parking);
    }
}

/* Is nothing left of the limit that is waited for there?  Who is let in would be looked at in
 * vain. */
static bool is_shut(const struct parking *parking)
{
    return parking->used && !parking->nodes_changed && *parking->most != INT64_MAX &&
           *parking->used >= *parking->most;
}

struct shape *parking_next(struct queue *queue)
{
    while (queue->due.count > 0) {
        struct parking *parking = CONTAINER_OF(list_first(&queue->due), struct parking, of_due);

        list_remove(&queue->due, &parking->of_due);
        if (is_shut(parking))
            continue; /* its round goes on when there is something */
        /* Institutions take turns. */
        list_add_last(&queue->due, &parking->of_due);
        return CONTAINER_OF(heap_first(due_shapes(parking)), struct shape, of_order);
    }
    return NULL;
}
