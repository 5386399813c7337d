/* step_output.h - what the tasks of a step print, from all nodes, line by line
 *
 * Lines of several nodes are never mixed; with a label each begins with its task's
 * number, or with the node's name where a node has several tasks.
 *
 * Owns: bytes of lines not yet ended.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_STEP_OUTPUT_H
#define CLIENT_STEP_OUTPUT_H

#include "base/error.h"
#include "base/memory.h"
#include "proto/message.h"

#include <stdbool.h>

struct session;
struct step_output;

struct step_output_options {
    uint64_t job;
    uint64_t array; /* as in struct follow */
    uint64_t step;
    Wire__StepPart *const *parts;
    size_t part_count;
    bool label;
    bool terminal; /* of the first part: all that it prints is one stream, shown as it comes */
    bool outside;  /* of the job: the scheduler is asked, else the agent */
};

struct step_output *step_output_new(const struct step_output_options *options);
void step_output_free(struct step_output *output);
DEFINE_CLEANUP(struct step_output *, step_output_free)

/* Write all that there is now, and wait so long for some; *ret_news: was there any. */
bool step_output_take(struct step_output *output, struct session *session, int64_t wait_us,
                      bool *ret_news, struct error *err);

/* Nothing more will come. */
bool step_output_is_complete(const struct step_output *output);

#endif
