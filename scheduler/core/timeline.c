/* timeline.c - when what the jobs of a cluster have comes free */

#include "scheduler/core/timeline.h"

#include "scheduler/core/inventory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void timeline_init(struct timeline *timeline)
{
    *timeline = (struct timeline){0};
}

void timeline_clear(struct timeline *timeline)
{
    free(timeline->entries);
    *timeline = (struct timeline){0};
}

static bool is_before(const struct timeline_entry *entry, int64_t end_us, uint64_t id)
{
    return entry->end_us < end_us || (entry->end_us == end_us && entry->job->id < id);
}

static size_t find_place(const struct timeline *timeline, int64_t end_us, uint64_t id)
{
    size_t low = 0, high = timeline->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (is_before(&timeline->entries[middle], end_us, id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void timeline_add(struct timeline *timeline, struct job *job, int64_t end_us)
{
    size_t place = find_place(timeline, end_us, job->id);

    if (timeline->count == timeline->capacity) {
        timeline->capacity = timeline->capacity ? 2 * timeline->capacity : 64;
        timeline->entries =
            memory_resize(timeline->entries, timeline->capacity, sizeof(*timeline->entries));
    }
    memmove(&timeline->entries[place + 1], &timeline->entries[place],
            (timeline->count - place) * sizeof(*timeline->entries));
    timeline->entries[place] = (struct timeline_entry){end_us, job};
    timeline->count++;
    job->expected_us = end_us;
}

void timeline_remove(struct timeline *timeline, struct job *job)
{
    size_t place = find_place(timeline, job->expected_us, job->id);

    assert(place < timeline->count && timeline->entries[place].job == job);
    timeline->count--;
    memmove(&timeline->entries[place], &timeline->entries[place + 1],
            (timeline->count - place) * sizeof(*timeline->entries));
}

void timeline_move(struct timeline *timeline, struct job *job, int64_t end_us)
{
    if (job->expected_us == end_us)
        return;
    timeline_remove(timeline, job);
    timeline_add(timeline, job, end_us);
}

uint32_t timeline_free_cores(const struct node *node, int64_t at_us)
{
    uint32_t used = 0;

    LIST_EACH(&node->parts, place) {
        const struct part *part = CONTAINER_OF(place, struct part, of_node);

        if (part->job->expected_us > at_us)
            used += part->cores;
    }
    return node->cores > used ? node->cores - used : 0;
}

uint64_t timeline_free_memory(const struct node *node, int64_t at_us)
{
    uint64_t used = 0;

    LIST_EACH(&node->parts, place) {
        const struct part *part = CONTAINER_OF(place, struct part, of_node);

        if (part->job->expected_us > at_us)
            used += part->memory_bytes;
    }
    return node->memory_bytes > used ? node->memory_bytes - used : 0;
}
