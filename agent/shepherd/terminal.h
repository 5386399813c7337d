/* terminal.h - a terminal for the task of rank 0
 *
 * The shepherd holds the other side of a pseudo-terminal: what comes out goes into the spool like
 * any output, what was typed comes from a file that the launcher appends to (launcher/input.h).
 * Nothing here waits for the task: what it does not read stays in the file.
 *
 * Owns: its descriptors.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_TERMINAL_H
#define AGENT_SHEPHERD_TERMINAL_H

#include "agent/launcher/input.h"
#include "agent/shepherd/shepherd.h"

struct terminal {
    int master; /* -1: there is none */
    int slave;  /* for the task; closed once it has it */
    int input;
    int notices; /* the input has grown */
    int signals; /* readable when the shepherd has something else to do */
    int output;  /* borrowed */
    bool silent; /* nobody has the slave open: it is looked at from time to time */
    uint64_t offset;
    size_t at, size; /* of the frame that is being written */
    uint8_t bytes[REQUEST_INPUT_MAX];
};

void terminal_init(struct terminal *terminal);

/* Before the tasks are forked.  output: where what it prints goes; signals: the shepherd's. */
bool terminal_open(struct terminal *terminal, const struct shepherd_order *order, int output,
                   const sigset_t *signals, struct error *err);

/* The tasks have it. */
void terminal_started(struct terminal *terminal);

/* Wait for something to do, or for one of the signals (which is left for the caller). */
void terminal_wait(struct terminal *terminal);

/* What it has printed and nobody has taken yet; when its tasks have ended. */
void terminal_drain(struct terminal *terminal);

/* In the task: its session's own, as input, output and errors.  False: see errno. */
bool terminal_take(const struct terminal *terminal);

#endif
