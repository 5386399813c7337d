/* job_stage.h - --stage-in and --stage-out, as they are typed
 *
 * `FILE` or `FILE=PATH` is a file of the submitter, which is read at once and taken along.  `URL`,
 * `URL=PATH` or `PATH=URL` is brought by the job, where the URL may end in #sha256=DIGEST.  An URL that has a ? is full
 * of = itself: a path goes before it, or behind the digest.
 *
 * Borrows: the texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOB_STAGE_H
#define CLIENT_JOB_STAGE_H

#include "base/options.h"
#include "proto/arena.h"
#include "proto/message.h"
#include "proto/staging.h"

#include <stdint.h>

struct job_stage {
    const char *in[STAGE_ITEMS_MAX];
    const char *out[STAGE_ITEMS_MAX];
    uint32_t in_count, out_count;
};

/* Add one; their place is the struct job_stage. */
option_fn job_stage_in;
option_fn job_stage_out;

bool job_stage_fill(const struct job_stage *stage, struct arena *arena, Wire__JobSpec *spec,
                    struct error *err);

#endif
