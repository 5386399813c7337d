/* store_memory_rules.c - what the schema says of rows: keys, references, checks */

#include "tests/lib/store_memory_inside.h"

#include <inttypes.h>
#include <string.h>

int compare_bytes(struct bytes a, struct bytes b)
{
    size_t least = a.size < b.size ? a.size : b.size;
    int order = least ? memcmp(a.bytes, b.bytes, least) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_column(const struct row *a, const struct row *b, const struct column *column)
{
    int64_t first, second;

    switch (column->kind) {
    case COLUMN_NUMBER:
        first = *row_number(a, column);
        second = *row_number(b, column);
        return (first > second) - (first < second);
    case COLUMN_TEXT:
        return strcmp(*row_text(a, column), *row_text(b, column));
    case COLUMN_BYTES:
    default:
        return compare_bytes(*row_bytes(a, column), *row_bytes(b, column));
    }
}

int compare_rows(const struct row *a, const struct row *b, unsigned first, unsigned behind)
{
    const struct row_shape *shape = row_shape(a->kind);
    int order = 0;

    for (unsigned i = first; i < behind && order == 0; i++)
        order = compare_column(a, b, &shape->columns[i]);
    return order;
}

static const bool may_replace[ROW_KIND_COUNT] = {
    [ROW_META] = true,        [ROW_MEMBER] = true,   [ROW_PRINCIPAL] = true, [ROW_LOCAL_UID] = true,
    [ROW_PUBLIC_KEY] = true,  [ROW_TOKEN] = true,    [ROW_JOB] = true,       [ROW_PART] = true,
    [ROW_NODE] = true,        [ROW_TOPOLOGY] = true, [ROW_HOLD] = true,      [ROW_BALANCE] = true,
    [ROW_SHARE] = true,       [ROW_LIMIT] = true,    [ROW_CLOSING] = true,   [ROW_WINDOW] = true,
    [ROW_INSTITUTION] = true, [ROW_PROJECT] = true,  [ROW_SERVER] = true,    [ROW_RATE] = true,
    [ROW_SEAL] = true,        [ROW_ERASURE] = true,  [ROW_SERIES] = true,
};

struct row reference_of(const struct row *row)
{
    switch (row->kind) {
    case ROW_PROJECT:
        return (struct row){ROW_INSTITUTION, .institution.name = row->project.institution};
    case ROW_MEMBER:
        return (struct row){ROW_PROJECT, .project.name = row->member.project};
    case ROW_SPEC:
        return (struct row){ROW_SCRIPT, .script.id = row->spec.script};
    case ROW_JOB:
        return (struct row){ROW_SPEC, .spec.id = row->job.spec};
    case ROW_PART:
        return (struct row){ROW_JOB, .job.id = row->part.job};
    case ROW_GRANT:
        return (struct row){ROW_INSTITUTION, .institution.name = row->grant.institution};
    default:
        return (struct row){.kind = ROW_KIND_COUNT};
    }
}

static bool check_values(const struct row *row, struct error *err)
{
    switch (row->kind) {
    case ROW_JOB:
        if (row->job.state < 0 || row->job.state > 20 || row->job.held_micro < 0 ||
            row->job.charged_micro < 0)
            return fail(err, ERROR_IO, "job %" PRId64 ": a CHECK failed", row->job.id);
        return true;
    case ROW_GRANT:
        return row->grant.amount > 0 || fail(err, ERROR_IO, "a grant of nothing");
    case ROW_HOLD:
        return row->hold.amount >= 0 || fail(err, ERROR_IO, "a hold below zero");
    default:
        return true;
    }
}

static bool is_of_one_cause(const struct txn_row *a, const struct txn_row *b)
{
    if (a->job == 0 || b->job == 0)
        return a->job == b->job && strcmp(a->txn_key, b->txn_key) == 0;
    return a->job == b->job && a->attempt == b->attempt && a->slice == b->slice;
}

static bool is_twin(const struct row *a, const struct row *b)
{
    switch (a->kind) {
    case ROW_SCRIPT:
        return compare_bytes(a->script.digest, b->script.digest) == 0;
    case ROW_TXN:
        return is_of_one_cause(&a->txn, &b->txn) ||
               (a->txn.chain == b->txn.chain && a->txn.sequence == b->txn.sequence) ||
               (a->txn.sequence == 1 && b->txn.sequence == 1 &&
                strcmp(a->txn.institution, b->txn.institution) == 0);
    default:
        return false;
    }
}

static bool check_unique(const struct shelf *shelf, const struct row *row, struct error *err)
{
    for (size_t i = 0; i < shelf->count; i++)
        if (is_twin(&shelf->rows[i]->row, row))
            return fail(err, ERROR_IO, "table %s: UNIQUE failed", row_shape(row->kind)->table);
    return true;
}

/* An update leaves the first columns of a job (up to `institution`) and its submit time. */
static bool check_replaced(const struct row *before, const struct row *row, struct error *err)
{
    const char *table = row_shape(row->kind)->table;

    if (!may_replace[row->kind])
        return fail(err, ERROR_IO, "table %s: a row with this key is there", table);
    if (row->kind == ROW_JOB &&
        (compare_rows(before, row, 0, 6) != 0 || before->job.submit_us != row->job.submit_us))
        return fail(err, ERROR_IO, "job %" PRId64 ": what never changes has changed", row->job.id);
    return true;
}

bool check_put(const struct store_memory *memory, const struct row *row, const struct row *before,
               struct error *err)
{
    struct row reference = reference_of(row);

    if (!check_values(row, err) || (before && !check_replaced(before, row, err)) ||
        (!before && !check_unique(&memory->shelves[row->kind], row, err)))
        return false;
    if (reference.kind != ROW_KIND_COUNT && !memory_find_row(memory, &reference))
        return fail(err, ERROR_IO, "table %s: FOREIGN KEY failed", row_shape(row->kind)->table);
    return true;
}
