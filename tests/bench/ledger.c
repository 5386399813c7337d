/* ledger.c - how many attempts a second are charged, and how long a statement takes
 *
 * ledger [--charges N] [--records N] [--charges-only] [--postgres | --store URL] [DIRECTORY]:
 * everything goes through the ledger and the store as in the scheduler: hold, settlement, rows,
 * balance, commit with fsync on a thread of its own while the next group is made.  The store is a
 * file of SQLite; --postgres: a PostgreSQL that is started for it; --store: an empty database.
 *
 *   ledger.alone    each charge waits for a commit of its own: what the disk's fsync takes
 *   ledger.single   charges come one by one; those that come while a commit runs are the next
 *   ledger.batched  as when many jobs end in one turn
 */

#include "accounting/core/ledger.h"
#include "base/clock.h"
#include "base/parse.h"
#include "scheduler/booking_rows.h"
#include "scheduler/store.h"
#include "tests/bench/ledger_bench.h"

#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH 1000 /* charges of one commit */

/* One group is made while the other is committed, as in scheduler/service_commit.c. */
struct books {
    struct store *store;
    struct ledger *ledger;
    struct batch groups[2];
    struct batch *open;
    sem_t given, done;
    atomic_bool committing; /* the committer has not finished the other group */
    bool ending;
    struct error error; /* the committer's; code not 0 when a commit failed */
    uint64_t in_group;
    struct buffer scratch;
    int64_t last_txn;
    uint64_t last_job;
    int64_t charged[BENCH_INSTITUTIONS];
    bool touched[BENCH_INSTITUTIONS]; /* in the open group */
};

double bench_seconds(void)
{
    return (double)clock_boot_us(&clock_real) / US_PER_SECOND;
}

/* On a machine with other work the clock says less than this. */
static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void bench_say(const char *name, double value, const char *unit)
{
    printf("%-32s %14.3f %s\n", name, value, unit);
    fflush(stdout);
}

static void put(struct books *books, const struct row *row)
{
    batch_add(books->open, WRITE_PUT, row);
}

static struct batch *other_group(struct books *books)
{
    return books->open == &books->groups[0] ? &books->groups[1] : &books->groups[0];
}

static void *commit_groups(void *owner)
{
    struct books *books = owner;

    for (;;) {
        sem_wait(&books->given);
        if (books->ending)
            return NULL;
        if (books->error.code == ERROR_NONE)
            books->store->commit(books->store, other_group(books), &books->error);
        atomic_store(&books->committing, false);
        sem_post(&books->done);
    }
}

static bool wait_for_commit(struct books *books, struct error *err)
{
    sem_wait(&books->done);
    sem_post(&books->done);
    if (books->error.code == ERROR_NONE)
        return true;
    *err = books->error;
    return false;
}

static void names_of(unsigned i, char institution[32], char project[32])
{
    snprintf(institution, 32, "uni%02u", i);
    snprintf(project, 32, "project%02u", i);
}

static void put_balance(struct books *books, unsigned i)
{
    char institution[32], project[32];

    names_of(i, institution, project);
    put(books, &(struct row){
                   .kind = ROW_BALANCE, .balance = {institution, project, books->charged[i]}
    });
}

/* Give the open group to the committer, when it has finished the one before. */
static bool commit(struct books *books, struct error *err)
{
    for (unsigned i = 0; i < BENCH_INSTITUTIONS; i++)
        if (books->touched[i])
            put_balance(books, i);
    if (!wait_for_commit(books, err))
        return false;
    sem_wait(&books->done);
    books->open = other_group(books);
    batch_reset(books->open);
    memset(books->touched, 0, sizeof(books->touched));
    books->in_group = 0;
    atomic_store(&books->committing, true);
    sem_post(&books->given);
    return true;
}

