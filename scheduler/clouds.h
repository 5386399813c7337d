/* clouds.h - pools of servers, kept as large as the waiting jobs make it worth while
 *
 * For each `cloud` section one pool (cloud/pool.h), one provider (cloud/provider.h) and one thread
 * on which the provider is asked, so that a cloud that hangs holds up nothing else (clouds of one
 * libvirt host share theirs).  Twice a second: which of its nodes have joined, which would be of use to jobs that wait, which have
 * been idle too long; then the pool's next order.
 *
 * Owns: pools, providers, threads.  Borrows: loop, service, settings.  Threads: its own touch the
 * provider and the order at hand alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUDS_H
#define SCHEDULER_CLOUDS_H

#include "base/loop.h"
#include "base/memory.h"
#include "scheduler/service.h"
#include "scheduler/settings.h"

struct clouds;

/* scheduler_key: the public key that servers get to know.  NULL with *err: a credential cannot be
 * read, or the store. */
struct clouds *clouds_new(struct loop *loop, struct service *service,
                          const struct settings *settings, const char *scheduler_key,
                          struct error *err);

/* Waits for what is asked of the clouds, a minute at most.  What was asked for and not answered is
 * found again at the next start. */
void clouds_free(struct clouds *clouds);
DEFINE_CLEANUP(struct clouds *, clouds_free)

#endif
