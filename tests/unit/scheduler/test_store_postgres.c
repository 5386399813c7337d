/* test_store_postgres.c - the store on a server: what was changed behind its back is found, and
 * one scheduler at a time writes */

#include "base/file.h"
#include "scheduler/check.h"
#include "scheduler/erasing.h"
#include "scheduler/store_postgres_inside.h"
#include "tests/lib/postgres_server.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/store_scene.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A database, and the directory of one of its schedulers. */
struct site {
    char *directory, *where;
    char name[24];    /* of the database: five characters in the first tests */
    const char *lost; /* what on_lost() was told */
};

static void site_clear(struct site *site)
{
    free(site->directory);
    free(site->where);
}

static struct site new_site(void)
{
    static unsigned count;
    struct site site = {.directory = new_directory()};

    snprintf(site.name, sizeof(site.name), "test%u", count++);
    site.where = postgres_server_database(site.name);
    return site;
}

static void on_lost(void *owner, const char *text)
{
    struct site *site = owner;

    site->lost = strstr(text, "taken over") ? "taken over" : "otherwise";
}

static struct store *open_site(struct site *site, struct error *err)
{
    return store_open(
        &(struct store_place){
            .directory = site->directory,
            .where = site->where,
            .network = "net",
            .lease_us = INT64_C(3600000000),
            .on_lost = on_lost,
            .owner = site,
        },
        err);
}

static struct store *open_filled(struct site *site)
{
    struct error err;
    struct store *store = open_site(site, &err);

    if (!store || !fill(store))
        CU_FAIL("no store to test");
    return store;
}

static bool opens_not_with(struct site *site, enum error_code code, const char *words)
{
    struct error err;
    CLEANUP(store_freep) struct store *store = open_site(site, &err);

    if (!store && err.code == code && strstr(err.text, words))
        return true;
    printf("# %s\n", store ? "it opens" : err.text);
    return false;
}

static bool writes(struct store *store, enum error_code *ret_code)
{
    CLEANUP(batch_clear) struct batch batch;
    struct error err = {0};
    struct row row = {
        .kind = ROW_INSTITUTION, .institution = {.name = "again", .title = "", .ror = ""}
    };

    batch_init(&batch);
    batch_add(&batch, WRITE_PUT, &row);
    store->commit(store, &batch, &err);
    *ret_code = err.code;
    return err.code == ERROR_NONE;
}

/* --- what it refuses -------------------------------------------------------------------------------- */

