/* store_postgres_schema.c - the tables in PostgreSQL made, held against what they must be, or
 * refused */

#include "base/parse.h"
#include "base/random.h"
#include "scheduler/store_postgres_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Of two schedulers that begin at once one makes the tables. */
#define MAKE_LOCK "7310575218571375971"

/* What no shape of a row says.  Indexes are those of SQLite's schema, for the same questions. */
static const char besides_sql[] =
    "CREATE INDEX request_age ON request(at_us);"
    "CREATE INDEX job_live ON job(state) WHERE state < 4;"
    "CREATE INDEX job_end ON job(end_us);"
    "CREATE INDEX job_user ON job(\"user\", id);"
    "CREATE INDEX job_project ON job(project, id);"
    "CREATE UNIQUE INDEX txn_job ON txn(job, attempt, slice) WHERE job > 0;"
    "CREATE UNIQUE INDEX txn_cause ON txn(txn_key) WHERE job = 0;"
    "CREATE UNIQUE INDEX txn_first ON txn(institution) WHERE sequence = 1;"
    "CREATE INDEX txn_used ON txn(institution, end_us) WHERE job > 0;"
    "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS"
    " $$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END$$;"
    "CREATE TRIGGER txn_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON txn EXECUTE FUNCTION "
    "keep();" POSTGRES_AUDIT_KEEP
    /* The term is the key: to change it waits for everybody who relies on it, to renew the lease
     * for nobody. */
    "CREATE TABLE leader ("
    "  term bigint PRIMARY KEY, one boolean NOT NULL UNIQUE DEFAULT true CHECK (one),"
    "  holder text NOT NULL, lease_until timestamptz NOT NULL, filling boolean NOT NULL);"
    "INSERT INTO leader VALUES (0, true, '', 'epoch', false);";

static void print_schema(struct buffer *sql)
{
    for (int kind = 0; kind < ROW_KIND_COUNT; kind++)
        postgres_print_table((enum row_kind)kind, sql);
    buffer_add_text(sql, besides_sql);
}

/* --- what the server must be ---------------------------------------------------------------------- */

static bool check_setting(struct postgres *postgres, const char *sql, const char *wanted,
                          const char *why, struct error *err)
{
    CLEANUP(postgres_rows_freep)
    struct postgres_rows *rows = postgres_ask_alone(postgres, sql, NULL, err);
    const char *found;

    if (!rows)
        return false;
    found = postgres_text_at(rows, 0, 0);
    return strcmp(found, wanted) == 0 ||
           fail(err, ERROR_INVALID, "%s: it has %s, which is %s and must be %s: %s",
                postgres_name(postgres), sql + strlen("SHOW "), found, wanted, why);
}

/* Bytes come back as they went, and in the order of bytes, as from a file. */
static bool check_server(struct postgres *postgres, struct error *err)
{
    return check_setting(postgres, "SHOW fsync", "on",
                         "what is acknowledged would not survive a power loss", err) &&
           check_setting(postgres, "SHOW full_page_writes", "on",
                         "a power loss would leave halves of pages", err) &&
           check_setting(postgres, "SHOW server_encoding", "SQL_ASCII",
                         "make it with createdb --template=template0 --encoding=SQL_ASCII "
                         "--locale=C",
                         err);
}

bool postgres_schema_is_there(struct postgres *postgres, bool *ret_there, struct error *err)
{
    int64_t count;

    if (!postgres_ask_number(postgres,
                             "SELECT count(*) FROM pg_catalog.pg_tables"
                             " WHERE schemaname = '" POSTGRES_SCHEMA "' AND tablename = 'meta'",
                             NULL, 0, &count, err))
        return false;
    *ret_there = count > 0;
    return true;
}

bool postgres_fail_filling(const struct postgres *postgres, struct error *err)
{
    return fail(err, ERROR_CONFLICT,
                "%s is being filled, or was and that was broken off: drop it, make it anew and "
                "fill it again",
                postgres_name(postgres));
}

