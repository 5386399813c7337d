/* settings.h - what the configuration readers of the programs share
 *
 * libconfuse reads the file (docs/decisions); each program's settings.c has its
 * own table of options.  A wrong setting stops the start: nothing is clamped,
 * ignored or taken twice.  Errors say FILE:LINE.  Includes and ${NAME} from the
 * environment are not offered.
 * A file that others may change is refused.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cfg_t;

/* Parse `path` into `file` (made by cfg_init()); checks owner, mode and size first. */
bool settings_parse(struct cfg_t *file, const char *path, struct error *err);

/* A listening or dialling address: "tcp://ADDRESS:PORT" or "ipc:///PATH".  The port "*"
 * listens on any free one; 0 is refused, since who writes it means something else. */
bool settings_check_endpoint(const char *name, const char *value, struct error *err);

/* To be dialled: one of them, or several "tcp://ADDRESS:PORT" with commas between. */
bool settings_check_endpoints(const char *name, const char *value, struct error *err);

/* A setting that is a duration: a row of a program's table. */
struct settings_span {
    const char *name;
    size_t offset; /* of its int64_t in the program's struct */
    int64_t least_us, most_us;
    const char *otherwise; /* what holds when it is not set */
};

/* Where the row's value is in `settings`, the program's struct. */
int64_t *settings_span_at(const struct settings_span *span, void *settings);

/* Put it there; refused: no duration, or one out of bounds. */
bool settings_read_span(const struct settings_span *span, const char *value, void *settings,
                        struct error *err);

#endif
