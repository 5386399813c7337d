/* launch.c - how many batch scripts a second a node starts and sees end
 *
 * usage: launch [COUNT [MEMORY-LIMIT-BYTES [CPUS]]]
 *
 * Runs a launcher of its own.  Each script is one part: made, started, ended, removed,
 * forgotten.  Prints "launch_tasks COUNT RATE per_s". */

#include "agent/runtime_process.h"

#include "base/clock.h"
#include "tests/lib/scratch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AT_ONCE = 8 };

struct bench {
    struct loop *loop;
    struct runtime runtime;
    struct part_limits limits;
    uint64_t count;
    uint64_t begun;
    uint64_t ended;
    char directory[256];
};

static void stop(const struct error *err)
{
    fprintf(stderr, "launch: %s\n", err->text);
    exit(1);
}

static void begin(struct bench *bench)
{
    static const char script[] = "#!/bin/sh\nexit 0\n";
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL};
    struct task_start start = {
        .key = {.job = ++bench->begun, .attempt = 1},
        .tasks = 1,
        .script = script,
        .script_size = sizeof(script) - 1,
        .environment = environment,
        .directory = "/",
        .output = "/dev/null",
        .limit_us = INT64_C(60000000),
        .kill_wait_us = INT64_C(1000000),
    };
    struct error err;

    if (!bench->runtime.part_make(bench->runtime.state, &start.key, &bench->limits, &err) ||
        !bench->runtime.start(bench->runtime.state, &start, &err))
        stop(&err);
}

static void on_started(void *owner, const struct task_key *key, int64_t at_us)
{
    (void)owner;
    (void)key;
    (void)at_us;
}

static void on_ended(void *owner, const struct task_key *key, const struct task_end *end)
{
    struct bench *bench = owner;
    struct error err;

    if (end->exit_code != 0 || end->exit_signal != 0) {
        fprintf(stderr, "launch: job %" PRIu64 " has failed\n", key->job);
        exit(1);
    }
    if (!bench->runtime.part_remove(bench->runtime.state, key, &err))
        stop(&err);
    bench->runtime.forget(bench->runtime.state, key);
    bench->ended++;
    if (bench->begun < bench->count)
        begin(bench);
    else if (bench->ended == bench->count)
        loop_stop(bench->loop);
}

static void on_failed(void *owner, const struct task_key *key, const struct error *why)
{
    (void)owner;
    (void)key;
    stop(why);
}

static char *write_config(void)
{
    static const char config[] = "map * nobody\n";

    return scratch_file("launcher.conf", config, sizeof(config) - 1);
}

/* In memory, as /run is. */
static char *make_spool(void)
{
    char *spool = memory_format("/dev/shm/tequio-bench-%ld", (long)getpid());

    return mkdir(spool, 0711) == 0 ? spool : memory_copy(scratch_path("spool"));
}

/* What the launcher has left: its directories are empty. */
static void remove_spool(const char *spool)
{
    CLEANUP(memory_freep) char *tasks = memory_format("%s/tasks", spool);

    rmdir(tasks);
    rmdir(spool);
}

int main(int argc, char **argv)
{
    CLEANUP(loop_freep) struct loop *loop = loop_new();
    CLEANUP(memory_freep) char *config = write_config();
    CLEANUP(memory_freep) char *scratch = scratch_path("scratch");
    CLEANUP(memory_freep) char *spool = make_spool();
    CLEANUP(memory_freep) char *program = realpath("agent/tequio-launcher", NULL);
    const struct runtime_process_options options = {
        .program = program, .config = config, .spool = spool, .scratch = scratch};
    struct bench bench = {
        .loop = loop,
        .count = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000,
        .limits = {.user = "ana",
                   .memory_bytes = argc > 2 ? strtoull(argv[2], NULL, 10) : 0,
                   .cpus = argc > 3 ? argv[3] : NULL,
                   .credential = (const uint8_t *)"0123456789abcdef"},
    };
    const struct task_news news = {
        .on_started = on_started,
        .on_ended = on_ended,
        .on_failed = on_failed,
        .owner = &bench,
    };
    struct error err;
    int64_t from_us;

    if (!program) {
        fprintf(stderr, "launch: run it where agent/tequio-launcher was built\n");
        return 1;
    }
    chmod(scratch_directory(), 0711); /* scripts run as another user */
    struct runtime_process *process = runtime_process_new(loop, &options, &err);
    if (!process)
        stop(&err);
    bench.runtime = runtime_process_seam(process);
    bench.runtime.listen(bench.runtime.state, &news);
    from_us = clock_boot_us(&clock_real);
    for (int i = 0; i < AT_ONCE && bench.begun < bench.count; i++)
        begin(&bench);
    loop_run(loop);
    printf("launch_tasks %" PRIu64 " %.0f per_s\n", bench.count,
           1e6 * (double)bench.count / (double)(clock_boot_us(&clock_real) - from_us));
    /* What is forgotten has no answer: one that has comes after it. */
    bench.runtime.part_remove(bench.runtime.state, &(struct task_key){.job = 1}, &err);
    runtime_process_free(process);
    remove_spool(spool);
    return 0;
}
