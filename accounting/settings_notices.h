/* settings_notices.h - whom to tell when grants run out, and when
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_SETTINGS_NOTICES_H
#define ACCOUNTING_SETTINGS_NOTICES_H

#include "accounting/settings.h"

struct cfg_t;

/* What was read of the file, checked. */
bool settings_take_notices(struct cfg_t *file, struct accounting_settings *settings,
                           struct error *err);
void settings_clear_notices(struct accounting_settings *settings);

#endif
