/* jobspec_array.c - what the store keeps of a job beside its request: its array, its elements, for
 * whom it was pushed aside; once also what it used over its time */

#include "scheduler/jobspec.h"

#include "scheduler/core/preemption.h"

#include <inttypes.h>
#include <stdlib.h>

static char *print_elements(const struct elements *elements, struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    elements_print(elements, &text);
    return arena_copy(arena, text.length ? text.bytes : "");
}

static void fill_head(const struct array *array, struct arena *arena, Wire__ArrayRow *row)
{
    row->elements = print_elements(&array->all, arena);
    row->limit = array->throttle;
    row->good = array->good;
    row->failed = array->failed;
    row->cancelled = array->cancelled;
    row->bad = print_elements(&array->bad, arena);
    row->too_many_bad = array->too_many_bad;
}

static void pack_interruption(const struct interruption *from, struct arena *arena,
                              Wire__JobSpec *spec)
{
    if (!from)
        return;
    spec->interruption = ARENA_NEW(arena, Wire__Interruption);
    wire__interruption__init(spec->interruption);
    spec->interruption->by = from->by;
    spec->interruption->at_us = from->at_us;
    spec->interruption->grace_until_us = from->grace_until_us;
    spec->interruption->mode = from->mode;
    spec->interruption->turn = from->turn;
    spec->interruption->by_hand = from->by_hand;
    spec->interruption->suspended_us = from->suspended_us;
    spec->interruption->paused_us = from->paused_us;
}

static bool read_interruption(const Wire__Interruption *from, struct job *job, struct error *err)
{
    if (!from)
        return true;
    if (from->mode >= QOS_PREEMPT_COUNT)
        return fail(err, ERROR_IO, "a job was pushed aside in an unknown way (%" PRIu32 ")",
                    from->mode);
    job->interruption = NEW(struct interruption);
    *job->interruption = (struct interruption){
        .by = from->by,
        .at_us = from->at_us,
        .grace_until_us = from->grace_until_us,
        .mode = (enum qos_preempt)from->mode,
        .turn = from->turn,
        .by_hand = from->by_hand,
        .suspended_us = from->suspended_us,
        .paused_us = from->paused_us,
    };
    return true;
}

char *series_text(const struct series *series, struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    series_print(series, &text);
    return arena_copy(arena, text.bytes);
}

/* Of a job that was stored before series had rows of their own.  One that cannot be read is none: nothing
 * else of the job depends on it. */
static void read_series(const char *samples, struct job *job)
{
    struct series series;
    struct error ignored;

    if (*samples == '\0' || !series_parse(samples, &series, &ignored))
        return;
    job->series = NEW(struct series);
    *job->series = series;
}

char *job_packed_series(struct bytes bytes, struct arena *arena)
{
    Wire__JobSpec *spec = wire__job_spec__unpack(NULL, bytes.size, bytes.bytes);
    char *samples = arena_copy_utf8(arena, spec ? spec->samples : "");

    wire__job_spec__free_unpacked(spec, NULL);
    return samples;
}

struct bytes job_pack(const struct job *job, struct arena *arena)
{
    Wire__JobSpec more = WIRE__JOB_SPEC__INIT;
    Wire__ArrayRow row = WIRE__ARRAY_ROW__INIT;

    more.limit_cut_us = job->limit_cut_us;
    if (job->refusal && job_state_is_final(job->state))
        more.last_word = arena_copy_utf8(arena, job->refusal);
    pack_interruption(job->interruption, arena, &more);
    component_rows_pack(job, arena, &more);
    if (job->array_id == 0)
        return request_pack(&job->request, &more, arena);
    row.array = job->array_id;
    if (job_is_head(job))
        fill_head(job->array, arena, &row);
    else if (job->elements)
        row.elements = print_elements(job->elements, arena);
    else
        row.elements = arena_format(arena, "%" PRIu32, job->element);
    more.array_row = &row;
    return request_pack(&job->request, &more, arena);
}

static bool read_head(const Wire__ArrayRow *row, struct job *job, struct error *err)
{
    CLEANUP(elements_clear) struct elements all = {0};

    if (!elements_parse(row->elements, SIZE_MAX, &all, err))
        return false;
    job->array = array_new(row->array, &all, row->limit);
    job->array->good = row->good;
    job->array->failed = row->failed;
    job->array->cancelled = row->cancelled;
    job->array->too_many_bad = row->too_many_bad;
    return *row->bad == '\0' || elements_parse(row->bad, SIZE_MAX, &job->array->bad, err);
}

static bool read_elements(const Wire__ArrayRow *row, struct job *job, struct error *err)
{
    struct elements elements = {0};

    if (!elements_parse(row->elements, SIZE_MAX, &elements, err))
        return false;
    job->element = elements_last(&elements);
    if (elements.count > 1) {
        job->elements = NEW(struct elements);
        *job->elements = elements;
    } else {
        elements_clear(&elements);
    }
    return true;
}

static bool read_row(const Wire__ArrayRow *row, struct job *job, struct error *err)
{
    if (!row)
        return true;
    job->array_id = row->array;
    return row->array == job->id ? read_head(row, job, err) : read_elements(row, job, err);
}

bool job_unpack(struct bytes bytes, struct job *job, struct error *err)
{
    Wire__JobSpec *spec = wire__job_spec__unpack(NULL, bytes.size, bytes.bytes);
    bool good;

    if (!spec)
        return fail(err, ERROR_IO, "a stored request cannot be read");
    jobspec_to_request(spec, &job->request);
    job->limit_cut_us = spec->limit_cut_us;
    good = component_rows_unpack(spec, job, err) && read_row(spec->array_row, job, err) &&
           read_interruption(spec->interruption, job, err);
    if (good)
        read_series(spec->samples, job);
    wire__job_spec__free_unpacked(spec, NULL);
    return good;
}

bool array_row_has(const Wire__ArrayRow *row, uint64_t array, uint32_t element)
{
    struct elements elements = {0};
    struct error ignored;
    bool has;

    if (!row || row->array != array ||
        !elements_parse(row->elements, SIZE_MAX, &elements, &ignored))
        return false;
    has = elements_has(&elements, element);
    elements_clear(&elements);
    return has;
}