/* Table meta is filled last. */
bool postgres_schema_version(struct postgres *postgres, int64_t *ret_version, struct error *err)
{
    CLEANUP(postgres_rows_freep) struct postgres_rows *rows = NULL;
    uint64_t version;

    if (!check_server(postgres, err))
        return false;
    rows = postgres_ask_alone(postgres,
                              "SELECT convert_from(value, 'SQL_ASCII') FROM meta"
                              " WHERE name = 'schema'",
                              NULL, err);
    if (!rows)
        return false;
    if (postgres_row_count(rows) == 0)
        return postgres_fail_filling(postgres, err);
    if (!parse_u64(postgres_text_at(rows, 0, 0), 1, INT32_MAX, &version, err))
        return fail_in(err, "%s: table meta: schema", postgres_name(postgres));
    *ret_version = (int64_t)version;
    return (version >= POSTGRES_SCHEMA_FIRST && version <= SCHEMA_VERSION) ||
           fail(err, ERROR_CONFLICT,
                "%s has schema %" PRIu64 ", this program knows %d to %d: install the %s "
                "tequio-scheduler",
                postgres_name(postgres), version, POSTGRES_SCHEMA_FIRST, SCHEMA_VERSION,
                version > SCHEMA_VERSION ? "newer" : "right");
}

/* --- a new one -------------------------------------------------------------------------------------- */

static bool put_number(struct postgres_store *store, const char *name, int64_t number,
                       struct error *err)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    return postgres_put_meta(store, name, (struct bytes){text, strlen(text)}, err);
}

/* What a new database begins with. */
static bool fill_meta(struct postgres_store *store, const char *network, struct error *err)
{
    uint8_t lineage[LINEAGE_SIZE];

    random_fill(lineage, sizeof(lineage));
    return postgres_put_meta(store, "lineage", (struct bytes){lineage, sizeof(lineage)}, err) &&
           postgres_put_meta(store, "network", (struct bytes){network, strlen(network)}, err) &&
           put_number(store, "epoch", 0, err) && put_number(store, "id_epoch", 1, err) &&
           put_number(store, "clean_stop", 1, err) &&
           put_number(store, "schema", SCHEMA_VERSION, err) && postgres_put_tally(store, err);
}

/* One that is to be filled gets what another one has. */
static bool begin_rows(struct postgres_store *store, const struct store_place *place,
                       struct error *err)
{
    if (place->fills)
        return postgres_execute(store->writer.postgres, "UPDATE leader SET filling = true", err);
    return fill_meta(store, place->network, err);
}

static bool make_tables(struct postgres_store *store, const struct store_place *place,
                        struct error *err)
{
    CLEANUP(buffer_clear) struct buffer sql;
    bool there;

    buffer_init(&sql);
    if (!postgres_execute(store->writer.postgres, "SELECT pg_advisory_xact_lock(" MAKE_LOCK ")",
                          err) ||
        !postgres_schema_is_there(store->writer.postgres, &there, err))
        return false;
    if (there)
        return fail(err, ERROR_CONFLICT,
                    "%s was made by another scheduler just now: copy its row.key to %s",
                    postgres_name(store->writer.postgres), store->directory);
    buffer_add_text(&sql, "CREATE SCHEMA " POSTGRES_SCHEMA ";");
    print_schema(&sql);
    return postgres_execute(store->writer.postgres, sql.bytes, err) &&
           begin_rows(store, place, err) && postgres_commit_unhurried(store->writer.postgres, err);
}

bool postgres_schema_make(struct postgres_store *store, const struct store_place *place,
                          struct error *err)
{
    struct error ignored;

    if (!check_server(store->writer.postgres, err) ||
        !postgres_execute(store->writer.postgres, "BEGIN", err))
        return false;
    if (make_tables(store, place, err))
        return true;
    postgres_execute(store->writer.postgres, "ROLLBACK", &ignored);
    return false;
}

/* --- held against a new one ------------------------------------------------------------------------- */

