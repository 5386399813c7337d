/* schedule_restart.h - a core made anew from the rows of another
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_BENCH_SCHEDULE_RESTART_H
#define TESTS_BENCH_SCHEDULE_RESTART_H

#include "scheduler/core/core.h"

#include <stdint.h>

/* Processor time of this process, whatever else the machine does. */
int64_t cpu_us(void);

/* From rows in memory to the first step, each cluster being its institution's only project too:
 * what the store takes comes on top. */
double restart_us(const struct core *from, const struct core_settings *settings, int64_t now_us);

#endif
