/* text.h - what people read of a replay, in their language
 *
 * As in the client: every text for people goes through _(); N_() marks one that stands in a
 * table and is translated where it is printed.
 *
 * Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SIMULATE_TEXT_H
#define SCHEDULER_SIMULATE_TEXT_H

#include <libintl.h>

#define _(text)  gettext(text)
#define N_(text) text

/* One form for 1, another for other counts. */
#define P_(one, many, count) ngettext(one, many, (unsigned long)(count))

#endif
