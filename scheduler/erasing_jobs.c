/* erasing_jobs.c - what a person's jobs were, without the person */

#include "base/random.h"
#include "proto/message.h"
#include "scheduler/erasing_inside.h"

#include <stdlib.h>
#include <string.h>

static void *value_of(int64_t number)
{
    return (void *)(uintptr_t)number;
}

/* Without the comment and the last word, which names files: all of a request that a person words; free()
 * the bytes. */
static struct bytes without_words(struct bytes request)
{
    Wire__JobSpec *spec = wire__job_spec__unpack(NULL, request.size, request.bytes);
    struct bytes bytes = {NULL, 0};
    char *comment, *last_word;
    uint8_t *packed;

    if (!spec)
        return bytes;
    comment = spec->comment;
    last_word = spec->last_word;
    spec->comment = spec->last_word = (char *)(uintptr_t)protobuf_c_empty_string;
    packed = memory_get(wire__job_spec__get_packed_size(spec) + 1, 1);
    bytes = (struct bytes){packed, wire__job_spec__pack(spec, packed)};
    spec->comment = comment;
    spec->last_word = last_word;
    wire__job_spec__free_unpacked(spec, NULL);
    return bytes;
}

static bool erase_job(struct erasing *erasing, const struct row *row)
{
    const struct bytes request = without_words(row->job.request);
    struct row erased = {.kind = ROW_JOB, .job = row->job};
    bool good;

    erased.job.user = erasing->seal;
    erased.job.name = "erased";
    erased.job.output = erased.job.error_output = "";
    erased.job.request = request;
    if (strcmp(row->job.ended_by, erasing->name) == 0)
        erased.job.ended_by = erasing->seal;
    good = erasing_write(erasing, WRITE_REPLACE, &erased);
    free((void *)(uintptr_t)request.bytes);
    return good;
}

static bool note_spec(struct erasing *erasing, const struct row *row)
{
    table_put_number(erasing->specs, (uint64_t)row->job.spec, value_of(row->job.spec));
    return true;
}

/* Those of an attempt before, which was broken off, as well. */
static bool count_job(struct erasing *erasing, const struct row *row)
{
    (void)row;
    erasing->jobs++;
    return true;
}

/* Directories, commands, variables. */
static bool erase_specs(struct erasing *erasing)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    void *number;

    for (size_t place = 0; (number = table_next(erasing->specs, &place));) {
        struct row row = {.kind = ROW_SPEC, .spec = {.id = (int64_t)(uintptr_t)number}};
        bool found;

        arena_reset(arena);
        if (!erasing->store->find(erasing->store, &row, arena, &found, &erasing->err))
            return false;
        if (!found)
            continue;
        table_put_number(erasing->scripts, (uint64_t)row.spec.script, value_of(row.spec.script));
        row.spec.bytes = (struct bytes){"", 0};
        if (!erasing_write(erasing, WRITE_REPLACE, &row))
            return false;
    }
    return true;
}

/* Two who submit the same text share it. */
static bool leave_shared(struct erasing *erasing, const struct row *row)
{
    if (!table_get_number(erasing->specs, (uint64_t)row->spec.id))
        table_remove_number(erasing->scripts, (uint64_t)row->spec.script);
    return true;
}

/* Nobody may find it by its digest any more, and get an empty one. */
static bool erase_scripts(struct erasing *erasing)
{
    uint8_t digest[DIGEST_SIZE];
    void *number;

    for (size_t place = 0; (number = table_next(erasing->scripts, &place));) {
        const struct row row = {
            .kind = ROW_SCRIPT,
            .script = {(int64_t)(uintptr_t)number, {digest, sizeof(digest)}, {"", 0}}
        };

        random_fill(digest, sizeof(digest));
        if (!erasing_write(erasing, WRITE_REPLACE, &row))
            return false;
    }
    return true;
}

/* The name comes out of a job last: while one has it, another attempt finds what belongs to it. */
bool erase_jobs(struct erasing *erasing)
{
    const struct query jobs = {
        .kind = QUERY_JOBS_OF_USER, .lane = LANE_SLOW, .text = erasing->name};
    const struct query specs = {.kind = QUERY_ALL, .lane = LANE_SLOW, .row = ROW_SPEC};

    const struct query sealed = {
        .kind = QUERY_JOBS_OF_USER, .lane = LANE_SLOW, .text = erasing->seal};

    return erasing_walk(erasing, &jobs, note_spec) && erase_specs(erasing) &&
           erasing_walk(erasing, &specs, leave_shared) && erase_scripts(erasing) &&
           erasing_walk(erasing, &jobs, erase_job) && erasing_flush(erasing) &&
           erasing_walk(erasing, &sealed, count_job);
}
