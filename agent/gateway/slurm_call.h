/* slurm_call.h - Slurm's commands, called as the gateway calls them
 *
 * Their folder and settings come from the configuration; times are printed as numbers, words in
 * English.
 *
 * Owns: the environment.  Borrows: loop and settings.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_SLURM_CALL_H
#define AGENT_GATEWAY_SLURM_CALL_H

#include "agent/gateway/command.h"
#include "agent/gateway/settings.h"
#include "base/loop.h"

struct slurm_caller {
    struct loop *loop;
    const struct gateway_settings *settings;
    char *environment[8]; /* NULL-ended */
};

void slurm_caller_init(struct slurm_caller *caller, struct loop *loop,
                       const struct gateway_settings *settings);
void slurm_caller_clear(struct slurm_caller *caller);

/* program: "sbatch"; arguments: behind it, NULL-ended.  Their texts are needed for the call only. */
struct command *slurm_call(const struct slurm_caller *caller, const char *program,
                           const char *const *arguments, command_fn *on_end, void *owner);

/* Do these words of a command say that Slurm is not there, and not that it says no? */
bool slurm_is_away(const char *words);

#endif
