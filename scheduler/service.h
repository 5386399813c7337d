/* service.h - messages into events, effects into rows and messages
 *
 * Between the sockets and the core.  Requests that come while a commit runs are applied to
 * the core and collected; when it is done, all that they changed is committed at once, and
 * only then their answers and the commands that follow leave (group commit).  So an
 * answer never shows what a crash could still take back.
 *
 * Time, disk, network and the thread for commits are behind the seams of struct outside; the
 * deterministic simulator links this very code.
 *
 * Owns: core, identities, peers.  Borrows: settings, everything outside.  Threads: none; the
 * store's commit runs where outside.background puts it.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SERVICE_H
#define SCHEDULER_SERVICE_H

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/worker.h"
#include "scheduler/core/core.h"
#include "scheduler/settings.h"
#include "scheduler/store.h"
#include "scheduler/transport.h"
#include "scheduler/twins.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct service;

/* Which thread: what a commit waits for, and what a long read waits for. */
enum background { BACKGROUND_COMMIT, BACKGROUND_READ };

struct outside {
    struct store *store;
    const struct transport *transport;
    const struct clock *clock;

    /* Run work() elsewhere, in the order given for each kind; done() comes later, from the
     * loop, never before give() returns. */
    void (*give)(void *state, enum background which, work_fn *work, done_fn *done, void *owner);

    /* Run work() in a copy of this process; done() comes later with all that it wrote, as with
     * give().  NULL: no copies can be made. */
    void (*ask_twin)(void *state, twin_fn *work, twin_done_fn *done, void *owner);
    void *state; /* of both */

    const uint8_t *token_seed; /* 32 bytes; NULL: the store's */
};

/* Reads the whole store, raises the epoch (one commit, at once), restores the core. */
struct service *service_new(const struct settings *settings, const struct outside *outside,
                            struct error *err);

/* Nothing may be in flight: see service_is_idle(). */
void service_free(struct service *service);
DEFINE_CLEANUP(struct service *, service_free)

/* One message; the sender is as the transport proves it. */
void service_receive(struct service *service, enum door door, const struct sender *sender,
                     const uint8_t *bytes, size_t size);

/* After the messages, timers and done()s of a turn: commit, or answer, what they brought. */
void service_turn_end(struct service *service);

/* On the boot clock: when service_pass_time() is due. */
int64_t service_next_time(const struct service *service);
void service_pass_time(struct service *service);

/* The settings given to service_new() are not what they were: see settings_change(). */
bool service_settings_changed(struct service *service, struct error *err);

/* Is a key let in at a handshake? */
bool service_admits(const struct service *service, const char *key);

/* Nothing is being committed, nothing waits to be. */
bool service_is_idle(const struct service *service);

/* From now on nothing new is accepted; what is there is committed. */
void service_stop(struct service *service);

/* It was stopped and is idle, or has failed: the program's end. */
bool service_has_ended(const struct service *service);

/* Not NULL: a commit failed with this error, and the program must end. */
const struct error *service_failure(const struct service *service);

/* An account of this machine, by its name or as "uid-NUMBER". */
void name_uid(uid_t uid, char *ret_name, size_t size);

/* To look into: for tests and the simulator. */
const struct core *service_core(const struct service *service);
uint64_t service_epoch(const struct service *service);

#endif
