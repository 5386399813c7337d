/* clock.c - what time it is */

#include "base/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t boot_us(void *state)
{
    (void)state;
    return read_us(CLOCK_BOOTTIME);
}

static int64_t wall_us(void *state)
{
    (void)state;
    return read_us(CLOCK_REALTIME);
}

const struct clock clock_real = {boot_us, wall_us, NULL};
