/* job_curves.h - what a job used over its time, drawn: as a line of text, as a picture
 *
 * Each curve is a share of something: cores and memory of what the job had, bytes read and written, and
 * power, of the step that had most.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOB_CURVES_H
#define CLIENT_JOB_CURVES_H

#include "base/buffer.h"
#include "base/series.h"
#include "client/jobs.h"

enum curve { CURVE_CPU, CURVE_MEMORY, CURVE_READ, CURVE_WRITTEN, CURVE_POWER, CURVE_COUNT };

/* What it used; false: not known (yet), or not to be read. */
bool job_series(const struct job_row *row, struct series *ret_series);

/* "▁▃▇█ at most 3.9 of 4 cores", or "_:*#" where the terminal has ASCII alone; nothing of bytes and power
 * when there were none. */
void curve_print(const Wire__JobView *job, const struct series *series, enum curve curve,
                 struct buffer *buffer);

/* All of them below each other, in SVG. */
void curves_print_svg(const Wire__JobView *job, const struct series *series, struct buffer *buffer);

#endif
