/* job_rows.c - a job that has left the memory, found in the store by its id */

#include "scheduler/job_rows.h"

#include "scheduler/jobspec.h"
#include "scheduler/service_inside.h"
#include "scheduler/view.h"

#include <inttypes.h>

#define ROWS_LOOKED_AT 20000 /* of one array, for one element */

/* One element looked for. */
struct search {
    uint64_t id;
    struct row *row;
    struct arena *keep;
    unsigned looked;
    bool found;
};

static bool fail_missing(uint64_t id, uint64_t array, struct error *err)
{
    if (array)
        return fail(err, ERROR_NOT_FOUND, "no element %" PRIu64 " of an array %" PRIu64,
                    id - array - 1, array);
    return fail(err, ERROR_NOT_FOUND, "no job %" PRIu64, id);
}

/* Has the row the job with the id, as an element of `array` (0: of whichever)?  *ret_near: the
 * rows behind it may have. */
static bool row_has(const struct job_row *row, uint64_t id, uint64_t array, bool *ret_near)
{
    Wire__JobSpec *spec = wire__job_spec__unpack(NULL, row->request.size, row->request.bytes);
    const Wire__ArrayRow *own = spec ? spec->array_row : NULL;
    bool has = array == 0 && (uint64_t)row->id == id;

    *ret_near = own && own->array < id;
    if (*ret_near && (array == 0 || own->array == array) && id - own->array - 1 <= ELEMENT_MAX)
        has = has || array_row_has(own, own->array, (uint32_t)(id - own->array - 1));
    if (spec)
        wire__job_spec__free_unpacked(spec, NULL);
    return has;
}

static bool on_row(void *owner, const struct row *row, bool good)
{
    struct search *search = owner;
    bool near;

    if (!good || ++search->looked > ROWS_LOOKED_AT)
        return false;
    search->found = row_has(&row->job, search->id, 0, &near);
    if (search->found)
        row_copy(search->row, row, search->keep);
    return near && !search->found;
}

/* A component of a heterogeneous job: the row is the job's, which is not far before it. */
static bool find_het_row(struct service *service, uint64_t id, struct row *row, struct arena *keep,
                         bool *ret_found, struct error *err)
{
    struct store *store = service->outside.store;

    *ret_found = false;
    for (uint64_t i = 1; i < HET_SIZE_MAX && i < id && !*ret_found; i++) {
        *row = (struct row){.kind = ROW_JOB, .job = {.id = (int64_t)(id - i)}};
        if (!store->find(store, row, keep, ret_found, err))
            return false;
        if (*ret_found) {
            *ret_found = row_component_count(&row->job, keep) > i;
            return true;
        }
    }
    return true;
}

bool find_job_row(struct service *service, uint64_t id, uint64_t array, struct row *ret_row,
                  struct arena *keep, struct error *err)
{
    struct store *store = service->outside.store;
    const struct query query = {.kind = QUERY_JOBS_AFTER, .after = (int64_t)id};
    struct search search = {.id = id, .row = ret_row, .keep = keep};
    bool found, near;

    if (id == 0 || id > INT64_MAX)
        return fail_missing(id, array, err);
    *ret_row = (struct row){.kind = ROW_JOB, .job = {.id = (int64_t)id}};
    if (!store->find(store, ret_row, keep, &found, err))
        return false;
    if (!found && array == 0) {
        if (!find_het_row(service, id, ret_row, keep, &found, err) || found)
            return found;
        *ret_row = (struct row){.kind = ROW_JOB, .job = {.id = (int64_t)id}};
    }
    if (!found) {
        if (!store->query(store, &query, on_row, &search, err))
            return false;
        found = search.found;
    }
    return (found && row_has(&ret_row->job, id, array, &near)) || fail_missing(id, array, err);
}

bool check_job_array(const struct job *job, uint64_t id, uint64_t array, struct error *err)
{
    return !job || array == 0 || (job->array_id == array && !job_is_head(job)) ||
           fail_missing(id, array, err);
}
