/* handover.h - what the gateway and tequio-slurm-job leave each other in a job's folder
 *
 *   script    the batch script
 *   start     how to run it (struct handover)
 *   batch     what Slurm runs: it runs tequio-slurm-job on this folder
 *   log       what that and Slurm have to say
 *   claim     made once: by the Slurm job that runs the script; no other does
 *   begun     it runs
 *   end       how it ended, measured where it ran
 *   signals/  N: a signal that is for the script alone
 *
 * The folder is on a file system that the nodes share.  begun and end appear whole or not at all.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_HANDOVER_H
#define AGENT_GATEWAY_HANDOVER_H

#include "agent/runtime.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct handover {
    const char *directory;
    const char *output;
    const char *error; /* "": joins output */
    const char *input; /* "": none */
    int64_t limit_us;  /* INT64_MAX: none */
    int64_t warning_us;
    int64_t kill_wait_us;
    uint32_t warning_signal; /* 0: none */
    bool warning_batch_only;
    bool append;
    const char **arguments;   /* NULL-ended */
    const char **environment; /* NULL-ended */
};

/* Files script and start. */
bool handover_write(const char *folder, const struct handover *handover, const void *script,
                    size_t script_size, struct error *err);

/* Its texts are in *ret_bytes, and its lists: free() all three. */
bool handover_read(const char *folder, struct handover *ret_handover, char **ret_bytes,
                   struct error *err);

/* By the job that has this number in Slurm; CONFLICT: another, or this one before, has it. */
bool handover_claim(const char *folder, const char *slurm_id, struct error *err);

bool handover_write_begun(const char *folder, int64_t started_us, struct error *err);
bool handover_has_begun(const char *folder);

bool handover_write_end(const char *folder, const struct task_end *end, struct error *err);
/* NOT_FOUND: it has left none. */
bool handover_read_end(const char *folder, struct task_end *ret_end, struct error *err);

/* The signal that is about to be sent is for the script alone, and not for all that it started. */
bool handover_mark_signal(const char *folder, int number, struct error *err);
bool handover_take_signal(const char *folder, int number);

/* The folder and all that is named above. */
bool handover_remove(const char *folder, struct error *err);

#endif
