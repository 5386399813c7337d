/* schedule.c - how long the scheduler's decisions take in a large network
 *
 * Prints lines "name value unit".  usage: schedule [POLICY [guarantees | table [FILE.svg [MOST]]]]
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
#include "tests/bench/schedule_network.h"
#include "tests/bench/schedule_plot.h"
#include "tests/bench/schedule_restart.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One node after another is taken out and put back: all that wait is looked at again. */
static double full_pass(struct network *network, unsigned rounds)
{
    double sum_us = 0;

    for (unsigned i = 0; i < rounds; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%u", 7 * i);
        network->now_us += 1000;
        network_step(network, (struct event){
                                  .kind = EVENT_NODE_DRAINED, .node_change = {name, "bench"}
        });
        network_step_on(network);
        network->now_us += US_PER_MINUTE; /* so that ranks are due, too */
        sum_us +=
            network_step(network, (struct event){
                                      .kind = EVENT_NODE_RESUMED, .node_change = {name, NULL}
        });
        sum_us += network_step_on(network);
    }
    return sum_us / rounds;
}

/* Running jobs end, one after another; what starts in their place? */
static double end_jobs(struct network *network, uint32_t count, double *ret_worst_us)
{
    double sum_us = 0;

    *ret_worst_us = 0;
    for (uint32_t i = 1; i <= count; i++) {
        double took_us;

        network->now_us += 1000;
        network_tell(network, EVENT_PART_STARTED, i);
        took_us = network_tell(network, EVENT_PART_ENDED, i) + network_step_on(network);
        sum_us += took_us;
        if (took_us > *ret_worst_us)
            *ret_worst_us = took_us;
    }
    return sum_us / count;
}

static double restart(const struct network *network)
{
    struct core_settings settings = network_settings(network);

    return restart_us(network->core, &settings, network->now_us);
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
    struct network network;
    double worst_us, mean_us, before_mib;

    network_begin(&network, policy, 10000);
    network_fill(&network, 10000);
    before_mib = memory_mib();
    printf("queue_100k %.2f s\n", network_queue_jobs(&network, 100000) / 1e6);
    printf("memory_100k %.1f MiB\n", memory_mib() - before_mib);
    printf("full_pass_100k_10k %.4f s\n", full_pass(&network, 10) / 1e6);
    printf("submit_into_backlog %.4f ms\n", network_queue_jobs(&network, 1000) / 1000 / 1e3);
    printf("copy_100k %.2f ms\n", copy_us(10) / 1e3);
    mean_us = end_jobs(&network, 1000, &worst_us);
    printf("end_to_next_start %.3f ms\n", mean_us / 1e3);
    printf("restart_core_100k_20k %.3f s\n", restart(&network) / 1e6);
    printf("end_to_next_start_worst %.3f ms\n", worst_us / 1e3);
    network_finish(&network);
}

static void bench_memory(const struct policy *policy)
{
    struct network network;
    double before_mib;

    network_begin(&network, policy, 1000);
    network_fill(&network, 1000);
    before_mib = memory_mib();
    printf("queue_1m %.2f s\n", network_queue_jobs(&network, 1000000) / 1e6);
    printf("memory_1m %.3f GB\n", (memory_mib() - before_mib) * 1.048576e-3);
    network_finish(&network);
}

static void bench_starts(const struct policy *policy)
{
    const uint32_t count = 20000;
    struct network network;
    double sum_us = 0;

    network_begin(&network, policy, 10000);
    for (uint32_t i = 0; i < count; i++) {
        struct request request = network_draw_request(&network);

        request.exclusive = false;
        sum_us += network_submit(&network, &request, 1);
        sum_us += network_tell(&network, EVENT_PART_STARTED, i + 1);
    }
    printf("starts_per_s_10k_nodes %.0f /s\n", count / sum_us * 1e6);
    network_finish(&network);
}

/* Ranks are reckoned anew once a minute, and are not due: what that takes is in full_pass(). */
static double submission_us(const struct policy *policy, uint32_t nodes, uint32_t pending)
{
    struct network network;
    double sum_us;

    network_begin(&network, policy, nodes);
    network_fill(&network, nodes);
    network_queue_jobs(&network, pending);
    (void)full_pass(&network, 1);
    sum_us = network_queue_jobs(&network, 2000);
    network_finish(&network);
    return sum_us / 2000;
}

