/* array.c - what an array of a million elements costs: to take in, to plan, to run
 *
 * Prints lines "name value unit".  usage: array [POLICY]
 *
 * The network: 1,000 nodes of 64 cores, all full at first, and 100,000 other jobs of 400 people
 * that wait.  The policy is "default" unless one is named. */

#include "base/parse.h"
#include "scheduler/core/core.h"
#include "scheduler/core/policy.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NODES      1000
#define NODE_CORES 64
#define OTHERS     100000
#define PEOPLE     400
#define MILLION    1000000
#define ENDS       2000

struct bench {
    struct core *core;
    struct effects effects;
    int64_t now_us;
};

static double cpu_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double step(struct bench *bench, struct event event)
{
    double start_us = cpu_us();

    event.at_us = bench->now_us;
    effects_reset(&bench->effects);
    core_step(bench->core, &event, &bench->effects);
    return cpu_us() - start_us;
}

/* Whatever the core wants to go on with at this instant. */
static double step_on(struct bench *bench)
{
    double sum_us = 0;

    while (core_next_time(bench->core) <= bench->now_us)
        sum_us += step(bench, (struct event){.kind = EVENT_TIME_PASSED});
    return sum_us;
}

static void make(struct bench *bench, const char *policy)
{
    struct partition batch = {.name = (char *)"batch",
                              .is_default = true,
                              .up = true,
                              .limit_us = 7 * US_PER_DAY,
                              .default_limit_us = US_PER_HOUR};
    struct cluster cluster = {.name = (char *)"alpha",
                              .institution = (char *)"uni",
                              .factor_ppm = 1000000,
                              .partition_count = 1,
                              .partitions = &batch};
    struct core_settings settings = {.clusters = &cluster,
                                     .cluster_count = 1,
                                     .kill_wait_us = 30 * US_PER_SECOND,
                                     .keep_ended_us = US_PER_MINUTE,
                                     .launch_failures_most = 3,
                                     .policy = policy_find(policy),
                                     .priority = {.half_life_us = 7 * US_PER_DAY},
                                     .backfill_depth = 1000,
                                     .pending_most = 10 * MILLION,
                                     .pending_most_per_user = 10 * MILLION};

    if (!settings.policy) {
        fprintf(stderr, "array: no policy %s\n", policy);
        exit(2);
    }
    bench->core = core_new(&settings);
    effects_init(&bench->effects);
    bench->now_us = INT64_C(1700000000000000);
}

static void found(struct bench *bench)
{
    step(bench, (struct event){
                    .kind = EVENT_INSTITUTION_ADDED, .books = {"uni", NULL}
    });
    step(bench, (struct event){
                    .kind = EVENT_PROJECT_ADDED, .books = {"uni", "uni"}
    });
    step(bench, (struct event){
                    .kind = EVENT_GRANTED,
                    .grant = {.id = 1, .institution = "uni", .amount_micro = LEDGER_AMOUNT_MAX}
    });
    for (uint32_t i = 0; i < NODES; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%" PRIu32, i);
        step(bench, (struct event){
                        .kind = EVENT_NODE_JOINED,
                        .more = i + 1 < NODES,
                        .node = {.name = name,
                                 .cluster = "alpha",
                                 .boot_id = "a",
                                 .cores = NODE_CORES,
                                 .memory_bytes = UINT64_C(256) << 30}
        });
    }
}

static double submit(struct bench *bench, const char *user, struct request request,
                     const struct elements *elements)
{
    uint64_t first = core_next_job(bench->core);
    struct error err;

    if (!core_check_request(bench->core, &request, user, "uni", 1, &err)) {
        fprintf(stderr, "array: %s\n", err.text);
        exit(1);
    }
    return step(bench, (struct event){
                           .kind = EVENT_JOB_SUBMITTED,
                           .submission = {.first = first,
                                          .copies = 1,
                                          .user = user,
                                          .project = "uni",
                                          .elements = elements,
                                          .request = &request}
    });
}

static double submit_array(struct bench *bench, const char *text)
{
    struct elements elements;
    struct error err;
    double used_us;

    if (!elements_parse(text, ELEMENTS_RUNS_MAX, &elements, &err))
        exit(1);
    used_us =
        submit(bench, "array", (struct request){.tasks = 1, .limit_us = US_PER_HOUR}, &elements);
    elements_clear(&elements);
    return used_us;
}