static void test_what_is_refused(void)
{
    CLEANUP(site_clear) struct site site = {0};
    CLEANUP(memory_freep) char *key = NULL;
    CLEANUP(memory_freep) char *away = NULL;

    if (!postgres_server_is_there())
        return;
    site = new_site();
    key = memory_format("%s/row.key", site.directory);
    away = memory_format("%s/away", site.directory);
    store_free(open_filled(&site));
    CU_ASSERT(rename(key, away) == 0);
    CU_ASSERT(opens_not_with(&site, ERROR_NOT_FOUND, "row.key is missing"));
    put_file(site.directory, "row.key",
             "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 65, 0600);
    CU_ASSERT(opens_not_with(&site, ERROR_IO, "copy it from the other scheduler"));
    CU_ASSERT(rename(away, key) == 0);
    CU_ASSERT(postgres_server_sql(site.name, "UPDATE leader SET filling = true"));
    CU_ASSERT(opens_not_with(&site, ERROR_CONFLICT, "being filled"));
    CU_ASSERT(postgres_server_sql(site.name, "UPDATE leader SET filling = false"));
    CU_ASSERT(postgres_server_sql(site.name, "UPDATE meta SET value = '99' WHERE name = 'schema'"));
    CU_ASSERT(opens_not_with(&site, ERROR_CONFLICT, "schema 99"));
    CU_ASSERT(postgres_server_sql(site.name, "DROP SCHEMA tequio CASCADE"));
    CU_ASSERT(opens_not_with(&site, ERROR_NOT_FOUND, "was lost"));
}

/* Bytes that are no text in its encoding would end the scheduler. */
static void test_another_encoding_is_refused(void)
{
    CLEANUP(site_clear) struct site site = {0};
    char *name;

    if (!postgres_server_is_there())
        return;
    site = new_site();
    CU_ASSERT(postgres_server_sql(site.name, "CREATE DATABASE utf8x TEMPLATE template0"
                                             " ENCODING 'UTF8'"));
    name = strstr(site.where, site.name);
    CU_ASSERT_FATAL(name != NULL && strlen(site.name) == 5);
    memcpy(name, "utf8x", 5);
    CU_ASSERT(opens_not_with(&site, ERROR_INVALID, "--encoding=SQL_ASCII"));
}

static void test_no_server(void)
{
    CLEANUP(site_clear)
    struct site site = {
        .directory = new_directory(),
        .where = memory_copy("postgresql://me:secret@/none?host=/nonexistent"),
    };

    CU_ASSERT(opens_not_with(&site, ERROR_UNAVAILABLE, "connect"));
    CU_ASSERT(!opens_not_with(&site, ERROR_UNAVAILABLE, "secret"));
}

/* The directory of another scheduler of the same network. */
static struct site beside(const struct site *site)
{
    struct site other = {.directory = new_directory(), .where = memory_copy(site->where)};
    CLEANUP(memory_freep) char *key = memory_format("%s/row.key", site->directory);
    CLEANUP(memory_freep) char *bytes = NULL;
    size_t size = 0;

    bytes = read_whole(key, &size);
    put_file(other.directory, "row.key", bytes, size, 0600);
    memory_put_text(other.name, sizeof(other.name), site->name);
    return other;
}

/* The same with another word in the place of one in its URL. */
static bool opens_not_at(const struct site *site, const char *part, const char *with,
                         enum error_code code, const char *words)
{
    CLEANUP(site_clear) struct site other = beside(site);
    const char *at = strstr(site->where, part);

    if (!at)
        return false;
    free(other.where);
    other.where =
        memory_format("%.*s%s%s", (int)(at - site->where), site->where, with, at + strlen(part));
    return opens_not_with(&other, code, words);
}

static void test_a_server_that_says_no(void)
{
    CLEANUP(site_clear) struct site site = {0};
    CLEANUP(store_freep) struct store *store = NULL;
    enum error_code code;

    if (!postgres_server_is_there())
        return;
    site = new_site();
    store = open_filled(&site);
    CU_ASSERT(opens_not_at(&site, "//tequio:", "//tequio:x", ERROR_UNAVAILABLE, "password"));
    CU_ASSERT(opens_not_at(&site, "//tequio:", "//nobody:", ERROR_UNAVAILABLE, "nobody"));
    CU_ASSERT(opens_not_at(&site, site.name, "nosuch", ERROR_UNAVAILABLE, "nosuch"));
    CU_ASSERT(store && writes(store, &code));
    CU_ASSERT(postgres_server_sql(site.name,
                                  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                                  "datname = current_database() AND pid <> pg_backend_pid()"));
    CU_ASSERT(store && !writes(store, &code));
    CU_ASSERT(code == ERROR_UNAVAILABLE || code == ERROR_IO || code == ERROR_CONFLICT);
    store_free(STEAL(store));
    CU_ASSERT(postgres_server_sql(site.name,
                                  "CREATE ROLE weak LOGIN; GRANT USAGE ON SCHEMA tequio TO weak"));
    CU_ASSERT(postgres_server_sql(site.name,
                                  "UPDATE pg_authid SET rolpassword = (SELECT rolpassword FROM "
                                  "pg_authid WHERE rolname = 'tequio') WHERE rolname = 'weak'"));
    CU_ASSERT(opens_not_at(&site, "//tequio:", "//weak:", ERROR_IO, "permission denied"));
    CU_ASSERT(postgres_server_sql(site.name, "ALTER ROLE weak CONNECTION LIMIT 0"));
    CU_ASSERT(
        opens_not_at(&site, "//tequio:", "//weak:", ERROR_UNAVAILABLE, "too many connections"));
    CU_ASSERT(postgres_server_sql(site.name, "DO 'BEGIN EXECUTE format(''ALTER DATABASE %I SET "
                                             "default_transaction_read_only = on'', "
                                             "current_database()); END'"));
    CU_ASSERT(opens_not_with(&site, ERROR_IO, "read-only"));
}

/* --- what an earlier version made -------------------------------------------------------------------- */

/* Undoes the step to version POSTGRES_SCHEMA_FIRST + 1, and so on; `kind` has no rows before it. */
static const struct {
    const char *sql;
    enum row_kind kind;
} undo[] = {
    {"DROP TABLE seal",   ROW_SEAL   },
    {"DROP TABLE erasure; DROP TRIGGER audit_keep ON audit; DROP TRIGGER audit_keep_update ON "
     "audit;"
     "CREATE TRIGGER audit_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION "
     "keep()",       ROW_ERASURE},
    {"DROP TABLE series", ROW_SERIES },
};
static_assert(COUNT_OF(undo) == SCHEMA_VERSION - POSTGRES_SCHEMA_FIRST,
              "each step of store_postgres_upgrade.c is taken here");

static bool empty_later_kinds(struct store *store, int version)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(batch_clear) struct batch batch;

    batch_init(&batch);
    for (size_t later = (size_t)(version - POSTGRES_SCHEMA_FIRST); later < COUNT_OF(undo); later++)
        for (int variant = 0; variant < 2; variant++) {
            struct row row = make_row(undo[later].kind, variant, arena);

            batch_add(&batch, WRITE_REMOVE, &row);
        }
    return commit(store, &batch);
}

