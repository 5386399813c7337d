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
    for (size_t i = 0; i < timeline->block_count; i++)
        free(timeline->blocks[i]);
    free(timeline->blocks);
    *timeline = (struct timeline){0};
}

static bool is_before(const struct timeline_entry *entry, int64_t end_us, uint64_t id)
{
    return entry->end_us < end_us || (entry->end_us == end_us && entry->job->id < id);
}

/* The block whose last entry is not before, or the last one. */
static size_t find_block(const struct timeline *timeline, int64_t end_us, uint64_t id)
{
    size_t low = 0, high = timeline->block_count - 1;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct timeline_block *block = timeline->blocks[middle];

        if (is_before(&block->entries[block->count - 1], end_us, id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t find_entry(const struct timeline_block *block, int64_t end_us, uint64_t id)
{
    uint32_t low = 0, high = block->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (is_before(&block->entries[middle], end_us, id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct timeline_block *insert_block(struct timeline *timeline, size_t at)
{
    if (timeline->block_count == timeline->capacity) {
        timeline->capacity = timeline->capacity ? 2 * timeline->capacity : 16;
        timeline->blocks =
            memory_resize(timeline->blocks, timeline->capacity, sizeof(*timeline->blocks));
    }
    memmove(&timeline->blocks[at + 1], &timeline->blocks[at],
            (timeline->block_count - at) * sizeof(*timeline->blocks));
    timeline->block_count++;
    timeline->blocks[at] = NEW(struct timeline_block);
    return timeline->blocks[at];
}

static void split_block(struct timeline *timeline, size_t at)
{
    struct timeline_block *block = timeline->blocks[at];
    struct timeline_block *rest = insert_block(timeline, at + 1);

    rest->count = block->count / 2;
    block->count -= rest->count;
    memcpy(rest->entries, &block->entries[block->count], rest->count * sizeof(*rest->entries));
    for (uint32_t i = 0; i < rest->count; i++)
        rest->cores += rest->entries[i].cores;
    block->cores -= rest->cores;
}

void timeline_add(struct timeline *timeline, struct job *job, int64_t end_us)
{
    struct timeline_block *block;
    uint32_t place;
    size_t at;

    if (timeline->block_count == 0)
        (void)insert_block(timeline, 0);
    at = timeline->count ? find_block(timeline, end_us, job->id) : 0;
    if (timeline->blocks[at]->count == TIMELINE_BLOCK) {
        split_block(timeline, at);
        at = find_block(timeline, end_us, job->id);
    }
    block = timeline->blocks[at];
    place = find_entry(block, end_us, job->id);
    memmove(&block->entries[place + 1], &block->entries[place],
            (block->count - place) * sizeof(*block->entries));
    block->entries[place] = (struct timeline_entry){end_us, job, job_cores_held(job)};
    block->cores += block->entries[place].cores;
    block->count++;
    timeline->count++;
    timeline->changes++;
    job->expected_us = end_us;
}

static void remove_block(struct timeline *timeline, size_t at)
{
    free(timeline->blocks[at]);
    timeline->block_count--;
    memmove(&timeline->blocks[at], &timeline->blocks[at + 1],
            (timeline->block_count - at) * sizeof(*timeline->blocks));
}

void timeline_remove(struct timeline *timeline, struct job *job)
{
    struct timeline_block *block;
    size_t at;
    uint32_t place;

    assert(timeline->count > 0);
    at = find_block(timeline, job->expected_us, job->id);
    block = timeline->blocks[at];
    place = find_entry(block, job->expected_us, job->id);
    assert(place < block->count && block->entries[place].job == job);
    block->cores -= block->entries[place].cores;
    block->count--;
    memmove(&block->entries[place], &block->entries[place + 1],
            (block->count - place) * sizeof(*block->entries));
    timeline->count--;
    timeline->changes++;
    if (block->count == 0)
        remove_block(timeline, at);
}

void timeline_move(struct timeline *timeline, struct job *job, int64_t end_us)
{
    if (job->expected_us == end_us)
        return;
    timeline_remove(timeline, job);
    timeline_add(timeline, job, end_us);
}

const struct timeline_entry *timeline_next(const struct timeline *timeline,
                                           struct timeline_place *place)
{
    if (place->block < timeline->block_count &&
        place->entry == timeline->blocks[place->block]->count) {
        place->block++;
        place->entry = 0;
    }
    if (place->block >= timeline->block_count)
        return NULL;
    return &timeline->blocks[place->block]->entries[place->entry++];
}

int64_t timeline_seek(const struct timeline *timeline, uint64_t cores, int64_t least_us,
                      uint64_t *ret_cores)
{
    struct timeline_place place = {0};
    const struct timeline_entry *entry = NULL;
    int64_t at_us = least_us;
    uint64_t sum = 0;

    while (place.block < timeline->block_count &&
           sum + timeline->blocks[place.block]->cores < cores)
        sum += timeline->blocks[place.block++]->cores;
    while (sum < cores && (entry = timeline_next(timeline, &place)))
        sum += entry->cores;
    if (sum < cores)
        return INT64_MAX;
    if (entry && entry->end_us > at_us)
        at_us = entry->end_us;
    while ((entry = timeline_next(timeline, &place)) && entry->end_us <= at_us)
        sum += entry->cores;
    *ret_cores = sum;
    return at_us;
}

uint32_t timeline_free_cores(const struct node *node, int64_t at_us)
{
    uint32_t used = 0;

    LIST_EACH(&node->parts, place) {
        const struct part *part = CONTAINER_OF(place, struct part, of_node);

        if (part->job->expected_us > at_us)
            used += part->cores_held;
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

uint32_t timeline_free_gpus(const struct node *node, uint32_t kind, int64_t at_us)
{
    const struct gpu_kind *of = &node->gpu_stock.kinds[kind];
    uint32_t used = 0;

    LIST_EACH(&node->parts, place) {
        const struct part *part = CONTAINER_OF(place, struct part, of_node);

        if (part->gpus > 0 && part->job->expected_us > at_us &&
            strcmp(part->gpu_type, of->type) == 0)
            used += part->gpus;
    }
    return of->count > used ? of->count - used : 0;
}
