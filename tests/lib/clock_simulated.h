/* clock_simulated.h - time that passes when the test says so
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_CLOCK_SIMULATED_H
#define TESTS_LIB_CLOCK_SIMULATED_H

#include "base/clock.h"

struct clock_simulated {
    int64_t boot_us;
    int64_t wall_us;
};

/* Boot time 1000 s, wall clock 2026-01-01. */
void clock_simulated_init(struct clock_simulated *simulated);
struct clock clock_simulated_seam(struct clock_simulated *simulated);
void clock_simulated_pass(struct clock_simulated *simulated, int64_t time_us);

#endif
