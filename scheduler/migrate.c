/* migrate.c - the whole state moved from one store into another */

#include "scheduler/migrate.h"

#include "base/file.h"
#include "base/memory.h"
#include "scheduler/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* So much goes in one transaction. */
#define ROWS_MOST  4096
#define BYTES_MOST ((size_t)16 << 20)

/* An empty database has no epoch yet. */
#define NO_EPOCH (-1)

struct move {
    struct store *to;
    struct batch batch;
    size_t bytes; /* in it, of columns that may be large */
    uint64_t rows;
    struct error *err; /* filled when `failed` */
    bool failed;
};

static bool flush(struct move *move)
{
    move->batch.epoch = NO_EPOCH;
    move->failed = move->batch.count > 0 && !move->to->commit(move->to, &move->batch, move->err);
    batch_reset(&move->batch);
    move->bytes = 0;
    return !move->failed;
}

static size_t size_of(const struct row *row)
{
    const struct row_shape *shape = row_shape(row->kind);
    size_t size = 0;

    for (unsigned i = 0; i < shape->column_count; i++)
        if (shape->columns[i].kind == COLUMN_BYTES)
            size += row_bytes(row, &shape->columns[i])->size;
    return size;
}

static bool on_row(void *owner, const struct row *row, bool good)
{
    struct move *move = owner;

    (void)good; /* it was checked */
    if (row->kind == ROW_META && strcmp(row->meta.name, "tally") == 0)
        return true; /* of the target's own making */
    batch_add(&move->batch, WRITE_PUT, row);
    move->rows++;
    move->bytes += size_of(row);
    return (move->batch.count < ROWS_MOST && move->bytes < BYTES_MOST) || flush(move);
}

static bool move_kind(struct move *move, struct store *from, enum row_kind kind)
{
    const struct query query = {.kind = QUERY_ALL, .lane = LANE_SLOW, .row = kind};

    return from->query(from, &query, on_row, move, move->err) && !move->failed && flush(move);
}

/* Kinds stand in the order in which they point to each other; table meta, which says whose
 * database it is, is last. */
static bool move_all(struct move *move, struct store *from)
{
    for (int kind = ROW_META + 1; kind < ROW_KIND_COUNT; kind++)
        if (!move_kind(move, from, (enum row_kind)kind))
            return false;
    return move_kind(move, from, ROW_META);
}

static bool move_rows(struct store *from, struct store *to, uint64_t *ret_rows, struct error *err)
{
    struct move move = {.to = to, .err = err};
    bool good;

    batch_init(&move.batch);
    good = move_all(&move, from);
    batch_clear(&move.batch);
    *ret_rows = move.rows;
    return good;
}

struct findings {
    finding_fn *on_finding;
    void *owner;
    unsigned count;
};

static void count_finding(void *owner, const char *text)
{
    struct findings *findings = owner;

    findings->count++;
    findings->on_finding(findings->owner, text);
}

static bool check(struct store *store, finding_fn *on_finding, void *owner, struct error *err)
{
    struct findings findings = {on_finding, owner, 0};
    uint64_t rows;

    return store_check(store, count_finding, &findings, &rows, err) &&
           (findings.count == 0 || fail(err, ERROR_IO, "%s is not what it must be: %u findings",
                                        store->name, findings.count));
}

static bool put_away(const char *directory, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", directory);
    CLEANUP(memory_freep)
    char *kept = memory_format("%s.moved-%" PRId64, path, (int64_t)time(NULL));

    if (rename(path, kept) != 0)
        return fail_errno(err, "rename %s to %s", path, kept);
    return file_sync_directory(directory, err);
}

/* To open one that is not there would make it. */
static struct store *open_source(const char *directory, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", directory);

    if (access(path, R_OK) != 0) {
        fail_errno(err, "%s", path);
        return NULL;
    }
    return store_sqlite_open(directory, "", err);
}

bool migrate_to(const char *directory, const char *where, finding_fn *on_finding, void *owner,
                uint64_t *ret_rows, struct error *err)
{
    CLEANUP(store_freep) struct store *from = open_source(directory, err);
    CLEANUP(store_freep) struct store *to = NULL;

    if (!from || !check(from, on_finding, owner, err))
        return false;
    to = store_open(&(struct store_place){.directory = directory, .where = where, .fills = true},
                    err);
    if (!to || !move_rows(from, to, ret_rows, err) || !check(to, on_finding, owner, err) ||
        !store_postgres_filled(to, err))
        return false;
    store_free(STEAL(from)); /* now all of it is in the one file */
    return put_away(directory, err);
}
