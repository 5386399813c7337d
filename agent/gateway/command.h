/* command.h - a command of Slurm's, run beside the loop
 *
 * No shell, an environment of our own, and a time in which it has to end.  What it prints is
 * collected as it comes; whoever started it is called once, unless he frees it before.
 *
 * Owns: the process, its pipes and output.  Borrows: the loop.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_COMMAND_H
#define AGENT_GATEWAY_COMMAND_H

#include "base/error.h"
#include "base/loop.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define COMMAND_OUTPUT_MAX (16u << 20)

struct command;

/* output: NULL when it failed, could not be started, printed too much, or took too long: *why then
 * has its own words. */
typedef void command_fn(void *owner, char *output, const struct error *why);

struct command_request {
    const char *const *arguments; /* the first is its absolute path; NULL-ended */
    const char *const *environment;
    int64_t most_us;
    command_fn *on_end; /* never from inside command_start() */
    void *owner;
};

/* Free it from inside on_end, or before. */
struct command *command_start(struct loop *loop, const struct command_request *request);
void command_free(struct command *command); /* kills */
DEFINE_CLEANUP(struct command *, command_free)

#endif
