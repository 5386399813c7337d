/* submit.c - how many jobs a second are durably submitted, and go through their lives
 *
 *   tests/bench/submit [PROGRAM]
 *
 * A line for each measurement: name, number, unit. */

#include "base/parse.h"
#include "tests/bench/scheduler_bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUND_US     (3 * US_PER_SECOND)
#define SAMPLES_MOST 1000000
#define BULK_SPECS   200
#define BULK_COPIES  100
#define LIFE_JOBS    4000
#define LIFE_NODES   4
#define LIFE_CORES   64

/* One measurement; the callbacks find it through the bench. */
static struct {
    struct bench bench;
    int64_t end_us;
    unsigned waiting; /* clients that await an answer */
    size_t count;
    int64_t *latencies;
    unsigned ended;
} round_;

static char script[] = "#!/bin/sh\nexit 0\n";

static void submit(struct client *client, size_t specs, uint32_t copies)
{
    bench_submit(client, &(struct bench_jobs){.specs = specs,
                                              .copies = copies,
                                              .limit_us = US_PER_MINUTE,
                                              .limits = 1,
                                              .script = script,
                                              .script_size = sizeof(script) - 1});
}

/* --- one after another, by each of many ----------------------------------------------------------------- */

static void on_submitted(struct client *client, const Wire__Envelope *answer)
{
    int64_t now_us = bench_now_us();

    bench_check_submitted(answer);
    if (round_.count < SAMPLES_MOST)
        round_.latencies[round_.count++] = now_us - client->sent_us;
    if (now_us < round_.end_us)
        submit(client, 1, 1);
    else if (--round_.waiting == 0)
        loop_stop(round_.bench.loop);
}

static int compare(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

static double percentile_ms(unsigned percent)
{
    size_t place = round_.count * percent / 100;

    return (double)round_.latencies[place] / 1000.0;
}

static void measure_clients(unsigned number)
{
    struct client **clients = NEW_ARRAY(struct client *, number);
    int64_t start_us, cpu_us, took_us;

    for (unsigned i = 0; i < number; i++)
        clients[i] = bench_client(&round_.bench, on_submitted);
    round_.count = 0;
    round_.waiting = number;
    cpu_us = bench_cpu_us(&round_.bench);
    start_us = bench_now_us();
    round_.end_us = start_us + ROUND_US;
    for (unsigned i = 0; i < number; i++)
        submit(clients[i], 1, 1);
    loop_run(round_.bench.loop);
    took_us = bench_now_us() - start_us;
    cpu_us = bench_cpu_us(&round_.bench) - cpu_us;
    qsort(round_.latencies, round_.count, sizeof(*round_.latencies), compare);
    printf("submit_%u_client%s %.0f per_s\n", number, number > 1 ? "s" : "",
           (double)round_.count * 1e6 / (double)took_us);
    printf("submit_%u_client%s_p50 %.2f ms\n", number, number > 1 ? "s" : "", percentile_ms(50));
    printf("submit_%u_client%s_p99 %.2f ms\n", number, number > 1 ? "s" : "", percentile_ms(99));
    printf("submit_%u_client%s_cpu %.0f us_per_job\n", number, number > 1 ? "s" : "",
           (double)cpu_us / (double)round_.count);
    for (unsigned i = 0; i < number; i++)
        client_free(clients[i]);
    free(clients);
}

/* --- many in one request ------------------------------------------------------------------------------------ */

static void on_bulk(struct client *client, const Wire__Envelope *answer)
{
    (void)client;
    bench_check_submitted(answer);
    loop_stop(round_.bench.loop);
}

static void measure_bulk(void)
{
    struct client *client = bench_client(&round_.bench, on_bulk);
    int64_t cpu_us = bench_cpu_us(&round_.bench), start_us = bench_now_us(), took_us;
    double jobs = (double)BULK_SPECS * BULK_COPIES;

    submit(client, BULK_SPECS, BULK_COPIES);
    loop_run(round_.bench.loop);
    took_us = bench_now_us() - start_us;
    printf("submit_bulk %.0f per_s\n", jobs * 1e6 / (double)took_us);
    printf("submit_bulk_cpu %.1f us_per_job\n",
           (double)(bench_cpu_us(&round_.bench) - cpu_us) / jobs);
    client_free(client);
}

/* --- whole lives: agents that do at once what they are told ------------------------------------------------------ */

static void report(struct client *agent, const Wire__PartLaunch *launch, Wire__PartEvent event)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PartReport part = WIRE__PART_REPORT__INIT;

    part.sequence = agent->request + 1;
    part.job = launch->job;
    part.attempt = launch->attempt;
    part.part = launch->part;
    part.token = launch->token;
    part.event = event;
    part.wall_used_us = 1000;
    part.cpu_used_us = 900;
    part.core_list = (char *)"0";
    part.cpu_list = (char *)"0";
    part.output = (char *)"/tmp/slurm-1.out";
    ask.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    ask.part_report = &part;
    client_send(agent, &ask);
}

static void on_agent(struct client *agent, const Wire__Envelope *message)
{
    const Wire__PartLaunch *launch;

    if (message->body_case == WIRE__ENVELOPE__BODY_FAILURE)
        bench_fail("agent: %s", message->failure->text);
    if (message->body_case != WIRE__ENVELOPE__BODY_PART_LAUNCH)
        return;
    launch = message->part_launch;
    report(agent, launch, WIRE__PART_EVENT__PART_EVENT_READY);
    if (!launch->start_batch)
        return;
    report(agent, launch, WIRE__PART_EVENT__PART_EVENT_STARTED);
    report(agent, launch, WIRE__PART_EVENT__PART_EVENT_ENDED);
    if (++round_.ended == LIFE_JOBS)
        loop_stop(round_.bench.loop);
}

static void on_life_submitted(struct client *client, const Wire__Envelope *answer)
{
    (void)client;
    bench_check_submitted(answer);
}

static void measure_lives(void)
{
    struct client *client = bench_client(&round_.bench, on_life_submitted);
    struct client *agents[LIFE_NODES];
    int64_t cpu_us, start_us, took_us;

    for (int i = 0; i < LIFE_NODES; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%d", i);
        agents[i] = bench_agent(&round_.bench, name, LIFE_CORES, on_agent);
    }
    cpu_us = bench_cpu_us(&round_.bench);
    start_us = bench_now_us();
    submit(client, LIFE_JOBS, 1);
    loop_run(round_.bench.loop);
    took_us = bench_now_us() - start_us;
    printf("lives %.0f per_s\n", LIFE_JOBS * 1e6 / (double)took_us);
    printf("lives_cpu %.0f us_per_job\n",
           (double)(bench_cpu_us(&round_.bench) - cpu_us) / LIFE_JOBS);
    client_free(client);
    for (int i = 0; i < LIFE_NODES; i++)
        client_free(agents[i]);
}

static void with_scheduler(const char *program, void (*measure)(void))
{
    bench_start(&round_.bench, program, "default");
    measure();
    bench_stop(&round_.bench);
}

static void measure_submissions(void)
{
    measure_clients(1);
    measure_clients(8);
    measure_clients(64);
    measure_bulk();
}

int main(int argc, char **argv)
{
    const char *program = argc > 1 ? argv[1] : "scheduler/tequio-scheduler";

    setvbuf(stdout, NULL, _IOLBF, 0);
    round_.latencies = NEW_ARRAY(int64_t, SAMPLES_MOST);
    with_scheduler(program, measure_submissions);
    with_scheduler(program, measure_lives);
    free(round_.latencies);
    return 0;
}
