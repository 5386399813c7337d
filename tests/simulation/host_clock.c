/* host_clock.c - the clocks of one machine in virtual time */

#include "tests/simulation/host_clock.h"

#define MILLION    INT64_C(1000000)
#define START_US   (20 * MILLION)            /* boot clock when the first program starts */
#define WORLD_WALL INT64_C(1767225600000000) /* the world begins in 2026 */
#define FAR_US     (INT64_C(1) << 50)
#define PART_MOST  100 /* no clock is off by more than this part of the time */

void host_clock_init(struct host_clock *clock, const struct agenda *agenda, int64_t ppm)
{
    *clock = (struct host_clock){.agenda = agenda, .ppm = ppm};
    host_clock_reboot(clock);
}

void host_clock_reboot(struct host_clock *clock)
{
    clock->booted_us = clock->agenda->now_us;
}

static int64_t boot_at(const struct host_clock *clock, int64_t world_us)
{
    int64_t age_us = world_us - clock->booted_us;

    return START_US + age_us + age_us / MILLION * clock->ppm +
           age_us % MILLION * clock->ppm / MILLION;
}

int64_t host_clock_boot_us(const struct host_clock *clock)
{
    return boot_at(clock, clock->agenda->now_us);
}

int64_t host_clock_when(const struct host_clock *clock, int64_t boot_us)
{
    int64_t now_us = clock->agenda->now_us, near_us, apart_us, low, high;

    if (boot_at(clock, now_us) >= boot_us)
        return now_us;
    if (boot_us > FAR_US)
        return now_us + 2 * FAR_US;
    near_us = clock->booted_us + boot_us - START_US;
    apart_us = near_us / PART_MOST + 2;
    low = near_us - apart_us > now_us ? near_us - apart_us : now_us;
    high = near_us + apart_us;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        if (boot_at(clock, middle) >= boot_us)
            high = middle;
        else
            low = middle;
    }
    return high;
}

static int64_t boot_us(void *state)
{
    return host_clock_boot_us(state);
}

static int64_t wall_us(void *state)
{
    const struct host_clock *clock = state;

    return WORLD_WALL + clock->agenda->now_us + clock->ahead_us;
}

struct clock host_clock_seam(struct host_clock *clock)
{
    return (struct clock){.boot_us = boot_us, .wall_us = wall_us, .state = clock};
}
