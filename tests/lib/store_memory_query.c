/* store_memory_query.c - reading the store in memory */

#include "tests/lib/store_memory_inside.h"

#include <assert.h>
#include <string.h>

#define LIVE_MOST 4 /* jobs in states below are live, as in schema.sql */

bool memory_find(struct store *store, struct row *row, struct arena *arena, bool *ret_found,
                 struct error *err)
{
    const struct row *there = memory_find_row(store_memory_of(store), row);

    (void)err;
    *ret_found = there != NULL;
    if (there)
        row_copy(row, there, arena);
    return true;
}

static bool is_live(const struct store_memory *memory, int64_t job)
{
    const struct row key = {ROW_JOB, .job.id = job};
    const struct row *row = memory_find_row(memory, &key);

    return row && row->job.state < LIVE_MOST;
}

static bool names(const struct store_memory *memory, const struct txn_row *txn, const char *user)
{
    const struct row key = {ROW_JOB, .job.id = txn->job};
    const struct row *row = memory_find_row(memory, &key);

    return txn->job > 0 && strcmp(txn->user, user) == 0 && row && strcmp(row->job.user, user) == 0;
}

static bool is_grant(const struct row *txn)
{
    return txn && txn->txn.job == 0 &&
           (txn->txn.kind <= 1 || txn->txn.kind == 5 || txn->txn.kind == 6);
}

static bool is_head(const struct store_memory *memory, const struct row *txn)
{
    const struct shelf *shelf = &memory->shelves[ROW_TXN];

    for (size_t i = 0; i < shelf->count; i++)
        if (strcmp(shelf->rows[i]->row.txn.institution, txn->txn.institution) == 0 &&
            shelf->rows[i]->row.txn.sequence > txn->txn.sequence)
            return false;
    return true;
}

static bool in_time(const struct query *query, int64_t end_us)
{
    return end_us >= query->from && end_us < query->until;
}

static bool is_used(const struct query *query, const struct txn_row *txn)
{
    return txn->job > 0 && in_time(query, txn->end_us);
}

static bool is_meant_job(const struct query *query, const struct job_row *job)
{
    switch (query->kind) {
    case QUERY_JOBS_LIVE:
        return job->state < LIVE_MOST;
    case QUERY_JOBS_AFTER:
        return job->id > query->after;
    case QUERY_JOBS_OF_USER:
        return job->id > query->after && strcmp(job->user, query->text) == 0;
    case QUERY_JOBS_OF_PROJECT:
        return job->id > query->after && strcmp(job->project, query->text) == 0;
    case QUERY_JOBS_ENDED:
        return job->id > query->after && in_time(query, job->end_us);
    default:
        return true;
    }
}

static bool is_meant(const struct store_memory *memory, const struct query *query,
                     const struct row *row)
{
    switch (query->kind) {
    case QUERY_PARTS_LIVE:
        return is_live(memory, row->part.job);
    case QUERY_SERIES_LIVE:
        return is_live(memory, row->series.job);
    case QUERY_PARTS_OF:
        return row->part.job == query->from;
    case QUERY_TXNS_GRANT:
        return is_grant(row);
    case QUERY_TXNS_OF_JOB:
        return row->txn.job > 0 && row->txn.job == query->from;
    case QUERY_TXNS_NAMING:
        return names(memory, &row->txn, query->text);
    case QUERY_HEADS:
        return is_head(memory, row);
    case QUERY_SCRIPT:
        return compare_bytes(row->script.digest, query->bytes) == 0;
    case QUERY_USAGE:
        return is_used(query, &row->txn);
    case QUERY_USAGE_OF:
        return is_used(query, &row->txn) && strcmp(row->txn.institution, query->text) == 0;
    default:
        return row->kind != ROW_JOB || is_meant_job(query, &row->job);
    }
}

static enum row_kind kind_of(const struct query *query)
{
    static const enum row_kind kinds[QUERY_KIND_COUNT] = {
        [QUERY_JOBS_LIVE] = ROW_JOB,       [QUERY_PARTS_LIVE] = ROW_PART,
        [QUERY_PARTS_OF] = ROW_PART,       [QUERY_TXNS_GRANT] = ROW_TXN,
        [QUERY_HEADS] = ROW_TXN,           [QUERY_SCRIPT] = ROW_SCRIPT,
        [QUERY_JOBS_AFTER] = ROW_JOB,      [QUERY_JOBS_OF_USER] = ROW_JOB,
        [QUERY_JOBS_OF_PROJECT] = ROW_JOB, [QUERY_JOBS_ENDED] = ROW_JOB,
        [QUERY_USAGE] = ROW_TXN,           [QUERY_USAGE_OF] = ROW_TXN,
        [QUERY_TXNS_OF_JOB] = ROW_TXN,     [QUERY_SERIES_LIVE] = ROW_SERIES,
        [QUERY_TXNS_NAMING] = ROW_TXN,
    };

    return query->kind == QUERY_ALL ? query->row : kinds[query->kind];
}

bool memory_query(struct store *store, const struct query *query, row_fn *on_row, void *owner,
                  struct error *err)
{
    const struct store_memory *memory = store_memory_of(store);
    const struct shelf *shelf = &memory->shelves[kind_of(query)];

    (void)err;
    for (size_t i = 0; i < shelf->count; i++)
        if (is_meant(memory, query, &shelf->rows[i]->row) &&
            !on_row(owner, &shelf->rows[i]->row, true))
            break;
    return true;
}

static int64_t last_id(const struct store_memory *memory, enum row_kind kind)
{
    const struct shelf *shelf = &memory->shelves[kind];
    const struct column *id = &row_shape(kind)->columns[0];

    return shelf->count ? *row_number(&shelf->rows[shelf->count - 1]->row, id) : 0;
}

bool memory_marks(struct store *store, struct store_marks *ret_marks, struct error *err)
{
    const struct store_memory *memory = store_memory_of(store);
    const struct shelf *audits = &memory->shelves[ROW_AUDIT];
    struct store_marks found = {
        .epoch = memory_read_epoch(memory),
        .next_job = last_id(memory, ROW_JOB) + 1,
        .last_spec = last_id(memory, ROW_SPEC),
        .last_script = last_id(memory, ROW_SCRIPT),
        .last_txn = last_id(memory, ROW_TXN),
        .last_grant = last_id(memory, ROW_GRANT),
        .last_audit = last_id(memory, ROW_AUDIT),
    };

    (void)err;
    memcpy(found.lineage, memory->lineage, LINEAGE_SIZE);
    if (audits->count) {
        struct bytes head = audits->rows[audits->count - 1]->row.audit.head;

        assert(head.size == DIGEST_SIZE);
        memcpy(found.audit_head.bytes, head.bytes, DIGEST_SIZE);
    }
    *ret_marks = found;
    return true;
}
