/* series_rows.c - what jobs used over their time, in the store */

#include "scheduler/series_rows.h"

#include "base/log.h"
#include "scheduler/jobspec.h"
#include "scheduler/service_inside.h"

#include <inttypes.h>

void save_series(const struct job *job, struct batch *batch)
{
    struct row row = {.kind = ROW_SERIES};

    if (!job->series)
        return;
    row.series = (struct series_row){
        .job = (int64_t)job->id,
        .attempt = job->attempt,
        .samples = series_text(job->series, batch->arena),
    };
    batch_add(batch, WRITE_PUT, &row);
}

void load_series(struct service *service, const struct series_row *row)
{
    struct series series;
    struct error err;

    if (series_parse(row->samples, &series, &err))
        core_restore_series(service->core, (uint64_t)row->job, (uint32_t)row->attempt, &series);
    else
        log_warning("job=%" PRId64 " is stored with %s, going on without it", row->job, err.text);
}

bool stored_series(struct service *service, const struct job_row *job, struct arena *keep,
                   char **ret_samples, struct error *err)
{
    struct store *store = service->outside.store;
    struct row row = {.kind = ROW_SERIES, .series = {.job = job->id}};
    bool found;

    if (!store->find(store, &row, keep, &found, err))
        return false;
    if (!found)
        *ret_samples = job_packed_series(job->request, keep);
    else
        *ret_samples =
            arena_copy_utf8(keep, row.series.attempt == job->attempt ? row.series.samples : "");
    return true;
}
