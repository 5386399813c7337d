/* schedule.c - how long the scheduler's decisions take in a large network
 *
 * Prints lines "name value unit".  usage: schedule [POLICY [table [FILE.svg [MOST]]]]
 *
 * The network: twenty institutions, each with a cluster of nodes with 64 cores and 256 GiB in two
 * partitions, all full; jobs of 400 people wait that ask for cores, memory, several
 * nodes and whole nodes, in one cluster, in some or in any.  The policy is "default" unless one is
 * named.  With `table`: how times grow with the number of jobs and of nodes, up to
 * MOST of either; with a picture of it. */

#include "base/file.h"
#include "base/parse.h"
#include "base/twin.h"
#include "scheduler/core/core.h"
#include "scheduler/core/policy.h"
#include "tests/bench/schedule_plot.h"
#include "tests/bench/schedule_restart.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSTITUTIONS 20
#define PEOPLE       400
#define NODE_CORES   64

struct bench {
    const struct policy *policy;
    struct core *core;
    struct effects effects;
    int64_t now_us;
    uint64_t random;
    char names[INSTITUTIONS][16];
    struct cluster clusters[INSTITUTIONS];
    struct partition partitions[INSTITUTIONS][2];
};

static uint64_t chance(struct bench *bench, uint64_t below)
{
    bench->random ^= bench->random << 13;
    bench->random ^= bench->random >> 7;
    bench->random ^= bench->random << 17;
    return (bench->random >> 11) % below;
}

static double step(struct bench *bench, struct event event)
{
    int64_t start_us = cpu_us();

    event.at_us = bench->now_us;
    effects_reset(&bench->effects);
    core_step(bench->core, &event, &bench->effects);
    return (double)(cpu_us() - start_us);
}

/* Whatever the core wants to go on with at this instant. */
static double step_on(struct bench *bench)
{
    double sum_us = 0;

    while (core_next_time(bench->core) <= bench->now_us)
        sum_us += step(bench, (struct event){.kind = EVENT_TIME_PASSED});
    return sum_us;
}

static void describe(struct bench *bench)
{
    for (uint32_t i = 0; i < INSTITUTIONS; i++) {
        snprintf(bench->names[i], sizeof(bench->names[i]), "inst%" PRIu32, i);
        bench->partitions[i][0] = (struct partition){.name = (char *)"batch",
                                                     .is_default = true,
                                                     .up = true,
                                                     .limit_us = 7 * US_PER_DAY,
                                                     .default_limit_us = US_PER_HOUR};
        bench->partitions[i][1] = (struct partition){.name = (char *)"short",
                                                     .up = true,
                                                     .limit_us = 4 * US_PER_HOUR,
                                                     .default_limit_us = US_PER_HOUR};
        bench->clusters[i] = (struct cluster){.name = bench->names[i],
                                              .institution = bench->names[i],
                                              .factor_ppm = 1000000,
                                              .partition_count = 2,
                                              .partitions = bench->partitions[i]};
    }
}

static void found(struct bench *bench)
{
    for (uint32_t i = 0; i < INSTITUTIONS; i++) {
        const char *name = bench->names[i];

        step(bench, (struct event){
                        .kind = EVENT_INSTITUTION_ADDED, .books = {name, NULL}
        });
        step(bench, (struct event){
                        .kind = EVENT_PROJECT_ADDED, .books = {name, name}
        });
        step(bench,
             (struct event){
                 .kind = EVENT_GRANTED,
                 .grant = {.id = i + 1, .institution = name, .amount_micro = LEDGER_AMOUNT_MAX}
        });
    }
}

