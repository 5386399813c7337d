/* pmix_fence.h - what the ranks of a step tell each other, gathered from all of its nodes
 *
 * Each server gathers what its own ranks and the servers below it bring to a fence, hands it
 * up, and at the root down again, whole, to all.  A fence is known by its ranks and by its number
 * among the fences of the same ranks.  No socket and no library in here: what is to be done is
 * told through the callbacks.
 *
 * Owns: what was brought to fences that are not complete.  Borrows: the job.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_PMIX_FENCE_H
#define AGENT_PMIX_FENCE_H

#include "agent/pmix_job.h"
#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pmix_fences;

struct pmix_fence_calls {
    void (*send)(void *owner, size_t node, bool up, const struct buffer *bytes);
    /* `local` is what pmix_fences_enter() was given. */
    void (*finish)(void *owner, void *local, const void *bytes, size_t size);
    void *owner;
};

struct pmix_fences *pmix_fences_new(const struct pmix_job *job,
                                    const struct pmix_fence_calls *calls);
void pmix_fences_free(struct pmix_fences *fences);
DEFINE_CLEANUP(struct pmix_fences *, pmix_fences_free)

/* All of its ranks that are here have come to a fence, and bring so much. */
void pmix_fences_enter(struct pmix_fences *fences, const struct pmix_ranks *ranks,
                       const void *bytes, size_t size, void *local);

/* What another server has sent: one below (up), or the one above. */
bool pmix_fences_up(struct pmix_fences *fences, size_t node, const void *bytes, size_t size,
                    struct error *err);
bool pmix_fences_down(struct pmix_fences *fences, const void *bytes, size_t size,
                      struct error *err);

/* The ranks here (node: this one), or all below that node, have ended. */
void pmix_fences_leave(struct pmix_fences *fences, size_t node);

/* The node that a fence waits for in vain; the number of nodes: none. */
size_t pmix_fences_missing(const struct pmix_fences *fences);

#endif
