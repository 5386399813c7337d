/* store_postgres.c - the store in a PostgreSQL database: open, find, query, check */

#include "base/file.h"
#include "scheduler/store_postgres_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A statement that takes longer is given up.  Whole tables are read on LANE_SLOW, of which each
 * piece is a statement: the first may have to wait for a table to be sorted. */
#define WRITE_LIMIT_MS 60000
#define LOOP_LIMIT_MS  10000
#define SLOW_LIMIT_MS  600000

static struct postgres_store *inside(struct store *store)
{
    return CONTAINER_OF(store, struct postgres_store, store);
}

/* --- rows -------------------------------------------------------------------------------------------- */

static void read_column(const struct postgres_rows *rows, size_t at, unsigned i, struct row *row)
{
    const struct column *column = &row_shape(row->kind)->columns[i];

    if (column->kind == COLUMN_NUMBER)
        *row_number(row, column) = postgres_number_at(rows, at, i);
    else if (column->kind == COLUMN_TEXT)
        *row_text(row, column) = postgres_text_at(rows, at, i);
    else
        row_bytes(row, column)->bytes =
            postgres_bytes_at(rows, at, i, &row_bytes(row, column)->size);
}

void postgres_row_read(struct postgres_lane *lane, const struct postgres_rows *rows, size_t at,
                       struct row *ret_row, bool *ret_good)
{
    unsigned count = row_shape(ret_row->kind)->column_count;
    uint8_t mac[MAC_SIZE];
    const void *found;
    size_t size;

    for (unsigned i = 0; i < count; i++)
        read_column(rows, at, i, ret_row);
    row_mac_with(lane->mac_key, ret_row, &lane->canonical, mac);
    found = postgres_bytes_at(rows, at, count, &size);
    *ret_good = size == MAC_SIZE && bytes_equal(found, mac, MAC_SIZE);
}

static void add_key(struct postgres_values *values, const struct row *row)
{
    const struct row_shape *shape = row_shape(row->kind);

    for (unsigned i = 0; i < shape->key_count; i++) {
        const struct column *column = &shape->columns[i];

        if (column->kind == COLUMN_NUMBER)
            postgres_add_number(values, *row_number(row, column));
        else if (column->kind == COLUMN_TEXT)
            postgres_add_text(values, *row_text(row, column));
        else
            postgres_add_bytes(values, row_bytes(row, column)->bytes, row_bytes(row, column)->size);
    }
}

/* The row that has this key; *rows is NULL when there is none. */
static bool fetch(struct postgres_lane *lane, const char *sql, const struct row *row,
                  struct postgres_rows **ret_rows, struct error *err)
{
    CLEANUP(postgres_values_clear) struct postgres_values values;

    postgres_values_init(&values);
    add_key(&values, row);
    if (!postgres_revive(lane->postgres, err))
        return false;
    *ret_rows = postgres_ask_alone(lane->postgres, sql, &values, err);
    return *ret_rows != NULL;
}

static bool find(struct store *base, struct row *row, struct arena *keep, bool *ret_found,
                 struct error *err)
{
    struct postgres_lane *lane = &inside(base)->lanes[LANE_LOOP];
    CLEANUP(postgres_rows_freep) struct postgres_rows *rows = NULL;
    struct row found = {.kind = row->kind};
    bool good;

    if (!fetch(lane, inside(base)->sql[row->kind].find, row, &rows, err))
        return false;
    *ret_found = postgres_row_count(rows) > 0;
    if (!*ret_found)
        return true;
    postgres_row_read(lane, rows, 0, &found, &good);
    if (!good)
        return store_fail_row(err, base, row);
    row_copy(row, &found, keep);
    return true;
}

/* All four, whichever the question has; $1 alone may be of two kinds. */
static void add_arguments(struct postgres_values *values, const struct query *query)
{
    if (query->bytes.bytes)
        postgres_add_bytes(values, query->bytes.bytes, query->bytes.size);
    else
        postgres_add_text(values, query->text ? query->text : "");
    postgres_add_number(values, query->from);
    postgres_add_number(values, query->until);
    postgres_add_number(values, query->after);
}

