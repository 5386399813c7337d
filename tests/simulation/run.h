/* run.h - one seed from beginning to end
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_RUN_H
#define TESTS_SIMULATION_RUN_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct run {
    uint64_t seed;
    uint64_t steps; /* the storm ends after so many; 0: by the clock alone */

    /* filled */
    bool good;
    char first[400];     /* what is wrong */
    struct buffer trace; /* initialised by the caller */
    uint64_t steps_done;
    uint64_t jobs;
};

void run_seed(struct run *run);

#endif
