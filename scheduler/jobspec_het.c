/* jobspec_het.c - the components of a heterogeneous job, on the wire and in its row */

#include "scheduler/jobspec.h"

#include "proto/component.h"
#include "scheduler/core/het.h"

#include <inttypes.h>
#include <stdlib.h>

bool jobspec_check_components(const Wire__JobSpec *spec, struct error *err)
{
    if (spec->n_component_rows > 0)
        return fail(err, ERROR_INVALID, "what the store keeps is not for the asker to say");
    if (spec->n_components == 0)
        return true;
    if (spec->n_components >= HET_SIZE_MAX)
        return fail(err, ERROR_INVALID, "%zu components; %d are the most", spec->n_components + 1,
                    HET_SIZE_MAX);
    if (*spec->array || spec->copies > 1)
        return fail(err, ERROR_INVALID,
                    "a heterogeneous job is one job: no array and no copies of it");
    for (size_t i = 0; i < spec->n_components; i++) {
        const Wire__JobSpec own = component_to_spec(spec->components[i]);

        if (!jobspec_check(&own, err))
            return fail_in(err, "component %zu", i + 1);
    }
    return true;
}

struct het *jobspec_components(const Wire__JobSpec *spec)
{
    struct het *het;

    if (spec->n_components == 0)
        return NULL;
    het = het_new((uint32_t)spec->n_components);
    for (uint32_t i = 0; i < het->count; i++) {
        const Wire__JobSpec own = component_to_spec(spec->components[i]);

        jobspec_to_request(&own, &het->more[i]);
        het->more[i].limit_us = spec->limit_us;
        het->more[i].requeue = !spec->no_requeue;
    }
    return het;
}

static uint64_t memory_of(const struct job *job, uint32_t component)
{
    uint64_t memory_bytes = 0;

    for (uint32_t i = 0; i < job->part_count; i++)
        if (job->parts[i].component == component)
            memory_bytes += job->parts[i].memory_bytes;
    return memory_bytes;
}

void component_rows_pack(const struct job *job, struct arena *arena, Wire__JobSpec *spec)
{
    uint32_t size = het_size(&job->request);

    if (!job->components)
        return;
    spec->n_component_rows = size;
    spec->component_rows = ARENA_NEW_ARRAY(arena, Wire__ComponentRow *, size);
    for (uint32_t i = 0; i < size; i++) {
        Wire__ComponentRow *row = ARENA_NEW(arena, Wire__ComponentRow);

        wire__component_row__init(row);
        row->parts = job->components[i].parts;
        row->place = job->components[i].place;
        row->cores = het_cores_of(job, i);
        row->memory = memory_of(job, i);
        spec->component_rows[i] = row;
    }
}

bool component_rows_unpack(const Wire__JobSpec *spec, struct job *job, struct error *err)
{
    if (spec->n_component_rows == 0)
        return true;
    if (spec->n_component_rows != het_size(&job->request))
        return fail(err, ERROR_IO, "%zu of %" PRIu32 " components are stored",
                    spec->n_component_rows, het_size(&job->request));
    job->components = NEW_ARRAY(struct component, spec->n_component_rows);
    for (size_t i = 0; i < spec->n_component_rows; i++)
        job->components[i] = (struct component){
            .parts = spec->component_rows[i]->parts,
            .place = spec->component_rows[i]->place,
        };
    return true;
}