static bool walk(struct postgres_lane *lane, struct postgres_cursor *cursor, struct row *row,
                 row_fn *on_row, void *owner, struct error *err)
{
    bool there, good, more = true;
    size_t at;

    while (more) {
        if (!postgres_cursor_next(cursor, &there, &at, err))
            return false;
        if (!there)
            return true;
        postgres_row_read(lane, cursor->rows, at, row, &good);
        more = on_row(owner, row, good);
    }
    return true;
}

static bool query(struct store *base, const struct query *query, row_fn *on_row, void *owner,
                  struct error *err)
{
    struct postgres_store *store = inside(base);
    struct postgres_lane *lane = &store->lanes[query->lane];
    bool all = query->kind == QUERY_ALL;
    const char *sql = all ? store->sql[query->row].all : store->query_sql[query->kind];
    CLEANUP(postgres_values_clear) struct postgres_values values;
    CLEANUP(postgres_cursor_close) struct postgres_cursor cursor = {0};
    struct row row = {.kind = query_row_kind(query)};

    postgres_values_init(&values);
    if (!all)
        add_arguments(&values, query);
    return postgres_cursor_open(&cursor, lane->postgres, sql, &values, err) &&
           walk(lane, &cursor, &row, on_row, owner, err);
}

/* --- marks and tally --------------------------------------------------------------------------------- */

static struct bytes bytes_in(const struct postgres_rows *rows, unsigned column)
{
    struct bytes bytes;

    bytes.bytes = postgres_bytes_at(rows, 0, column, &bytes.size);
    return bytes;
}

static bool read_marks(struct store *base, struct store_marks *ret_marks, struct error *err)
{
    struct postgres_lane *lane = &inside(base)->lanes[LANE_LOOP];
    CLEANUP(postgres_rows_freep)
    struct postgres_rows *rows = postgres_ask_alone(lane->postgres, marks_sql, NULL, err);
    struct marks_found found;

    if (!rows)
        return false;
    found = (struct marks_found){
        .lineage = bytes_in(rows, 0),
        .epoch = bytes_in(rows, 1),
        .id_epoch = bytes_in(rows, 2),
        .audit_head = bytes_in(rows, 3),
        .last_job = postgres_number_at(rows, 0, 4),
        .last_spec = postgres_number_at(rows, 0, 5),
        .last_script = postgres_number_at(rows, 0, 6),
        .last_txn = postgres_number_at(rows, 0, 7),
        .last_grant = postgres_number_at(rows, 0, 8),
        .last_audit = postgres_number_at(rows, 0, 9),
    };
    return marks_make(&found, base->name, lane->mac_key, ret_marks, err);
}

bool postgres_tally_read(struct postgres_lane *lane, struct tally *ret_tally, struct error *err)
{
    CLEANUP(postgres_rows_freep)
    struct postgres_rows *rows = postgres_ask_alone(
        lane->postgres, "SELECT * FROM meta WHERE name = '" TALLY_NAME "'", NULL, err);
    struct row row = {.kind = ROW_META};
    bool good;

    if (!rows)
        return false;
    if (postgres_row_count(rows) == 0)
        return fail(err, ERROR_IO, "%s: no " TALLY_NAME " in table meta",
                    postgres_name(lane->postgres));
    postgres_row_read(lane, rows, 0, &row, &good);
    if (!good)
        return tally_fail_row(err, postgres_name(lane->postgres));
    tally_parse(row.meta.value, ret_tally);
    return true;
}

/* The tally itself is the one row that it cannot count. */
static bool add_up(struct postgres_lane *lane, enum row_kind kind, struct tally_line *ret_line,
                   struct error *err)
{
    CLEANUP(postgres_cursor_close) struct postgres_cursor cursor = {0};
    struct tally_line line = {0};
    char sql[80];
    bool there;
    size_t at;

