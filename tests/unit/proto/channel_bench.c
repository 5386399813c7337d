/* channel_bench.c - a server that does what a script says, and a channel to it */

#include "tests/unit/proto/channel_bench.h"

#include "base/clock.h"
#include "tests/lib/scratch.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct script *script;

/* In each server's own memory: it knows the channel. */
static bool greeted;

static void refuse(const struct serving *serving, const struct sender *to, uint64_t request,
                   Wire__Failure failure)
{
    Wire__Envelope answer = WIRE__ENVELOPE__INIT;

    answer.body_case = WIRE__ENVELOPE__BODY_FAILURE;
    answer.failure = &failure;
    serving_answer(serving, to, request, &answer);
}

static Wire__Failure make_failure(enum error_code code, const char *text)
{
    Wire__Failure failure = WIRE__FAILURE__INIT;

    failure.code = (uint32_t)code;
    failure.text = (char *)text;
    return failure;
}

static void serve_hello(const struct serving *serving, const struct sender *from,
                        const Wire__Envelope *ask)
{
    Wire__Welcome welcome = WIRE__WELCOME__INIT;
    Wire__Envelope answer = WIRE__ENVELOPE__INIT;

    script->hellos++;
    if (script->refuse_hello) {
        refuse(serving, from, ask->request, make_failure(ERROR_DENIED, "go away\x1b[2J"));
        return;
    }
    greeted = true;
    welcome.version = script->version;
    welcome.network = (char *)"redcan";
    answer.body_case = WIRE__ENVELOPE__BODY_WELCOME;
    answer.welcome = &welcome;
    serving_answer(serving, from, ask->request, &answer);
}

static void serve_answer(const struct serving *serving, const struct sender *from,
                         const Wire__Envelope *ask)
{
    Wire__Envelope answer = WIRE__ENVELOPE__INIT;
    Wire__Status status = WIRE__STATUS__INIT;
    Wire__Done done = WIRE__DONE__INIT;
    CLEANUP(memory_freep) char *pad = memory_get(1, script->pad + 1);

    memset(pad, 'x', script->pad);
    status.version = pad;
    status.requests = ask->request;
    answer.body_case = WIRE__ENVELOPE__BODY_STATUS;
    answer.status = &status;
    if (script->wrong_kind) {
        answer.body_case = WIRE__ENVELOPE__BODY_DONE;
        answer.done = &done;
    }
    serving_answer(serving, from, ask->request + script->shift, &answer);
    if (script->twice)
        serving_answer(serving, from, ask->request, &answer);
}

static bool take_one(unsigned *count)
{
    return *count > 0 && (*count)--;
}

void serve_script(struct serving *serving, const struct sender *from, const Wire__Envelope *ask)
{
    Wire__Failure failure;

    if (!ask || script->mute)
        return;
    if (ask->body_case == WIRE__ENVELOPE__BODY_HELLO) {
        serve_hello(serving, from, ask);
        return;
    }
    if (script->asks < COUNT_OF(script->ask_us))
        script->ask_us[script->asks] = clock_boot_us(&clock_real);
    script->asks++;
    if (script->greets_only || take_one(&script->lose))
        return;
    if (script->garbage) {
        socket_send(serving->socket, from, script->garbage, strlen(script->garbage));
    } else if (!greeted || take_one(&script->forget)) {
        failure = make_failure(ERROR_CONFLICT, "say hello");
        failure.hello = true;
        refuse(serving, from, ask->request, failure);
    } else if (take_one(&script->busy)) {
        failure = make_failure(ERROR_EXHAUSTED, "too many asks just now");
        failure.retry_after_us = script->retry_after_us;
        refuse(serving, from, ask->request, failure);
    } else {
        serve_answer(serving, from, ask);
    }
}

void bench_init(struct bench *bench, struct script what)
{
    static unsigned number;
    CLEANUP(memory_freep) char *name = memory_format("server%u", number++);
    CLEANUP(memory_freep) char *path = scratch_path(name);
    struct error err;

    if (what.version == 0)
        what.version = PROTOCOL_VERSION;
    *script = what;
    bench->endpoint = memory_format("ipc://%s", path);
    bench->server = server_start(bench->endpoint, NULL, NULL, serve_script, NULL);
    bench->channel = channel_open(bench->endpoint, NULL, NULL, "test 1", &err);
    CU_ASSERT_PTR_NOT_NULL(bench->channel);
    bench->start_us = clock_boot_us(&clock_real);
}

void bench_clear(struct bench *bench)
{
    channel_free(bench->channel);
    socket_end();
    server_stop(bench->server);
    free(bench->endpoint);
}

bool ask_status(struct channel *channel, int64_t timeout_us, struct error *err)
{
    Wire__StatusAsk status = WIRE__STATUS_ASK__INIT;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    ask.body_case = WIRE__ENVELOPE__BODY_STATUS_ASK;
    ask.status_ask = &status;
    err->code = ERROR_NONE;
    answer = channel_ask(channel, &ask, WIRE__ENVELOPE__BODY_STATUS, timeout_us, err);
    if (!answer)
        return false;
    CU_ASSERT_EQUAL(answer->status->requests, ask.request); /* the answer to this ask */
    return true;
}

bool ask_fails(struct channel *channel, int64_t timeout_us, enum error_code code, const char *words)
{
    struct error err;

    if (ask_status(channel, timeout_us, &err))
        return false;
    if (err.code != code || !strstr(err.text, words))
        printf("# %s: %s\n", error_code_name(err.code), err.text);
    return err.code == code && strstr(err.text, words);
}
