/* authority.h - what a principal may do with which job, project, institution or node
 *
 * The handler tables say which roles may send a message; here is whose objects it may be
 * about.  Nobody grants what they lack, nobody changes an equal or higher principal.
 *
 * Threads: none, except that a scope made by scope_of() may be read by another thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_AUTHORITY_H
#define SCHEDULER_AUTHORITY_H

#include "proto/arena.h"
#include "proto/identity.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/job.h"
#include "scheduler/people.h"

#include <stdbool.h>
#include <stddef.h>

/* Whose jobs and usage somebody may see; texts are copies in an arena. */
struct scope {
    bool all;
    const char *user;        /* always: one's own */
    const char *institution; /* of a manager, or NULL */
    const char *cluster;     /* of a cluster administrator, or NULL */
    const char **projects;   /* managed ones; ended by NULL */
};

struct scope scope_of(const struct people *people, const struct principal *principal,
                      struct arena *arena);
bool scope_covers(const struct scope *scope, const char *user, const char *project,
                  const char *institution, const char *cluster);

/* Cancel, hold, release, requeue, signal. */
bool may_manage_job(const struct people *people, const struct principal *principal,
                    const struct job *job);
bool may_see_job(const struct people *people, const struct principal *principal,
                 const struct job *job);

/* Is it the institution's manager, or the network's operator? */
bool may_manage_institution(const struct principal *principal, const char *institution);

/* The same, or the project's own manager? */
bool may_manage_project(const struct people *people, const struct principal *principal,
                        const char *project, const char *institution);
bool may_manage_cluster(const struct principal *principal, const char *cluster);

/* Is a principal with these roles below the one who wants to change it? */
bool is_below(unsigned roles, const struct principal *principal);

#endif
