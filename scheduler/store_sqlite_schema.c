/* store_sqlite_schema.c - the database made, brought up to this version, or refused */

#include "base/parse.h"
#include "base/random.h"
#include "scheduler/store_sqlite_inside.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* PRAGMA application_id: "TEQ1".  Another program's database has another. */
#define APPLICATION_ID 1413829937

static const char schema_sql[] =
#include "scheduler/schema.sql.h"
    ;

/* Entries are in the text of their transaction, which the chain protects: a charge is two rows,
 * not six.  What nobody asks by has no index; that a charge is posted once is seen to by the key
 * of usage. */
static const char lean_sql[] =
    "DROP TRIGGER entry_keep_update; DROP TRIGGER entry_keep_delete; DROP TABLE entry;"
    "CREATE TABLE new_usage ("
    "  job INTEGER NOT NULL, attempt INTEGER NOT NULL, slice INTEGER NOT NULL,"
    "  txn INTEGER NOT NULL, institution TEXT NOT NULL, project TEXT NOT NULL,"
    "  user TEXT NOT NULL, cluster TEXT NOT NULL, partition TEXT NOT NULL,"
    "  submit_us INTEGER NOT NULL, eligible_us INTEGER NOT NULL, start_us INTEGER NOT NULL,"
    "  end_us INTEGER NOT NULL, nodes INTEGER NOT NULL, cores INTEGER NOT NULL,"
    "  wall_us INTEGER NOT NULL, cpu_used_us INTEGER NOT NULL, memory INTEGER NOT NULL,"
    "  memory_peak INTEGER NOT NULL, charged INTEGER NOT NULL, waived INTEGER NOT NULL,"
    "  factor_ppm INTEGER NOT NULL, state TEXT NOT NULL, mac BLOB NOT NULL,"
    "  PRIMARY KEY (job, attempt, slice)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE new_txn ("
    "  id INTEGER PRIMARY KEY, txn_key TEXT NOT NULL, kind INTEGER NOT NULL,"
    "  institution TEXT NOT NULL, sequence INTEGER NOT NULL, at_us INTEGER NOT NULL,"
    "  canonical TEXT NOT NULL, leaf BLOB NOT NULL, head BLOB NOT NULL, mac BLOB NOT NULL,"
    "  UNIQUE (institution, sequence)) STRICT;"
    "INSERT INTO new_usage SELECT * FROM usage ORDER BY job, attempt, slice;"
    "INSERT INTO new_txn SELECT * FROM txn ORDER BY id;"
    "DROP TABLE usage; DROP TABLE txn;"
    "ALTER TABLE new_usage RENAME TO usage; ALTER TABLE new_txn RENAME TO txn;"
    "CREATE INDEX usage_institution ON usage(institution, end_us);"
    "CREATE UNIQUE INDEX txn_cause ON txn(txn_key) WHERE kind NOT IN (2, 3);"
    "CREATE TRIGGER txn_keep_update BEFORE UPDATE ON txn"
    " BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;"
    "CREATE TRIGGER txn_keep_delete BEFORE DELETE ON txn"
    " BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;"
    "CREATE TRIGGER usage_keep_update BEFORE UPDATE ON usage"
    " BEGIN SELECT RAISE(ABORT, 'usage is append-only'); END;"
    "CREATE TRIGGER usage_keep_delete BEFORE DELETE ON usage"
    " BEGIN SELECT RAISE(ABORT, 'usage is append-only'); END;";

/* What people set besides the configuration: shares and limits. */
static const char policy_sql[] =
    "CREATE TABLE share ("
    "  institution TEXT NOT NULL, project TEXT NOT NULL, user TEXT NOT NULL,"
    "  shares INTEGER NOT NULL, reason TEXT NOT NULL, made_by TEXT NOT NULL,"
    "  made_us INTEGER NOT NULL, mac BLOB NOT NULL,"
    "  PRIMARY KEY (institution, project, user)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE limit_ ("
    "  scope TEXT NOT NULL, name TEXT NOT NULL, form TEXT NOT NULL, what TEXT NOT NULL,"
    "  amount INTEGER NOT NULL, reason TEXT NOT NULL, made_by TEXT NOT NULL,"
    "  made_us INTEGER NOT NULL, mac BLOB NOT NULL,"
    "  PRIMARY KEY (scope, name, form, what)) STRICT, WITHOUT ROWID;";

