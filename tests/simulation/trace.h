/* trace.h - what happened in a simulated world, one line each
 *
 *     12.345    n2         job=3 part=0 ready cores=0-3
 *
 * Seconds since the world began, who, what.  The lines that the services log go there too:
 * trace.c stands in for base/log.c.  When the program aborts, the end of the trace is printed
 * first, so that an assertion that fails deep inside has its story.
 *
 * Owns: the text.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_TRACE_H
#define TESTS_SIMULATION_TRACE_H

#include "base/buffer.h"

#include <stdint.h>

struct trace {
    struct buffer text;
    int64_t now_us;
    const char *who; /* who is at work: log lines are theirs */
    uint64_t seed;
    char last_words[48]; /* ready for the signal's handler, which may not print */
};

/* From now on it takes the log lines; one at a time. */
void trace_begin(struct trace *trace, uint64_t seed);
void trace_end(struct trace *trace); /* frees */

void trace_say(struct trace *trace, const char *who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The last so many lines. */
const char *trace_tail(const struct trace *trace, unsigned lines);

#endif