    snprintf(sql, sizeof(sql), "SELECT mac FROM %s%s", row_shape(kind)->table,
             kind == ROW_META ? " WHERE name <> '" TALLY_NAME "'" : "");
    if (!postgres_cursor_open(&cursor, lane->postgres, sql, NULL, err))
        return false;
    for (;;) {
        const void *mac;
        size_t size;

        if (!postgres_cursor_next(&cursor, &there, &at, err))
            return false;
        if (!there)
            break;
        mac = postgres_bytes_at(cursor.rows, at, 0, &size);
        tally_add(&line, mac, size);
    }
    *ret_line = line;
    return true;
}

/* --- care -------------------------------------------------------------------------------------------- */

static bool check_tally(struct postgres_lane *lane, finding_fn *on_finding, void *owner,
                        struct error *err)
{
    struct tally kept;

    if (!postgres_tally_read(lane, &kept, err)) {
        on_finding(owner, err->text);
        return true;
    }
    for (int kind = 0; kind < ROW_KIND_COUNT; kind++) {
        struct tally_line found;

        if (!add_up(lane, (enum row_kind)kind, &found, err))
            return false;
        tally_compare((enum row_kind)kind, &kept.lines[kind], &found, on_finding, owner);
    }
    return true;
}

/* Between hold_still() and go_on(): what it makes to compare with is never committed. */
static bool check(struct store *base, finding_fn *on_finding, void *owner, struct error *err)
{
    struct postgres_lane *lane = &inside(base)->lanes[LANE_SLOW];

    return postgres_schema_check(lane->postgres, on_finding, owner, err) &&
           check_tally(lane, on_finding, owner, err);
}

static bool hold_still(struct store *base, struct error *err)
{
    return postgres_hold_still(inside(base)->lanes[LANE_SLOW].postgres, err);
}

static void go_on(struct store *base)
{
    postgres_go_on(inside(base)->lanes[LANE_SLOW].postgres);
}

static bool write_anew(struct postgres *postgres, struct error *err)
{
    char sql[80];

    for (int kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const char *table = row_shape((enum row_kind)kind)->table;

        snprintf(sql, sizeof(sql), "VACUUM (FULL, ANALYZE) %s", table);
        if (kind != ROW_TXN && !postgres_execute(postgres, sql, err))
            return fail_in(err, "table %s (does somebody else read it?)", table);
    }
    return true;
}

/* Rows of before are in a table until it is written anew, and in what the server knows of its columns.
 * What else has them (its log, copies of it) is its administrator's to let go. */
static bool wipe(struct store *base, struct error *err)
{
    struct postgres *postgres = inside(base)->lanes[LANE_SLOW].postgres;
    struct error ignored;
    char sql[80];
    bool good;

    good = postgres_execute(postgres, "SET statement_timeout = 0", err) &&
           postgres_execute(postgres, "SET lock_timeout = 5000", err) && write_anew(postgres, err);
    snprintf(sql, sizeof(sql), "SET statement_timeout = %d", SLOW_LIMIT_MS);
    postgres_execute(postgres, "SET lock_timeout = 0", good ? err : &ignored);
    return postgres_execute(postgres, sql, good ? err : &ignored) && good;
}

static bool backup(struct store *base, const char *path, uint64_t *ret_size, struct error *err)
{
    (void)path;
    (void)ret_size;
    return fail(err, ERROR_INVALID,
                "%s is a database of PostgreSQL: back it up with pg_dump or pg_basebackup, and "
                "keep %s/row.key with it",
                base->name, inside(base)->directory);
}

/* --- open -------------------------------------------------------------------------------------------- */

static bool open_lane(struct postgres_store *store, struct postgres_lane *lane, const char *where,
                      unsigned limit_ms, struct error *err)
{
    lane->mac_key = store->mac_key;
    buffer_init(&lane->canonical);
    lane->postgres = postgres_open(where, POSTGRES_SCHEMA, limit_ms, err);
    return lane->postgres != NULL;
}