/* Some that keep jobs, and at each level one that must be looked at. */
static void limit(struct bench *bench)
{
    struct limit limits[] = {
        {LIMIT_OF_NETWORK,   "",            LIMIT_PER_USER, LIMIT_JOBS,      200            },
        {LIMIT_OF_NETWORK,   "",            LIMIT_TOTAL,    LIMIT_SUBMITTED, 100000000      },
        {LIMIT_OF_NETWORK,   "",            LIMIT_PER_JOB,  LIMIT_WALL,      30 * US_PER_DAY},
        {LIMIT_OF_USER,      "user7",       LIMIT_TOTAL,    LIMIT_CORES,     64             },
        {LIMIT_OF_PARTITION, "inst3/short", LIMIT_TOTAL,    LIMIT_NODES,     4000           },
    };

    for (size_t i = 0; i < COUNT_OF(limits); i++)
        step(bench, (struct event){.kind = EVENT_LIMIT_SET, .limit_set = limits[i]});
    for (uint32_t i = 0; i < INSTITUTIONS; i++) {
        struct limit mine[] = {
            {LIMIT_OF_INSTITUTION, bench->names[i], LIMIT_TOTAL,    LIMIT_CORES,        10000000            },
            {LIMIT_OF_PROJECT,     bench->names[i], LIMIT_PER_USER, LIMIT_CORES,        i < 5 ? 512 : 100000},
            {LIMIT_OF_PROJECT,     bench->names[i], LIMIT_TOTAL,    LIMIT_CORE_SECONDS, INT64_C(1) << 40    },
        };

        for (size_t j = 0; j < COUNT_OF(mine); j++)
            step(bench, (struct event){.kind = EVENT_LIMIT_SET, .limit_set = mine[j]});
    }
}

static void join(struct bench *bench, uint32_t nodes)
{
    for (uint32_t i = 0; i < nodes; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%" PRIu32, i);
        step(bench, (struct event){
                        .kind = EVENT_NODE_JOINED,
                        .more = i + 1 < nodes,
                        .node = {.name = name,
                                 .cluster = bench->names[i % INSTITUTIONS],
                                 .boot_id = "a",
                                 .cores = NODE_CORES,
                                 .memory_bytes = UINT64_C(256) << 30}
        });
    }
}

static struct core_settings settings_of(const struct bench *bench)
{
    return (struct core_settings){
        .clusters = bench->clusters,
        .cluster_count = INSTITUTIONS,
        .kill_wait_us = 30 * US_PER_SECOND,
        .keep_ended_us = US_PER_SECOND,
        .launch_failures_most = 3,
        .policy = bench->policy,
        .priority = {.weights = {[PRIORITY_AGE] = 1000,
                                 [PRIORITY_FAIR_SHARE] = 10000,
                                 [PRIORITY_SIZE] = 100,
                                 [PRIORITY_PARTITION] = 100,
                                 [PRIORITY_NICE] = 1},
                     .age_most_us = 7 * US_PER_DAY,
                     .half_life_us = 7 * US_PER_DAY},
        .pending_most = 10000000,
        .pending_most_per_user = 10000000,
    };
}

static void begin(struct bench *bench, const struct policy *policy, uint32_t nodes)
{
    struct core_settings settings;

    *bench = (struct bench){.policy = policy, .now_us = US_PER_DAY, .random = 88172645463325252};
    describe(bench);
    settings = settings_of(bench);
    bench->core = core_new(&settings);
    effects_init(&bench->effects);
    found(bench);
    limit(bench);
    join(bench, nodes);
}

static void finish(struct bench *bench)
{
    core_free(bench->core);
    effects_clear(&bench->effects);
    malloc_trim(0);
}

static double submit(struct bench *bench, struct request *request, uint32_t copies)
{
    uint32_t person = (uint32_t)chance(bench, PEOPLE);
    const char *project = bench->names[person % INSTITUTIONS];
    struct error err;
    char user[16];
    double took_us;

    snprintf(user, sizeof(user), "user%" PRIu32, person);
    if (!core_check_request(bench->core, request, user, project, copies, &err)) {
        fprintf(stderr, "schedule: %s\n", err.text);
        exit(1);
    }
    bench->now_us += 1000;
    took_us = step(bench, (struct event){
                              .kind = EVENT_JOB_SUBMITTED,
                              .submission = {.first = core_next_job(bench->core),
                                             .copies = copies,
                                             .name = "bench",
                                             .user = user,
                                             .project = project,
                                             .request = request}
    });
    return took_us + step_on(bench);
}

