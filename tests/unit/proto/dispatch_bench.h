/* dispatch_bench.h - a dispatcher, a table, and somebody of each role to talk to it
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_PROTO_DISPATCH_BENCH_H
#define TESTS_UNIT_PROTO_DISPATCH_BENCH_H

#include "proto/dispatch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the handlers of the table note and obey. */
struct record {
    unsigned calls;
    char asker[32];
    struct sender to;
    uint64_t request;
    enum error_code refuse_with;
    uint64_t retry_after_us;
    bool later;
    size_t large; /* items of an answer */
};

/* A dispatcher with one principal for each role, named as the role; people have the role for
 * uid. */
struct bench {
    struct identities *identities;
    struct dispatcher *dispatcher;
    struct record record;
    struct buffer answer;
    struct arena *arena;
    int64_t now_us;
    Wire__Envelope *decoded; /* the last answer */
};

extern const struct handler bench_handlers[];

void bench_init(struct bench *bench);
void bench_clear(struct bench *bench);

/* On a local socket, by uid. */
struct sender peer(uid_t uid, uint32_t route);

/* Dispatch; the decoded answer, or NULL when there is none.  It is good until the next. */
Wire__Envelope *say_bytes(struct bench *bench, struct sender from, const void *bytes, size_t size);
Wire__Envelope *say(struct bench *bench, struct sender from, Wire__Envelope *envelope);
Wire__Envelope *say_empty(struct bench *bench, struct sender from, Wire__Envelope__BodyCase kind);
Wire__Envelope *say_hello(struct bench *bench, struct sender from, uint32_t least, uint32_t most);

/* Is it a Failure of this code whose text has these words?  All of them also look at the
 * request number. */
bool is_failure(const Wire__Envelope *answer, enum error_code code, const char *words);
bool is_welcome(const Wire__Envelope *answer);
bool is_answer(const Wire__Envelope *answer); /* of a handler that agreed */

#endif
