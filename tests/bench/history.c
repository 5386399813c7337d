/* history.c - how long it takes to read of many jobs that have ended, and what each takes on the disk
 *
 *   tests/bench/history [PROGRAM [JOBS [COMMAND]]]
 *
 * Of each job it is known what it used over its time: in the row of the job, as it was up to version 13
 * of the database, or in a row of its own.  The real daemon is asked for all of them, page by page, as
 * `tequio history` does, and that by itself.  A line for each measurement: name, number, unit. */

#include "base/parse.h"
#include "scheduler/jobspec.h"
#include "scheduler/store.h"
#include "tests/bench/scheduler_bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS       40
#define ROUNDS      5
#define IN_A_BATCH  1000
#define START_US    (INT64_C(1790000000) * US_PER_SECOND)
#define SCRIPT_SIZE 600

/* A job of 16 cores that reads at first and writes now and then. */
static char *make_samples(struct arena *arena, uint64_t job)
{
    struct series series;

    series_init(&series, START_US + (int64_t)job * US_PER_SECOND);
    for (uint32_t i = 0; i < STEPS; i++)
        series_add(&series,
                   &(struct series_step){.cpu_us = 3900000 + (job * 7919 + i * 104729) % 100000,
                                         .memory_bytes = UINT64_C(12000000000) + i * 4096,
                                         .read_bytes = i < 5 ? 4096 * (job % 50000) : 0,
                                         .written_bytes = i % 8 == 7 ? 1048576 * (job % 300) : 0});
    return series_text(&series, arena);
}

static void add_job(struct batch *batch, int64_t id, int64_t spec, bool apart)
{
    struct request request = {.nodes_least = 2,
                              .nodes_most = 2,
                              .tasks = 16,
                              .cpus_per_task = 1,
                              .limit_us = US_PER_HOUR};
    Wire__JobSpec more = WIRE__JOB_SPEC__INIT;
    char *samples = make_samples(batch->arena, (uint64_t)id);
    struct row job = {.kind = ROW_JOB};
    struct row series = {
        .kind = ROW_SERIES, .series = {id, 1, samples}
    };

    if (!apart)
        more.samples = samples;
    job.job = (struct job_row){
        .id = id,
        .spec = spec,
        .name = "bench",
        .user = "bench",
        .project = "bench",
        .institution = "bench",
        .state = JOB_COMPLETED,
        .attempt = 1,
        .token = {"0123456789abcdef", 16},
        .submit_us = START_US + id * US_PER_SECOND,
        .start_us = START_US + id * US_PER_SECOND,
        .end_us = START_US + (id + 10) * US_PER_SECOND,
        .ended_by = "",
        .output = "/home/bench/slurm-1.out",
        .error_output = "/home/bench/slurm-1.out",
        .cluster = "cc",
        .partition = "batch",
        .nodes = 2,
        .cores = 16,
        .tasks = 16,
        .memory = INT64_C(32) << 30,
        .limit_us = US_PER_HOUR,
        .node_list = "n[17-18]",
        .cpu_used_us = 160 * US_PER_SECOND,
        .memory_peak = INT64_C(12) << 30,
        .request = request_pack(&request, &more, batch->arena),
    };
    batch_add(batch, WRITE_PUT, &job);
    if (apart)
        batch_add(batch, WRITE_PUT, &series);
}

static void add_request(struct batch *batch, const struct store_marks *marks)
{
    static const uint8_t digest[DIGEST_SIZE] = {1};
    static const char script[SCRIPT_SIZE] = "#!/bin/sh\n";
    struct row row = {.kind = ROW_SCRIPT};

    row.script = (struct script_row){
        .id = marks->last_script + 1,
        .digest = {digest, sizeof(digest)},
        .bytes = {script, sizeof(script)},
    };
    batch_add(batch, WRITE_PUT, &row);
    row = (struct row){.kind = ROW_SPEC};
    row.spec = (struct spec_row){
        .id = marks->last_spec + 1, .script = marks->last_script + 1, .bytes = {"", 0}
    };
    batch_add(batch, WRITE_PUT, &row);
}

static void commit(struct store *store, struct batch *batch)
{
    struct error err;

    if (!store->commit(store, batch, &err))
        bench_fail("%s", err.text);
    batch_reset(batch);
}

static void fill_store(const struct bench *bench, int64_t jobs, bool apart)
{
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(batch_clear) struct batch batch;
    struct store_marks marks;
    struct error err;

    batch_init(&batch);
    store = store_sqlite_open(bench->directory, "bench", &err);
    if (!store || !store->marks(store, &marks, &err))
        bench_fail("%s", err.text);
    batch.epoch = marks.epoch;
    add_request(&batch, &marks);
    for (int64_t id = 1; id <= jobs; id++) {
        add_job(&batch, marks.next_job + id, marks.last_spec + 1, apart);
        if (id % IN_A_BATCH == 0 || id == jobs)
            commit(store, &batch);
    }
}

