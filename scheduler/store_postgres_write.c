/* store_postgres_write.c - a batch as one transaction of two round trips
 *
 * A batch is sorted by kinds, so that each kind is one statement with a list for each column.  Of
 * writes with the same key the last one counts: the batch is read from its end.  What is trimmed
 * goes first, then what is removed, then what is put and replaced, parents before what points to
 * them. */

#include "base/parse.h"
#include "base/table.h"
#include "scheduler/store_postgres_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* So much goes into one statement: what has a server buys it in one piece. */
#define ROWS_MOST  4096
#define BYTES_MOST ((size_t)32 << 20)

/* Writes of one verb and kind. */
struct pile {
    const struct write **writes;
    size_t count, capacity;
};

struct sorting {
    struct postgres_store *store;
    int64_t epoch;
    struct pile piles[WRITE_VERB_COUNT][ROW_KIND_COUNT];
    struct table *seen;      /* keys of writes that come later in the batch */
    struct table *part_trim; /* of a job the number from which its parts are trimmed later, + 1 */
    int64_t request_trim;    /* the age up to which requests are */
    bool trims_requests;
};

static void pile_add(struct pile *pile, const struct write *write)
{
    if (pile->count == pile->capacity) {
        pile->capacity = pile->capacity ? 2 * pile->capacity : 64;
        pile->writes = memory_resize(pile->writes, pile->capacity, sizeof(*pile->writes));
    }
    pile->writes[pile->count++] = write;
}

static void sorting_clear(struct sorting *sorting)
{
    for (int verb = 0; verb < WRITE_VERB_COUNT; verb++)
        for (int kind = 0; kind < ROW_KIND_COUNT; kind++)
            free(sorting->piles[verb][kind].writes);
    table_free(sorting->seen);
    table_free(sorting->part_trim);
}

/* --- what of the batch counts -------------------------------------------------------------------- */

static void note_trim(struct sorting *sorting, const struct row *row)
{
    if (row->kind == ROW_PART) {
        uintptr_t from = (uintptr_t)row->part.part + 1;
        uintptr_t later = (uintptr_t)table_get_number(sorting->part_trim, (uint64_t)row->part.job);

        if (later == 0 || from < later)
            table_put_number(sorting->part_trim, (uint64_t)row->part.job, (void *)from);
    } else if (!sorting->trims_requests || row->request.at_us > sorting->request_trim) {
        sorting->trims_requests = true;
        sorting->request_trim = row->request.at_us;
    }
}

static bool is_trimmed_later(const struct sorting *sorting, const struct row *row)
{
    if (row->kind == ROW_PART) {
        uintptr_t later = (uintptr_t)table_get_number(sorting->part_trim, (uint64_t)row->part.job);

        return later > 0 && (uint64_t)row->part.part + 1 >= later;
    }
    return row->kind == ROW_REQUEST && sorting->trims_requests &&
           row->request.at_us <= sorting->request_trim;
}

/* Does a later write say what becomes of the row? */
static bool is_said_later(struct sorting *sorting, const struct row *row)
{
    struct buffer *key = &sorting->store->writer.canonical;

    if (postgres_is_put_once(row->kind))
        return false; /* twice is a mistake that the server is to find */
    buffer_reset(key);
    row_add_canonical(row, true, key);
    return table_put(sorting->seen, key->bytes, key->length, sorting) != NULL;
}

static bool sort(struct sorting *sorting, const struct batch *batch, struct error *err)
{
    for (size_t i = batch->count; i-- > 0;) {
        const struct write *write = &batch->writes[i];
        const struct postgres_sql *sql = &sorting->store->sql[write->row.kind];

        if ((write->verb == WRITE_TRIM && !sql->trim) ||
            (write->verb == WRITE_REMOVE && !sql->remove))
            return fail(err, ERROR_INTERNAL, "the store has no statement for that");
        if (write->verb == WRITE_TRIM)
            note_trim(sorting, &write->row);
        else if (is_trimmed_later(sorting, &write->row) || is_said_later(sorting, &write->row))
            continue;
        pile_add(&sorting->piles[write->verb][write->row.kind], write);
    }
    return true;
}

/* --- values ---------------------------------------------------------------------------------------- */