static bool add_institution(struct books *books, unsigned i, struct error *err)
{
    char institution[32], project[32];
    const struct grant grant = {.id = i + 1,
                                .institution = institution,
                                .amount_micro = LEDGER_AMOUNT_MAX,
                                .start_us = BENCH_START_US};
    struct txn txn;

    names_of(i, institution, project);
    put(books,
        &(struct row){
            .kind = ROW_INSTITUTION, .institution = {.name = institution, .title = "", .ror = ""}
    });
    put(books, &(struct row){
                   .kind = ROW_PROJECT,
                   .project = {.name = project, .institution = institution, .title = ""}
    });
    if (!ledger_add_institution(books->ledger, institution, err) ||
        !ledger_add_project(books->ledger, project, institution, err) ||
        !ledger_grant(books->ledger, &grant, BENCH_START_US, &txn, err))
        return false;
    put(books, &(struct row){
                   .kind = ROW_GRANT,
                   .grant = {.id = i + 1,
                             .institution = institution,
                             .project = "",
                             .amount = grant.amount_micro,
                             .start_us = BENCH_START_US,
                             .reason = "",
                             .made_by = "root"}
    });
    booking_add_row(&txn, NULL, ++books->last_txn, books->open, &books->scratch);
    return true;
}

/* One attempt of the next institution: held, settled, as rows. */
static bool charge(struct books *books, struct error *err)
{
    uint64_t job = ++books->last_job;
    unsigned i = (unsigned)(job % BENCH_INSTITUTIONS);
    int64_t now_us = BENCH_START_US + (int64_t)(job % 2000000) * US_PER_SECOND;
    char institution[32], project[32];
    struct txn txn;
    struct usage usage = {
        .job = job,
        .attempt = 1,
        .submit_us = now_us - 2 * US_PER_HOUR,
        .eligible_us = now_us - 2 * US_PER_HOUR,
        .start_us = now_us - US_PER_HOUR,
        .end_us = now_us,
        .nodes = 1,
        .cores = (uint32_t)(1 + job % 64),
        .wall_us = US_PER_HOUR - (int64_t)(job % 1000) * US_PER_SECOND,
        .cpu_used_us = US_PER_HOUR / 2,
        .memory_bytes = UINT64_C(4) << 30,
        .memory_peak_bytes = UINT64_C(1) << 30,
        .factor_ppm = 1000000,
    };

    names_of(i, institution, project);
    snprintf(usage.user, sizeof(usage.user), "user%" PRIu64, job % 997);
    snprintf(usage.cluster, sizeof(usage.cluster), "cc");
    snprintf(usage.partition, sizeof(usage.partition), "batch");
    snprintf(usage.state, sizeof(usage.state), "COMPLETED");
    if (!ledger_hold(books->ledger, job, 1, project, 64 * INT64_C(1000000), now_us, err) ||
        !ledger_settle(books->ledger, &usage, false, now_us, &txn, err))
        return false;
    books->charged[i] += usage.charged_micro;
    books->touched[i] = true;
    books->in_group++;
    booking_add_row(&txn, &usage, ++books->last_txn, books->open, &books->scratch);
    return true;
}

enum way { ALONE, SINGLE, BATCHED };

static bool is_full(struct books *books, enum way way)
{
    return way == ALONE || books->in_group == BATCH ||
           (way == SINGLE && !atomic_load(&books->committing));
}

static bool charge_many(struct books *books, uint64_t count, enum way way, struct error *err)
{
    for (uint64_t i = 0; i < count; i++)
        if (!charge(books, err) || (is_full(books, way) && !commit(books, err)) ||
            (way == ALONE && !wait_for_commit(books, err)))
            return false;
    return commit(books, err) && wait_for_commit(books, err);
}

static bool measure(struct books *books, const char *name, uint64_t count, enum way way,
                    struct error *err)
{
    double start = bench_seconds(), start_cpu = cpu_seconds();
    CLEANUP(memory_freep) char *of_cpu = memory_format("%s.cpu", name);

    if (!charge_many(books, count, way, err))
        return false;
    bench_say(name, (double)count / (bench_seconds() - start), "charges/s");
    bench_say(of_cpu, 1e6 * (cpu_seconds() - start_cpu) / (double)count, "us/charge");
    return true;
}

static void books_init(struct books *books, struct store *store)
{
    *books = (struct books){.store = store, .ledger = ledger_new()};
    batch_init(&books->groups[0]);
    batch_init(&books->groups[1]);
    books->open = &books->groups[0];
    buffer_init(&books->scratch);
    sem_init(&books->given, 0, 0);
    sem_init(&books->done, 0, 1);
}