static const char ends_sql[] =
    "CREATE TABLE closing ("
    "  what TEXT NOT NULL, name TEXT NOT NULL, until_us INTEGER NOT NULL, reason TEXT NOT NULL,"
    "  made_by TEXT NOT NULL, made_us INTEGER NOT NULL, mac BLOB NOT NULL,"
    "  PRIMARY KEY (what, name)) STRICT, WITHOUT ROWID;";
/* Nodes kept for a time. */
static const char window_sql[] =
    "CREATE TABLE reservation ("
    "  name TEXT PRIMARY KEY, cluster TEXT NOT NULL, nodes TEXT NOT NULL,"
    "  start_us INTEGER NOT NULL, end_us INTEGER NOT NULL, repeat INTEGER NOT NULL,"
    "  maintenance INTEGER NOT NULL, users TEXT NOT NULL, projects TEXT NOT NULL,"
    "  institutions TEXT NOT NULL, reason TEXT NOT NULL, made_by TEXT NOT NULL,"
    "  made_us INTEGER NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;";

/* What parts have of GPUs, and nodes of GPUs and features. */
static const char gear_sql[] =
    "CREATE TABLE new_part ("
    "  job INTEGER NOT NULL REFERENCES job(id), part INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    "  node TEXT NOT NULL, cores INTEGER NOT NULL, tasks INTEGER NOT NULL,"
    "  memory INTEGER NOT NULL, state INTEGER NOT NULL, core_list TEXT NOT NULL,"
    "  cpu_list TEXT NOT NULL, cpu_used_us INTEGER NOT NULL, memory_peak INTEGER NOT NULL,"
    "  gpus INTEGER NOT NULL, gpu_type TEXT NOT NULL, gpu_list TEXT NOT NULL, mac BLOB NOT NULL,"
    "  PRIMARY KEY (job, part)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE new_node ("
    "  name TEXT PRIMARY KEY, cluster TEXT NOT NULL, drained INTEGER NOT NULL,"
    "  drain_reason TEXT NOT NULL, drain_by TEXT NOT NULL, boot_id TEXT NOT NULL,"
    "  cores INTEGER NOT NULL, threads INTEGER NOT NULL, packages INTEGER NOT NULL,"
    "  numa_nodes INTEGER NOT NULL, gpus INTEGER NOT NULL, memory INTEGER NOT NULL,"
    "  emulated INTEGER NOT NULL, boot_us INTEGER NOT NULL, topology BLOB NOT NULL,"
    "  gpu_kinds TEXT NOT NULL, features TEXT NOT NULL, mac BLOB NOT NULL)"
    "  STRICT, WITHOUT ROWID;"
    "INSERT INTO new_part SELECT job, part, attempt, node, cores, tasks, memory, state, core_list,"
    "  cpu_list, cpu_used_us, memory_peak, 0, '', '', mac FROM part;"
    "INSERT INTO new_node SELECT name, cluster, drained, drain_reason, drain_by, boot_id, cores,"
    "  threads, packages, numa_nodes, gpus, memory, emulated, boot_us, topology, '', '', mac"
    "  FROM node;"
    "DROP TABLE part; DROP TABLE node;"
    "ALTER TABLE new_part RENAME TO part; ALTER TABLE new_node RENAME TO node;";

/* Nodes that are made on demand. */
static const char server_sql[] =
    "CREATE TABLE server ("
    "  name TEXT PRIMARY KEY, cluster TEXT NOT NULL, state INTEGER NOT NULL, id TEXT NOT NULL,"
    "  fault TEXT NOT NULL, failures INTEGER NOT NULL, since_us INTEGER NOT NULL,"
    "  shut_until_us INTEGER NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;";

