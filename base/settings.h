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

struct cfg_t;

/* Parse `path` into `file` (made by cfg_init()); checks owner, mode and size first. */
bool settings_parse(struct cfg_t *file, const char *path, struct error *err);

/* A listening or dialling address: "tcp://ADDRESS:PORT" or "ipc:///PATH".  The port "*"
 * listens on any free one; 0 is refused, since who writes it means something else. */
bool settings_check_endpoint(const char *name, const char *value, struct error *err);

/* To be dialled: one of them, or several "tcp://ADDRESS:PORT" with commas between. */
bool settings_check_endpoints(const char *name, const char *value, struct error *err);

#endif
