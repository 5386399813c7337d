/* settings_inside.h - the inside of the settings, for the files that read them
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SETTINGS_INSIDE_H
#define SCHEDULER_SETTINGS_INSIDE_H

#include "scheduler/settings.h"

struct cfg_t; /* libconfuse's */

/* settings_clusters.c: all `cluster` sections. */
bool settings_read_clusters(struct cfg_t *file, struct settings *settings, struct error *err);

/* settings_priority.c: the section `priority`. */
void settings_priority_defaults(struct priority_settings *priority);
bool settings_read_priority(struct cfg_t *file, struct settings *settings, struct error *err);

#endif
