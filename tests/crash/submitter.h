/* submitter.h - a process that submits without pause, and the answers it got
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_CRASH_SUBMITTER_H
#define TESTS_CRASH_SUBMITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The jobs that were acknowledged, one for each request key, in no order. */
struct acks {
    size_t count, capacity;
    uint64_t *jobs;
    uint32_t failures; /* submissions that were refused or never answered */
};

/* Take what comes through the pipe for a while; false at its end: the submitters are gone. */
bool acks_collect(struct acks *acks, int pipe_end, int64_t wait_us);
void acks_clear(struct acks *acks);

/* Fork one, which pauses after each job; they write into the folder `work`.  It ends when the other
 * side of stop[0] is closed, after its last answer. */
void submitter_start(const char *endpoint, const char *work, int pause_ms, int acks_pipe,
                     const int stop[2]);

#endif
