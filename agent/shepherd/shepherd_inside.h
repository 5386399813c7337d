/* shepherd_inside.h - what shepherd.c shares with shepherd_start.c
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_SHEPHERD_INSIDE_H
#define AGENT_SHEPHERD_SHEPHERD_INSIDE_H

#include "agent/runtime.h"
#include "agent/shepherd/files.h"
#include "agent/shepherd/sampler.h"
#include "agent/shepherd/terminal.h"

#include <time.h>

#define SHEPHERD_TIMER (SIGRTMIN + 2)

struct shepherd {
    const struct shepherd_order *order;
    struct start_texts texts;
    struct record record;
    struct cgroup_task group;
    struct task_files files;
    struct terminal terminal;
    sigset_t signals;
    pid_t *tasks; /* 0: ended */
    uint32_t alive;
    bool failed; /* a task has; its end is in the record */
    bool ending; /* SIGTERM is sent, SIGKILL follows at kill_at_us */
    int64_t started_boot_us;
    int64_t frozen_us;     /* boot clock: since when all stands still; 0: it does not */
    int64_t away_us;       /* how long it did before: neither used nor counted for the limit */
    int64_t warning_at_us; /* boot clock; INT64_MAX: never */
    int64_t limit_at_us;
    int64_t kill_at_us;
    int64_t measure_at_us; /* how much output is kept in the spool */
    struct sampler sampler;
    timer_t timer;
    bool has_timer;
    int64_t timer_at_us;
    int64_t cpu_us; /* of all that was reaped */
    int64_t largest_kib;
    uint64_t oom_kills_before;
};

/* Until every task has executed its program; on failure whatever was started may still be
 * there. */
bool shepherd_start(struct shepherd *shepherd, struct error *err);

/* Reap what has ended; false when there is no child left. */
bool shepherd_reap(struct shepherd *shepherd);

/* SIGTERM now, SIGKILL after the kill wait. */
void shepherd_end(struct shepherd *shepherd, enum task_end_cause cause);

/* Wait for the next signal or deadline; look: only what is due already. */
void shepherd_wait(struct shepherd *shepherd);
void shepherd_look(struct shepherd *shepherd);

#endif
