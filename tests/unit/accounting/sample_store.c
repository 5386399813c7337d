/* sample_store.c - a real database of a small university, written through the scheduler's store */

#include "tests/unit/accounting/sample_store.h"

#include "base/parse.h"
#include "proto/identity.h"
#include "scheduler/booking_rows.h"
#include "scheduler/store.h"
#include "tests/lib/postgres_server.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_US (INT64_C(1793491200) * US_PER_SECOND) /* 2026-11-01 UTC */

static const struct {
    const char *name, *institution;
    unsigned roles;
} people[SAMPLE_PEOPLE] = {
    {"rosa",   "uni",  ROLE_MANAGER},
    {"ana",    "",     ROLE_USER   },
    {"otto",   "otra", ROLE_MANAGER},
    {"audita", "",     ROLE_AUDITOR},
};

static void put(struct batch *batch, const struct row *row)
{
    batch_add(batch, WRITE_PUT, row);
}

static void put_people(struct sample_store *sample, struct batch *batch)
{
    for (size_t i = 0; i < SAMPLE_PEOPLE; i++) {
        struct key_pair pair;

        key_pair_make(&pair);
        memcpy(sample->keys[i], pair.public, sizeof(sample->keys[i]));
        put(batch, &(struct row){
                       .kind = ROW_PRINCIPAL,
                       .principal = {.name = people[i].name,
                                     .institution = people[i].institution,
                                     .cluster = "",
                                     .roles = people[i].roles,
                                     .made_by = "root"}
        });
        put(batch, &(struct row){
                       .kind = ROW_PUBLIC_KEY,
                       .public_key = {.public_key = sample->keys[i],
                                      .name = people[i].name,
                                      .enrolled_us = FIRST_US,
                                      .enrolled_by = "root",
                                      .revoked_by = "",
                                      .revoked_why = ""}
        });
    }
}

static void put_structure(struct sample_store *sample, struct batch *batch)
{
    static const char *const projects[] = {"astro", "bio"};
    static const char *const institutions[] = {"uni", "otra"};
    struct error err;

    for (size_t i = 0; i < COUNT_OF(institutions); i++) {
        CU_ASSERT(ledger_add_institution(sample->ledger, institutions[i], &err));
        put(batch, &(struct row){
                       .kind = ROW_INSTITUTION,
                       .institution = {institutions[i], "Universidad", "https://ror.org/01", 0}
        });
    }
    for (size_t i = 0; i < COUNT_OF(projects); i++) {
        CU_ASSERT(ledger_add_project(sample->ledger, projects[i], "uni", &err));
        put(batch, &(struct row){
                       .kind = ROW_PROJECT, .project = {projects[i], "uni", "", 0}
        });
    }
}

static void put_grant(struct sample_store *sample, struct batch *batch)
{
    CLEANUP(buffer_clear) struct buffer scratch;
    const struct grant grant = {.id = 1,
                                .institution = "uni",
                                .amount_micro = INT64_C(1000000) * 1000000,
                                .start_us = FIRST_US};
    struct error err;
    struct txn txn;

    buffer_init(&scratch);
    CU_ASSERT(ledger_grant(sample->ledger, &grant, FIRST_US, &txn, &err));
    put(batch, &(struct row){
                   .kind = ROW_GRANT,
                   .grant = {.id = 1,
                             .institution = "uni",
                             .project = "",
                             .amount = grant.amount_micro,
                             .start_us = FIRST_US,
                             .reason = "",
                             .made_by = "root",
                             .made_us = FIRST_US}
    });
    booking_add_row(&txn, NULL, ++sample->last_txn, batch, &scratch);
}

/* With each charge, as the scheduler does. */
static void put_balances(struct sample_store *sample, struct batch *batch)
{
    static const char *const projects[] = {"astro", "bio"};
    struct balance balance;

    for (size_t i = 0; i < COUNT_OF(projects); i++)
        if (ledger_balance(sample->ledger, "uni", projects[i], FIRST_US, &balance))
            put(batch,
                &(struct row){
                    .kind = ROW_BALANCE, .balance = {"uni", projects[i], balance.charged_micro}
            });
}

static bool commit(struct sample_store *sample, struct batch *batch)
{
    struct error err;

    if (sample->store->commit(sample->store, batch, &err))
        return true;
    printf("# %s\n", err.text);
    return false;
}

static bool on_server;

void sample_store_use_server(bool server)
{
    on_server = server;
}

static struct store *open_store(const struct sample_store *sample, struct error *err)
{
    return store_open(
        &(struct store_place){
            .directory = sample->directory,
            .where = on_server ? sample->path : NULL,
            .network = "net",
        },
        err);
}

