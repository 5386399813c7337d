/* commit.c - stop the scheduler at every write in turn; what it had promised is there
 *
 * A child process runs the real service on the real store: people and projects are added, a node
 * joins, jobs are submitted, run, cancelled.  Each acknowledged submission goes to the parent
 * through a pipe.  At the n-th write the child ends, at once, the write done by half or not at
 * all.  The parent starts the service on what is left, and looks.
 *
 * TEQUIO_CRASH_STEP=N stops at every N-th write only, for builds that take long. */

#include "base/parse.h"
#include "base/random.h"
#include "scheduler/check.h"
#include "tests/crash/stop_store_sqlite.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/scheduler/service_bench.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS       16 /* 4 run to their end, 8 more fill the node, the others wait */
#define WRITES_MAX 5000

/* What the child says of itself; all are acknowledged facts. */
struct promise {
    uint64_t job;
    bool ended; /* else: submitted */
};

static void tell(int pipe, uint64_t job, bool ended)
{
    const struct promise promise = {job, ended};

    if (write(pipe, &promise, sizeof(promise)) != sizeof(promise))
        _exit(1);
}

static bool cancel(struct bench *bench, struct caller *ana, uint64_t job)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;
    uint8_t key[16];

    random_fill(key, sizeof(key));
    change.key = (ProtobufCBinaryData){16, key};
    change.verb = WIRE__JOB_VERB__JOB_VERB_CANCEL;
    change.jobs = &job;
    change.n_jobs = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    ask.job_change = &change;
    return bench_does(bench, ana, &ask, WIRE__ENVELOPE__BODY_JOB_CHANGED);
}

/* The last job is cancelled while it waits, so that it has ended when that is answered. */
static void live(struct bench *bench, int pipe)
{
    struct caller *ana, *node;

    bench_books(bench, "ana");
    ana = bench_person(bench, "ana", NULL, NULL, NULL);
    node = bench_node_key(bench, "n1", "sur");
    bench_join(bench, node, "n1");
    for (int i = 0; i < JOBS; i++)
        tell(pipe, bench_submit(bench, ana, 1), false);
    for (uint64_t job = 1; job <= 4; job++)
        if (bench_run_job(bench, node, 0))
            tell(pipe, job, true);
    if (cancel(bench, ana, JOBS))
        tell(pipe, JOBS, true);
    tell(pipe, bench_submit(bench, ana, 2), false);
}

static void run_child(struct bench *bench, int pipe, unsigned number, bool torn)
{
    /* What the service logs is not the test's. */
    if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
        _exit(1);
    stop_at_write(number, torn);
    bench_init_at(bench, bench->directory);
    live(bench, pipe);
    bench_clear(bench);
    _exit(0);
}

/* --- the parent ---------------------------------------------------------------------------------------- */

struct outcome {
    struct promise promises[64];
    size_t count;
    int status;
};

static struct outcome run_until(char *directory, unsigned number, bool torn)
{
    struct outcome outcome = {0};
    struct bench bench = {.directory = directory};
    int pipes[2], status;
    pid_t child;

    CU_ASSERT_FATAL(pipe(pipes) == 0);
    child = fork();
    if (child == 0)
        run_child(&bench, pipes[1], number, torn);
    close(pipes[1]);
    while (outcome.count < COUNT_OF(outcome.promises) &&
           read(pipes[0], &outcome.promises[outcome.count], sizeof(struct promise)) ==
               sizeof(struct promise))
        outcome.count++;
    close(pipes[0]);
    waitpid(child, &status, 0);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

static void note(void *owner, const char *text)
{
    unsigned *findings = owner;

    printf("# %s\n", text);
    (*findings)++;
}

struct found {
    uint64_t job;
    enum job_state state;
    bool there;
};

static bool on_job(void *owner, const struct row *row, bool good)
{
    struct found *found = owner;

    if (row->job.id == (int64_t)found->job) {
        found->there = good;
        found->state = (enum job_state)row->job.state;
    }
    return true;
}

static bool is_kept(struct bench *bench, const struct promise *promise)
{
    const struct query all = {.kind = QUERY_ALL, .row = ROW_JOB};
    struct found found = {.job = promise->job};
    struct error err;

    if (!bench->store->query(bench->store, &all, on_job, &found, &err) || !found.there)
        return false;
    return !promise->ended || job_state_is_final(found.state);
}

static bool is_right(struct bench *bench, const struct outcome *outcome)
{
    unsigned findings = 0;
    uint64_t highest = 0, rows;
    struct error err;
    bool good = store_check(bench->store, note, &findings, &rows, &err) && findings == 0;

    core_check_invariants(service_core(bench->service));
    for (size_t i = 0; i < outcome->count; i++) {
        if (!is_kept(bench, &outcome->promises[i])) {
            printf("# job %" PRIu64 " was promised%s\n", outcome->promises[i].job,
                   outcome->promises[i].ended ? " to have ended" : "");
            good = false;
        }
        if (outcome->promises[i].job > highest)
            highest = outcome->promises[i].job;
    }
    if (core_next_job(service_core(bench->service)) <= highest) {
        printf("# job id %" PRIu64 " would be used again\n", highest);
        good = false;
    }
    return good;
}

/* Each holds a reserve of many megabytes: they are not left until the end of the test. */
static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    while (directory && (entry = readdir(directory)))
        unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
    rmdir(path);
}

/* False when the child came to its end: no write is left to stop at. */
static bool stop_once(unsigned number, bool torn)
{
    CLEANUP(memory_freep) char *kept = NULL;
    char name[32];
    char *directory;
    struct outcome outcome;
    struct bench bench;

    snprintf(name, sizeof(name), "n%u%s", number, torn ? "t" : "");
    directory = scratch_path(name);
    kept = memory_copy(directory);
    outcome = run_until(directory, number, torn);
    CU_ASSERT(outcome.status == STOP_STATUS || outcome.status == 0);
    bench_init_at(&bench, directory);
    if (!is_right(&bench, &outcome)) {
        printf("# stopped at write %u%s\n", number, torn ? ", torn" : "");
        CU_FAIL("after the restart something is missing");
    }
    bench_clear(&bench);
    remove_directory(kept);
    return outcome.status == STOP_STATUS;
}

static unsigned step_from_environment(void)
{
    const char *text = getenv("TEQUIO_CRASH_STEP");
    struct error err;
    uint64_t step = 1;

    if (text && !parse_u64(text, 1, 100, &step, &err))
        printf("# TEQUIO_CRASH_STEP: %s; stopping at every write\n", err.text);
    return (unsigned)step;
}

static void test_every_write(void)
{
    unsigned step = step_from_environment(), number = 1;

    /* The first start makes the database; from then on every write matters alike. */
    while (number < WRITES_MAX && stop_once(number, false))
        number += step;
    printf("# %u writes, stopped at each %u-th\n", number - 1, step);
    CU_ASSERT(number > 50 && number < WRITES_MAX);
}

static void test_every_write_torn(void)
{
    unsigned step = step_from_environment(), number = 1;

    while (number < WRITES_MAX && stop_once(number, true))
        number += step;
    CU_ASSERT(number > 50 && number < WRITES_MAX);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every write",       test_every_write     },
        {"every write, torn", test_every_write_torn},
        CU_TEST_INFO_NULL,
    };

    return run_suite("commit", tests);
}
