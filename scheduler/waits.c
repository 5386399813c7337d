/* waits.c - who waits for the end of which job */

#include "scheduler/waits.h"

#include "base/table.h"
#include "scheduler/quota.h"

#include <stdlib.h>
#include <string.h>

struct waits {
    struct heap by_time;
    struct table *by_job; /* the first of each chain */
    struct quota *quota;
};

static struct wait *wait_at(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct wait, by_time);
}

static bool ends_before(const struct heap_node *a, const struct heap_node *b)
{
    return wait_at(a)->until_us < wait_at(b)->until_us;
}

struct waits *waits_new(void)
{
    struct waits *waits = NEW(struct waits);

    heap_init(&waits->by_time, ends_before);
    waits->by_job = table_new();
    waits->quota = quota_new();
    return waits;
}

static void leave(struct waits *waits, struct wait *wait)
{
    heap_remove(&waits->by_time, &wait->by_time);
    quota_give(waits->quota, wait->principal);
    free(wait->principal);
    wait->principal = NULL;
}

void waits_free(struct waits *waits)
{
    struct heap_node *node;

    if (!waits)
        return;
    while ((node = heap_first(&waits->by_time))) {
        leave(waits, wait_at(node));
        free(wait_at(node));
    }
    heap_clear(&waits->by_time);
    quota_free(waits->quota);
    table_free(waits->by_job);
    free(waits);
}

/* The same asker with the same request again: the channel sent it twice. */
static bool is_repeated(const struct wait *chain, const struct wait *wait)
{
    for (; chain; chain = chain->next)
        if (chain->request == wait->request && chain->door == wait->door &&
            chain->to.route_size == wait->to.route_size &&
            memcmp(chain->to.route, wait->to.route, wait->to.route_size) == 0)
            return true;
    return false;
}

bool waits_add(struct waits *waits, const struct wait *wait)
{
    struct wait *first = table_get_number(waits->by_job, wait->job);
    struct wait *copy;

    if (is_repeated(first, wait))
        return true;
    if (waits->by_time.count >= WAITS_MAX || !quota_take(waits->quota, wait->principal, WAITS_EACH))
        return false;
    copy = memory_copy_bytes(wait, sizeof(*wait));
    copy->by_time.place = 0;
    copy->principal = memory_copy(wait->principal);
    copy->next = first;
    table_put_number(waits->by_job, wait->job, copy);
    heap_add(&waits->by_time, &copy->by_time);
    return true;
}

struct wait *waits_take_job(struct waits *waits, uint64_t job)
{
    struct wait *first = table_remove_number(waits->by_job, job);

    for (struct wait *wait = first; wait; wait = wait->next)
        leave(waits, wait);
    return first;
}

static void unchain(struct waits *waits, struct wait *wait)
{
    struct wait *first = table_get_number(waits->by_job, wait->job);

    if (first != wait) {
        while (first->next != wait)
            first = first->next;
        first->next = wait->next;
    } else if (wait->next) {
        table_put_number(waits->by_job, wait->job, wait->next);
    } else {
        table_remove_number(waits->by_job, wait->job);
    }
    wait->next = NULL;
}

struct wait *waits_take_late(struct waits *waits, int64_t now_us)
{
    struct heap_node *node = heap_first(&waits->by_time);
    struct wait *wait;

    if (!node || wait_at(node)->until_us > now_us)
        return NULL;
    wait = wait_at(node);
    leave(waits, wait);
    unchain(waits, wait);
    return wait;
}

int64_t waits_next_time(const struct waits *waits)
{
    const struct heap_node *node = heap_first(&waits->by_time);

    return node ? wait_at(node)->until_us : INT64_MAX;
}