static struct request draw_request(struct bench *bench)
{
    static const int64_t minutes[] = {10, 30, 60, 120, 240, 480, 720, 1440, 2880, 7200};
    struct request request = {.nodes_least = 1, .nodes_most = 1};
    uint64_t kind = chance(bench, 100);

    request.limit_us = minutes[chance(bench, COUNT_OF(minutes))] * US_PER_MINUTE;
    if (chance(bench, 100) < 30)
        request.limit_us += (int64_t)chance(bench, 600) * US_PER_SECOND;
    request.tasks = 1 + (uint32_t)chance(bench, chance(bench, 2) ? 8 : NODE_CORES);
    if (kind < 25) {
        request.nodes_least = request.nodes_most = 2 + (uint32_t)chance(bench, 15);
        request.tasks = request.nodes_least * (1 + (uint32_t)chance(bench, NODE_CORES));
    } else if (kind < 35) {
        request.exclusive = true;
    } else if (kind < 65) {
        request.memory_per_cpu = (1 + chance(bench, 4)) << 30;
    }
    if (chance(bench, 100) < 60)
        return request;
    request.cluster_count = 1 + (unsigned)chance(bench, 2);
    for (unsigned i = 0; i < request.cluster_count; i++)
        request.clusters[i] =
            bench->names[(chance(bench, INSTITUTIONS / 2) * 2 + i) % INSTITUTIONS];
    if (request.limit_us <= 4 * US_PER_HOUR && chance(bench, 100) < 50)
        request.partition = (char *)"short";
    return request;
}

/* Every core is in use; nodes have two jobs each. */
static void fill(struct bench *bench, uint32_t nodes)
{
    for (uint32_t i = 0; i < 2 * nodes; i++) {
        struct request request = {.tasks = NODE_CORES / 2,
                                  .nodes_least = 1,
                                  .nodes_most = 1,
                                  .limit_us = (60 + (int64_t)chance(bench, 6000)) * US_PER_MINUTE};

        submit(bench, &request, 1);
    }
}

static double queue_jobs(struct bench *bench, uint32_t jobs)
{
    double sum_us = 0;

    for (uint32_t i = 0; i < jobs; i++) {
        struct request request = draw_request(bench);

        sum_us += submit(bench, &request, 1);
    }
    return sum_us;
}

static double tell(struct bench *bench, enum event_kind kind, uint64_t id)
{
    const struct job *job = core_find_job(bench->core, id);
    uint8_t token[TOKEN_SIZE];

    memcpy(token, job->token, sizeof(token));
    return step(
        bench, (struct event){
                   .kind = kind,
                   .part = {.job = id, .attempt = job->attempt, .token = token, .core_list = "0"}
    });
}

/* One node after another is taken out and put back: all that wait is looked at again. */
static double full_pass(struct bench *bench, unsigned rounds)
{
    double sum_us = 0;

    for (unsigned i = 0; i < rounds; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%u", 7 * i);
        bench->now_us += 1000;
        step(bench, (struct event){
                        .kind = EVENT_NODE_DRAINED, .node_change = {name, "bench"}
        });
        step_on(bench);
        bench->now_us += US_PER_MINUTE; /* so that ranks are due, too */
        sum_us += step(bench, (struct event){
                                  .kind = EVENT_NODE_RESUMED, .node_change = {name, NULL}
        });
        sum_us += step_on(bench);
    }
    return sum_us / rounds;
}

