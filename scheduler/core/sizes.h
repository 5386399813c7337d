/* sizes.h - how large a job is among those that were sent of late
 *
 * A job's size is cores times the geometric mean of its predicted run time and its limit: the
 * prediction is wrong often, the limit is too large nearly always.  Its place is the
 * share of the last thousand or two that were smaller.  So what counts as small follows from
 * what people send to this network, not from a constant.
 *
 * Sizes are counted in half octaves; a place between two of them is interpolated.  Every
 * thousand jobs all counts are halved.  Integers only, so that all machines agree.
 *
 * Cost: constant.  Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_SIZES_H
#define SCHEDULER_CORE_SIZES_H

#include <stdint.h>

#define SIZES_CLASSES 256
#define SIZES_MEMORY  1000
#define PLACE_MOST    255

struct sizes {
    uint32_t total;
    uint32_t counts[SIZES_CLASSES];
};

/* The place of a job, and count it: 1, smaller than all, to PLACE_MOST. */
uint8_t sizes_add(struct sizes *sizes, int64_t run_us, int64_t limit_us, uint32_t cores);

#endif
