/* profile.c - how many cores are free when, as planned */

#include "scheduler/core/profile.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct point {
    size_t block;
    uint32_t place;
};

static void add_block(struct profile *profile, size_t at)
{
    if (profile->block_count == profile->capacity) {
        profile->capacity = profile->capacity ? 2 * profile->capacity : 16;
        profile->blocks =
            memory_resize(profile->blocks, profile->capacity, sizeof(*profile->blocks));
    }
    memmove(&profile->blocks[at + 1], &profile->blocks[at],
            (profile->block_count - at) * sizeof(*profile->blocks));
    profile->blocks[at] = NEW(struct profile_block);
    profile->block_count++;
}

static void drop_block(struct profile *profile, size_t at)
{
    free(profile->blocks[at]);
    profile->block_count--;
    memmove(&profile->blocks[at], &profile->blocks[at + 1],
            (profile->block_count - at) * sizeof(*profile->blocks));
}

void profile_init(struct profile *profile, int64_t from_us, int64_t cores)
{
    *profile = (struct profile){0};
    add_block(profile, 0);
    *profile->blocks[0] = (struct profile_block){
        .count = 1, .least = cores, .most = cores, .times_us = {from_us}, .values = {cores}};
}

void profile_clear(struct profile *profile)
{
    for (size_t i = 0; i < profile->block_count; i++)
        free(profile->blocks[i]);
    free(profile->blocks);
    *profile = (struct profile){0};
}

static int64_t value_at(const struct profile *profile, struct point point)
{
    const struct profile_block *block = profile->blocks[point.block];

    return block->values[point.place] + block->shift;
}

static void sum_up(struct profile_block *block)
{
    block->least = INT64_MAX;
    block->most = INT64_MIN;
    for (uint32_t i = 0; i < block->count; i++) {
        block->values[i] += block->shift;
        if (block->values[i] < block->least)
            block->least = block->values[i];
        if (block->values[i] > block->most)
            block->most = block->values[i];
    }
    block->shift = 0;
}

/* The last point that is not after at_us; the first where all are. */
static struct point find(const struct profile *profile, int64_t at_us)
{
    size_t low = 0, high = profile->block_count - 1;
    const struct profile_block *block;
    uint32_t place = 0, end;

    while (low < high) {
        size_t middle = high - (high - low) / 2;

        if (profile->blocks[middle]->times_us[0] <= at_us)
            low = middle;
        else
            high = middle - 1;
    }
    block = profile->blocks[low];
    for (end = block->count - 1; place < end;) {
        uint32_t middle = end - (end - place) / 2;

        if (block->times_us[middle] <= at_us)
            place = middle;
        else
            end = middle - 1;
    }
    return (struct point){low, place};
}

static void halve(struct profile *profile, size_t at)
{
    struct profile_block *block = profile->blocks[at], *rest;

    add_block(profile, at + 1);
    rest = profile->blocks[at + 1];
    rest->count = block->count / 2;
    block->count -= rest->count;
    rest->shift = block->shift;
    memcpy(rest->times_us, block->times_us + block->count, rest->count * sizeof(int64_t));
    memcpy(rest->values, block->values + block->count, rest->count * sizeof(int64_t));
    sum_up(block);
    sum_up(rest);
}

/* There is a point at at_us from now on. */
static struct point cut(struct profile *profile, int64_t at_us)
{
    struct point point = find(profile, at_us);
    struct profile_block *block = profile->blocks[point.block];
    uint32_t next;

    if (block->times_us[point.place] == at_us)
        return point;
    assert(block->times_us[point.place] < at_us);
    if (block->count == PROFILE_BLOCK) {
        halve(profile, point.block);
        point = find(profile, at_us);
        block = profile->blocks[point.block];
    }
    next = point.place + 1;
    memmove(block->times_us + next + 1, block->times_us + next,
            (block->count - next) * sizeof(int64_t));
    memmove(block->values + next + 1, block->values + next,
            (block->count - next) * sizeof(int64_t));
    block->times_us[next] = at_us;
    block->values[next] = block->values[point.place];
    block->count++;
    return (struct point){point.block, next};
}

