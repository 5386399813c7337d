/* shepherd.h - the process that starts a task set, holds it to its limits, and sees it end
 *
 * Forked by the launcher, without exec, one per task set; it outlives launcher and agent.  It
 * is no part of the job's groups, so neither the job's limits nor its end touch it.  As a
 * subreaper it is the ancestor of all that its tasks start: when it has no child left,
 * nothing is left.  What happens it writes into the record (record.h); orders come as
 * a queued signal.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_SHEPHERD_H
#define AGENT_SHEPHERD_SHEPHERD_H

#include "agent/cgroup.h"
#include "agent/launcher/config.h"
#include "agent/launcher/record.h"
#include "agent/launcher/request_check.h"
#include "agent/launcher/spool.h"
#include "agent/shepherd/texts.h"

#include <signal.h>

/* The signal that carries an order: a number to pass on, or 0 to end the task set, with
 * these flags. */
#define SHEPHERD_SIGNAL (SIGRTMIN + 1)

enum shepherd_flag {
    SHEPHERD_BATCH_ONLY = 0x100, /* pass on to the first task alone */
    SHEPHERD_KILL = 0x200,       /* end it without SIGTERM */
    SHEPHERD_NUMBER = 0xff,
};

struct shepherd_order {
    struct record_key key;
    const struct request_start *start;
    const char *bytes; /* of the texts, as they came */
    size_t size;
    const struct start_texts *texts; /* the shepherd's own, once it has read them */
    const struct part *part;
    const struct account *account; /* whom its tasks run as: the part's, or the launcher's own */
    const char *hook;              /* the site's program in place of the job's; NULL: none */
    const struct spool *spool;
    const struct cgroups *groups;
    const struct config *config;
    const char *boot_id;
    const char *part_name;
    const char *task_name; /* of the record */
    int directory;         /* of the part, locked shared */
    int record;            /* locked */
    bool distinct_hosts;
    bool restore_oom_score; /* the launcher's own protection is not the job's */
};

_Noreturn void shepherd_run(struct shepherd_order *order);

#endif