/* As a database of that version is; what is in it is in `before`. */
static void make_earlier(struct site *site, int version, struct dump *before)
{
    struct store *store = open_filled(site);
    CLEANUP(memory_freep)
    char *sql = memory_format("UPDATE meta SET value = '%d' WHERE name = 'schema'", version);

    CU_ASSERT(store && empty_later_kinds(store, version) && store_sum(store, before));
    store_free(store);
    for (int later = SCHEMA_VERSION; later > version; later--)
        CU_ASSERT(postgres_server_sql(site->name, undo[later - 1 - POSTGRES_SCHEMA_FIRST].sql));
    CU_ASSERT(postgres_server_sql(site->name, sql));
}

static void check_brought_up(int version)
{
    CLEANUP(site_clear) struct site site = new_site();
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(buffer_clear) struct buffer findings;
    struct dump before = {0}, after = {0};
    struct error err = {0};

    buffer_init(&before.bytes);
    buffer_init(&after.bytes);
    buffer_init(&findings);
    make_earlier(&site, version, &before);
    store = open_site(&site, &err);
    if (!store)
        printf("# %s\n", err.text);
    CU_ASSERT(store && store_sum(store, &after));
    CU_ASSERT_EQUAL(after.bad, 0);
    CU_ASSERT_EQUAL(after.rows, before.rows);
    CU_ASSERT(after.sum == before.sum);
    CU_ASSERT(store && store->hold_still(store, &err) &&
              store->check(store, note_finding, &findings, &err));
    if (store)
        store->go_on(store);
    CU_ASSERT_STRING_EQUAL(findings.bytes, "");
    buffer_clear(&before.bytes);
    buffer_clear(&after.bytes);
}

/* --- a person is forgotten ---------------------------------------------------------------------------- */

#define WHO "user'1;--" /* of rows that make_row() makes */

static bool names_nobody(void *owner, const struct row *row, bool good)
{
    CU_ASSERT(good);
    CU_ASSERT(strstr(row->kind == ROW_JOB ? row->job.user : row->audit.text, WHO) == NULL);
    (*(unsigned *)owner)++;
    return true;
}

