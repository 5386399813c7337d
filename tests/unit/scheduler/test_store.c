/* test_store.c - what holds of every store: what was committed is there as it was */

#include "scheduler/store.h"

#include "accounting/core/ledger.h"
#include "tests/lib/postgres_server.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/store_scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a store of each kind ------------------------------------------------------------------------------- */

struct site;

struct kind {
    bool (*is_there)(void);
    char *(*where)(const struct site *site);
    bool (*tamper)(const struct site *site, const char *sql);
};

struct site {
    char *directory, *where;
    char name[24]; /* of the database */
};

static bool is_always_there(void)
{
    return true;
}

static char *no_address(const struct site *site)
{
    (void)site;
    return NULL;
}

static bool tamper_with_file(const struct site *site, const char *sql)
{
    return tamper(site->directory, sql);
}

static char *make_database(const struct site *site)
{
    return postgres_server_database(site->name);
}

static bool tamper_with_server(const struct site *site, const char *sql)
{
    return postgres_server_sql(site->name, sql);
}

static const struct kind sqlite = {is_always_there, no_address, tamper_with_file};
static const struct kind postgres = {postgres_server_is_there, make_database, tamper_with_server};

static struct site new_site(const struct kind *kind)
{
    static unsigned count;
    struct site site = {.directory = new_directory()};

    snprintf(site.name, sizeof(site.name), "test%u", count++);
    site.where = kind->where(&site);
    return site;
}

static void site_clear(struct site *site)
{
    free(site->directory);
    free(site->where);
}

static struct store *site_open(const struct site *site)
{
    const struct store_place place = {
        .directory = site->directory, .where = site->where, .network = "net"};
    struct error err;
    struct store *store = store_open(&place, &err);

    if (!store)
        printf("# %s\n", err.text);
    return store;
}

/* --- what holds of both ---------------------------------------------------------------------------------- */

static void test_marks(const struct kind *in)
{
    CLEANUP(site_clear) struct site site = new_site(in);
    struct store *store = site_open(&site);
    static const uint8_t zeros[LINEAGE_SIZE];
    struct store_marks marks, again;
    struct error err;

    CU_ASSERT_FATAL(store && store->marks(store, &marks, &err));
    CU_ASSERT(memcmp(marks.lineage, zeros, sizeof(zeros)) != 0);
    CU_ASSERT_EQUAL(marks.epoch, 0);
    CU_ASSERT_EQUAL(marks.next_job, 1);
    CU_ASSERT(fill(store) && store->marks(store, &again, &err));
    CU_ASSERT_EQUAL(again.next_job, 101);
    CU_ASSERT_EQUAL(again.last_txn, 100);
    CU_ASSERT_EQUAL(again.last_audit, 1);
    store_free(store);
    store = site_open(&site);
    CU_ASSERT(store && store->marks(store, &again, &err));
    CU_ASSERT(memcmp(marks.lineage, again.lineage, LINEAGE_SIZE) == 0);
    CU_ASSERT(memcmp(marks.token_seed, again.token_seed, sizeof(marks.token_seed)) == 0);
    store_free(store);
}

static void test_every_row_comes_back(const struct kind *in)
{
    CLEANUP(site_clear) struct site site = new_site(in);
    CLEANUP(store_freep) struct store *store = site_open(&site);
    CLEANUP(arena_freep) struct arena *arena = arena_new();

    CU_ASSERT_FATAL(store && fill(store));
    store_free(STEAL(store));
    store = site_open(&site);
    for (int kind = 0; kind < ROW_KIND_COUNT; kind++)
        for (int variant = 0; variant < 2; variant++) {
            CLEANUP(buffer_clear) struct buffer wanted = {0};
            CLEANUP(buffer_clear) struct buffer found = {0};
            struct row row = make_row((enum row_kind)kind, variant, arena), key;
            bool there = false;
            struct error err;

            buffer_init(&wanted);
            buffer_init(&found);
            fit_row(&row, variant);
            row_add_canonical(&row, false, &wanted);
            row_copy_key(&key, &row, arena);
            CU_ASSERT(store->find(store, &key, arena, &there, &err) && there);
            row_add_canonical(&key, false, &found);
            CU_ASSERT(wanted.length == found.length &&
                      memcmp(wanted.bytes, found.bytes, found.length) == 0);
        }
}

