/* client.h - somebody who asks the scheduler, one thing at a time
 *
 * Says hello, sends the ask, and sends it again until it is answered, over lost messages,
 * new connections and restarts, as the real client does; or gives up, as people do.
 *
 * Owns: the ask.  Borrows: agenda, network.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_CLIENT_H
#define TESTS_SIMULATION_CLIENT_H

#include "base/buffer.h"
#include "base/memory.h"
#include "proto/message.h"
#include "tests/lib/random.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/network.h"
#include "tests/simulation/trace.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* answer NULL: given up, nobody knows what became of it. */
typedef void answer_fn(void *owner, const Wire__Envelope *answer);

struct client {
    const char *name;
    struct agenda *agenda;
    struct trace *trace;
    struct test_random random;
    struct link *link;

    bool welcomed;
    bool busy;
    uint64_t request; /* of the ask, or of the hello before it */
    uint64_t asked;   /* number of the ask at hand */
    struct buffer ask;
    int64_t pause_us, give_up_us;
    unsigned unanswered;
    answer_fn *on_answer;
    void *owner;
};

struct client *client_new(const char *name, uid_t uid, struct agenda *agenda, struct trace *trace,
                          struct network *network, uint64_t seed);
void client_free(struct client *client);
DEFINE_CLEANUP(struct client *, client_free)

/* Not while busy.  patience_us: then it is given up; INT64_MAX: never. */
void client_ask(struct client *client, Wire__Envelope *ask, int64_t patience_us,
                answer_fn *on_answer, void *owner);

#endif
