/* picture.h - a schedule as a picture (SVG)
 *
 * Above the processors: each job as a box on the processors it had, while there are few; else
 * how many were in use.  Below the jobs that waited.  Time runs from left to right.
 *
 * Borrows: the jobs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SIMULATE_PICTURE_H
#define SCHEDULER_SIMULATE_PICTURE_H

#include "base/buffer.h"
#include "scheduler/simulate/workload.h"

#include <stddef.h>
#include <stdint.h>

#define PICTURE_BOXES_MOST 2000

struct picture {
    const char *title;
    const struct work *jobs;
    const int64_t *starts_s;
    size_t count; /* at least 1 */
    uint32_t processors;
};

/* O(n log n), and O(processors) for each box. */
void picture_print(const struct picture *picture, struct buffer *buffer);

/* Begins any picture: its size, a white ground and a title. */
void picture_begin(struct buffer *buffer, int width, int height, const char *title);

#endif