static void books_clear(struct books *books)
{
    sem_destroy(&books->given);
    sem_destroy(&books->done);
    batch_clear(&books->groups[0]);
    batch_clear(&books->groups[1]);
    buffer_clear(&books->scratch);
    ledger_free(books->ledger);
    store_free(books->store);
}

static bool measure_all(struct books *books, uint64_t charges, uint64_t records, struct error *err)
{
    bool good = true;

    for (unsigned i = 0; good && i < BENCH_INSTITUTIONS; i++)
        good = add_institution(books, i, err);
    return good && commit(books, err) && wait_for_commit(books, err) &&
           measure(books, "ledger.alone", charges / 100, ALONE, err) &&
           measure(books, "ledger.single", charges, SINGLE, err) &&
           measure(books, "ledger.batched", charges, BATCHED, err) &&
           (books->last_job >= records ||
            measure(books, "ledger.batched.large", records - books->last_job, BATCHED, err));
}

/* How much is measured. */
struct extent {
    uint64_t charges, records;
    bool charges_only, postgres;
    const char *store; /* NULL: a file */
};

static bool run(const char *directory, struct extent *extent, struct error *err)
{
    CLEANUP(memory_freep)
    char *database =
        extent->store ? memory_copy(extent->store) : memory_format("%s/tequio.db", directory);
    struct store *store = store_open(
        &(struct store_place){.directory = directory, .where = extent->store, .network = "bench"},
        err);
    struct books books;
    struct stat facts = {0};
    pthread_t committer;
    bool good;

    if (!store)
        return false;
    books_init(&books, store);
    pthread_create(&committer, NULL, commit_groups, &books);
    good = measure_all(&books, extent->charges, extent->records, err);
    books.ending = true;
    sem_post(&books.given);
    pthread_join(committer, NULL);
    if (good && stat(database, &facts) == 0)
        bench_say("ledger.bytes", (double)facts.st_size / (double)books.last_job, "bytes/record");
    bench_say("ledger.records", (double)books.last_job, "records");
    if (good && !extent->charges_only)
        good = bench_statement(database, "uni42", err) && bench_statements(database, err);
    books_clear(&books);
    return good;
}

static bool run_with_server(const char *directory, struct extent *extent, struct error *err)
{
    CLEANUP(memory_freep) char *store = bench_server_start(directory, err);
    bool good;

    extent->store = store;
    good = store && run(directory, extent, err);
    bench_server_stop(directory);
    return good;
}

static bool read_arguments(int argc, char **argv, struct extent *extent, struct error *err)
{
    static const struct option options[] = {
        {"charges",      required_argument, NULL, 'c'},
        {"records",      required_argument, NULL, 'r'},
        {"charges-only", no_argument,       NULL, 'o'},
        {"store",        required_argument, NULL, 's'},
        {"postgres",     no_argument,       NULL, 'p'},
        {NULL,           0,                 NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, "c:r:os:p", options, NULL)) != -1)
        if (option == 'o')
            extent->charges_only = true;
        else if (option == 's')
            extent->store = optarg;
        else if (option == 'p')
            extent->postgres = true;
        else if (option == '?' ||
                 !parse_u64(optarg, 1000, 100000000,
                            option == 'c' ? &extent->charges : &extent->records, err))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    char made[] = "/tmp/tequio-ledger-XXXXXX";
    struct error err = {.text = "usage: ledger [--charges N] [--records N] [--charges-only] "
                                "[--postgres | --store URL] [DIRECTORY]"};
    struct extent extent = {.charges = 200000, .records = 1000000};
    const char *directory;
    bool good;

    if (!read_arguments(argc, argv, &extent, &err)) {
        fprintf(stderr, "ledger: %s\n", err.text);
        return 1;
    }
    directory = optind < argc ? argv[optind] : mkdtemp(made);
    good = directory && (extent.postgres ? run_with_server : run)(directory, &extent, &err);
    if (!good)
        fprintf(stderr, "ledger: %s\n", err.text);
    if (optind == argc && directory) {
        CLEANUP(memory_freep) char *sweep = memory_format("rm -rf '%s'", directory);

        if (system(sweep) != 0)
            fprintf(stderr, "ledger: %s is still there\n", directory);
    }
    return good ? 0 : 1;
}
