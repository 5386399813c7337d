/* findings.h - what was found to be wrong in a simulated world
 *
 * The first one is kept and ends the run; all are in the trace.
 *
 * Borrows: the trace.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_FINDINGS_H
#define TESTS_SIMULATION_FINDINGS_H

#include "tests/simulation/trace.h"

struct findings {
    struct trace *trace;
    unsigned count;
    char first[400];
};

void findings_add(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
