/* clock.h - what time it is (a seam)
 *
 * Durations, leases and retries count on `boot_us` (CLOCK_BOOTTIME: it goes on
 * while the machine sleeps and never jumps); `wall_us` is for people and for
 * records.  Tests put a simulated clock here.
 *
 * Threads: the real clock any, a simulated one none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*boot_us)(void *state);
    int64_t (*wall_us)(void *state); /* since 1970, UTC */
    void *state;
};

extern const struct clock clock_real;

static inline int64_t clock_boot_us(const struct clock *clock)
{
    return clock->boot_us(clock->state);
}

static inline int64_t clock_wall_us(const struct clock *clock)
{
    return clock->wall_us(clock->state);
}

#endif