static const enum postgres_kind kinds[] = {
    [COLUMN_NUMBER] = POSTGRES_NUMBER,
    [COLUMN_TEXT] = POSTGRES_TEXT,
    [COLUMN_BYTES] = POSTGRES_BYTES,
};

static void list_column(struct postgres_values *values, const struct row *row,
                        const struct column *column)
{
    const char *text;

    switch (column->kind) {
    case COLUMN_NUMBER:
        postgres_list_number(values, *row_number(row, column));
        return;
    case COLUMN_TEXT:
        text = *row_text(row, column);
        postgres_list_bytes(values, text, strlen(text));
        return;
    case COLUMN_BYTES:
    default:
        postgres_list_bytes(values, row_bytes(row, column)->bytes, row_bytes(row, column)->size);
    }
}

static void list_columns(struct postgres_values *values, const struct write *const *writes,
                         size_t count, unsigned first, unsigned end)
{
    const struct row_shape *shape = row_shape(writes[0]->row.kind);

    for (unsigned column = first; column < end; column++) {
        postgres_add_list(values, kinds[shape->columns[column].kind], count);
        for (size_t i = 0; i < count; i++)
            list_column(values, &writes[i]->row, &shape->columns[column]);
    }
}

/* Each new row is in the tally from here on. */
static void list_macs(struct postgres_store *store, const struct write *const *writes, size_t count)
{
    struct postgres_lane *writer = &store->writer;
    uint8_t mac[MAC_SIZE];

    postgres_add_list(&store->values, POSTGRES_BYTES, count);
    for (size_t i = 0; i < count; i++) {
        row_mac_with(writer->mac_key, &writes[i]->row, &writer->canonical, mac);
        tally_add(&store->tally.lines[writes[i]->row.kind], mac, sizeof(mac));
        postgres_list_bytes(&store->values, mac, sizeof(mac));
    }
    store->tally.changed = true;
}

/* --- statements, asked in the order in which their answers are taken -------------------------------- */

/* One statement of a batch: a piece of a pile. */
struct piece {
    enum write_verb verb;
    enum row_kind kind;
    const struct write *const *writes;
    size_t count;
};
typedef bool piece_fn(struct sorting *sorting, const struct piece *piece, struct error *err);

static size_t bytes_of(const struct row *row)
{
    const struct row_shape *shape = row_shape(row->kind);
    size_t size = 0;

    for (unsigned i = 0; i < shape->column_count; i++)
        if (shape->columns[i].kind == COLUMN_BYTES)
            size += row_bytes(row, &shape->columns[i])->size;
    return size;
}

static size_t piece_end(const struct pile *pile, size_t from)
{
    size_t end = from, size = 0;

    while (end < pile->count && end - from < ROWS_MOST && (end == from || size < BYTES_MOST))
        size += bytes_of(&pile->writes[end++]->row);
    return end;
}

static bool each_piece(struct sorting *sorting, piece_fn *each, struct error *err)
{
    static const enum write_verb order[] = {WRITE_TRIM, WRITE_REMOVE, WRITE_PUT, WRITE_REPLACE};

    for (size_t i = 0; i < COUNT_OF(order) * ROW_KIND_COUNT; i++) {
        enum write_verb verb = order[i / ROW_KIND_COUNT];
        enum row_kind kind = (enum row_kind)(i % ROW_KIND_COUNT);
        const struct pile *pile = &sorting->piles[verb][kind];

        for (size_t from = 0, end; from < pile->count; from = end) {
            end = piece_end(pile, from);
            if (!each(sorting,
                      &(struct piece){verb, kind, (const struct write *const *)pile->writes + from,
                                      end - from},
                      err))
                return false;
        }
    }
    return true;
}

static bool ask_of_keys(struct postgres_store *store, const char *sql, const struct piece *piece,
                        struct error *err)
{
    postgres_values_reset(&store->values);
    list_columns(&store->values, piece->writes, piece->count, 0, row_shape(piece->kind)->key_count);
    return postgres_ask(store->writer.postgres, sql, &store->values, err);
}

/* By the age alone, which is no part of the key. */
static bool ask_trim_requests(struct sorting *sorting, struct error *err)
{
    struct postgres_store *store = sorting->store;

    postgres_values_reset(&store->values);
    postgres_add_list(&store->values, POSTGRES_NUMBER, 1);
    postgres_list_number(&store->values, sorting->request_trim);
    return postgres_ask(store->writer.postgres, store->sql[ROW_REQUEST].trim, &store->values, err);
}

