/* settings.h - what tequio-scheduler.conf says
 *
 * A wrong setting stops the start: nothing is clamped, ignored or taken twice.  Durations are
 * microseconds here, "5s" in the file.
 *
 * Owns: its texts and clusters.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SETTINGS_H
#define SCHEDULER_SETTINGS_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "scheduler/cloud/cloud_settings.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/limit.h"
#include "scheduler/core/priority.h"
#include "scheduler/core/qos.h"
#include "scheduler/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_PATH SYSCONFDIR "/tequio/scheduler.conf"

/* A node's partitions are bits of a 64-bit number. */
#define PARTITIONS_MAX 64

struct policy;

struct settings {
    char *network; /* the federation's name */
    char *state_directory;
    char *store; /* "postgresql://…"; NULL: a file in the state directory */
    int64_t store_lease_us;
    char *key_file;
    char *endpoints[DOOR_COUNT]; /* NULL: this door stays shut */
    char *books, *books_key; /* where people reach tequio-accounting, as they are told; or NULL */
    enum log_level log_level;
    bool local_operators; /* root and the scheduler's own user, on the local socket */

    int64_t heartbeat_us;     /* agents say something so often */
    int64_t suspect_after_us; /* a warning in the log */
    int64_t silent_after_us;  /* no new work for the node */
    int64_t resend_after_us;  /* a command that is not confirmed; then with back-off */
    int64_t kill_wait_us;
    int64_t keep_ended_us;
    int64_t token_life_us;   /* of an enrolment token, when its maker says nothing */
    int64_t request_life_us; /* so long the same request key gives the same answer */
    int64_t finish_gain_us;  /* so much sooner a faster cluster must have a job done */
    int64_t switch_wait_us;  /* of jobs that want few switches and do not say how long */

    const struct policy *policy;
    struct priority_settings priority;
    uint32_t launch_failures_most;
    uint32_t backfill_depth;
    uint32_t pending_most;
    uint32_t pending_most_per_user;
    uint32_t array_most;             /* elements of one */
    uint32_t submissions_per_second; /* of one principal, 0: any number */
    uint32_t queries_per_second;
    uint32_t connections_per_address; /* on TCP */
    uint32_t connections_per_key;

    struct cluster *clusters;
    size_t cluster_count;
    struct license_stock *licenses; /* the network's */
    size_t license_count;

    struct qos_list qoses;
    struct limit *limits;
    size_t limit_count;

    struct cloud_settings *clouds;
    size_t cloud_count;
};

/* What holds for settings that nobody gave. */
void settings_init(struct settings *settings);
void settings_clear(struct settings *settings); /* for CLEANUP(settings_clear) */

/* Over settings_init(); errors say FILE:LINE. */
bool settings_read(struct settings *settings, const char *path, struct error *err);

/* Take of what is `given` all that may change while jobs and nodes live with it; what differs
 * and may not is named in `later`, with commas.  False: nothing is taken. */
bool settings_change(struct settings *settings, const struct settings *given, struct buffer *later,
                     struct error *err);

#endif