/* A job that starts at once, as there is room all over. */
static double start_us(const struct policy *policy, uint32_t nodes)
{
    const uint32_t count = 500;
    struct network network;
    double sum_us = 0;

    network_begin(&network, policy, nodes);
    for (uint32_t i = 0; i < count; i++) {
        struct request request = {
            .tasks = 1 + i % 8, .nodes_least = 1, .nodes_most = 1, .limit_us = US_PER_HOUR};

        sum_us += network_submit(&network, &request, 1);
    }
    network_finish(&network);
    return sum_us / count;
}

static void bench_submissions(const struct policy *policy)
{
    static const uint32_t sizes[][2] = {
        {100,   0     },
        {10000, 0     },
        {100,   100000},
        {10000, 100000},
    };

    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        printf("submission_%" PRIu32 "_nodes_%" PRIu32 "_pending %.2f us\n", sizes[i][0],
               sizes[i][1], submission_us(policy, sizes[i][0], sizes[i][1]));
    for (size_t i = 0; i < 2; i++)
        printf("submission_%" PRIu32 "_nodes_starts %.2f us\n", sizes[i][0],
               start_us(policy, sizes[i][0]));
}

/* What a day's decisions take with nodes guaranteed to owners, against none guaranteed. */
static void bench_guarantees(const struct policy *policy)
{
    const uint32_t nodes = 10000, guarantees[] = {0, nodes / INSTITUTIONS / 5};
    double pass_us[2], end_us[2], fill_us[2], worst_us;

    for (size_t i = 0; i < COUNT_OF(guarantees); i++) {
        struct network network;

        network_begin_owned(&network, policy, nodes, guarantees[i]);
        fill_us[i] = network_queue_jobs(&network, 20000);
        pass_us[i] = full_pass(&network, 10);
        end_us[i] = end_jobs(&network, 1000, &worst_us);
        network_finish(&network);
    }
    printf("guarantee_pass %.3f ms\nguarantee_pass_ratio %.2f\n", pass_us[1] / 1e3,
           pass_us[1] / pass_us[0]);
    printf("guarantee_end_to_next_start %.3f ms\nguarantee_end_ratio %.2f\n", end_us[1] / 1e3,
           end_us[1] / end_us[0]);
    printf("guarantee_submit_ratio %.2f\n", fill_us[1] / fill_us[0]);
}

static void table_row(const struct policy *policy, uint32_t nodes, uint32_t jobs,
                      struct plot_series *series, uint32_t size)
{
    struct plot_point *point = &series->points[series->count++];
    struct network network;
    double worst_us;

    point->size = size;
    network_begin(&network, policy, nodes);
    network_fill(&network, nodes);
    point->times_us[PLOT_SUBMIT] = network_queue_jobs(&network, jobs) / jobs;
    point->times_us[PLOT_PASS] = full_pass(&network, 5);
    point->times_us[PLOT_END] = end_jobs(&network, 100, &worst_us);
    printf("table_%" PRIu32 "_nodes_%" PRIu32 "_jobs_submit %.2f us\n", nodes, jobs,
           point->times_us[PLOT_SUBMIT]);
    printf("table_%" PRIu32 "_nodes_%" PRIu32 "_jobs_pass %.3f ms\n", nodes, jobs,
           point->times_us[PLOT_PASS] / 1e3);
    printf("table_%" PRIu32 "_nodes_%" PRIu32 "_jobs_end %.3f ms\n", nodes, jobs,
           point->times_us[PLOT_END] / 1e3);
    network_finish(&network);
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
    static const uint32_t nodes[] = {100, 1000, 10000, 100000};
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
    if (argc > 2 && strcmp(argv[2], "guarantees") == 0) {
        bench_guarantees(policy);
        return 0;
    }
    bench_backlog(policy);
    bench_guarantees(policy);
    bench_submissions(policy);
    bench_starts(policy);
    bench_memory(policy);
    return 0;
}