/* The id of the last one; 0: there are no more. */
static uint64_t read_page(struct client *client, uint64_t after, int64_t *jobs)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobList list = WIRE__JOB_LIST__INIT;
    Wire__Envelope *answer;
    uint64_t last = 0;
    size_t count;

    list.history = true;
    list.until_us = INT64_MAX;
    list.after = after;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_LIST;
    ask.job_list = &list;
    answer = client_ask(client, &ask);
    if (answer->body_case != WIRE__ENVELOPE__BODY_JOB_LISTING)
        bench_fail("no list: %s", answer->body_case == WIRE__ENVELOPE__BODY_FAILURE
                                      ? answer->failure->text
                                      : "another answer");
    count = answer->job_listing->n_jobs;
    *jobs += (int64_t)count;
    if (answer->job_listing->more && count > 0)
        last = answer->job_listing->jobs[count - 1]->id;
    message_free(answer);
    return last;
}

static int64_t read_all(struct client *client, int64_t jobs)
{
    int64_t begun_us = bench_now_us(), seen = 0;
    uint64_t after = 0;

    do {
        after = read_page(client, after, &seen);
    } while (after != 0);
    if (seen != jobs + 1) /* and the one that waits */
        bench_fail("%" PRId64 " jobs are listed, not %" PRId64, seen, jobs);
    return bench_now_us() - begun_us;
}

/* `tequio history` itself, with all that it prints. */
static int64_t run_command(const struct bench *bench, const char *command, int64_t jobs)
{
    char path[128];
    struct stat file;
    int64_t begun_us = bench_now_us(), took_us;
    pid_t child;
    int status;

    snprintf(path, sizeof(path), "%s/listed", bench->directory);
    child = fork();
    if (child == 0) {
        if (!freopen(path, "w", stdout))
            _exit(126);
        execl(command, command, "--server", bench->local, "history", "--user", "bench", "--since",
              "now-3000days", (char *)NULL);
        perror(command);
        _exit(127);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        bench_fail("%s has failed", command);
    took_us = bench_now_us() - begun_us;
    if (stat(path, &file) != 0 || file.st_size < 40 * jobs)
        bench_fail("%s does not print all jobs", command);
    return took_us;
}

static void on_answered(struct client *client, const Wire__Envelope *answer)
{
    (void)answer;
    loop_stop(client->bench->loop);
}

/* The best of some rounds; how long, and how much of the daemon's processor. */
static void measure(struct bench *bench, const char *name, const char *command, int64_t jobs)
{
    struct client *client = bench_client(bench, on_answered);
    int64_t best_us = INT64_MAX, best_command_us = INT64_MAX, cpu_us = bench_cpu_us(bench);

    for (int i = 0; i < ROUNDS; i++) {
        int64_t took_us = read_all(client, jobs);

        if (took_us < best_us)
            best_us = took_us;
    }
    printf("history_%s %.0f ms\n", name, (double)best_us / 1000);
    printf("history_%s_cpu %.0f ms\n", name,
           (double)(bench_cpu_us(bench) - cpu_us) / ROUNDS / 1000);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t took_us = run_command(bench, command, jobs);

        if (took_us < best_command_us)
            best_command_us = took_us;
    }
    printf("history_%s_command %.0f ms\n", name, (double)best_command_us / 1000);
    client_free(client);
}

/* The row of a job alone, and what one takes on the disk with all that belongs to it. */
static void measure_size(const struct bench *bench, const char *name, int64_t jobs)
{
    CLEANUP(batch_clear) struct batch batch;
    CLEANUP(buffer_clear) struct buffer row = {0};
    char path[128];
    struct stat file;

    batch_init(&batch);
    buffer_init(&row);
    add_job(&batch, jobs, 1, strcmp(name, "apart") == 0);
    row_add_canonical(&batch.writes[0].row, false, &row);
    snprintf(path, sizeof(path), "%s/tequio.db", bench->directory);
    if (stat(path, &file) != 0)
        bench_fail("%s cannot be measured", path);
    printf("history_%s_row %zu B\n", name, row.length);
    printf("history_%s_disk %.0f B\n", name, (double)file.st_size / (double)jobs);
}

/* A job that waits: by it the daemon is known to have what it had. */
static void submit_one(struct bench *bench)
{
    static char script[] = "#!/bin/sh\n";
    struct client *client = bench_client(bench, on_answered);

    bench_submit(client, &(struct bench_jobs){.specs = 1,
                                              .copies = 1,
                                              .limit_us = US_PER_HOUR,
                                              .limits = 1,
                                              .script = script,
                                              .script_size = sizeof(script) - 1});
    loop_run(bench->loop);
    client_free(client);
}

static void bench_one(const char *program, const char *command, const char *name, int64_t jobs)
{
    struct bench bench;

    bench_start(&bench, program, "default");
    submit_one(&bench);
    bench_kill(&bench);
    fill_store(&bench, jobs, strcmp(name, "apart") == 0);
    measure_size(&bench, name, jobs);
    bench_resume(&bench, program);
    measure(&bench, name, command, jobs);
    bench_stop(&bench);
}

int main(int argc, char **argv)
{
    const char *program = argc > 1 ? argv[1] : "scheduler/tequio-scheduler";
    int64_t jobs = argc > 2 ? (int64_t)strtoul(argv[2], NULL, 10) : 100000;
    const char *command = argc > 3 ? argv[3] : "client/tequio";

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("history_jobs %" PRId64 " jobs\n", jobs);
    bench_one(program, command, "joined", jobs);
    bench_one(program, command, "apart", jobs);
    return 0;
}
