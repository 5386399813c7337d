/* member.h - a lent node as the network knows it: its key, its door, its agent
 *
 * To the scheduler it is a node like any other, with a key of its own: the same agent, on a runtime
 * that asks Slurm.  Its folder is STATE/NODE/.
 *
 * Owns: key, topology, socket, agent.  Borrows: loop, settings, runtime.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_MEMBER_H
#define AGENT_GATEWAY_MEMBER_H

#include "agent/gateway/settings.h"
#include "agent/gateway/slurm_text.h"
#include "agent/runtime.h"
#include "base/loop.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct member;

/* What all of them have in common; must outlive them. */
struct member_site {
    struct loop *loop;
    const struct gateway_settings *settings;
    const char *boot_id; /* of the site: jobs of its nodes survive this machine */
};

/* NULL: its folder, or what Slurm says of its size, is not fit. */
struct member *member_new(const struct member_site *site, const struct slurm_node *node,
                          struct error *err);
void member_free(struct member *member);
DEFINE_CLEANUP(struct member *, member_free)

const char *member_name(const struct member *member); /* in the network */
uint32_t member_cores(const struct member *member);   /* that are lent */
uint64_t member_memory(const struct member *member);

/* Make its key known with a one-time token. */
bool member_enrol(struct member *member, const char *token, struct error *err);

/* Begin to work for the scheduler; the runtime's state must outlive it. */
bool member_start(struct member *member, const struct runtime *runtime, struct error *err);

void member_set_occupied(struct member *member, const char *why); /* NULL: it is not */
bool member_turn(struct member *member, int64_t *ret_next_us, struct error *err);

#endif