/* One line for each column, index, constraint, trigger and function of a schema. */
static const char listing_sql[] =
    "WITH t AS (SELECT c.oid, c.relname FROM pg_catalog.pg_class c"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    "  WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'm', 'f', 'p')),"
    " line(text) AS ("
    "SELECT 'column ' || relname || '.' || attname || ' ' || format_type(atttypid, atttypmod)"
    "  || ' ' || attnotnull::text || ' ' || attgenerated::text"
    "  FROM t JOIN pg_catalog.pg_attribute ON attrelid = t.oid"
    "  WHERE attnum > 0 AND NOT attisdropped "
    "UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) || ' ' || indisvalid::text"
    "  FROM t JOIN pg_catalog.pg_index ON indrelid = t.oid "
    "UNION ALL SELECT 'constraint ' || conname || ' of ' || relname || ' '"
    "  || pg_get_constraintdef(k.oid) FROM t JOIN pg_catalog.pg_constraint k ON conrelid = t.oid "
    "UNION ALL SELECT 'trigger ' || CASE WHEN tgisinternal THEN 'of the references' ELSE tgname END"
    "  || ' of ' || relname || ' ' || tgenabled::text || ' ' || CASE WHEN tgisinternal THEN ''"
    "  ELSE pg_get_triggerdef(g.oid) END FROM t JOIN pg_catalog.pg_trigger g ON tgrelid = t.oid "
    "UNION ALL SELECT 'function ' || proname || ' ' || prosrc FROM pg_catalog.pg_proc"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = pronamespace WHERE nspname = $1)"
    " SELECT string_agg(replace(text, $1 || '.', ''), E'\\n' ORDER BY text) FROM line";

static struct postgres_rows *list(struct postgres *postgres, const char *schema, struct error *err)
{
    CLEANUP(postgres_values_clear) struct postgres_values values;

    postgres_values_init(&values);
    postgres_add_text(&values, schema);
    return postgres_ask_alone(postgres, listing_sql, &values, err);
}

static void compare(const char *here, const char *wanted, finding_fn *on_finding, void *owner)
{
    size_t line = 0, i = 0;
    char text[220];

    for (; here[i] == wanted[i]; i++) {
        if (here[i] == '\0')
            return;
        if (here[i] == '\n')
            line = i + 1;
    }
    if (here[line] == '\0')
        here = wanted;
    snprintf(text, sizeof(text),
             "the schema was changed by something else than tequio-scheduler, at %.*s",
             (int)strcspn(here + line, "\n"), here + line);
    on_finding(owner, text);
}

static bool list_both(struct postgres *postgres, struct postgres_rows **ret_here,
                      struct postgres_rows **ret_wanted, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer sql;

    buffer_init(&sql);
    buffer_add_text(&sql, "CREATE SCHEMA tequio_wanted; SET LOCAL search_path = tequio_wanted;");
    print_schema(&sql);
    *ret_here = list(postgres, POSTGRES_SCHEMA, err);
    return *ret_here && postgres_execute(postgres, sql.bytes, err) &&
           (*ret_wanted = list(postgres, "tequio_wanted", err)) != NULL;
}

/* A trigger that is gone keeps nothing any more.  The new one is never committed. */
bool postgres_schema_check(struct postgres *postgres, finding_fn *on_finding, void *owner,
                           struct error *err)
{
    CLEANUP(postgres_rows_freep) struct postgres_rows *here = NULL;
    CLEANUP(postgres_rows_freep) struct postgres_rows *wanted = NULL;
    struct error ignored;
    bool good;

    if (!postgres_execute(postgres, "SAVEPOINT wanted", err))
        return false;
    good = list_both(postgres, &here, &wanted, err);
    if (good)
        compare(postgres_text_at(here, 0, 0), postgres_text_at(wanted, 0, 0), on_finding, owner);
    postgres_execute(postgres, "ROLLBACK TO SAVEPOINT wanted", &ignored);
    return good;
}
