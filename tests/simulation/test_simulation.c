/* test_simulation.c - some dozens of seeds, and that a seed repeats itself */

#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/simulation/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS_FIXED  20
#define SEEDS_RANDOM 10

static bool run(uint64_t seed)
{
    struct run run = {.seed = seed};

    buffer_init(&run.trace);
    run_seed(&run);
    if (!run.good)
        printf("# seed %" PRIu64 ": %s\n# see it all with simulate --seed %" PRIu64 " --trace\n",
               seed, run.first, seed);
    buffer_clear(&run.trace);
    return run.good;
}

static void test_known_seeds(void)
{
    for (uint64_t seed = 1; seed <= SEEDS_FIXED; seed++)
        CU_ASSERT(run(seed));
}

/* Others with TEQUIO_TEST_SEED; what is bad is told with its seed. */
static void test_random_seeds(void)
{
    struct test_random random = test_random_from_environment();

    for (int i = 0; i < SEEDS_RANDOM; i++)
        CU_ASSERT(run(test_random_next(&random) >> 32));
}

static void test_a_seed_repeats_itself(void)
{
    struct run runs[2] = {{.seed = 3}, {.seed = 3}};

    for (size_t i = 0; i < 2; i++) {
        buffer_init(&runs[i].trace);
        run_seed(&runs[i]);
    }
    CU_ASSERT(runs[0].steps_done > 1000);
    CU_ASSERT_EQUAL(runs[0].steps_done, runs[1].steps_done);
    CU_ASSERT_STRING_EQUAL(runs[0].trace.bytes, runs[1].trace.bytes);
    buffer_clear(&runs[0].trace);
    buffer_clear(&runs[1].trace);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"known seeds",           test_known_seeds          },
        {"random seeds",          test_random_seeds         },
        {"a seed repeats itself", test_a_seed_repeats_itself},
        CU_TEST_INFO_NULL,
    };

    return run_suite("simulation", tests);
}
