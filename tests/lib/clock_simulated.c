/* clock_simulated.c - time that passes when the test says so */

#include "tests/lib/clock_simulated.h"

static int64_t boot_us(void *state)
{
    return ((const struct clock_simulated *)state)->boot_us;
}

static int64_t wall_us(void *state)
{
    return ((const struct clock_simulated *)state)->wall_us;
}

void clock_simulated_init(struct clock_simulated *simulated)
{
    simulated->boot_us = INT64_C(1000000000);
    simulated->wall_us = INT64_C(1767225600000000);
}

struct clock clock_simulated_seam(struct clock_simulated *simulated)
{
    return (struct clock){.boot_us = boot_us, .wall_us = wall_us, .state = simulated};
}

void clock_simulated_pass(struct clock_simulated *simulated, int64_t time_us)
{
    simulated->boot_us += time_us;
    simulated->wall_us += time_us;
}