static unsigned count_without(struct store *store, enum row_kind kind)
{
    const struct query query = {.kind = QUERY_ALL, .lane = LANE_SLOW, .row = kind};
    struct error err;
    unsigned count = 0;

    CU_ASSERT(store->query(store, &query, names_nobody, &count, &err));
    return count;
}

static bool note_who(struct store *store)
{
    CLEANUP(batch_clear) struct batch batch;
    const struct row rows[] = {
        {.kind = ROW_ERASURE, .erasure = {WHO, "asked for it", WHO, 1}                       },
        {.kind = ROW_AUDIT,   .audit = {999, 1, "rosa", "user-add", WHO " to p", {"head", 4}}},
    };

    batch_init(&batch);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        batch_add(&batch, WRITE_PUT, &rows[i]);
    return commit(store, &batch);
}

/* A line that keeps its digest can lose its text, and no other. */
static void test_a_person_is_forgotten(void)
{
    CLEANUP(site_clear) struct site site = {0};
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(buffer_clear) struct buffer findings;
    struct erased erased;
    struct error err = {0};

    buffer_init(&findings);
    if (!postgres_server_is_there())
        return;
    site = new_site();
    store = open_filled(&site);
    CU_ASSERT_FATAL(store && note_who(store));
    CU_ASSERT(erase_all(store, &(struct erasing_way){.now_us = 2, .chunk = ERASING_CHUNK}, &erased,
                        &err));
    CU_ASSERT_EQUAL(count_without(store, ROW_JOB), 3);
    CU_ASSERT(count_without(store, ROW_AUDIT) > 3);
    CU_ASSERT(store->hold_still(store, &err) && store->check(store, note_finding, &findings, &err));
    store->go_on(store);
    CU_ASSERT_STRING_EQUAL(findings.bytes, "");
    CU_ASSERT_FALSE(postgres_server_sql(site.name, "UPDATE audit SET text = '' WHERE id = 1"));
    CU_ASSERT_FALSE(postgres_server_sql(site.name, "DELETE FROM audit"));
}

static void test_earlier_versions(void)
{
    CLEANUP(site_clear) struct site site = {0};

    if (!postgres_server_is_there())
        return;
    for (int version = POSTGRES_SCHEMA_FIRST; version < SCHEMA_VERSION; version++)
        check_brought_up(version);
    site = new_site();
    store_free(open_filled(&site));
    CU_ASSERT(postgres_server_sql(site.name, "UPDATE meta SET value = '10' WHERE name = 'schema'"));
    CU_ASSERT(opens_not_with(&site, ERROR_CONFLICT, "schema 10"));
}

/* --- what was changed behind its back ---------------------------------------------------------------- */

static void test_an_edited_row_is_found(void)
{
    static const struct {
        const char *sql, *words;
    } cases[] = {
        {"UPDATE job SET name = 'eve' WHERE id = 100",                        "table job, row 100: changed"  },
        {"UPDATE job SET mac = '\\x00' WHERE id = 100",                       "table job, row 100: changed"  },
        {"UPDATE hold SET amount = 1 WHERE job = 0",                          "table hold, row 0 10: changed"},
        {"DELETE FROM balance WHERE charged = 20",                            "table balance has 1 rows"     },
        {"DROP TRIGGER txn_keep ON txn",                                      "the schema was changed"       },
        {"ALTER TABLE audit DISABLE TRIGGER ALL",                             "the schema was changed"       },
        {"DROP INDEX txn_cause",                                              "the schema was changed"       },
        {"ALTER TABLE job ALTER COLUMN reason TYPE int",                      "the schema was changed"       },
        {"CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; "
         "END'",                                                     "the schema was changed"       },
        {"ALTER TABLE txn DISABLE TRIGGER ALL; DELETE FROM txn WHERE id = 0", "I10: "                        },
        {"ALTER TABLE audit DISABLE TRIGGER ALL; DELETE FROM audit WHERE id = 1;"
         " ALTER TABLE audit ENABLE TRIGGER ALL",                    "table audit has 1 rows"       },
        {"UPDATE meta SET value = '7' WHERE name = 'epoch'",                  "table meta, row epoch"        },
    };

    if (!postgres_server_is_there())
        return;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(site_clear) struct site site = new_site();
        CLEANUP(store_freep) struct store *store = open_filled(&site);
        CLEANUP(buffer_clear) struct buffer findings;
        struct error err;
        uint64_t rows;

        buffer_init(&findings);
        CU_ASSERT(postgres_server_sql(site.name, cases[i].sql));
        CU_ASSERT(store && store_check(store, note_finding, &findings, &rows, &err));
        CU_ASSERT(strstr(findings.bytes, cases[i].words) != NULL);
        if (!strstr(findings.bytes, cases[i].words))
            printf("# \"%s\" is not in: %s", cases[i].words, findings.bytes);
    }
}