void sample_store_init(struct sample_store *sample, const char *name)
{
    CLEANUP(batch_clear) struct batch batch;
    struct error err = {.text = ""};

    *sample = (struct sample_store){.directory = memory_format("%s/%s%s", scratch_directory(), name,
                                                               on_server ? "-served" : ""),
                                    .ledger = ledger_new(),
                                    .start_us = FIRST_US};
    sample->path = on_server ? postgres_server_database(name)
                             : memory_format("%s/tequio.db", sample->directory);
    batch_init(&batch);
    mkdir(sample->directory, 0700);
    sample->store = open_store(sample, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sample->store);
    put_structure(sample, &batch);
    put_people(sample, &batch);
    put_grant(sample, &batch);
    CU_ASSERT(commit(sample, &batch));
}

void sample_store_clear(struct sample_store *sample)
{
    store_free(sample->store);
    ledger_free(sample->ledger);
    free(sample->path);
    free(sample->directory);
}

static void fill_usage(struct usage *usage, uint64_t job, int64_t at_us)
{
    *usage = (struct usage){
        .job = job,
        .attempt = 1,
        .submit_us = at_us - 3 * US_PER_HOUR,
        .eligible_us = at_us - 3 * US_PER_HOUR,
        .start_us = at_us - 2 * US_PER_HOUR,
        .end_us = at_us,
        .nodes = 1,
        .cores = (uint32_t)(1 + job % 7),
        .wall_us = US_PER_HOUR,
        .cpu_used_us = US_PER_HOUR / 2,
        .memory_bytes = 1u << 30,
        .memory_peak_bytes = 1u << 20,
        .factor_ppm = 1000000,
    };
    snprintf(usage->user, sizeof usage->user, "ana");
    snprintf(usage->cluster, sizeof usage->cluster, "cc");
    snprintf(usage->partition, sizeof usage->partition, "day");
    snprintf(usage->state, sizeof usage->state, "%s", job % 5 ? "COMPLETED" : "NODE_FAIL");
}

static void put_charge(struct sample_store *sample, struct batch *batch, uint64_t job,
                       int64_t at_us)
{
    CLEANUP(buffer_clear) struct buffer scratch;
    const char *project = job % 3 ? "astro" : "bio";
    struct usage usage;
    struct error err;
    struct txn txn;

    buffer_init(&scratch);
    fill_usage(&usage, job, at_us);
    CU_ASSERT(ledger_hold(sample->ledger, job, 1, project, 10 * 1000000, at_us, &err));
    CU_ASSERT(ledger_settle(sample->ledger, &usage, job % 5 == 0, at_us, &txn, &err));
    booking_add_row(&txn, &usage, ++sample->last_txn, batch, &scratch);
}

bool sample_store_charge(struct sample_store *sample, uint64_t first_job, unsigned count,
                         int64_t at_us)
{
    CLEANUP(batch_clear) struct batch batch;

    batch_init(&batch);
    for (unsigned i = 0; i < count; i++)
        put_charge(sample, &batch, first_job + i, at_us + (int64_t)i * US_PER_SECOND);
    put_balances(sample, &batch);
    return commit(sample, &batch);
}

void sample_store_revoke(struct sample_store *sample, enum sample_person person)
{
    CLEANUP(batch_clear) struct batch batch;

    batch_init(&batch);
    put(&batch, &(struct row){
                    .kind = ROW_PUBLIC_KEY,
                    .public_key = {.public_key = sample->keys[person],
                                   .name = people[person].name,
                                   .enrolled_us = FIRST_US,
                                   .enrolled_by = "root",
                                   .revoked_us = FIRST_US + 1,
                                   .revoked_by = "root",
                                   .revoked_why = "lost"}
    });
    CU_ASSERT(commit(sample, &batch));
}

bool sample_store_tamper(const struct sample_store *sample, const char *sql)
{
    sqlite3 *database = NULL;
    bool good;

    sqlite3_open(sample->path, &database);
    sqlite3_busy_timeout(database, 5000);
    good = sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK;
    if (!good)
        printf("# %s: %s\n", sql, sqlite3_errmsg(database));
    sqlite3_close(database);
    return good;
}

void sample_store_restore(const struct sample_store *sample, struct sample_store *other)
{
    CLEANUP(memory_freep) char *copy = scratch_path("restored.db");
    CLEANUP(memory_freep) char *wal = memory_format("%s-wal", sample->path);
    CLEANUP(memory_freep) char *shm = memory_format("%s-shm", sample->path);
    struct error err;
    uint64_t size;

    CU_ASSERT(other->store->backup(other->store, copy, &size, &err));
    unlink(wal);
    unlink(shm);
    CU_ASSERT_EQUAL(rename(copy, sample->path), 0);
}
