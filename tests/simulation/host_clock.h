/* host_clock.h - the clocks of one machine in virtual time
 *
 * The boot clock starts with the machine and may run a little fast or slow; the wall clock may be
 * set to anything.
 *
 * Borrows: the agenda.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_HOST_CLOCK_H
#define TESTS_SIMULATION_HOST_CLOCK_H

#include "base/clock.h"
#include "tests/simulation/agenda.h"

#include <stdint.h>

struct host_clock {
    const struct agenda *agenda;
    int64_t booted_us; /* virtual time */
    int64_t ppm;       /* faster by so many millionths */
    int64_t ahead_us;  /* the wall clock, of the true time */
};

void host_clock_init(struct host_clock *clock, const struct agenda *agenda, int64_t ppm);
void host_clock_reboot(struct host_clock *clock);
struct clock host_clock_seam(struct host_clock *clock);

int64_t host_clock_boot_us(const struct host_clock *clock);

/* The first virtual time at which the boot clock shows at least boot_us. */
int64_t host_clock_when(const struct host_clock *clock, int64_t boot_us);

#endif
