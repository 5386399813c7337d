/* preemption.h - who may push aside whom, and what becomes of who is
 *
 * Three ways lead to it: a partition of a higher tier, and the other's allows it (preempt); a
 * quality of service that names the other's; and a cluster whose owners come first
 * (owners-first), where jobs of its institution push aside opportunistic ones of others: those in
 * a partition that allows it, or of a QOS that says so.  Who may do it to each other does it to
 * neither, so that nobody is pushed back and forth.  The terms are those of the partition by the first
 * way, else of the other's QOS; by the last, of the partition if it allows it.
 *
 * Borrows: all.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_PREEMPTION_H
#define SCHEDULER_CORE_PREEMPTION_H

#include "scheduler/core/inventory.h"
#include "scheduler/core/job.h"
#include "scheduler/core/qos.h"

#include <stdbool.h>
#include <stdint.h>

struct terms {
    enum qos_preempt mode;
    int64_t grace_us;  /* from a warning (SIGTERM) to its end */
    int64_t exempt_us; /* so long it runs undisturbed */
};

/* What was done to a job for another one; kept until it is done again. */
struct interruption {
    uint64_t by; /* 0: nobody, or by hand */
    int64_t at_us;
    int64_t grace_until_us; /* it runs, was warned, and is ended then; 0: not so */
    enum qos_preempt mode;
    /* suspend.h; all of the present attempt */
    uint32_t turn;        /* odd: it stands still, or was ended while it did */
    bool by_hand;         /* it goes on by hand, too */
    int64_t suspended_us; /* since when; 0: it is not */
    int64_t paused_us;    /* how long it was before */
};

/* A job where it waits, or runs. */
struct contender {
    const struct job *job;
    const struct cluster *cluster;
    const struct partition *partition;
};

bool preemption_allows(const struct contender *by, const struct contender *other,
                       struct terms *ret_terms);

/* Could it be made to stand still for others?  Nobody knows for how long. */
bool preemption_may_suspend(const struct contender *other);

/* Does it give way to work of the owners of the cluster, where these come first? */
bool preemption_yields(const struct contender *other, struct terms *ret_terms);

/* Could it push aside anybody there? */
bool preemption_possible(const struct contender *by);

/* May it do so for more than the tier of its partition?  Then it comes before those that may not. */
bool preemption_claims(const struct contender *by);

#endif