/* Running jobs end, one after another; what starts in their place? */
static double end_jobs(struct bench *bench, uint32_t count, double *ret_worst_us)
{
    double sum_us = 0;

    *ret_worst_us = 0;
    for (uint32_t i = 1; i <= count; i++) {
        double took_us;

        bench->now_us += 1000;
        tell(bench, EVENT_PART_STARTED, i);
        took_us = tell(bench, EVENT_PART_ENDED, i) + step_on(bench);
        sum_us += took_us;
        if (took_us > *ret_worst_us)
            *ret_worst_us = took_us;
    }
    return sum_us / count;
}

static double restart(const struct bench *bench)
{
    struct core_settings settings = settings_of(bench);

    return restart_us(bench->core, &settings, bench->now_us);
}

static void say_nothing(void *owner, int output)
{
    (void)owner;
    (void)output;
}

/* What a copy of the process (base/twin.h) takes of the time of the one that is copied. */
static double copy_us(unsigned rounds)
{
    double sum_us = 0;

    for (unsigned i = 0; i < rounds; i++) {
        int64_t before_us = cpu_us();
        struct error err;
        struct twin twin;

        if (!twin_start(say_nothing, NULL, &twin, &err)) {
            fprintf(stderr, "schedule: %s\n", err.text);
            exit(1);
        }
        sum_us += (double)(cpu_us() - before_us);
        twin_end(&twin);
    }
    return sum_us / rounds;
}

static double memory_mib(void)
{
    struct mallinfo2 info = mallinfo2();

    return (double)(info.uordblks + info.hblkhd) / (1 << 20);
}

static void bench_backlog(const struct policy *policy)
{
    struct bench bench;
    double worst_us, mean_us, before_mib;

    begin(&bench, policy, 10000);
    fill(&bench, 10000);
    before_mib = memory_mib();
    printf("queue_100k %.2f s\n", queue_jobs(&bench, 100000) / 1e6);
    printf("memory_100k %.1f MiB\n", memory_mib() - before_mib);
    printf("full_pass_100k_10k %.4f s\n", full_pass(&bench, 10) / 1e6);
    printf("submit_into_backlog %.4f ms\n", queue_jobs(&bench, 1000) / 1000 / 1e3);
    printf("copy_100k %.2f ms\n", copy_us(10) / 1e3);
    mean_us = end_jobs(&bench, 1000, &worst_us);
    printf("end_to_next_start %.3f ms\n", mean_us / 1e3);
    printf("restart_core_100k_20k %.3f s\n", restart(&bench) / 1e6);
    printf("end_to_next_start_worst %.3f ms\n", worst_us / 1e3);
    finish(&bench);
}

static void bench_memory(const struct policy *policy)
{
    struct bench bench;
    double before_mib;

    begin(&bench, policy, 1000);
    fill(&bench, 1000);
    before_mib = memory_mib();
    printf("queue_1m %.2f s\n", queue_jobs(&bench, 1000000) / 1e6);
    printf("memory_1m %.3f GB\n", (memory_mib() - before_mib) * 1.048576e-3);
    finish(&bench);
}

static void bench_starts(const struct policy *policy)
{
    const uint32_t count = 20000;
    struct bench bench;
    double sum_us = 0;

    begin(&bench, policy, 10000);
    for (uint32_t i = 0; i < count; i++) {
        struct request request = draw_request(&bench);

        request.exclusive = false;
        sum_us += submit(&bench, &request, 1);
        sum_us += tell(&bench, EVENT_PART_STARTED, i + 1);
    }
    printf("starts_per_s_10k_nodes %.0f /s\n", count / sum_us * 1e6);
    finish(&bench);
}

static double submission_us(const struct policy *policy, uint32_t nodes, uint32_t pending)
{
    struct bench bench;
    double sum_us;

    begin(&bench, policy, nodes);
    fill(&bench, nodes);
    queue_jobs(&bench, pending);
    sum_us = queue_jobs(&bench, 2000);
    finish(&bench);
    return sum_us / 2000;
}

