/* submitter.c - a process that submits without pause, and the answers it got */

#include "tests/crash/submitter.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/random.h"
#include "proto/channel.h"
#include "tests/crash/job.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_US   (60 * US_PER_SECOND)
#define ACK_IN_ONE_GO 256

static bool acks_read(struct acks *acks, int pipe_end)
{
    uint64_t jobs[ACK_IN_ONE_GO];
    ssize_t got = read(pipe_end, jobs, sizeof jobs);

    if (got <= 0)
        return false;
    for (size_t i = 0; i < (size_t)got / sizeof jobs[0]; i++) {
        if (jobs[i] == 0) {
            acks->failures++;
            continue;
        }
        if (acks->count == acks->capacity) {
            acks->capacity = acks->capacity ? 2 * acks->capacity : 1024;
            acks->jobs = memory_resize(acks->jobs, acks->capacity, sizeof *acks->jobs);
        }
        acks->jobs[acks->count++] = jobs[i];
    }
    return true;
}

bool acks_collect(struct acks *acks, int pipe_end, int64_t wait_us)
{
    int64_t end_us = clock_boot_us(&clock_real) + wait_us;

    for (;;) {
        struct pollfd ready = {.fd = pipe_end, .events = POLLIN};
        int64_t left_us = end_us - clock_boot_us(&clock_real);

        if (left_us <= 0)
            return true;
        if (poll(&ready, 1, (int)(left_us / 1000) + 1) > 0 && !acks_read(acks, pipe_end))
            return false;
    }
}

void acks_clear(struct acks *acks)
{
    free(acks->jobs);
    *acks = (struct acks){0};
}

/* One job; 0 when it was not accepted. */
static uint64_t submit(struct channel *channel, const char *script, const char *output)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Submit submit = WIRE__SUBMIT__INIT;
    Wire__JobSpec spec = WIRE__JOB_SPEC__INIT;
    Wire__JobSpec *specs[] = {&spec};
    ProtobufCBinaryData script_bytes = {strlen(script), (uint8_t *)(uintptr_t)script};
    uint8_t key[16];
    struct error err;
    Wire__Envelope *answer;
    uint64_t job;

    random_fill(key, sizeof key);
    spec.name = (char *)(uintptr_t) "crash";
    spec.directory = (char *)(uintptr_t) "/tmp";
    spec.output = (char *)(uintptr_t)output;
    spec.limit_us = 10 * US_PER_MINUTE;
    submit.key = (ProtobufCBinaryData){sizeof key, key};
    submit.n_jobs = 1;
    submit.jobs = specs;
    submit.n_scripts = 1;
    submit.scripts = &script_bytes;
    ask.body_case = WIRE__ENVELOPE__BODY_SUBMIT;
    ask.submit = &submit;
    answer = channel_ask(channel, &ask, WIRE__ENVELOPE__BODY_SUBMITTED, PATIENCE_US, &err);
    if (!answer) {
        fprintf(stderr, "submit: %s\n", err.text);
        return 0;
    }
    job = answer->submitted->n_first_ids == 1 ? answer->submitted->first_ids[0] : 0;
    message_free(answer);
    return job;
}

static void submit_many(const char *endpoint, const char *work, int pause_ms, int acks_pipe,
                        int stop)
{
    CLEANUP(memory_freep)
    char *script = job_script(work);
    CLEANUP(memory_freep)
    char *output = job_output_path(work);
    struct pollfd told = {.fd = stop, .events = POLLIN};
    struct error err;
    struct channel *channel = channel_open(endpoint, NULL, NULL, "submitter", &err);

    if (!channel) {
        fprintf(stderr, "submitter: %s\n", err.text);
        return;
    }
    while (poll(&told, 1, pause_ms) == 0) {
        uint64_t job = submit(channel, script, output);

        if (write(acks_pipe, &job, sizeof job) != sizeof job)
            break;
    }
    channel_free(channel);
}

void submitter_start(const char *endpoint, const char *work, int pause_ms, int acks_pipe,
                     const int stop[2])
{
    fflush(NULL);
    if (fork() != 0)
        return;
    close(stop[1]);
    submit_many(endpoint, work, pause_ms, acks_pipe, stop[0]);
    _exit(0);
}