/* Of two points with the same value the later is of no use. */
static void mend(struct profile *profile, int64_t at_us)
{
    struct point point = find(profile, at_us), before = point;
    struct profile_block *block = profile->blocks[point.block];

    if (block->times_us[point.place] != at_us || (point.block == 0 && point.place == 0))
        return;
    if (point.place > 0)
        before.place--;
    else
        before = (struct point){point.block - 1, profile->blocks[point.block - 1]->count - 1};
    if (value_at(profile, before) != value_at(profile, point))
        return;
    block->count--;
    memmove(block->times_us + point.place, block->times_us + point.place + 1,
            (block->count - point.place) * sizeof(int64_t));
    memmove(block->values + point.place, block->values + point.place + 1,
            (block->count - point.place) * sizeof(int64_t));
    if (block->count == 0)
        drop_block(profile, point.block);
    else if (point.place == 0)
        sum_up(block);
}

static void add_to_block(struct profile_block *block, uint32_t first, uint32_t end, int64_t cores)
{
    if (first == 0 && end == block->count) {
        block->shift += cores;
        block->least += cores;
        block->most += cores;
        return;
    }
    for (uint32_t i = first; i < end; i++)
        block->values[i] += cores;
    sum_up(block);
}

void profile_add(struct profile *profile, int64_t start_us, int64_t end_us, int64_t cores)
{
    int64_t first_us = profile->blocks[0]->times_us[0];
    struct point start, end;

    if (start_us < first_us)
        start_us = first_us;
    if (start_us >= end_us)
        return;
    (void)cut(profile, end_us);
    start = cut(profile, start_us);
    end = find(profile, end_us);
    for (size_t i = start.block; i <= end.block; i++) {
        struct profile_block *block = profile->blocks[i];

        add_to_block(block, i == start.block ? start.place : 0,
                     i == end.block ? end.place : block->count, cores);
    }
    mend(profile, end_us);
    mend(profile, start_us);
}

void profile_forget(struct profile *profile, int64_t now_us)
{
    struct point point;
    struct profile_block *block;

    if (now_us <= profile->blocks[0]->times_us[0])
        return;
    point = find(profile, now_us);
    for (size_t i = 0; i < point.block; i++)
        free(profile->blocks[i]);
    profile->block_count -= point.block;
    memmove(profile->blocks, profile->blocks + point.block,
            profile->block_count * sizeof(*profile->blocks));
    block = profile->blocks[0];
    block->count -= point.place;
    memmove(block->times_us, block->times_us + point.place, block->count * sizeof(int64_t));
    memmove(block->values, block->values + point.place, block->count * sizeof(int64_t));
    block->times_us[0] = now_us;
    sum_up(block);
}

/* The first point at or after `point` with at least so many free cores; block_count: none. */
static struct point next_roomy(const struct profile *profile, struct point point, int64_t cores)
{
    for (; point.block < profile->block_count; point = (struct point){point.block + 1, 0}) {
        const struct profile_block *block = profile->blocks[point.block];

        if (block->most < cores)
            continue;
        for (; point.place < block->count; point.place++)
            if (block->values[point.place] + block->shift >= cores)
                return point;
    }
    return point;
}

/* The same, with fewer. */
static struct point next_full(const struct profile *profile, struct point point, int64_t cores)
{
    for (; point.block < profile->block_count; point = (struct point){point.block + 1, 0}) {
        const struct profile_block *block = profile->blocks[point.block];

        if (block->least >= cores)
            continue;
        for (; point.place < block->count; point.place++)
            if (block->values[point.place] + block->shift < cores)
                return point;
    }
    return point;
}

int64_t profile_seek(const struct profile *profile, int64_t from_us, int64_t duration_us,
                     int64_t cores, int64_t before_us)
{
    struct point point = find(profile, from_us);

    for (;;) {
        int64_t start_us, until_us;

        point = next_roomy(profile, point, cores);
        if (point.block == profile->block_count)
            return INT64_MAX;
        start_us = profile->blocks[point.block]->times_us[point.place];
        if (start_us < from_us)
            start_us = from_us;
        if (start_us >= before_us)
            return INT64_MAX;
        until_us = before_us - start_us < duration_us ? before_us : start_us + duration_us;
        point = next_full(profile, point, cores);
        if (point.block == profile->block_count ||
            profile->blocks[point.block]->times_us[point.place] >= until_us)
            return start_us;
    }
}

int64_t profile_at(const struct profile *profile, int64_t at_us)
{
    return value_at(profile, find(profile, at_us));
}
