/* core.c - how long a step of the scheduler's core takes
 *
 * Prints lines "name value unit".  usage: core [PENDING [NODES]]; PENDING jobs wait behind
 * a full network of NODES nodes with 16 cores. */

#include "scheduler/core/core.h"
#include "base/clock.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct core *core;
    struct effects effects;
    int64_t now_us;
    uint64_t seen; /* highest job that was launched */
};

static void step(struct bench *bench, struct event *event)
{
    event->at_us = bench->now_us;
    effects_reset(&bench->effects);
    core_step(bench->core, event, &bench->effects);
}

static struct bench bench_new(uint32_t nodes)
{
    struct partition partition = {
        .name = (char *)"batch",
        .is_default = true,
        .up = true,
        .limit_us = US_PER_DAY,
        .default_limit_us = US_PER_HOUR,
    };
    struct cluster cluster = {.name = (char *)"alpha",
                              .institution = (char *)"unam",
                              .factor_ppm = 1000000,
                              .partition_count = 1,
                              .partitions = &partition};
    struct core_settings settings = {
        .clusters = &cluster,
        .cluster_count = 1,
        .kill_wait_us = 30 * US_PER_SECOND,
        .keep_ended_us = US_PER_SECOND,
        .launch_failures_most = 3,
        .backfill_depth = 100,
        .pending_most = 1000000,
        .pending_most_per_user = 1000000,
    };
    struct bench bench = {.core = core_new(&settings), .now_us = US_PER_DAY};

    effects_init(&bench.effects);
    step(&bench,
         &(struct event){.kind = EVENT_INSTITUTION_ADDED, .books = {.institution = "unam"}});
    step(&bench, &(struct event){
                     .kind = EVENT_PROJECT_ADDED, .books = {"unam", "astro"}
    });
    step(&bench, &(struct event){
                     .kind = EVENT_GRANTED,
                     .grant = {.id = 1, .institution = "unam", .amount_micro = LEDGER_AMOUNT_MAX}
    });
    for (uint32_t i = 0; i < nodes; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%" PRIu32, i);
        step(&bench, &(struct event){
                         .kind = EVENT_NODE_JOINED,
                         .node = {.name = name,
                                  .cluster = "alpha",
                                  .boot_id = "a",
                                  .cores = 16,
                                  .memory_bytes = UINT64_C(64) << 30}
        });
    }
    return bench;
}

static void bench_free(struct bench *bench)
{
    core_free(bench->core);
    effects_clear(&bench->effects);
}

static void submit(struct bench *bench, struct request request, uint32_t copies)
{
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.first = core_next_job(bench->core),
                       .copies = copies,
                       .name = "bench",
                       .user = "ana",
                       .project = "astro",
                       .request = &request},
    };
    struct error err;

    if (!core_check_request(bench->core, &request, "ana", "astro", copies, &err)) {
        fprintf(stderr, "core: %s\n", err.text);
        exit(1);
    }
    bench->now_us++;
    step(bench, &event);
}

static void tell(struct bench *bench, enum event_kind kind, const struct job *job)
{
    uint8_t token[TOKEN_SIZE];
    struct event event = {
        .kind = kind,
        .part = {.job = job->id, .attempt = job->attempt, .token = token, .core_list = "0"},
    };

    memcpy(token, job->token, sizeof(token));
    bench->now_us++;
    step(bench, &event);
}

static double since_us(int64_t start_us, uint32_t count)
{
    return (double)(clock_boot_us(&clock_real) - start_us) / count;
}

/* A job is placed, starts and ends on an idle network. */
static void bench_cycle(void)
{
    const uint32_t count = 20000;
    struct bench bench = bench_new(8);
    int64_t start_us = clock_boot_us(&clock_real);
    double each_us;

    for (uint32_t i = 0; i < count; i++) {
        const struct job *job;

        submit(&bench, (struct request){.tasks = 1}, 1);
        job = core_find_job(bench.core, core_next_job(bench.core) - 1);
        tell(&bench, EVENT_PART_STARTED, job);
        tell(&bench, EVENT_PART_ENDED, job);
    }
    each_us = since_us(start_us, count);
    printf("cycle %.2f us\n", each_us);
    printf("cycle_rate %.0f jobs/s\n", 1e6 / each_us);
    bench_free(&bench);
}

static void fill(struct bench *bench, uint32_t nodes)
{
    submit(bench, (struct request){.tasks = 4, .nodes_least = 1, .limit_us = US_PER_HOUR},
           nodes * 4);
    while (core_next_time(bench->core) <= bench->now_us)
        step(bench, &(struct event){.kind = EVENT_TIME_PASSED});
}

/* The first that waits needs every node: its time is found among the ends of all jobs. */
static void bench_wide(uint32_t nodes)
{
    const uint32_t count = 2000;
    struct bench bench = bench_new(nodes);
    int64_t start_us;

    fill(&bench, nodes);
    submit(&bench,
           (struct request){.tasks = nodes * 16, .nodes_least = nodes, .limit_us = US_PER_HOUR}, 1);
    submit(&bench, (struct request){.tasks = 4, .nodes_least = 1, .limit_us = 2 * US_PER_HOUR},
           1000);
    start_us = clock_boot_us(&clock_real);
    for (uint32_t i = 0; i < count; i++)
        tell(&bench, EVENT_PART_ENDED, core_find_job(bench.core, 1 + i));
    printf("end_step_wide_%" PRIu32 "_nodes %.2f us\n", nodes, since_us(start_us, count));
    bench_free(&bench);
}

/* Jobs of `kinds` different sizes wait behind a full network. */
static void bench_backlog(uint32_t nodes, uint32_t pending, uint32_t kinds)
{
    const uint32_t count = 2000;
    struct bench bench = bench_new(nodes);
    int64_t start_us;

    fill(&bench, nodes);
    for (uint32_t i = 0; i < pending; i++)
        submit(&bench,
               (struct request){.tasks = 1 + i % 16,
                                .nodes_least = 1,
                                .limit_us = (1 + i % kinds) * US_PER_SECOND + 2 * US_PER_HOUR},
               1);
    start_us = clock_boot_us(&clock_real);
    for (uint32_t i = 0; i < count; i++)
        submit(&bench,
               (struct request){.tasks = 1 + i % 16, .nodes_least = 1, .limit_us = 2 * US_PER_HOUR},
               1);
    printf("submit_step_%" PRIu32 "_pending_%" PRIu32 "_kinds %.2f us\n", pending, kinds,
           since_us(start_us, count));

    start_us = clock_boot_us(&clock_real);
    for (uint32_t i = 0; i < count; i++)
        tell(&bench, EVENT_PART_ENDED, core_find_job(bench.core, 1 + i));
    printf("end_step_%" PRIu32 "_pending_%" PRIu32 "_kinds %.2f us\n", pending, kinds,
           since_us(start_us, count));
    bench_free(&bench);
}

int main(int argc, char **argv)
{
    uint32_t pending = 100000, nodes = 1000;
    struct error err;

    if ((argc > 1 && !parse_u32(argv[1], 0, 1000000, &pending, &err)) ||
        (argc > 2 && !parse_u32(argv[2], 500, 100000, &nodes, &err))) {
        fprintf(stderr, "core: %s\n", err.text);
        return 2;
    }
    bench_cycle();
    bench_backlog(nodes, 0, 1);
    bench_backlog(nodes, pending, 1);
    bench_backlog(nodes, pending, 1000);
    bench_wide(nodes);
    return 0;
}