static void test_all_of_a_batch_or_nothing(const struct kind *in)
{
    CLEANUP(site_clear) struct site site = new_site(in);
    CLEANUP(store_freep) struct store *store = site_open(&site);
    CLEANUP(batch_clear) struct batch batch;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct row institution = {
        .kind = ROW_INSTITUTION, .institution = {.name = "x", .title = "", .ror = ""}
    };
    struct row orphan = {
        .kind = ROW_PROJECT, .project = {.name = "y", .institution = "none", .title = ""}
    };
    struct error err;
    bool found = true;

    batch_init(&batch);
    batch_add(&batch, WRITE_PUT, &institution);
    batch_add(&batch, WRITE_PUT, &orphan);
    CU_ASSERT(!store->commit(store, &batch, &err));
    CU_ASSERT(strcasestr(err.text, "foreign key") != NULL);
    CU_ASSERT(store->find(store, &institution, arena, &found, &err) && !found);
}

static void test_another_epoch_is_refused(const struct kind *in)
{
    CLEANUP(site_clear) struct site site = new_site(in);
    CLEANUP(store_freep) struct store *store = site_open(&site);
    CLEANUP(batch_clear) struct batch batch;
    struct error err;

    batch_init(&batch);
    batch_add(&batch, WRITE_PUT,
              &(struct row){
                  .kind = ROW_META, .meta = {"epoch", {"7", 1}}
    });
    CU_ASSERT(commit(store, &batch));
    CU_ASSERT(!store->commit(store, &batch, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT(strstr(err.text, "another one has taken over") != NULL);
    batch.epoch = 7;
    CU_ASSERT(commit(store, &batch));
}

static void test_the_books_cannot_be_rewritten(const struct kind *in)
{
    CLEANUP(site_clear) struct site site = new_site(in);
    struct store *store = site_open(&site);
    static const char *const statements[] = {
        "UPDATE txn SET kind = 3",    "DELETE FROM txn",
        "UPDATE txn SET charged = 0", "UPDATE txn SET place = 7",
        "UPDATE audit SET text = ''", "DELETE FROM audit",
    };

    CU_ASSERT(store && fill(store));
    store_free(store);
    for (size_t i = 0; i < COUNT_OF(statements); i++)
        CU_ASSERT(!in->tamper(&site, statements[i]));
}

static void test_trims(const struct kind *in)
{
    CLEANUP(site_clear) struct site site = new_site(in);
    CLEANUP(store_freep) struct store *store = site_open(&site);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(batch_clear) struct batch batch;
    struct dump dump = {0};
    struct error err;
    const struct query parts = {.kind = QUERY_PARTS_OF, .from = 100};
    struct row row = make_row(ROW_PART, 0, arena);
    const struct row old = {
        .kind = ROW_REQUEST, .request = {.request_key = {"", 0}, .at_us = 50}
    };

    CU_ASSERT(store && fill(store));
    batch_init(&batch);
    buffer_init(&dump.bytes);
    fit_row(&row, 0);
    row.part.part = 11;
    batch_add(&batch, WRITE_TRIM, &row);
    batch_add(&batch, WRITE_TRIM, &old);
    CU_ASSERT(commit(store, &batch));
    CU_ASSERT(store->query(store, &parts, on_row, &dump, &err));
    CU_ASSERT_EQUAL(dump.rows, 1); /* part 10 stays, 11 is gone */
    dump.rows = 0;
    CU_ASSERT(store->query(store, &(struct query){.kind = QUERY_ALL, .row = ROW_REQUEST}, on_row,
                           &dump, &err));
    CU_ASSERT_EQUAL(dump.rows, 0);
    buffer_clear(&dump.bytes);
}

/* A transaction of a job, and the name that it has. */
static const struct {
    int64_t job;
    const char *user, *named;
} used[] = {
    {500, "ana", "ana"   },
    {501, "ana", "sealed"},
    {502, "ana", "ana"   },
    {503, "eva", "eva"   },
    {504, "eva", "ana"   }, /* a job of somebody else */
};

static void test_who_is_named(const struct kind *in)
{
    CLEANUP(site_clear) struct site site = new_site(in);
    CLEANUP(store_freep) struct store *store = site_open(&site);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(batch_clear) struct batch batch;
    const struct query named = {.kind = QUERY_TXNS_NAMING, .lane = LANE_SLOW, .text = "ana"};
    struct dump dump = {0};
    struct error err;

    CU_ASSERT(store && fill(store));
    batch_init(&batch);
    for (size_t i = 0; i < COUNT_OF(used); i++) {
        struct row job = make_row(ROW_JOB, (int)i, arena);
        struct row txn = make_row(ROW_TXN, (int)i + 50, arena);

        fit_row(&job, 0);
        fit_row(&txn, 0);
        job.job.id = txn.txn.job = used[i].job;
        job.job.user = used[i].user;
        txn.txn.user = used[i].named;
        batch_add(&batch, WRITE_PUT, &job);
        batch_add(&batch, WRITE_PUT, &txn);
    }
    CU_ASSERT(commit(store, &batch));
    buffer_init(&dump.bytes);
    CU_ASSERT(store->query(store, &named, on_row, &dump, &err));
    CU_ASSERT(dump.rows == 2 && dump.bad == 0);
    buffer_clear(&dump.bytes);
}

/* Of several writes with one key in a batch the last one counts; a second row where only one may
 * be is refused with all that came with it. */
static void test_the_last_write_counts(const struct kind *in)
{
    CLEANUP(site_clear) struct site site = new_site(in);
    CLEANUP(store_freep) struct store *store = site_open(&site);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(batch_clear) struct batch batch;
    struct row hold = make_row(ROW_HOLD, 0, arena), other = make_row(ROW_HOLD, 1, arena);
    struct row audit = make_row(ROW_AUDIT, 7, arena), found = hold;
    struct error err;
    bool there;

    batch_init(&batch);
    batch_add(&batch, WRITE_PUT, &hold);
    hold.hold.amount = 77;
    batch_add(&batch, WRITE_PUT, &hold);
    batch_add(&batch, WRITE_REMOVE, &other);
    batch_add(&batch, WRITE_PUT, &other);
    batch_add(&batch, WRITE_REMOVE, &other);
    CU_ASSERT(store && commit(store, &batch));
    CU_ASSERT(store->find(store, &found, arena, &there, &err) && there);
    CU_ASSERT_EQUAL(found.hold.amount, 77);
    CU_ASSERT(store->find(store, &other, arena, &there, &err) && !there);
    batch_reset(&batch);
    hold.hold.amount = 78;
    batch_add(&batch, WRITE_PUT, &hold);
    batch_add(&batch, WRITE_PUT, &audit);
    batch_add(&batch, WRITE_PUT, &audit);
    CU_ASSERT(!store->commit(store, &batch, &err));
    CU_ASSERT(store->find(store, &found, arena, &there, &err) && there);
    CU_ASSERT_EQUAL(found.hold.amount, 77);
}

/* --- both do the same ------------------------------------------------------------------------------------ */

/* Any write of a kind with few keys, so that keys come again. */
static void add_any_write(struct test_random *random, struct batch *batch, int64_t *next,
                          struct arena *arena)
{
    static const enum row_kind kinds[] = {ROW_HOLD, ROW_PART,    ROW_JOB,   ROW_LIMIT,
                                          ROW_NODE, ROW_REQUEST, ROW_SHARE, ROW_TXN};
    enum row_kind kind = kinds[test_random_below(random, COUNT_OF(kinds))];
    enum write_verb verb = (enum write_verb)test_random_below(random, 3);
    struct row row = make_row(kind, (int)test_random_below(random, 5), arena);

    fit_row(&row, 0);
    if (kind == ROW_TXN) {
        row.txn.id = row.txn.sequence = row.txn.job = ++*next;
        verb = WRITE_PUT;
    } else if (kind == ROW_REQUEST) {
        row.request.request_key = (struct bytes){arena_format(arena, "%08" PRId64, ++*next), 8};
        row.request.at_us = *next;
        verb = verb == WRITE_TRIM ? WRITE_TRIM : WRITE_PUT;
        row.request.at_us -= verb == WRITE_TRIM ? (int64_t)test_random_below(random, 4) : 0;
    } else if (kind == ROW_PART) {
        verb = verb == WRITE_TRIM ? WRITE_TRIM : WRITE_PUT;
    } else if (kind == ROW_HOLD || kind == ROW_LIMIT) {
        verb = verb == WRITE_REMOVE ? WRITE_REMOVE : WRITE_PUT;
    } else {
        verb = WRITE_PUT;
    }
    batch_add(batch, verb, &row);
}

static bool both_are_the_same(struct store *one, struct store *other)
{
    CLEANUP(buffer_clear) struct buffer findings;
    struct dump a = {0}, b = {0};
    struct error err;
    uint64_t rows;
    bool same;

    buffer_init(&findings);
    buffer_init(&a.bytes);
    buffer_init(&b.bytes);
    same = store_sum(one, &a) && store_sum(other, &b) && a.rows == b.rows && a.bad + b.bad == 0 &&
           a.sum == b.sum && store_check(other, note_finding, &findings, &rows, &err) &&
           !strstr(findings.bytes, "something else");
    if (!same)
        printf("# %u rows and %u, %u and %u bad; %s\n", a.rows, b.rows, a.bad, b.bad,
               findings.bytes);
    buffer_clear(&a.bytes);
    buffer_clear(&b.bytes);
    return same;
}

/* In SQLite each write is done when its turn comes. */
static void test_both_do_the_same(void)
{
    CLEANUP(site_clear) struct site here = {0};
    CLEANUP(site_clear) struct site there = {0};
    CLEANUP(store_freep) struct store *one = NULL;
    CLEANUP(store_freep) struct store *other = NULL;
    struct test_random random = test_random_from_environment();
    int64_t next = 1000;

    if (!postgres_server_is_there())
        return;
    here = new_site(&sqlite);
    there = new_site(&postgres);
    one = site_open(&here);
    other = site_open(&there);
    CU_ASSERT(one && other && fill(one) && fill(other));
    for (int i = 0; one && other && i < 100; i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        CLEANUP(batch_clear) struct batch batch;

        batch_init(&batch);
        for (uint64_t count = 1 + test_random_below(&random, 40); count > 0; count--)
            add_any_write(&random, &batch, &next, arena);
        CU_ASSERT(commit(one, &batch) && commit(other, &batch));
        if (i % 10 == 9)
            CU_ASSERT(both_are_the_same(one, other));
    }
}

#define IN_BOTH(name)                    \
    static void name##_in_sqlite(void)   \
    {                                    \
        name(&sqlite);                   \
    }                                    \
    static void name##_in_postgres(void) \
    {                                    \
        if (postgres.is_there())         \
            name(&postgres);             \
    }

IN_BOTH(test_marks)
IN_BOTH(test_every_row_comes_back)
IN_BOTH(test_all_of_a_batch_or_nothing)
IN_BOTH(test_another_epoch_is_refused)
IN_BOTH(test_the_books_cannot_be_rewritten)
IN_BOTH(test_trims)
IN_BOTH(test_who_is_named)
IN_BOTH(test_the_last_write_counts)

#define ROWS_OF(text, name)                     \
    {text ", SQLite", name##_in_sqlite},        \
    {                                           \
        text ", PostgreSQL", name##_in_postgres \
    }

int main(void)
{
    static const CU_TestInfo tests[] = {
        ROWS_OF("a new store has a lineage and keeps it", test_marks),
        ROWS_OF("every row comes back as it was", test_every_row_comes_back),
        ROWS_OF("all of a batch is kept, or nothing", test_all_of_a_batch_or_nothing),
        ROWS_OF("another epoch is refused", test_another_epoch_is_refused),
        ROWS_OF("the books cannot be rewritten", test_the_books_cannot_be_rewritten),
        ROWS_OF("trims take what is beyond", test_trims),
        ROWS_OF("who is named in the books is found", test_who_is_named),
        ROWS_OF("of writes with one key the last counts", test_the_last_write_counts),
        {"both do the same with any batches", test_both_do_the_same},
        CU_TEST_INFO_NULL,
    };

    return run_suite("store", tests);
}
