/* service_bench.h - the real service with a simulated network and clock, and a real store
 *
 * Callers say hello by themselves before their first ask.  Commits and long reads run when the
 * bench runs, in the order given.  Everything the service sends is kept until it is taken.
 *
 * Owns: service, store, messages.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_SCHEDULER_SERVICE_BENCH_H
#define TESTS_UNIT_SCHEDULER_SERVICE_BENCH_H

#include "base/clock.h"
#include "base/list.h"
#include "proto/message.h"
#include "scheduler/service.h"
#include "scheduler/settings.h"
#include "tests/lib/clock_simulated.h"

#include <stdbool.h>
#include <stdint.h>

/* Somebody with a key (or uid) and a return address. */
struct caller {
    enum door door;
    struct sender sender;
    bool greeted;
    uint64_t session; /* of an agent's last hello */
};

struct bench {
    char *directory;
    struct settings settings;
    struct clock_simulated time;
    struct clock clock;
    struct transport transport;
    struct store *store;
    struct service *service;
    struct list works;    /* given to the background, not yet run */
    struct list messages; /* sent by the service, not yet taken */
    uint64_t last_request;
    Wire__EndCause cause; /* of the ends that bench_report() reports, and */
    int64_t wall_us;      /* how long it says that they ran; 3 s at first */
    struct caller root;   /* operator on the local socket */
    struct caller people[16];
    unsigned people_count;
};

/* Clusters "sur" (partitions "batch", "long") and "norte" ("batch"). */
void bench_init(struct bench *bench);
void bench_init_at(struct bench *bench, char *directory); /* taken; may hold a store */
void bench_clear(struct bench *bench);

/* End the service as it is (what is not committed is lost) and start it again. */
void bench_restart(struct bench *bench);

/* Run background works and turn ends until nothing is left; then only turn ends. */
void bench_run(struct bench *bench);
void bench_turn(struct bench *bench); /* one turn end, no background work */
bool bench_work(struct bench *bench); /* one background work; false when there is none */
void bench_pass(struct bench *bench, int64_t time_us); /* in steps at which timers are due */

/* A key enrolled with these roles (NULL-ended; none: researcher); stays valid in the bench. */
struct caller *bench_person(struct bench *bench, const char *name, const char *const *roles,
                            const char *institution, const char *cluster);
struct caller *bench_node_key(struct bench *bench, const char *name, const char *cluster);
struct caller *bench_service_key(struct bench *bench, const char *name);
struct caller *bench_stranger(struct bench *bench);

/* Send; the request's number. */
uint64_t bench_send(struct bench *bench, struct caller *caller, Wire__Envelope *ask);

/* Take the first message to the caller: of that request, or (request 0) of that kind.  NULL
 * when there is none; message_free(). */
Wire__Envelope *bench_take(struct bench *bench, const struct caller *caller, uint64_t request,
                           Wire__Envelope__BodyCase kind);

/* Send, run, take the answer; NULL when none came. */
Wire__Envelope *bench_ask(struct bench *bench, struct caller *caller, Wire__Envelope *ask);

/* The same, and is it Done (or of the kind)? Prints the failure otherwise. */
bool bench_does(struct bench *bench, struct caller *caller, Wire__Envelope *ask,
                Wire__Envelope__BodyCase expected);

/* Is it refused with this code, and do the words occur in the text? */
bool bench_refuses(struct bench *bench, struct caller *caller, Wire__Envelope *ask,
                   enum error_code code, const char *words);

/* Institution "uni" with project "fisica" (1,000 SU granted) and member `user`. */
void bench_books(struct bench *bench, const char *user);

/* Submit `copies` jobs of one task; the first id, or 0. */
uint64_t bench_submit(struct bench *bench, struct caller *caller, uint32_t copies);

/* An agent's side: hello (8 cores), an inventory after it (the verdicts; message_free()), both
 * with all that the scheduler expects there; and a report on a launch. */
bool bench_greet(struct bench *bench, struct caller *node, const char *name, const char *boot_id);
Wire__Envelope *bench_inventory(struct bench *bench, struct caller *node, Wire__PartHeld **parts,
                                size_t count);
bool bench_join(struct bench *bench, struct caller *node, const char *name);
bool bench_report(struct bench *bench, struct caller *node, const Wire__PartLaunch *launch,
                  Wire__PartEvent event, uint32_t exit_code);

/* Take launches until the batch script of a job was started here and ended with the code. */
bool bench_run_job(struct bench *bench, struct caller *node, uint32_t exit_code);

#endif
