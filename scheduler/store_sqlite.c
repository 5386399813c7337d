/* store_sqlite.c - the store in one SQLite file: open, commit, find, query */

#include "base/file.h"
#include "scheduler/store_sqlite_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* f_type of statfs(2) for file systems on which WAL's shared memory does not work. */
static const struct {
    unsigned type;
    const char *name;
} network_file_systems[] = {
    {0x6969,     "NFS" },
    {0xff534d42, "CIFS"},
    {0xfe534d42, "SMB" },
    {0x5346414f, "AFS" },
};

static struct sqlite_store *inside(struct store *store)
{
    return CONTAINER_OF(store, struct sqlite_store, store);
}

const char *network_file_system(unsigned type)
{
    for (size_t i = 0; i < COUNT_OF(network_file_systems); i++)
        if (type == network_file_systems[i].type)
            return network_file_systems[i].name;
    return NULL;
}

static bool check_file_system(const char *directory, struct error *err)
{
    const char *network;
    struct statfs facts;

    if (statfs(directory, &facts) != 0)
        return fail_errno(err, "%s", directory);
    network = network_file_system((unsigned)facts.f_type);
    return !network ||
           fail(err, ERROR_INVALID, "%s is on %s: the database needs a local file system",
                directory, network);
}

/* SQLite writes the first page before anything else: an empty file is none of its own. */
static bool has_content(const char *path)
{
    struct stat facts;

    return stat(path, &facts) == 0 && facts.st_size > 0;
}

static bool check_file(const char *path, struct error *err)
{
    struct stat facts;

    if (lstat(path, &facts) != 0)
        return errno == ENOENT ? true : fail_errno(err, "%s", path);
    if (!S_ISREG(facts.st_mode))
        return fail(err, ERROR_INVALID, "%s is no regular file", path);
    if (access(path, R_OK | W_OK) != 0)
        return fail_errno(err, "%s must be readable and writable", path);
    return true;
}

static bool find_row_key(struct sqlite_store *store, struct error *err)
{
    const struct row_key_place place = {
        .directory = store->directory,
        .database = store->path,
        .is_there = access(store->path, F_OK) == 0,
        .has_content = has_content(store->path),
    };

    return row_key_find(&place, store->mac_key, err);
}

/* Private from its first moment, whatever the umask: SQLite gives the WAL the same mode. */
static bool make_file(const char *path, struct error *err)
{
    CLEANUP(file_closep) int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    return file >= 0 || fail_errno(err, "%s", path);
}

static bool open_all(struct sqlite_store *store, const char *network, struct error *err)
{
    const int write_flags = SQLITE_OPEN_READWRITE;

    if (!make_file(store->path, err) ||
        !connection_open(&store->writer, store->path, write_flags, store->mac_key, err) ||
        !schema_bring_up(&store->writer, store->path, network, err))
        return false;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        if (!connection_open(&store->lanes[lane], store->path, SQLITE_OPEN_READONLY, store->mac_key,
                             err))
            return false;
    if (!tally_read(&store->writer, err))
        return false;
    tally_watch(&store->writer);
    connection_restrict(&store->writer);
    return true;
}

static void free_store(struct store *base)
{
    struct sqlite_store *store = inside(base);

    for (int lane = 0; lane < LANE_COUNT; lane++)
        connection_close(&store->lanes[lane]);
    connection_close(&store->writer);
    file_closep(&store->lock);
    memory_wipe(store->mac_key, sizeof(store->mac_key));
    free(store->name);
    free(store->directory);
    free(store->path);
    free(store->key_path);
    free(store);
}

static struct bytes bytes_in(sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column);

    return (struct bytes){bytes, bytes ? (size_t)sqlite3_column_bytes(statement, column) : 0};
}

