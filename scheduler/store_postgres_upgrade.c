/* store_postgres_upgrade.c - the tables in PostgreSQL of an earlier version brought up to this one
 *
 * Who leads does it, in one transaction: whoever led before cannot write any more, and a standby of
 * the earlier version that takes over later is refused (from version 12 on: 11 looked only once). */

#include "base/log.h"
#include "scheduler/store_postgres_inside.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Step i brings a database of version POSTGRES_SCHEMA_FIRST + i to the next.  What a step makes is
 * what the rows' shapes were then: never print it from them, they change. */
static const char *const steps[] = {
    "CREATE TABLE seal (\"name\" text NOT NULL, \"seal\" text NOT NULL, \"salt\" bytea NOT NULL,"
    " \"made_us\" bigint NOT NULL, mac bytea NOT NULL, PRIMARY KEY (\"name\"))",
    "CREATE TABLE erasure (\"name\" text NOT NULL, \"reason\" text NOT NULL,"
    " \"made_by\" text NOT NULL, \"made_us\" bigint NOT NULL, mac bytea NOT NULL,"
    " PRIMARY KEY (\"name\")); DROP TRIGGER audit_keep ON audit;" POSTGRES_AUDIT_KEEP,
    "CREATE TABLE series (\"job\" bigint NOT NULL, \"attempt\" bigint NOT NULL,"
    " \"samples\" text NOT NULL, mac bytea NOT NULL, PRIMARY KEY (\"job\"))",
};
static_assert(COUNT_OF(steps) == SCHEMA_VERSION - POSTGRES_SCHEMA_FIRST,
              "each version after the first has the step that makes it, here too");

/* Row "schema" of table meta is another now, which the tally must know. */
static bool put_version(struct postgres_store *store, struct error *err)
{
    CLEANUP(postgres_rows_freep)
    struct postgres_rows *rows = postgres_ask_alone(
        store->writer.postgres, "DELETE FROM meta WHERE name = 'schema' RETURNING mac", NULL, err);
    char text[24];
    const void *mac;
    size_t size;

    if (!rows)
        return false;
    mac = postgres_bytes_at(rows, 0, 0, &size);
    tally_take(&store->tally.lines[ROW_META], mac, size);
    snprintf(text, sizeof(text), "%d", SCHEMA_VERSION);
    return postgres_put_meta(store, "schema", (struct bytes){text, strlen(text)}, err) &&
           postgres_put_tally(store, err);
}

static bool step_up(struct postgres_store *store, int64_t version, struct error *err)
{
    struct postgres *postgres = store->writer.postgres;

    for (; version < SCHEMA_VERSION; version++)
        if (!postgres_execute(postgres, steps[version - POSTGRES_SCHEMA_FIRST], err))
            return fail_in(err, "%s: schema %" PRId64, store->store.name, version + 1);
    return put_version(store, err);
}

/* If the term is no longer ours, whoever has it does this. */
static bool check_term(struct postgres_store *store, struct error *err)
{
    int64_t term;

    return postgres_ask_number(store->writer.postgres, "SELECT term FROM leader FOR KEY SHARE",
                               NULL, -1, &term, err) &&
           (term == store->term ||
            fail(err, ERROR_CONFLICT, "another scheduler has taken over %s", store->store.name));
}

bool postgres_schema_bring_up(struct postgres_store *store, struct error *err)
{
    struct postgres *postgres = store->writer.postgres;
    struct error ignored;
    int64_t version;

    if (!postgres_schema_version(postgres, &version, err))
        return false;
    if (version == SCHEMA_VERSION)
        return true;
    if (postgres_execute(postgres, "BEGIN", err) && check_term(store, err) &&
        step_up(store, version, err) && postgres_commit_unhurried(postgres, err)) {
        log_info("%s: schema %" PRId64 " is brought up to %d", store->store.name, version,
                 SCHEMA_VERSION);
        return true;
    }
    postgres_execute(postgres, "ROLLBACK", &ignored);
    return false;
}
