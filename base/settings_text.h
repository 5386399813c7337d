/* settings_text.h - what libconfuse would let pass in a configuration file
 *
 * It takes the last of several values for one setting without a word, and the end
 * of the file for the end of a section; here these are mistakes.  What else is
 * wrong with the text libconfuse finds itself.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SETTINGS_TEXT_H
#define BASE_SETTINGS_TEXT_H

#include "base/error.h"

#include <stdbool.h>

/* Refuse a setting given twice in its section, a section (with its title) given twice, a
 * section, text or comment that is not closed, and "${NAME}"; errors start with PATH:LINE. */
bool settings_text_check(const char *text, const char *path, struct error *err);

#endif
