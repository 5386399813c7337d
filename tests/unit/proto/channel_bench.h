/* channel_bench.h - a server that does what a script says, and a channel to it
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_PROTO_CHANNEL_BENCH_H
#define TESTS_UNIT_PROTO_CHANNEL_BENCH_H

#include "base/parse.h"
#include "proto/channel.h"
#include "tests/lib/server.h"

#include <stdbool.h>
#include <stdint.h>

/* Long enough never to be reached where an answer is to come. */
#define PATIENCE_US (20 * US_PER_SECOND)

/* What a server does, and what it has seen: both processes look at it. */
struct script {
    unsigned lose;   /* so many asks go unanswered */
    unsigned forget; /* so many asks are answered by "say hello" */
    unsigned busy;   /* so many by "ask again after retry_after_us" */
    uint64_t retry_after_us;
    bool mute;        /* nothing at all is answered */
    bool greets_only; /* asks are not answered */
    bool twice;       /* every answer comes two times */
    unsigned refuse_hello;
    const char *garbage; /* instead of an answer */
    uint32_t version;    /* in Welcome */
    uint64_t shift;      /* of the request number in answers */
    bool wrong_kind;
    size_t pad; /* bytes of an answer */

    unsigned hellos;
    unsigned asks;
    int64_t ask_us[64];
};

/* Made by main() with server_shared(). */
extern struct script *script;

/* The serve_fn that obeys it. */
void serve_script(struct serving *serving, const struct sender *from, const Wire__Envelope *ask);

/* One server on a local socket and a channel to it. */
struct bench {
    char *endpoint;
    struct server *server;
    struct channel *channel;
    int64_t start_us;
};

void bench_init(struct bench *bench, struct script what);
void bench_clear(struct bench *bench);

/* Ask for the status; is the answer to this very ask? */
bool ask_status(struct channel *channel, int64_t timeout_us, struct error *err);

/* Does that fail with this code, and say so? */
bool ask_fails(struct channel *channel, int64_t timeout_us, enum error_code code,
               const char *words);

#endif