/* A chain lies in one piece: `place` is the number of its first transaction, then its own in the
 * chain.  So a month is a walk along neighbours, not a page for each of its transactions. */
static const char place_sql[] =
    "CREATE TABLE new_txn ("
    "  id INTEGER NOT NULL UNIQUE, txn_key TEXT NOT NULL, kind INTEGER NOT NULL,"
    "  institution TEXT NOT NULL, sequence INTEGER NOT NULL, at_us INTEGER NOT NULL,"
    "  canonical TEXT NOT NULL, leaf BLOB NOT NULL, head BLOB NOT NULL, mac BLOB NOT NULL,"
    "  place INTEGER PRIMARY KEY, UNIQUE (institution, sequence)) STRICT;"
    "INSERT INTO new_txn SELECT txn.*, (coalesce((SELECT first.id FROM txn first"
    "  WHERE first.institution = txn.institution AND first.sequence = 1), id) << 32) + sequence"
    "  FROM txn ORDER BY institution, sequence;"
    "DROP TABLE txn;"
    "ALTER TABLE new_txn RENAME TO txn;"
    "CREATE UNIQUE INDEX txn_cause ON txn(txn_key) WHERE kind NOT IN (2, 3);"
    "CREATE TRIGGER txn_keep_update BEFORE UPDATE ON txn"
    " BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;"
    "CREATE TRIGGER txn_keep_delete BEFORE DELETE ON txn"
    " BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;";

/* Rate cards; and of the rows of usage that they, GPUs or opportunistic work are in, which. */
static const char rates_sql[] =
    "CREATE TABLE rate ("
    "  id INTEGER PRIMARY KEY, cluster TEXT NOT NULL, partition TEXT NOT NULL, qos TEXT NOT NULL,"
    "  mode TEXT NOT NULL, core INTEGER NOT NULL, gib INTEGER NOT NULL, gpu INTEGER NOT NULL,"
    "  node INTEGER NOT NULL, listed INTEGER NOT NULL, start_us INTEGER NOT NULL,"
    "  end_us INTEGER NOT NULL, reason TEXT NOT NULL, made_by TEXT NOT NULL,"
    "  made_us INTEGER NOT NULL, end_reason TEXT NOT NULL, ended_by TEXT NOT NULL,"
    "  mac BLOB NOT NULL) STRICT;"
    "CREATE TABLE priced ("
    "  job INTEGER NOT NULL, attempt INTEGER NOT NULL, slice INTEGER NOT NULL,"
    "  card INTEGER NOT NULL, gpus INTEGER NOT NULL, qos_ppm INTEGER NOT NULL,"
    "  listed INTEGER NOT NULL, mac BLOB NOT NULL,"
    "  PRIMARY KEY (job, attempt, slice)) STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER priced_keep_update BEFORE UPDATE ON priced"
    " BEGIN SELECT RAISE(ABORT, 'priced is append-only'); END;"
    "CREATE TRIGGER priced_keep_delete BEFORE DELETE ON priced"
    " BEGIN SELECT RAISE(ABORT, 'priced is append-only'); END;";

static bool protect_books(struct connection *connection, struct error *err);
static bool protect_gear(struct connection *connection, struct error *err);

/* Step i brings a database of version i to i + 1, in one transaction. */
static const struct {
    const char *sql;
    schema_step_fn *then; /* with mac_of() as a function of SQL */
} steps[] = {
    {schema_sql,  NULL         },
    {"",          protect_books}, /* rows of txn, usage and audit have a MAC too */
    {lean_sql,    NULL         },
    {policy_sql,  NULL         },
    {ends_sql,    NULL         },
    {window_sql,  NULL         },
    {gear_sql,    protect_gear },
    {server_sql,  NULL         },
    {place_sql,   NULL         },
    {rates_sql,   NULL         },
    {books_sql,   books_gather },
    {seal_sql,    NULL         },
    {erasure_sql, NULL         },
    {series_sql,  NULL         },
};
static_assert(COUNT_OF(steps) == SCHEMA_VERSION, "each version has the step that makes it");

