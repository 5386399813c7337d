/* sizes.c - how large a job is among those that were sent of late */

#include "scheduler/core/sizes.h"

#define STEPS 16 /* of an octave */
#define CLASS 8  /* steps */

/* The logarithm to the base 2 in sixteenths, as a line between powers of two. */
static uint32_t logarithm(uint64_t value)
{
    uint32_t octave = 0;

    if (value == 0)
        return 0;
    while (value >> octave > 1)
        octave++;
    return STEPS * octave + (uint32_t)(octave >= 4 ? (value >> (octave - 4)) - STEPS
                                                   : (value << (4 - octave)) - STEPS);
}

static uint32_t seconds_of(int64_t duration_us)
{
    int64_t duration_s = duration_us / 1000000;

    return duration_s < 1 ? 1 : duration_s < UINT32_MAX ? (uint32_t)duration_s : UINT32_MAX;
}

static void halve(struct sizes *sizes)
{
    sizes->total = 0;
    for (unsigned i = 0; i < SIZES_CLASSES; i++) {
        sizes->counts[i] /= 2;
        sizes->total += sizes->counts[i];
    }
}

uint8_t sizes_add(struct sizes *sizes, int64_t run_us, int64_t limit_us, uint32_t cores)
{
    uint32_t size =
        (logarithm(seconds_of(run_us)) + logarithm(seconds_of(limit_us))) / 2 + logarithm(cores);
    uint32_t class = size / CLASS; /* at most 2 * (31 + 31) + 3 */
    uint64_t smaller = 0;          /* in sixteenths */
    uint64_t place;

    for (uint32_t i = 0; i < class; i++)
        smaller += sizes->counts[i];
    smaller = smaller * 2 * CLASS + sizes->counts[class] * (2 * (uint64_t)(size % CLASS) + 1);
    /* The first of all is in the middle. */
    place =
        sizes->total ? smaller * PLACE_MOST / ((uint64_t)sizes->total * 2 * CLASS) : PLACE_MOST / 2;
    sizes->counts[class]++;
    if (++sizes->total >= 2 * SIZES_MEMORY)
        halve(sizes);
    return place > 0 ? (uint8_t)place : 1;
}
