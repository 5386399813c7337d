/* scheduler_bench.h - a scheduler of the bench's own, its clients and its agents
 *
 * The scheduler is the real program, in a directory that goes with the bench; clients and
 * agents are sockets of one loop in this process.  Any failure ends the program with a message.
 *
 * Owns: the directory, the child, the sockets.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_BENCH_SCHEDULER_BENCH_H
#define TESTS_BENCH_SCHEDULER_BENCH_H

#include "base/loop.h"
#include "base/socket.h"
#include "proto/message.h"

#include <stdint.h>
#include <sys/types.h>

struct bench;
struct client;

/* An answer, or a message nobody asked for. */
typedef void answer_fn(struct client *client, const Wire__Envelope *answer);

/* One connection; it has said hello when it is made. */
struct client {
    struct bench *bench;
    struct socket *socket;
    struct watch *watch;
    answer_fn *on_answer;
    uint64_t request;
    int64_t sent_us;
    uint32_t number;
};

struct bench {
    char directory[64];
    const char *policy;
    pid_t scheduler;
    struct loop *loop;
    struct key_pair person; /* of researcher "bench", project "bench" */
    char server_key[SOCKET_KEY_TEXT];
    char clients[128], agents[128], local[128];
};

/* Started, with institution, project and a grant that lasts. */
void bench_start(struct bench *bench, const char *program, const char *policy);
void bench_stop(struct bench *bench);

/* Killed at once; started on its store, until it answers a question about it. */
void bench_kill(struct bench *bench);
void bench_resume(struct bench *bench, const char *program);

int64_t bench_now_us(void);

/* Processor time that the scheduler has used so far. */
int64_t bench_cpu_us(const struct bench *bench);

/* As the researcher, on the clients' door. */
struct client *bench_client(struct bench *bench, answer_fn *on_answer);

/* As a node of cluster "cc" with so many cores, on the agents' door; it has joined. */
struct client *bench_agent(struct bench *bench, const char *name, uint32_t cores,
                           answer_fn *on_answer);
void client_free(struct client *client);

/* Send with the next request number. */
void client_send(struct client *client, Wire__Envelope *ask);

/* Send and wait, outside of the loop; the answer is freed with message_free(). */
Wire__Envelope *client_ask(struct client *client, Wire__Envelope *ask);

/* One Submit: so many specs, whose limits are `limits` different ones from limit_us on, a minute
 * apart; of each so many copies. */
struct bench_jobs {
    size_t specs;
    uint32_t copies;
    int64_t limit_us;
    unsigned limits;
    char *script;
    size_t script_size;
};
void bench_submit(struct client *client, const struct bench_jobs *jobs);
void bench_check_submitted(const Wire__Envelope *answer);

void bench_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