static bool read_marks(struct store *base, struct store_marks *ret_marks, struct error *err)
{
    struct connection *connection = &inside(base)->lanes[LANE_LOOP];
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    struct marks_found found;

    if (sqlite3_prepare_v2(connection->database, marks_sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return fail_sqlite(err, connection->database, "marks");
    found = (struct marks_found){
        .lineage = bytes_in(statement, 0),
        .epoch = bytes_in(statement, 1),
        .id_epoch = bytes_in(statement, 2),
        .audit_head = bytes_in(statement, 3),
        .last_job = sqlite3_column_int64(statement, 4),
        .last_spec = sqlite3_column_int64(statement, 5),
        .last_script = sqlite3_column_int64(statement, 6),
        .last_txn = sqlite3_column_int64(statement, 7),
        .last_grant = sqlite3_column_int64(statement, 8),
        .last_audit = sqlite3_column_int64(statement, 9),
    };
    return marks_make(&found, base->name, inside(base)->mac_key, ret_marks, err);
}

static bool step_once(struct connection *connection, sqlite3_stmt **place, const char *sql,
                      struct error *err)
{
    sqlite3_stmt *statement = connection_prepare(connection, place, sql, err);
    bool good;

    if (!statement)
        return false;
    good = sqlite3_step(statement) == SQLITE_DONE;
    if (!good)
        fail_sqlite(err, connection->database, sql);
    sqlite3_reset(statement);
    return good;
}

/* Inside the transaction, so that a scheduler that was stopped for long cannot write any more. */
static bool check_epoch(struct connection *connection, int64_t epoch, struct error *err)
{
    sqlite3_stmt *statement =
        connection_prepare(connection, &connection->epoch,
                           "SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM meta"
                           " WHERE name = 'epoch'",
                           err);
    int64_t found = -1;

    if (!statement)
        return false;
    if (sqlite3_step(statement) == SQLITE_ROW)
        found = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return found == epoch || store_fail_epoch(err, found, epoch);
}

static bool do_commit(struct connection *writer, const struct batch *batch, struct error *err)
{
    if (!check_epoch(writer, batch->epoch, err))
        return false;
    for (size_t i = 0; i < batch->count; i++)
        if (!row_write(writer, &batch->writes[i], err))
            return false;
    if (writer->tally.changed && !tally_write(writer, err))
        return false;
    return step_once(writer, &writer->commit, "COMMIT", err);
}

static bool commit(struct store *base, const struct batch *batch, struct error *err)
{
    struct connection *writer = &inside(base)->writer;
    const struct tally before = writer->tally;

    if (!step_once(writer, &writer->begin, "BEGIN IMMEDIATE", err))
        return false;
    if (do_commit(writer, batch, err))
        return true;
    sqlite3_exec(writer->database, "ROLLBACK", NULL, NULL, NULL);
    writer->tally = before;
    return false;
}

static bool find(struct store *base, struct row *row, struct arena *keep, bool *ret_found,
                 struct error *err)
{
    struct connection *connection = &inside(base)->lanes[LANE_LOOP];
    sqlite3_stmt *statement =
        connection_prepare(connection, &connection->find[row->kind], row_sql[row->kind].find, err);
    struct row found = {.kind = row->kind};
    bool good = true;
    int code;

    if (!statement)
        return false;
    if (!row_bind_key(statement, row))
        return fail_sqlite(err, connection->database, "bind");
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        row_read(connection, statement, &found, &good);
        if (good)
            row_copy(row, &found, keep);
    }
    sqlite3_reset(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fail_sqlite(err, connection->database, row_shape(row->kind)->table);
    if (!good)
        return store_fail_row(err, base, row);
    *ret_found = code == SQLITE_ROW;
    return true;
}

static bool bind_query(sqlite3_stmt *statement, const struct query *query)
{
    int parameters = sqlite3_bind_parameter_count(statement);

    if (parameters >= 1 && query->text)
        sqlite3_bind_text(statement, 1, query->text, -1, SQLITE_STATIC);
    else if (parameters >= 1 && query->bytes.bytes)
        sqlite3_bind_blob64(statement, 1, query->bytes.bytes, query->bytes.size, SQLITE_STATIC);
    return (parameters < 2 || sqlite3_bind_int64(statement, 2, query->from) == SQLITE_OK) &&
           (parameters < 3 || sqlite3_bind_int64(statement, 3, query->until) == SQLITE_OK) &&
           (parameters < 4 || sqlite3_bind_int64(statement, 4, query->after) == SQLITE_OK);
}

static bool query(struct store *base, const struct query *query, row_fn *on_row, void *owner,
                  struct error *err)
{
    struct connection *connection = &inside(base)->lanes[query->lane];
    bool all = query->kind == QUERY_ALL;
    sqlite3_stmt **place = all ? &connection->all[query->row] : &connection->query[query->kind];
    const char *sql = all ? row_sql[query->row].all : query_sql[query->kind];
    sqlite3_stmt *statement = connection_prepare(connection, place, sql, err);
    struct row row = {.kind = query_row_kind(query)};
    int code = SQLITE_ERROR;
    bool good, more = true;

    if (!statement)
        return false;
    if (bind_query(statement, query))
        while (more && (code = sqlite3_step(statement)) == SQLITE_ROW) {
            row_read(connection, statement, &row, &good);
            more = on_row(owner, &row, good);
        }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        fail_sqlite(err, connection->database, sql);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

struct store *store_sqlite_open(const char *directory, const char *network, struct error *err)
{
    CLEANUP(store_freep) struct store *base = NULL;
    struct sqlite_store *store;

    if (!check_file_system(directory, err))
        return NULL;
    /* Nobody asks SQLite how much memory it has; counting takes a lock for each piece. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    store = NEW(struct sqlite_store);
    base = &store->store;
    *base = (struct store){
        .marks = read_marks,
        .commit = commit,
        .find = find,
        .query = query,
        .backup = sqlite_backup,
        .check = sqlite_check,
        .hold_still = sqlite_hold_still,
        .go_on = sqlite_go_on,
        .wipe = sqlite_wipe,
        .measure = space_measure,
        .free = free_store,
    };
    store->lock = -1;
    store->directory = memory_copy(directory);
    store->path = memory_format("%s/tequio.db", directory);
    store->key_path = memory_format("%s/row.key", directory);
    store->name = memory_format("sqlite %s", store->path);
    base->name = store->name;
    if (!directory_lock(directory, &store->lock, err))
        return NULL;
    space_find(store);
    if (!check_file(store->path, err) || !find_row_key(store, err) ||
        !open_all(store, network, err) || !row_key_keep(directory, err))
        return NULL;
    return STEAL(base);
}