/* What is written while it is checked is no finding. */
static void test_a_check_holds_still(void)
{
    CLEANUP(site_clear) struct site site = {0};
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(buffer_clear) struct buffer findings;
    CLEANUP(batch_clear) struct batch batch;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct row row = make_row(ROW_HOLD, 1, arena);
    struct error err;

    buffer_init(&findings);
    batch_init(&batch);
    if (!postgres_server_is_there())
        return;
    site = new_site();
    store = open_filled(&site);
    row.hold.amount++;
    batch_add(&batch, WRITE_PUT, &row);
    CU_ASSERT_FATAL(store && store->hold_still(store, &err));
    CU_ASSERT(store->check(store, note_finding, &findings, &err));
    CU_ASSERT(commit(store, &batch));
    CU_ASSERT(store->check(store, note_finding, &findings, &err));
    store->go_on(store);
    CU_ASSERT(store_check(store, note_finding, &findings, &(uint64_t){0}, &err));
    CU_ASSERT_PTR_NULL(strstr(findings.bytes, "something else"));
}

/* --- who writes ---------------------------------------------------------------------------------------- */

static void test_one_writes_at_a_time(void)
{
    CLEANUP(site_clear) struct site site = {0};
    CLEANUP(site_clear) struct site other = {0};
    CLEANUP(store_freep) struct store *first = NULL;
    CLEANUP(store_freep) struct store *second = NULL;
    enum error_code code;
    struct error err;

    if (!postgres_server_is_there())
        return;
    site = new_site();
    first = open_filled(&site);
    other = beside(&site);
    CU_ASSERT(opens_not_with(&site, ERROR_CONFLICT, "stop it first"));  /* the directory's lock */
    CU_ASSERT(opens_not_with(&other, ERROR_CONFLICT, "stop it first")); /* the lease */
    CU_ASSERT(first && writes(first, &code));
    /* It hangs until its lease has ended: another one takes over. */
    CU_ASSERT(postgres_server_sql(site.name, "UPDATE leader SET lease_until = 'epoch'"));
    second = open_site(&other, &err);
    CU_ASSERT(second && writes(second, &code));
    CU_ASSERT(!writes(first, &code));
    CU_ASSERT_EQUAL(code, ERROR_CONFLICT);
    CU_ASSERT(second && writes(second, &code));
    /* Its session ends, long before the lease does. */
    store_free(STEAL(second));
    second = open_site(&other, &err);
    CU_ASSERT(second && writes(second, &code));
    CU_ASSERT(!writes(first, &code));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is not its own is refused",   test_what_is_refused            },
        {"another encoding is refused",      test_another_encoding_is_refused},
        {"no server is an error",            test_no_server                  },
        {"a server says no",                 test_a_server_that_says_no      },
        {"earlier versions are brought up",  test_earlier_versions           },
        {"a person is forgotten",            test_a_person_is_forgotten      },
        {"an edited row or schema is found", test_an_edited_row_is_found     },
        {"what is checked holds still",      test_a_check_holds_still        },
        {"one scheduler at a time writes",   test_one_writes_at_a_time       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("store_postgres", tests);
}
