/* chance.c - all that is random in a simulated world comes from its seed; base/random.h is
 * implemented here */

#include "tests/simulation/chance.h"

#include "base/random.h"

/* random_fill() comes without a context. */
static struct test_random secrets = {.state = 1};

struct test_random chance_stream(uint64_t seed, uint64_t purpose)
{
    struct test_random random = test_random_from_seed(seed * 1000003 + purpose);

    random.state = test_random_next(&random);
    random.seed = seed;
    return random;
}

void chance_begin(uint64_t seed)
{
    secrets = chance_stream(seed, 0);
}

bool chance_rare(struct test_random *random, uint32_t rarity)
{
    return test_random_below(random, rarity) == 0;
}

int64_t chance_wait(struct test_random *random, int64_t most_us)
{
    return test_random_between(random, 0, test_random_between(random, 0, most_us));
}

void random_fill(void *bytes, size_t size)
{
    test_random_fill(&secrets, bytes, size);
}

uint32_t random_below(uint32_t limit)
{
    return test_random_below(&secrets, limit);
}
