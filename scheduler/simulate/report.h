/* report.h - what a replay has shown, for people and for programs
 *
 * Borrows: everything.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SIMULATE_REPORT_H
#define SCHEDULER_SIMULATE_REPORT_H

#include "base/buffer.h"
#include "scheduler/simulate/statistics.h"
#include "scheduler/simulate/workload.h"

#include <stdint.h>

struct report {
    const char *log;
    const char *policy; /* as it was asked for */
    uint32_t processors;
    const struct workload *workload;
    uint32_t shake_s;
    uint64_t seed;
    unsigned run_count;            /* at least 1 */
    const struct statistics *runs; /* each */
    struct statistics mean;
};

void report_print(const struct report *report, struct buffer *buffer);
void report_print_json(const struct report *report, struct buffer *buffer);

/* As a JSON string; "?" for what is no UTF-8. */
void report_add_text(struct buffer *buffer, const char *text);

#endif
