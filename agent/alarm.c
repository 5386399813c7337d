/* alarm.c - what is to be done when (boot clock) */

#include "agent/alarm.h"

#include "base/memory.h"

static const struct alarm *alarm_of(const struct heap_node *node)
{
    return (const struct alarm *)((const char *)node - offsetof(struct alarm, node));
}

static bool is_before(const struct heap_node *a, const struct heap_node *b)
{
    return alarm_of(a)->due_us < alarm_of(b)->due_us;
}

void alarms_init(struct alarms *alarms, void *owner)
{
    heap_init(&alarms->heap, is_before);
    alarms->owner = owner;
}

void alarms_clear(struct alarms *alarms)
{
    heap_clear(&alarms->heap);
}

void alarm_set(struct alarms *alarms, struct alarm *alarm, int64_t due_us)
{
    alarm->due_us = due_us;
    alarm->round = alarms->round;
    if (heap_has(&alarm->node))
        heap_move(&alarms->heap, &alarm->node);
    else
        heap_add(&alarms->heap, &alarm->node);
}

void alarm_clear(struct alarms *alarms, struct alarm *alarm)
{
    if (heap_has(&alarm->node))
        heap_remove(&alarms->heap, &alarm->node);
}

bool alarm_is_set(const struct alarm *alarm)
{
    return heap_has(&alarm->node);
}

/* Firing may free any alarm, so each time the first that is left is looked at. */
bool alarms_fire(struct alarms *alarms, int64_t now_us)
{
    struct heap_node *first;
    bool fired = false;

    alarms->round++;
    while ((first = heap_first(&alarms->heap)) != NULL) {
        struct alarm *alarm = CONTAINER_OF(first, struct alarm, node);

        if (alarm->due_us > now_us || alarm->round == alarms->round)
            break;
        heap_remove(&alarms->heap, first);
        alarm->fire(alarms->owner, alarm);
        fired = true;
    }
    return fired;
}

int64_t alarms_next(const struct alarms *alarms)
{
    const struct heap_node *first = heap_first(&alarms->heap);

    return first ? alarm_of(first)->due_us : INT64_MAX;
}
