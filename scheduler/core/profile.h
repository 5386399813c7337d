/* profile.h - how many cores are free when, as planned
 *
 * A step function of time: from each of its points on, so many cores are free, until the
 * next.  Points lie in blocks that know the least and the most of their values, so that
 * taking, giving and seeking cost O(sqrt n) for n points at most, and seeking jumps over what
 * is too full.  Values may go below zero where more was promised than there is.
 *
 * Owns: its blocks.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_PROFILE_H
#define SCHEDULER_CORE_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#define PROFILE_BLOCK 64

struct profile_block {
    uint32_t count;
    int64_t shift;       /* to be added to each value */
    int64_t least, most; /* of the values, with the shift */
    int64_t times_us[PROFILE_BLOCK];
    int64_t values[PROFILE_BLOCK];
};

struct profile {
    size_t block_count, capacity;
    struct profile_block **blocks; /* none is empty */
};

void profile_init(struct profile *profile, int64_t from_us, int64_t cores); /* free for ever */
void profile_clear(struct profile *profile);

/* That many more (or, below zero, fewer) cores are free in [start_us, end_us). */
void profile_add(struct profile *profile, int64_t start_us, int64_t end_us, int64_t cores);

/* Forget what was before now_us. */
void profile_forget(struct profile *profile, int64_t now_us);

/* The first time at or after from_us, and before before_us, from which `cores` are free for
 * duration_us, or until before_us if that is sooner; INT64_MAX: there is none. */
int64_t profile_seek(const struct profile *profile, int64_t from_us, int64_t duration_us,
                     int64_t cores, int64_t before_us);

int64_t profile_at(const struct profile *profile, int64_t at_us);

#endif
