/* follow.h - stay with a job until it ends: its state, its output
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_FOLLOW_H
#define CLIENT_FOLLOW_H

#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct session;

/* What happens with a job when the person interrupts. */
enum follow_interrupt {
    FOLLOW_LEAVES,  /* the command ends, the job goes on */
    FOLLOW_CANCELS, /* the first Ctrl-C cancels the job, the second one leaves it */
};

struct follow {
    uint64_t job;
    uint64_t array; /* that it must be of; 0: none in particular */
    enum follow_interrupt on_interrupt;
    bool quiet;  /* no progress, also on a terminal */
    bool output; /* write the job's output to stdout as it comes */
    bool errors; /* and its own file of errors to stderr */
};

/* Wait for the end; *ret_status is the job's exit status (jobs.h).  False when the scheduler
 * cannot be asked any more, or when the person left. */
bool follow_job(struct session *session, const struct follow *follow, int *ret_status,
                struct error *err);

/* What comes out of a job (or, inside one, of a step), from *offset on. */
struct follow_stream {
    uint64_t job;
    uint64_t array; /* as in struct follow */
    uint64_t step;
    uint32_t part;
    bool error_stream;
    uint64_t offset;
    bool end;
    int descriptor; /* where to write it */
};

/* One ask: write what there is, waiting up to wait_us for it. */
bool follow_stream(struct session *session, struct follow_stream *stream, int64_t wait_us,
                   struct error *err);

#endif
