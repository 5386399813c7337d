/* restart.c - how soon a scheduler that was killed serves again
 *
 *   tests/bench/restart [PROGRAM [POLICY [WAITING [RUNNING]]]]
 *
 * The store is one that the real daemon filled: its agents report that they started what they
 * were told to.  Then it is killed (SIGKILL), started, and asked for a job: from exec() to the answer.
 * A line for each measurement: name, number, unit. */

#include "base/parse.h"
#include "tests/bench/scheduler_bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPECS      500
#define COPIES     20
#define NODES      20
#define ROUNDS     3
#define LIMITS     97 /* different limits, so that there are different shapes */
#define SCRIPT_MAX 600

static struct {
    struct bench bench;
    unsigned requests, running, reported;
} round_;

static char script[SCRIPT_MAX];

static void submit(struct client *client)
{
    bench_submit(client, &(struct bench_jobs){.specs = SPECS,
                                              .copies = COPIES,
                                              .limit_us = US_PER_HOUR,
                                              .limits = LIMITS,
                                              .script = script,
                                              .script_size = sizeof(script)});
}

/* Done when all is submitted and what runs is known to run. */
static void look_whether_done(void)
{
    if (round_.requests == 0 && round_.reported == round_.running)
        loop_stop(round_.bench.loop);
}

static void on_submitted(struct client *client, const Wire__Envelope *answer)
{
    bench_check_submitted(answer);
    if (--round_.requests > 0)
        submit(client);
    look_whether_done();
}

static void on_agent(struct client *agent, const Wire__Envelope *message)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PartReport part = WIRE__PART_REPORT__INIT;

    if (message->body_case == WIRE__ENVELOPE__BODY_FAILURE)
        bench_fail("agent: %s", message->failure->text);
    if (message->body_case != WIRE__ENVELOPE__BODY_PART_LAUNCH) {
        round_.reported++;
        look_whether_done();
        return;
    }
    part.sequence = agent->request + 1;
    part.job = message->part_launch->job;
    part.attempt = message->part_launch->attempt;
    part.part = message->part_launch->part;
    part.token = message->part_launch->token;
    part.event = WIRE__PART_EVENT__PART_EVENT_STARTED;
    part.core_list = (char *)"0";
    part.cpu_list = (char *)"0";
    part.output = (char *)"/tmp/slurm-1.out";
    ask.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    ask.part_report = &part;
    client_send(agent, &ask);
}

/* The store with so many jobs, committed; the agents go. */
static void fill_store(unsigned waiting, unsigned running)
{
    struct client *agents[NODES];
    struct client *client;

    memset(script, '#', sizeof(script));
    memcpy(script, "#!/bin/sh\n", 10);
    round_.running = running / NODES * NODES;
    round_.requests = (waiting + running) / (SPECS * COPIES);
    for (int i = 0; i < NODES; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%d", i);
        agents[i] = bench_agent(&round_.bench, name, running / NODES, on_agent);
    }
    client = bench_client(&round_.bench, on_submitted);
    submit(client);
    loop_run(round_.bench.loop);
    client_free(client);
    for (int i = 0; i < NODES; i++)
        client_free(agents[i]);
}

static void measure_restart(const char *program)
{
    int64_t start_us, took_us;

    bench_kill(&round_.bench);
    start_us = bench_now_us();
    bench_resume(&round_.bench, program);
    took_us = bench_now_us() - start_us;
    printf("restart %.0f ms\n", (double)took_us / 1000);
    printf("restart_cpu %.0f ms\n", (double)bench_cpu_us(&round_.bench) / 1000);
}

int main(int argc, char **argv)
{
    const char *program = argc > 1 ? argv[1] : "scheduler/tequio-scheduler";
    const char *policy = argc > 2 ? argv[2] : "default";
    unsigned waiting = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 100000;
    unsigned running = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 10000;

    setvbuf(stdout, NULL, _IOLBF, 0);
    bench_start(&round_.bench, program, policy);
    fill_store(waiting, running);
    printf("restart_waiting %u jobs\n", waiting);
    printf("restart_running %u jobs\n", round_.running);
    for (int i = 0; i < ROUNDS; i++)
        measure_restart(program);
    bench_stop(&round_.bench);
    return 0;
}