/* Of a piece that is put: may it be in the place of rows whose MACs are in the tally? */
static bool replaces(const struct piece *piece)
{
    return piece->verb == WRITE_REPLACE || !postgres_is_put_once(piece->kind);
}

static bool ask_piece(struct sorting *sorting, const struct piece *piece, struct error *err)
{
    struct postgres_store *store = sorting->store;
    const struct postgres_sql *sql = &store->sql[piece->kind];

    if (piece->verb == WRITE_TRIM && piece->kind == ROW_REQUEST)
        return ask_trim_requests(sorting, err);
    if (piece->verb == WRITE_TRIM || piece->verb == WRITE_REMOVE)
        return ask_of_keys(store, piece->verb == WRITE_TRIM ? sql->trim : sql->remove, piece, err);
    if (replaces(piece) && !ask_of_keys(store, sql->old, piece, err))
        return false;
    postgres_values_reset(&store->values);
    list_columns(&store->values, piece->writes, piece->count, 0,
                 row_shape(piece->kind)->column_count);
    list_macs(store, piece->writes, piece->count);
    return postgres_ask(store->writer.postgres,
                        piece->verb == WRITE_REPLACE ? sql->replace : sql->put, &store->values,
                        err);
}

/* The MACs of rows that are gone, or replaced. */
static bool take_macs(struct postgres_store *store, enum row_kind kind, struct error *err)
{
    CLEANUP(postgres_rows_freep)
    struct postgres_rows *rows = postgres_answer(store->writer.postgres, err);

    if (!rows)
        return false;
    for (size_t i = 0; i < postgres_row_count(rows); i++) {
        size_t size;
        const void *mac = postgres_bytes_at(rows, i, 0, &size);

        tally_take(&store->tally.lines[kind], mac, size);
        store->tally.changed = true;
    }
    return true;
}

static bool skip_answer(struct postgres *postgres, struct error *err)
{
    CLEANUP(postgres_rows_freep) struct postgres_rows *rows = postgres_answer(postgres, err);

    return rows != NULL;
}

static bool take_piece(struct sorting *sorting, const struct piece *piece, struct error *err)
{
    struct postgres_store *store = sorting->store;

    if (piece->verb == WRITE_TRIM || piece->verb == WRITE_REMOVE)
        return take_macs(store, piece->kind, err);
    return (!replaces(piece) || take_macs(store, piece->kind, err)) &&
           skip_answer(store->writer.postgres, err);
}

/* --- who may write --------------------------------------------------------------------------------- */

/* The lock lasts as long as the transaction: a term is not changed before what is written under
 * it can be read.  It does not hinder the lease from being renewed. */
static const char term_sql[] = "SELECT term FROM leader FOR KEY SHARE";
static const char epoch_sql[] = "SELECT convert_from(value, 'SQL_ASCII') FROM meta"
                                " WHERE name = 'epoch'";

static bool take_term(struct postgres_store *store, struct error *err)
{
    CLEANUP(postgres_rows_freep)
    struct postgres_rows *rows = postgres_answer(store->writer.postgres, err);
    int64_t term;

    if (!rows)
        return false;
    term = postgres_row_count(rows) > 0 ? postgres_number_at(rows, 0, 0) : -1;
    return term == store->term ||
           fail(err, ERROR_CONFLICT,
                "the lease of %s is in its term %" PRId64 ", this scheduler's was %" PRId64
                ": another one has taken over",
                store->store.name, term, store->term);
}

static bool take_epoch(struct postgres_store *store, int64_t epoch, struct error *err)
{
    CLEANUP(postgres_rows_freep)
    struct postgres_rows *rows = postgres_answer(store->writer.postgres, err);
    uint64_t found;

    if (!rows)
        return false;
    if (postgres_row_count(rows) == 0) /* it is being filled */
        return epoch < 0 || store_fail_epoch(err, -1, epoch);
    if (!parse_u64(postgres_text_at(rows, 0, 0), 0, INT64_MAX, &found, err))
        return false;
    return (int64_t)found == epoch || store_fail_epoch(err, (int64_t)found, epoch);
}

/* --- the transaction ------------------------------------------------------------------------------- */

