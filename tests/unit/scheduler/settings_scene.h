/* settings_scene.h - configurations as texts, for the tests of settings
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_SCHEDULER_SETTINGS_SCENE_H
#define TESTS_UNIT_SCHEDULER_SETTINGS_SCENE_H

#include "scheduler/settings.h"

/* Without one there is nothing to configure. */
#define CLUSTER "cluster \"sur\" {\n institution = \"uni\"\n partition \"p\" { }\n}\n"

/* Into settings that are to be cleared, also after an error. */
bool settings_read_text(const char *text, struct settings *settings, struct error *err);

/* Are they refused with these words? */
bool settings_refuse(const char *text, const char *words);

#endif
