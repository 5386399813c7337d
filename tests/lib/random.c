/* random.c - chance that can be repeated */

#include "tests/lib/random.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct test_random test_random_from_seed(uint64_t seed)
{
    return (struct test_random){.seed = seed, .state = seed};
}

static uint64_t any_seed(void)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
        printf("Bail out! no random seed from the kernel\n");
        exit(99);
    }
    return seed;
}

static uint64_t read_seed(const char *text)
{
    char *end;
    uint64_t seed = strtoull(text, &end, 10);

    if (*end || end == text) {
        printf("Bail out! TEQUIO_TEST_SEED=%s is no number, and not 'random'\n", text);
        exit(99);
    }
    return seed;
}

struct test_random test_random_from_environment(void)
{
    const char *text = getenv("TEQUIO_TEST_SEED");
    uint64_t seed = TEST_RANDOM_SEED;

    if (text && strcmp(text, "random") == 0)
        seed = any_seed();
    else if (text && *text)
        seed = read_seed(text);
    printf("# TEQUIO_TEST_SEED=%" PRIu64 "\n", seed);
    return test_random_from_seed(seed);
}

uint64_t test_random_next(struct test_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* The bias of the multiplication is below 2^-32: of no weight in a test. */
uint32_t test_random_below(struct test_random *random, uint32_t limit)
{
    assert(limit > 0);
    return (uint32_t)(((test_random_next(random) >> 32) * limit) >> 32);
}

int64_t test_random_between(struct test_random *random, int64_t least, int64_t most)
{
    uint64_t width = (uint64_t)most - (uint64_t)least + 1;
    uint64_t value = test_random_next(random);

    assert(least <= most);
    /* width is 0 when every int64_t is allowed */
    return (int64_t)((uint64_t)least + (width ? value % width : value));
}

bool test_random_chance(struct test_random *random, unsigned percent)
{
    return test_random_below(random, 100) < percent;
}

void test_random_fill(struct test_random *random, void *bytes, size_t size)
{
    unsigned char *place = bytes;

    while (size > 0) {
        uint64_t value = test_random_next(random);
        size_t part = size < sizeof(value) ? size : sizeof(value);

        memcpy(place, &value, part);
        place += part;
        size -= part;
    }
}