static bool ask_put_meta(struct postgres_store *store, const char *name, struct bytes value,
                         struct error *err)
{
    const struct row row = {
        .kind = ROW_META, .meta = {name, value}
    };
    const struct write write = {WRITE_PUT, row};
    const struct write *const writes[] = {&write};
    uint8_t mac[MAC_SIZE];

    row_mac_with(store->mac_key, &row, &store->writer.canonical, mac);
    postgres_values_reset(&store->values);
    list_columns(&store->values, writes, 1, 0, 2);
    postgres_add_list(&store->values, POSTGRES_BYTES, 1);
    postgres_list_bytes(&store->values, mac, sizeof(mac));
    return postgres_ask(store->writer.postgres, store->sql[ROW_META].put, &store->values, err);
}

static bool ask_put_tally(struct postgres_store *store, struct error *err)
{
    uint8_t bytes[TALLY_SIZE];

    tally_print(&store->tally, bytes);
    store->tally.changed = false;
    return ask_put_meta(store, TALLY_NAME, (struct bytes){bytes, sizeof(bytes)}, err);
}

static bool write_rows(struct sorting *sorting, struct error *err)
{
    struct postgres_store *store = sorting->store;
    struct postgres *postgres = store->writer.postgres;

    if (!postgres_ask(postgres, "BEGIN", NULL, err) ||
        !postgres_ask(postgres, term_sql, NULL, err) ||
        !postgres_ask(postgres, epoch_sql, NULL, err) || !each_piece(sorting, ask_piece, err) ||
        !postgres_end_group(postgres, err))
        return false;
    if (skip_answer(postgres, err) && take_term(store, err) &&
        take_epoch(store, sorting->epoch, err) && each_piece(sorting, take_piece, err))
        return postgres_group_is_good(postgres, err);
    postgres_leave_group(postgres);
    return false;
}

/* A commit that waits for another host is not broken off for taking long: the server would then
 * answer that it is done, though it is done here alone. */
static const char unhurried_sql[] = "SET LOCAL statement_timeout = 0";

bool postgres_commit_unhurried(struct postgres *postgres, struct error *err)
{
    return postgres_execute(postgres, unhurried_sql, err) &&
           postgres_execute(postgres, "COMMIT", err);
}

static bool finish(struct postgres_store *store, struct error *err)
{
    struct postgres *postgres = store->writer.postgres;
    unsigned answers = 2;

    if (store->tally.changed) {
        answers++;
        if (!ask_put_tally(store, err))
            return false;
    }
    if (!postgres_ask(postgres, unhurried_sql, NULL, err) ||
        !postgres_ask(postgres, "COMMIT", NULL, err) || !postgres_end_group(postgres, err))
        return false;
    for (unsigned i = 0; i < answers; i++)
        if (!skip_answer(postgres, err))
            return false;
    return postgres_group_is_good(postgres, err);
}

bool postgres_commit(struct store *base, const struct batch *batch, struct error *err)
{
    struct postgres_store *store = CONTAINER_OF(base, struct postgres_store, store);
    CLEANUP(sorting_clear)
    struct sorting sorting = {
        .store = store,
        .epoch = batch->epoch,
        .seen = table_new(),
        .part_trim = table_new(),
    };
    const struct tally before = store->tally;
    struct error ignored;

    if (sort(&sorting, batch, err) && write_rows(&sorting, err) && finish(store, err))
        return true;
    postgres_execute(store->writer.postgres, "ROLLBACK", &ignored);
    store->tally = before;
    return false;
}

/* --- a new database -------------------------------------------------------------------------------- */

static bool run_put(struct postgres_store *store, struct error *err)
{
    return postgres_end_group(store->writer.postgres, err) &&
           skip_answer(store->writer.postgres, err) &&
           postgres_group_is_good(store->writer.postgres, err);
}

bool postgres_put_meta(struct postgres_store *store, const char *name, struct bytes value,
                       struct error *err)
{
    const struct row row = {
        .kind = ROW_META, .meta = {name, value}
    };
    uint8_t mac[MAC_SIZE];

    row_mac_with(store->mac_key, &row, &store->writer.canonical, mac);
    tally_add(&store->tally.lines[ROW_META], mac, sizeof(mac));
    return ask_put_meta(store, name, value, err) && run_put(store, err);
}

bool postgres_put_tally(struct postgres_store *store, struct error *err)
{
    return ask_put_tally(store, err) && run_put(store, err);
}
