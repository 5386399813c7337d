/* job_index.c - all jobs by id */

#include "scheduler/core/job_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void job_index_init(struct job_index *index)
{
    *index = (struct job_index){0};
}

void job_index_clear(struct job_index *index)
{
    free(index->places);
    *index = (struct job_index){0};
}

/* The first place whose id is at or above `id`. */
static size_t find_place(const struct job_index *index, uint64_t id)
{
    size_t low = 0, high = index->used;

    if (index->used > 0 && index->places[index->used - 1].id < id)
        return index->used;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (index->places[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void job_index_add(struct job_index *index, struct job *job)
{
    size_t place = find_place(index, job->id);

    if (place < index->used && index->places[place].id == job->id) {
        assert(!index->places[place].job);
        index->places[place].job = job;
        index->count++;
        return;
    }
    if (index->used == index->capacity) {
        index->capacity = index->capacity ? 2 * index->capacity : 64;
        index->places = memory_resize(index->places, index->capacity, sizeof(*index->places));
    }
    memmove(&index->places[place + 1], &index->places[place],
            (index->used - place) * sizeof(*index->places));
    index->places[place] = (struct job_place){job->id, job};
    index->used++;
    index->count++;
}

static void close_gaps(struct job_index *index)
{
    size_t to = 0;

    for (size_t from = 0; from < index->used; from++)
        if (index->places[from].job)
            index->places[to++] = index->places[from];
    index->used = to;
}

void job_index_remove(struct job_index *index, const struct job *job)
{
    size_t place = find_place(index, job->id);

    assert(place < index->used && index->places[place].job == job);
    index->places[place].job = NULL;
    index->count--;
    if (index->used > 64 && index->count < index->used / 2)
        close_gaps(index);
}

struct job *job_index_find(const struct job_index *index, uint64_t id)
{
    size_t place = find_place(index, id);

    if (place == index->used || index->places[place].id != id)
        return NULL;
    return index->places[place].job;
}

struct job *job_index_after(const struct job_index *index, uint64_t after)
{
    size_t place;

    if (after == UINT64_MAX)
        return NULL;
    for (place = find_place(index, after + 1); place < index->used; place++)
        if (index->places[place].job)
            return index->places[place].job;
    return NULL;
}

struct job *job_index_before(const struct job_index *index, uint64_t before)
{
    for (size_t place = find_place(index, before); place > 0; place--)
        if (index->places[place - 1].job)
            return index->places[place - 1].job;
    return NULL;
}