static void bench_submissions(const struct policy *policy)
{
    static const uint32_t sizes[][2] = {
        {320,   0     },
        {10000, 0     },
        {320,   100000},
        {10000, 100000},
    };

    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        printf("submission_%" PRIu32 "_nodes_%" PRIu32 "_pending %.2f us\n", sizes[i][0],
               sizes[i][1], submission_us(policy, sizes[i][0], sizes[i][1]));
}

static void table_row(const struct policy *policy, uint32_t nodes, uint32_t jobs,
                      struct plot_series *series, uint32_t size)
{
    struct plot_point *point = &series->points[series->count++];
    struct bench bench;
    double worst_us;

    point->size = size;
    begin(&bench, policy, nodes);
    fill(&bench, nodes);
    point->times_us[PLOT_SUBMIT] = queue_jobs(&bench, jobs) / jobs;
    point->times_us[PLOT_PASS] = full_pass(&bench, 5);
    point->times_us[PLOT_END] = end_jobs(&bench, 100, &worst_us);
    printf("table_%" PRIu32 "_nodes_%" PRIu32 "_jobs_submit %.2f us\n", nodes, jobs,
           point->times_us[PLOT_SUBMIT]);
    printf("table_%" PRIu32 "_nodes_%" PRIu32 "_jobs_pass %.3f ms\n", nodes, jobs,
           point->times_us[PLOT_PASS] / 1e3);
    printf("table_%" PRIu32 "_nodes_%" PRIu32 "_jobs_end %.3f ms\n", nodes, jobs,
           point->times_us[PLOT_END] / 1e3);
    finish(&bench);
}

static void write_plot(const struct plot_series *series, size_t count, const char *path)
{
    CLEANUP(buffer_clear) struct buffer svg;
    struct error err;

    buffer_init(&svg);
    plot_print(series, count, &svg);
    if (!file_replace(path, svg.bytes, svg.length, 0644, &err)) {
        fprintf(stderr, "schedule: %s\n", err.text);
        exit(1);
    }
}

/* Of sizes up to `most`. */
static void bench_table(const struct policy *policy, const char *path, uint64_t most)
{
    struct plot_series series[] = {{.title = "by waiting jobs, 10,000 nodes"},
                                   {.title = "by nodes, 10,000 waiting jobs"}};
    /* Some jobs ask for eight nodes of one cluster: fewer than 320 will not do. */
    static const uint32_t nodes[] = {320, 1000, 10000, 100000};
    uint32_t still = most < 10000 ? (uint32_t)most : 10000;

    for (uint32_t jobs = 1000; jobs <= 1000000 && jobs <= most; jobs *= 10)
        table_row(policy, still, jobs, &series[0], jobs);
    for (size_t i = 0; i < COUNT_OF(nodes) && nodes[i] <= most; i++)
        table_row(policy, nodes[i], still, &series[1], nodes[i]);
    for (size_t i = 0; i < COUNT_OF(series); i++) {
        printf("table_%zu_exponent_submit %.2f\n", i, plot_exponent(&series[i], PLOT_SUBMIT));
        printf("table_%zu_exponent_pass %.2f\n", i, plot_exponent(&series[i], PLOT_PASS));
        printf("table_%zu_exponent_end %.2f\n", i, plot_exponent(&series[i], PLOT_END));
    }
    if (path)
        write_plot(series, COUNT_OF(series), path);
}

int main(int argc, char **argv)
{
    const struct policy *policy = argc > 1 ? policy_find(argv[1]) : policy_default();

    if (!policy) {
        fprintf(stderr, "schedule: no policy %s\n", argv[1]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 2 && strcmp(argv[2], "table") == 0) {
        bench_table(policy, argc > 3 ? argv[3] : NULL,
                    argc > 4 ? strtoull(argv[4], NULL, 10) : UINT64_MAX);
        return 0;
    }
    bench_backlog(policy);
    bench_submissions(policy);
    bench_starts(policy);
    bench_memory(policy);
    return 0;
}
