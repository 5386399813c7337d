/* vm_relay.h - between a job's guest and the node: output, signals, the end
 *
 * Three ports, each a socket to which QEMU connects.  On two of them come output and error output,
 * byte for byte, and behind all of it the mark, which is not passed on: what comes by one port says
 * nothing of what has come by another.  The third has lines:
 *
 *   guest  ready        the script is about to begin
 *          exit N       it has ended so
 *          signal N     it was ended by that signal
 *   node   signal N     for all that the script has started
 *
 * A signal that comes before `ready` waits for it, but for those that end the machine: without a
 * script there is nobody to tell.  A guest that keeps silent, before the script or behind its end, is
 * waited for so long and no longer.
 *
 * Owns: its sockets.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_VM_RELAY_H
#define AGENT_VM_RELAY_H

#include "agent/vm_domain.h"
#include "base/error.h"
#include "base/memory.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define VM_MARK_SIZE 32 /* characters */

struct vm_relay;

/* Sockets in `folder`, named as vm_port_name() says; NULL: *err says why.  outputs: where what comes
 * by VM_OUTPUT and VM_ERROR goes; not closed. */
struct vm_relay *vm_relay_new(const char *folder, const char *mark, const int outputs[2],
                              struct error *err);
void vm_relay_free(struct vm_relay *relay);
DEFINE_CLEANUP(struct vm_relay *, vm_relay_free)

struct vm_end {
    int exit_code;
    int exit_signal; /* 0: none */
};

/* Microseconds. */
struct vm_patience {
    int64_t ready_us; /* until the script begins */
    int64_t end_us;   /* without a byte, once it has ended, until the mark has come by both ports */
};

/* Once the machine has been started, until its script has ended and all it wrote is there.  signals: a
 * signalfd.  ERROR_UNAVAILABLE: the machine ended first, or kept silent; ERROR_CONFLICT: a signal
 * ended it before there was a script; it is in *ret_end. */
bool vm_relay_run(struct vm_relay *relay, int signals, const struct vm_patience *patience,
                  struct vm_end *ret_end, struct error *err);

#endif
