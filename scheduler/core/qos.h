/* qos.h - qualities of service: how urgent a job is, what it costs, whom it may push aside
 *
 * A QOS comes from the configuration.  Its limits are those of limit.h.  What it costs is fixed
 * in the request when a job is submitted, so that its hold and its charge agree whatever
 * the configuration becomes; its priority and its flags are those of the moment.
 *
 * Owns: the copies of all texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_QOS_H
#define SCHEDULER_CORE_QOS_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QOS_PRIORITY_MAX 65535
#define QOS_FACTOR_MOST  1000 /* times the price */

/* What becomes of a job that is pushed aside. */
enum qos_preempt {
    QOS_PREEMPT_REQUEUE,
    QOS_PREEMPT_CANCEL,
    QOS_PREEMPT_SUSPEND,
    QOS_PREEMPT_COUNT
};

/* Lists end with NULL; those of who may use it are all empty where everybody may. */
struct qos {
    char *name;
    uint32_t priority;
    int32_t surcharge_ppm; /* of the price: 0 as it is, -1,000,000 for nothing */
    bool no_reserve;       /* starts where there is room, and keeps nothing free */
    bool deny_on_limit;    /* what no limit could ever let start is refused, not held */
    bool is_default;       /* of all projects that have no other */
    bool opportunistic;    /* its jobs give way to those of a cluster's owners (preemption.h) */
    char **users, **projects, **institutions;
    char **default_for;            /* projects */
    char **preempts;               /* whose jobs it may push aside */
    enum qos_preempt preempt_mode; /* how its own are pushed aside */
    int64_t preempt_grace_us;      /* warned so long before */
    int64_t preempt_exempt_us;     /* not before they have run so long */
};

struct qos_list {
    size_t count;
    struct qos *all;
};

void qos_list_copy(struct qos_list *to, const struct qos_list *from);
void qos_list_clear(struct qos_list *list); /* frees */

const struct qos *qos_find(const struct qos_list *list, const char *name); /* or NULL */
const struct qos *qos_default(const struct qos_list *list, const char *project);

/* For whom it is to be. */
struct qos_user {
    const char *user, *project, *institution;
};
bool qos_admits(const struct qos *qos, const struct qos_user *who);

/* The one of a job: as asked for (NULL: the project's default, or none at all: then *ret_qos
 * is NULL).  False: there is no such, or it is not for them. */
bool qos_choose(const struct qos_list *list, const char *asked, const struct qos_user *who,
                const struct qos **ret_qos, struct error *err);

/* Does it name the other among those that it pushes aside? */
bool qos_preempts(const struct qos *qos, const struct qos *other);

/* One of them that pushes aside others that, in the end, push it aside; NULL: none. */
const struct qos *qos_find_circle(const struct qos_list *list);

const char *qos_preempt_name(enum qos_preempt mode);
bool qos_preempt_parse(const char *text, enum qos_preempt *ret_mode, struct error *err);

#endif
