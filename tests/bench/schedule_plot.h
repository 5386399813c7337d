/* schedule_plot.h - how the times of the scheduler grow, as a picture (SVG)
 *
 * Two charts with logarithmic axes, by waiting jobs and by nodes: a line for each kind of time, and
 * beside that of the full pass, dashed, what would grow as n log n from its first point.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_BENCH_SCHEDULE_PLOT_H
#define TESTS_BENCH_SCHEDULE_PLOT_H

#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

enum plot_time { PLOT_SUBMIT, PLOT_PASS, PLOT_END, PLOT_TIME_COUNT };

struct plot_point {
    uint32_t size; /* jobs, or nodes */
    double times_us[PLOT_TIME_COUNT];
};

struct plot_series {
    const char *title;
    size_t count;
    struct plot_point points[8];
};

/* How a time grows from the first point to the last: as size^exponent. */
double plot_exponent(const struct plot_series *series, enum plot_time time);

void plot_print(const struct plot_series *series, size_t count, struct buffer *ret_svg);

#endif
