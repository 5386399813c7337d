/* random.h - chance that can be repeated
 *
 * Every run has the same seed, so that `make check` says the same of the same code each time;
 * TEQUIO_TEST_SEED=random in the environment draws one (`make check-random`), and since a run
 * prints its seed, TEQUIO_TEST_SEED=n repeats it.  Nothing whose name must be its own, a folder
 * or a port, is made of it.  The generator is SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast
 * splittable pseudorandom number generators", 2014).
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_RANDOM_H
#define TESTS_LIB_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEST_RANDOM_SEED 1

struct test_random {
    uint64_t seed; /* as given: to name it in a message */
    uint64_t state;
};

struct test_random test_random_from_seed(uint64_t seed);

/* From TEQUIO_TEST_SEED, else TEST_RANDOM_SEED; prints it as a TAP comment. */
struct test_random test_random_from_environment(void);

uint64_t test_random_next(struct test_random *random);
uint32_t test_random_below(struct test_random *random, uint32_t limit); /* 0 .. limit - 1 */
int64_t test_random_between(struct test_random *random, int64_t least, int64_t most);
bool test_random_chance(struct test_random *random, unsigned percent);
void test_random_fill(struct test_random *random, void *bytes, size_t size);

#endif
