/* effect.h - what the core wants done
 *
 * Effects come out in order.  The service stores what is to be saved in one
 * transaction and only then sends what is to be sent.  An effect names things by id or
 * points into the core: it is used before the next step.
 *
 * Owns: the array.  Borrows: the core's jobs and nodes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_EFFECT_H
#define SCHEDULER_CORE_EFFECT_H

#include "accounting/core/ledger.h"
#include "base/buffer.h"
#include "scheduler/core/job.h"

#include <stddef.h>
#include <stdint.h>

enum effect_kind {
    EFFECT_SAVE_JOB,    /* the job's row, and its parts' rows */
    EFFECT_SAVE_NODE,   /* drain, boot id, facts */
    EFFECT_SAVE_HOLD,   /* new */
    EFFECT_END_HOLD,    /* settled or released: delete */
    EFFECT_SAVE_TXN,    /* with `usage` for a charge or a waiver */
    EFFECT_LAUNCH_PART, /* make it ready, or (part 0, PART_STARTING) start the batch script */
    EFFECT_STOP_PART,
    EFFECT_TURN_PART,  /* let it stand still, or go on: as its job's turn is (suspend.h) */
    EFFECT_TERM_PART,  /* SIGTERM to all its processes: it is ended before long */
    EFFECT_JOB_ENDED,  /* final: answer who waits; the core forgets it after keep_ended_us */
    EFFECT_FORGET_JOB, /* gone from memory now; the store has it */
    EFFECT_WARN,       /* an operator should know: text */
    EFFECT_KIND_COUNT
};

struct effect {
    enum effect_kind kind;
    const struct job *job;
    uint32_t part;
    const struct node *node;
    uint32_t attempt;
    int64_t amount_micro;
    uint32_t txn;   /* SAVE_TXN: index into effects.txns */
    char text[120]; /* WARN: "job=… node=… what happened" */
};

struct booking {
    struct txn txn;
    struct usage usage; /* of a charge or waiver */
    bool has_usage;
};

struct effects {
    size_t count, capacity;
    struct effect *all;
    size_t booking_count, booking_capacity;
    struct booking *bookings;
};

void effects_init(struct effects *effects);
void effects_clear(struct effects *effects); /* frees */
void effects_reset(struct effects *effects); /* count 0, memory kept */
void effects_add(struct effects *effects, struct effect effect);
void effects_add_booking(struct effects *effects, const struct booking *booking);

/* One line each: the audit log and the expected output of golden scenarios. */
void effect_print(const struct effects *effects, const struct effect *effect,
                  struct buffer *buffer);

#endif
