/* series.h - what something used over its time, in a fixed number of steps
 *
 * Steps are short at first.  When there are SERIES_MOST of them each two become one that is twice
 * as long: a series of a second and one of a month take the same room.  As text it is bounded too.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SERIES_H
#define BASE_SERIES_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define SERIES_MOST     64
#define SERIES_STEP_US  INT64_C(250000) /* of a new one */
#define SERIES_TEXT_MAX 4000
#define SERIES_COARSE   (SERIES_MOST / 8) /* halving never leaves fewer steps than these */

struct series_step {
    uint64_t cpu_us;       /* in this step */
    uint64_t memory_bytes; /* the most that was seen in it */
    uint64_t read_bytes;   /* in this step, from and to disks */
    uint64_t written_bytes;
    uint64_t energy_mj; /* in this step, millijoules; 0 in all steps: not known */
};

struct series {
    int64_t start_us; /* wall clock */
    int64_t step_us;
    int64_t last_us; /* of the last step, which may be shorter */
    uint32_t count;  /* 0: nothing is known */
    struct series_step steps[SERIES_MOST];
};

void series_init(struct series *series, int64_t start_us);

/* A whole step.  Afterwards step_us says how long the next one is. */
void series_add(struct series *series, const struct series_step *step);

/* The last, of less than a whole step. */
void series_end(struct series *series, const struct series_step *step, int64_t last_us);

/* What all of it used; memory_bytes: the most in any step. */
struct series_step series_total(const struct series *series);
int64_t series_span(const struct series *series);

/* Add what ran meanwhile.  together: each sees the same memory, of which there is the more;
 * else theirs is added. */
void series_join(struct series *series, const struct series *other, bool together);

/* One that was not made here: is it such that all calls above can be made with it, and could it have
 * been made by them? */
bool series_check(const struct series *series, struct error *err);

/* No step has more cpu time than so many processors, nor more energy than a kilowatt for each, nor more
 * memory than that. */
void series_bound(struct series *series, uint32_t cpus, uint64_t memory_bytes);

/* Coarser than it was where it would have more than SERIES_TEXT_MAX bytes. */
void series_print(const struct series *series, struct buffer *buffer);
/* Checked. */
bool series_parse(const char *text, struct series *ret_series, struct error *err);

#endif
