/* forwards.c - asks passed on to a node's agent whose answers are awaited */

#include "scheduler/forwards.h"

#include "base/table.h"
#include "scheduler/quota.h"

#include <stdlib.h>
#include <string.h>

struct forwards {
    struct heap by_time;
    struct table *by_number;
    struct quota *quota;
    uint64_t last;
};

static struct forward *forward_at(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct forward, by_time);
}

static bool ends_before(const struct heap_node *a, const struct heap_node *b)
{
    return forward_at(a)->until_us < forward_at(b)->until_us;
}

struct forwards *forwards_new(void)
{
    struct forwards *forwards = NEW(struct forwards);

    heap_init(&forwards->by_time, ends_before);
    forwards->by_number = table_new();
    forwards->quota = quota_new();
    return forwards;
}

void forward_free(struct forward *forward)
{
    if (!forward)
        return;
    free(forward->node);
    free(forward->principal);
    free(forward);
}

void forwards_free(struct forwards *forwards)
{
    struct heap_node *node;

    if (!forwards)
        return;
    while ((node = heap_first(&forwards->by_time))) {
        heap_remove(&forwards->by_time, node);
        forward_free(forward_at(node));
    }
    heap_clear(&forwards->by_time);
    table_free(forwards->by_number);
    quota_free(forwards->quota);
    free(forwards);
}

uint64_t forwards_add(struct forwards *forwards, const struct forward *forward)
{
    struct forward *copy;

    if (forwards->by_time.count >= FORWARDS_MAX ||
        !quota_take(forwards->quota, forward->principal, FORWARDS_EACH))
        return 0;
    copy = memory_copy_bytes(forward, sizeof(*forward));
    copy->by_time.place = 0;
    copy->number = ++forwards->last;
    copy->node = memory_copy(forward->node);
    copy->principal = memory_copy(forward->principal);
    table_put_number(forwards->by_number, copy->number, copy);
    heap_add(&forwards->by_time, &copy->by_time);
    return copy->number;
}

static struct forward *take(struct forwards *forwards, struct forward *forward)
{
    heap_remove(&forwards->by_time, &forward->by_time);
    table_remove_number(forwards->by_number, forward->number);
    quota_give(forwards->quota, forward->principal);
    return forward;
}

struct forward *forwards_take(struct forwards *forwards, uint64_t number, const char *node)
{
    struct forward *forward = table_get_number(forwards->by_number, number);

    if (!forward || strcmp(forward->node, node) != 0)
        return NULL;
    return take(forwards, forward);
}

struct forward *forwards_take_late(struct forwards *forwards, int64_t now_us)
{
    struct heap_node *node = heap_first(&forwards->by_time);

    if (!node || forward_at(node)->until_us > now_us)
        return NULL;
    return take(forwards, forward_at(node));
}

int64_t forwards_next_time(const struct forwards *forwards)
{
    const struct heap_node *node = heap_first(&forwards->by_time);

    return node ? forward_at(node)->until_us : INT64_MAX;
}