static bool read_number(struct connection *connection, const char *sql, int64_t *ret_number,
                        struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(connection->database, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return fail_sqlite(err, connection->database, sql);
    *ret_number = sqlite3_column_int64(statement, 0);
    return true;
}

bool meta_put(struct connection *connection, const char *name, const void *bytes, size_t size,
              struct error *err)
{
    const struct write write = {
        .verb = WRITE_PUT,
        .row = {.kind = ROW_META, .meta = {.name = name, .value = {bytes, size}}},
    };

    return row_write(connection, &write, err);
}

bool meta_number(struct connection *connection, const char *name, int64_t *ret_number,
                 struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    const char *sql = "SELECT CAST(value AS TEXT) FROM meta WHERE name = ?";
    uint64_t number;

    if (sqlite3_prepare_v2(connection->database, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return fail(err, ERROR_IO, "%s: no %s in table meta",
                    sqlite3_db_filename(connection->database, "main"), name);
    if (!parse_u64((const char *)sqlite3_column_text(statement, 0), 0, INT64_MAX, &number, err))
        return fail_in(err, "table meta: %s", name);
    *ret_number = (int64_t)number;
    return true;
}

static bool meta_put_number(struct connection *connection, const char *name, int64_t number,
                            struct error *err)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    return meta_put(connection, name, text, strlen(text), err);
}

/* What a new database begins with. */
static bool fill_meta(struct connection *connection, const char *network, struct error *err)
{
    uint8_t lineage[LINEAGE_SIZE];

    random_fill(lineage, sizeof(lineage));
    return meta_put(connection, "lineage", lineage, sizeof(lineage), err) &&
           meta_put(connection, "network", network, strlen(network), err) &&
           meta_put_number(connection, "epoch", 0, err) &&
           meta_put_number(connection, "id_epoch", 1, err) &&
           meta_put_number(connection, "clean_stop", 1, err);
}

/* SQL function mac_of(table, column...): the MAC of that row. */
static void mac_of_row(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct connection *connection = sqlite3_user_data(context);
    struct buffer *canonical = &connection->canonical;
    uint8_t mac[MAC_SIZE];

    buffer_reset(canonical);
    row_add_table((const char *)sqlite3_value_text(values[0]), canonical);
    for (int i = 1; i < count; i++) {
        int type = sqlite3_value_type(values[i]);

        if (type == SQLITE_INTEGER)
            row_add_number(sqlite3_value_int64(values[i]), canonical);
        else
            row_add_bytes(type == SQLITE_TEXT ? COLUMN_TEXT : COLUMN_BYTES,
                          (struct bytes){sqlite3_value_blob(values[i]),
                                         (size_t)sqlite3_value_bytes(values[i])},
                          canonical);
    }
    mac_of(connection->mac_key, canonical->bytes, canonical->length, mac);
    sqlite3_result_blob(context, mac, MAC_SIZE, SQLITE_TRANSIENT);
}

static bool with_macs(struct connection *connection, schema_step_fn *step, struct error *err)
{
    bool good;

    if (sqlite3_create_function(connection->database, "mac_of", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                connection, mac_of_row, NULL, NULL) != SQLITE_OK)
        return fail_sqlite(err, connection->database, "mac_of");
    good = step(connection, err);
    sqlite3_create_function(connection->database, "mac_of", -1, SQLITE_UTF8, NULL, NULL, NULL,
                            NULL);
    return good;
}

/* The columns that a table had when its rows got their MACs, whatever it has by now. */
struct protection {
    const char *table, *columns;
};

/* All MACs of the table anew. */
static void add_update(const struct protection *of, struct buffer *sql)
{
    buffer_print(sql, "UPDATE %s SET mac = mac_of('%s', %s);", of->table, of->table, of->columns);
}

static void add_protection(const struct protection *of, struct buffer *sql)
{
    const char *table = of->table;

    buffer_print(sql, "DROP TRIGGER %s_keep_update;", table);
    buffer_print(sql, "ALTER TABLE %s ADD COLUMN mac BLOB NOT NULL DEFAULT x'';", table);
    add_update(of, sql);
    buffer_print(sql,
                 " CREATE TRIGGER %s_keep_update BEFORE UPDATE ON %s"
                 " BEGIN SELECT RAISE(ABORT, '%s is append-only'); END;",
                 table, table, table);
}

/* The rows that are there are believed as they are: until now only their chains protected them. */
static bool protect_books(struct connection *connection, struct error *err)
{
    static const struct protection tables[] = {
        {"txn",   "id, txn_key, kind, institution, sequence, at_us, canonical, leaf, head"   },
        {"usage", "job, attempt, slice, txn, institution, project, user, cluster, partition,"
                  " submit_us, eligible_us, start_us, end_us, nodes, cores, wall_us, cpu_used_us,"
                  " memory, memory_peak, charged, waived, factor_ppm, state"},
        {"audit", "id, at_us, principal, act, text, head"                                    },
    };
    CLEANUP(buffer_clear) struct buffer sql;

    buffer_init(&sql);
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        add_protection(&tables[i], &sql);
    return connection_execute(connection, sql.bytes, err);
}

/* The same of these: whoever could change them before could change what they begin with. */
static bool protect_gear(struct connection *connection, struct error *err)
{
    static const struct protection tables[] = {
        {"part", "job, part, attempt, node, cores, tasks, memory, state, core_list, cpu_list,"
                 " cpu_used_us, memory_peak, gpus, gpu_type, gpu_list"},
        {"node", "name, cluster, drained, drain_reason, drain_by, boot_id, cores, threads,"
                 " packages, numa_nodes, gpus, memory, emulated, boot_us, topology,"
                 " gpu_kinds, features"                               },
    };
    CLEANUP(buffer_clear) struct buffer sql;

    buffer_init(&sql);
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        add_update(&tables[i], &sql);
    return connection_execute(connection, sql.bytes, err);
}

static bool do_step(struct connection *connection, int64_t version, const char *network,
                    struct error *err)
{
    char sql[64];

    snprintf(sql, sizeof(sql), "PRAGMA user_version = %" PRId64, version + 1);
    return connection_execute(connection, steps[version].sql, err) &&
           (!steps[version].then || with_macs(connection, steps[version].then, err)) &&
           (version > 0 || fill_meta(connection, network, err)) &&
           meta_put_number(connection, "schema", version + 1, err) &&
           (version + 1 < VERSION_OF_TALLY || tally_make(connection, version + 1, err)) &&
           connection_execute(connection, sql, err);
}

static bool step_up(struct connection *connection, int64_t version, const char *network,
                    struct error *err)
{
    struct error ignored;

    if (!connection_execute(connection, "BEGIN IMMEDIATE", err))
        return false;
    if (do_step(connection, version, network, err) && connection_execute(connection, "COMMIT", err))
        return true;
    connection_execute(connection, "ROLLBACK", &ignored);
    return fail_in(err, "schema %" PRId64, version + 1);
}

static bool check_owner(struct connection *connection, const char *path, struct error *err)
{
    int64_t application, tables;

    if (!read_number(connection, "PRAGMA application_id", &application, err) ||
        !read_number(connection, "SELECT count(*) FROM sqlite_schema", &tables, err))
        return false;
    if (application == APPLICATION_ID)
        return true;
    if (tables > 0)
        return fail(err, ERROR_CONFLICT, "%s: a database, but not one of tequio-scheduler", path);
    return true;
}

/* WAL and its durability; both last for the connection, the first also in the file. */
static bool set_durability(struct connection *connection, struct error *err)
{
    char sql[64];

    snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", APPLICATION_ID);
    return connection_execute(connection,
                              "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA wal_autocheckpoint = 4000;"
                              "PRAGMA journal_size_limit = 67108864;",
                              err) &&
           connection_execute(connection, sql, err);
}

/* Each page is read for it, and a start must not take the longer the more years there are.  Of
 * what is larger the rows that a start reads are held against their MACs all the same, and
 * `tequio admin check` reads the rest. */
#define PAGES_MOST_BYTES INT64_C(16777216)

static bool check_pages(struct connection *connection, const char *path, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    int64_t pages, page_bytes;
    const char *text;

    if (!read_number(connection, "PRAGMA page_count", &pages, err) ||
        !read_number(connection, "PRAGMA page_size", &page_bytes, err))
        return false;
    if (pages > PAGES_MOST_BYTES / page_bytes)
        return true;
    if (sqlite3_prepare_v2(connection->database, "PRAGMA quick_check(1)", -1, &statement, NULL) !=
            SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return fail_sqlite(err, connection->database, "quick_check");
    text = (const char *)sqlite3_column_text(statement, 0);
    if (text && strcmp(text, "ok") == 0)
        return true;
    return fail(err, ERROR_IO, "%s is damaged: %s; restore a backup", path, text ? text : "?");
}

bool schema_bring_up(struct connection *connection, const char *path, const char *network,
                     struct error *err)
{
    int64_t version;

    if (!check_owner(connection, path, err) ||
        !read_number(connection, "PRAGMA user_version", &version, err))
        return false;
    if (version > SCHEMA_VERSION)
        return fail(err, ERROR_CONFLICT,
                    "%s has schema %" PRId64 ", this program knows up to %d: install the newer "
                    "tequio-scheduler",
                    path, version, SCHEMA_VERSION);
    if (!check_pages(connection, path, err) || !set_durability(connection, err) ||
        (version < SCHEMA_VERSION && !tally_check_before(connection, version, path, err)))
        return false;
    for (; version < SCHEMA_VERSION; version++)
        if (!step_up(connection, version, network, err))
            return fail_in(err, "%s", path);
    return true;
}

/* One object of a schema after the other. */
static sqlite3_stmt *read_schema(sqlite3 *database)
{
    static const char sql[] = "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema"
                              " ORDER BY type, name";
    sqlite3_stmt *statement = NULL;

    return sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK ? statement : NULL;
}

static bool same_text(sqlite3_stmt *a, sqlite3_stmt *b, int column)
{
    const char *text = (const char *)sqlite3_column_text(a, column);
    const char *other = (const char *)sqlite3_column_text(b, column);

    return text && other && strcmp(text, other) == 0;
}

/* A trigger that is gone keeps nothing any more: hold the whole schema against a new one. */
static bool compare_schemas(sqlite3 *here, sqlite3 *wanted, finding_fn *on_finding, void *owner,
                            struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *there = read_schema(here);
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *right = read_schema(wanted);
    char text[200];

    if (!there || !right)
        return fail_sqlite(err, there ? wanted : here, "schema");
    for (;;) {
        bool more = sqlite3_step(there) == SQLITE_ROW;
        bool other = sqlite3_step(right) == SQLITE_ROW;

        if (!more && !other)
            return true;
        if (more && other && same_text(there, right, 0) && same_text(there, right, 1))
            continue;
        snprintf(text, sizeof(text),
                 "the schema was changed by something else than tequio-scheduler, at %s",
                 (const char *)sqlite3_column_text(more ? there : right, 0));
        on_finding(owner, text);
        return true;
    }
}

DEFINE_CLEANUP(struct connection *, connection_close)

bool schema_check(struct connection *connection, finding_fn *on_finding, void *owner,
                  struct error *err)
{
    CLEANUP(connection_closep) struct connection *closing = NULL;
    struct connection wanted;

    if (!connection_open(&wanted, ":memory:", SQLITE_OPEN_READWRITE, connection->mac_key, err))
        return false;
    closing = &wanted;
    return schema_bring_up(&wanted, "a new schema", "", err) &&
           compare_schemas(connection->database, wanted.database, on_finding, owner, err);
}