static void close_lane(struct postgres_lane *lane)
{
    postgres_free(lane->postgres);
    if (lane->mac_key)
        buffer_clear(&lane->canonical);
}

static void free_store(struct store *base)
{
    struct postgres_store *store = inside(base);

    close_lane(&store->writer);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        close_lane(&store->lanes[lane]);
    leadership_end(store->leadership); /* last: now somebody else may write */
    file_closep(&store->lock);
    memory_wipe(store->mac_key, sizeof(store->mac_key));
    postgres_values_clear(&store->values);
    postgres_sql_clear(store);
    free(store->directory);
    free(store->name);
    free(store);
}

/* Before a standby waits, and finds out when it is needed. */
static bool check_key(struct postgres_store *store, struct error *err)
{
    return postgres_tally_read(&store->writer, &store->tally, err) ||
           fail(err, err->code,
                "%s: its rows are not of the key %s/row.key: copy it from the other scheduler, or "
                "restore a backup",
                store->store.name, store->directory);
}

/* The tables, with the key that their rows are believed by. */
static bool find_tables(struct postgres_store *store, const struct store_place *place,
                        struct error *err)
{
    struct row_key_place key = {.directory = place->directory, .database = store->store.name};
    int64_t version;

    if (!postgres_schema_is_there(store->writer.postgres, &key.is_there, err))
        return false;
    key.has_content = key.is_there;
    return row_key_find(&key, store->mac_key, err) &&
           (key.is_there || postgres_schema_make(store, place, err)) &&
           row_key_keep(place->directory, err) &&
           postgres_schema_version(store->writer.postgres, &version, err) && check_key(store, err);
}

/* Empty tables, for rows of the directory's own key. */
static bool make_to_fill(struct postgres_store *store, const struct store_place *place,
                         struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/row.key", place->directory);
    bool there;

    if (!postgres_schema_is_there(store->writer.postgres, &there, err))
        return false;
    if (there)
        return fail(err, ERROR_CONFLICT, "%s is not empty: make a new database", store->name);
    return row_key_read(path, store->mac_key, err) && postgres_schema_make(store, place, err);
}

bool store_postgres_filled(struct store *base, struct error *err)
{
    return postgres_execute(inside(base)->writer.postgres, "UPDATE leader SET filling = false",
                            err);
}

/* What others wrote is read when they cannot any more. */
static bool open_all(struct postgres_store *store, const struct store_place *place,
                     struct error *err)
{
    if (!open_lane(store, &store->writer, place->where, WRITE_LIMIT_MS, err))
        return false;
    store->name = memory_copy(postgres_name(store->writer.postgres));
    store->store.name = store->name;
    return (place->fills ? make_to_fill(store, place, err) : find_tables(store, place, err)) &&
           open_lane(store, &store->lanes[LANE_LOOP], place->where, LOOP_LIMIT_MS, err) &&
           open_lane(store, &store->lanes[LANE_SLOW], place->where, SLOW_LIMIT_MS, err) &&
           leadership_take(store, place, err) && postgres_revive(store->writer.postgres, err) &&
           (place->fills || (postgres_tally_read(&store->writer, &store->tally, err) &&
                             postgres_schema_bring_up(store, err)));
}

struct store *store_postgres_open(const struct store_place *place, struct error *err)
{
    struct postgres_store *store = NEW(struct postgres_store);
    CLEANUP(store_freep) struct store *base = &store->store;

    *base = (struct store){
        .name = "postgresql",
        .marks = read_marks,
        .commit = postgres_commit,
        .find = find,
        .query = query,
        .backup = backup,
        .check = check,
        .hold_still = hold_still,
        .go_on = go_on,
        .wipe = wipe,
        .free = free_store,
    };
    store->lock = -1;
    store->directory = memory_copy(place->directory);
    postgres_values_init(&store->values);
    postgres_sql_make(store);
    if ((!place->fills && !directory_lock(place->directory, &store->lock, err)) ||
        !open_all(store, place, err))
        return NULL;
    return STEAL(base);
}
