/* store_query.c - what is asked of every database alike, and what its answers are worth */

#include "base/parse.h"
#include "scheduler/store_inside.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

const char *const query_sql[QUERY_KIND_COUNT] = {
    /* By the index of live jobs: left to itself SQLite reads all jobs that there ever were. */
    [QUERY_JOBS_LIVE] = "SELECT * FROM job WHERE id IN"
                        " (SELECT id FROM job WHERE state < 4) ORDER BY id",
    [QUERY_PARTS_LIVE] = "SELECT * FROM part WHERE job IN"
                         " (SELECT id FROM job WHERE state < 4) ORDER BY job, part",
    [QUERY_SERIES_LIVE] = "SELECT * FROM series WHERE job IN"
                          " (SELECT id FROM job WHERE state < 4) ORDER BY job",
    [QUERY_PARTS_OF] = "SELECT * FROM part WHERE job = ?2 ORDER BY part",
    [QUERY_TXNS_GRANT] = "SELECT * FROM txn INDEXED BY txn_cause WHERE job = 0"
                         " AND kind IN (0, 1, 5, 6) ORDER BY place",
    [QUERY_HEADS] = "SELECT * FROM txn WHERE place IN (SELECT (SELECT max(last.place)"
                    " FROM txn last WHERE last.place >= first.place"
                    " AND last.place < first.place + 4294967295)"
                    " FROM txn first WHERE first.sequence = 1)",
    [QUERY_TXNS_OF_JOB] = "SELECT * FROM txn WHERE job = ?2 AND job > 0"
                          " ORDER BY attempt, slice",
    [QUERY_TXNS_NAMING] = "SELECT * FROM txn WHERE job > 0 AND \"user\" = ?1"
                          " AND job IN (SELECT id FROM job WHERE \"user\" = ?1)",
    [QUERY_SCRIPT] = "SELECT id, digest, substr(bytes, 1, 0) FROM script WHERE digest = ?1",
    [QUERY_JOBS_AFTER] = "SELECT * FROM job WHERE id > ?4 ORDER BY id",
    [QUERY_JOBS_OF_USER] = "SELECT * FROM job WHERE \"user\" = ?1 AND id > ?4 ORDER BY id",
    [QUERY_JOBS_OF_PROJECT] = "SELECT * FROM job WHERE project = ?1 AND id > ?4 ORDER BY id",
    [QUERY_JOBS_ENDED] = "SELECT * FROM job WHERE end_us >= ?2 AND end_us < ?3 AND id > ?4"
                         " ORDER BY id",
    /* Time alone has no index: each would cost every charge. */
    [QUERY_USAGE] = "SELECT * FROM txn WHERE institution IN (SELECT name FROM institution)"
                    " AND job > 0 AND end_us >= ?2 AND end_us < ?3",
    [QUERY_USAGE_OF] = "SELECT * FROM txn WHERE institution = ?1"
                       " AND job > 0 AND end_us >= ?2 AND end_us < ?3",
};

enum row_kind query_row_kind(const struct query *query)
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

const char marks_sql[] =
    "SELECT (SELECT value FROM meta WHERE name = 'lineage'),"
    " (SELECT value FROM meta WHERE name = 'epoch'),"
    " (SELECT value FROM meta WHERE name = 'id_epoch'),"
    " (SELECT head FROM audit ORDER BY id DESC LIMIT 1),"
    " (SELECT coalesce(max(id), 0) FROM job), (SELECT coalesce(max(id), 0) FROM spec),"
    " (SELECT coalesce(max(id), 0) FROM script), (SELECT coalesce(max(id), 0) FROM txn),"
    " (SELECT coalesce(max(id), 0) FROM grant_), (SELECT coalesce(max(id), 0) FROM audit)";

/* Whoever has the row key can already change what is believed; a seed made from it is as
 * secret as need be. */
static void make_token_seed(const uint8_t mac_key[MAC_KEY_SIZE], uint8_t ret_seed[2 * MAC_SIZE])
{
    mac_of(mac_key, "launch tokens, first half", 25, ret_seed);
    mac_of(mac_key, "launch tokens, second half", 26, ret_seed + MAC_SIZE);
}

static bool read_number(struct bytes bytes, const char *name, const char *database,
                        int64_t *ret_number, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;
    uint64_t number;

    buffer_init(&text);
    if (bytes.size == 0)
        return fail(err, ERROR_IO, "%s: no %s in table meta", database, name);
    buffer_add(&text, bytes.bytes, bytes.size);
    if (!parse_u64(text.bytes, 0, INT64_MAX, &number, err))
        return fail_in(err, "table meta: %s", name);
    *ret_number = (int64_t)number;
    return true;
}

bool marks_make(const struct marks_found *found, const char *database,
                const uint8_t mac_key[MAC_KEY_SIZE], struct store_marks *ret_marks,
                struct error *err)
{
    struct store_marks marks = {
        .next_job = found->last_job + 1,
        .last_spec = found->last_spec,
        .last_script = found->last_script,
        .last_txn = found->last_txn,
        .last_grant = found->last_grant,
        .last_audit = found->last_audit,
    };
    int64_t id_floor;

    static_assert(sizeof(marks.token_seed) == 2 * MAC_SIZE, "two MACs fill the seed");
    if (found->lineage.size != LINEAGE_SIZE)
        return fail(err, ERROR_IO, "%s: no lineage in table meta", database);
    memcpy(marks.lineage, found->lineage.bytes, LINEAGE_SIZE);
    if (found->audit_head.size == DIGEST_SIZE)
        memcpy(marks.audit_head.bytes, found->audit_head.bytes, DIGEST_SIZE);
    make_token_seed(mac_key, marks.token_seed);
    if (!read_number(found->epoch, "epoch", database, &marks.epoch, err) ||
        !read_number(found->id_epoch, "id_epoch", database, &id_floor, err))
        return false;
    if (marks.next_job < id_floor)
        marks.next_job = id_floor;
    *ret_marks = marks;
    return true;
}

void row_mac_with(const uint8_t mac_key[MAC_KEY_SIZE], const struct row *row,
                  struct buffer *scratch, uint8_t ret_mac[MAC_SIZE])
{
    buffer_reset(scratch);
    row_add_canonical(row, false, scratch);
    mac_of(mac_key, scratch->bytes, scratch->length, ret_mac);
}

bool store_fail_row(struct error *err, const struct store *store, const struct row *row)
{
    const struct row_shape *shape = row_shape(row->kind);
    CLEANUP(buffer_clear) struct buffer key;

    buffer_init(&key);
    for (unsigned i = 0; i < shape->key_count; i++) {
        const struct column *column = &shape->columns[i];

        if (column->kind == COLUMN_NUMBER)
            buffer_print(&key, "%s%s = %" PRId64, i ? ", " : "", column->name,
                         *row_number(row, column));
        else if (column->kind == COLUMN_TEXT)
            buffer_print(&key, "%s%s = %s", i ? ", " : "", column->name, *row_text(row, column));
    }
    return fail(err, ERROR_IO, "%s: row %s of table %s was changed by something else", store->name,
                key.bytes, shape->table);
}

bool store_fail_epoch(struct error *err, int64_t found, int64_t epoch)
{
    return fail(err, ERROR_CONFLICT,
                "the database is at epoch %" PRId64 ", this scheduler at %" PRId64
                ": another one has taken over",
                found, epoch);
}
