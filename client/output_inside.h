/* output_inside.h - what output.c, output_table.c and output_json.c share
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_OUTPUT_INSIDE_H
#define CLIENT_OUTPUT_INSIDE_H

#include "client/format.h"
#include "client/output.h"

/* One row's cell of one column. */
void output_read(const struct column *column, const void *row, struct cell *cell,
                 struct buffer *scratch);

void output_table(const struct output *output, const struct format *format, bool header);
void output_json(const struct output *output, const struct format *format);

/* Before and after a coloured text; "" where there are no colours. */
const char *output_tone(enum tone tone, bool colours);
const char *output_tone_end(enum tone tone, bool colours);

/* May stdout have colours: a terminal, and nobody said NO_COLOR. */
bool output_has_colours(void);

/* Columns of the terminal on stdout; 0 when it is none. */
size_t output_terminal_width(void);

#endif
