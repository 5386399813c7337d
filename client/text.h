/* text.h - what people read, in their language
 *
 * Every text for people goes through _(); N_() marks one that stands in a table and is
 * translated where it is printed.  po/ has the translations.
 *
 * Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_TEXT_H
#define CLIENT_TEXT_H

#include <libintl.h>

#define _(text)  gettext(text)
#define N_(text) text

/* One form for 1, another for other counts. */
#define P_(one, many, count) ngettext(one, many, (unsigned long)(count))

#endif