/* All nodes, for as long as they may be had; then what waits. */
static void fill(struct bench *bench)
{
    for (uint32_t i = 0; i < NODES; i++)
        submit(bench, "full",
               (struct request){.tasks = NODE_CORES, .nodes_least = 1, .limit_us = US_PER_DAY},
               NULL);
    for (uint32_t i = 0; i < OTHERS; i++) {
        char user[16];

        snprintf(user, sizeof(user), "p%" PRIu32, i % PEOPLE);
        submit(bench, user,
               (struct request){.tasks = 1 + i % 64, .limit_us = (1 + i % 96) * 15 * US_PER_MINUTE},
               NULL);
    }
    step_on(bench);
}

/* A node goes and comes back: everything is looked at again, twice. */
static double full_pass(struct bench *bench)
{
    static const enum event_kind kinds[] = {EVENT_NODE_DRAINED, EVENT_NODE_RESUMED};
    double sum_us = 0;

    for (unsigned i = 0; i < 10; i++) {
        bench->now_us += US_PER_MINUTE;
        sum_us += step(bench, (struct event){
                                  .kind = kinds[i % 2], .node_change = {"n0", "bench"}
        });
        sum_us += step_on(bench);
    }
    return sum_us / 10;
}

static double bytes_used(void)
{
    return (double)mallinfo2().uordblks;
}

static void take_in(const char *policy)
{
    struct bench bench;
    double without_us, used_us, before;

    make(&bench, policy);
    found(&bench);
    fill(&bench);
    without_us = full_pass(&bench);
    printf("array_accept_1k %.0f us\n", submit_array(&bench, "0-999"));
    before = bytes_used();
    used_us = submit_array(&bench, "0-999999");
    printf("array_accept_1M %.0f us\n", used_us);
    printf("array_memory_1M %.0f bytes\n", bytes_used() - before);
    printf("full_pass_without_array %.1f ms\n", without_us / 1e3);
    printf("full_pass_with_arrays %.1f ms\n", full_pass(&bench) / 1e3);
    core_free(bench.core);
    effects_clear(&bench.effects);
}

/* The element runs for a second and ends: what is free then is the next one's. */
static double run_and_end(struct bench *bench, uint64_t id)
{
    const struct job *job = core_find_job(bench->core, id);
    uint8_t token[TOKEN_SIZE];
    struct part_news news = {.job = id, .attempt = 1, .token = token, .core_list = "0"};

    if (!job || job->state != JOB_CONFIGURING) {
        fprintf(stderr, "array: job %" PRIu64 " was not started\n", id);
        exit(1);
    }
    memcpy(token, job->token, sizeof(token));
    step(bench, (struct event){.kind = EVENT_PART_STARTED, .part = news});
    bench->now_us += US_PER_SECOND;
    news.wall_used_us = US_PER_SECOND;
    return step(bench, (struct event){.kind = EVENT_PART_ENDED, .part = news}) + step_on(bench);
}

/* The same jobs as elements of an array (first id after its own), or each by itself. */
static void run(const char *policy, const char *name, bool is_array)
{
    struct request whole = {.tasks = NODE_CORES, .limit_us = US_PER_HOUR};
    struct bench bench;
    struct elements elements;
    struct error err;
    uint64_t first;
    double sum_us = 0;

    make(&bench, policy);
    found(&bench);
    if (!elements_parse("0-999999", ELEMENTS_RUNS_MAX, &elements, &err))
        exit(1);
    first = core_next_job(bench.core) + is_array;
    if (is_array)
        submit(&bench, "array", whole, &elements);
    for (uint32_t i = 0; !is_array && i < NODES + ENDS; i++)
        submit(&bench, "array", whole, NULL);
    step_on(&bench);
    for (uint32_t i = 0; i < ENDS; i++)
        sum_us += run_and_end(&bench, first + i);
    printf("%s_end_to_next_start %.0f us\n", name, sum_us / ENDS);
    elements_clear(&elements);
    core_free(bench.core);
    effects_clear(&bench.effects);
}

/* Until all cores are taken. */
static void start(const char *policy)
{
    struct bench bench;
    uint64_t pending, running;
    double used_us;

    make(&bench, policy);
    found(&bench);
    used_us = submit_array(&bench, "0-999999") + step_on(&bench);
    core_count(bench.core, &pending, &running);
    printf("array_starts %.0f per s\n", (double)running / used_us * 1e6);
    core_free(bench.core);
    effects_clear(&bench.effects);
}

int main(int argc, char **argv)
{
    const char *policy = argc > 1 ? argv[1] : "default";

    take_in(policy);
    start(policy);
    run(policy, "array", true);
    run(policy, "jobs", false);
    return 0;
}
