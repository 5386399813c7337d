/* pmix_meet.h - how the PMIx servers of a step find each other
 *
 * Each tells the agent of its node where it listens, and asks it where the server above it in the
 * tree does; the agents pass both on to each other (handlers_meet.c).  Asked on a thread of
 * its own and again and again, so that the ranks never wait for it.
 *
 * Borrows: loop and job.  Threads: one, which only asks.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_PMIX_MEET_H
#define AGENT_PMIX_MEET_H

#include "agent/pmix_job.h"
#include "base/loop.h"

struct pmix_meet;

struct pmix_meet_calls {
    void (*on_met)(void *owner, const char *address); /* where the server above listens */
    bool (*is_done)(void *owner); /* all that will ever ask for our address have it */
    void (*on_trouble)(void *owner, const struct error *why);
    void *owner;
};

/* `address`: where those below reach us; "": nobody is below.  It is for the life of the process:
 * its thread may be waiting when that ends. */
struct pmix_meet *pmix_meet_new(struct loop *loop, const struct pmix_job *job, const char *address,
                                const struct pmix_meet_calls *calls, struct error *err);

#endif
