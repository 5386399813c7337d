/* refusal.h - what the scheduler refuses, in the language of who asked
 *
 * The scheduler speaks English: what it says is also logged, and kept in the history.  The refusals
 * that people meet most are listed here as templates; one that a text fits is translated, and what
 * stood in place of each %s is put into the translation as it came.  All others stay English
 * (docs/decisions/refusals.md).
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_REFUSAL_H
#define CLIENT_REFUSAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Into the user's language, if it is a refusal that is known. */
void refusal_translate(struct error *err);

/* The text put from one template into another, where it fits the first, and fits into `size`
 * bytes.  The other may name parts by their number, as %2$s. */
bool refusal_render(const char *text, const char *from, const char *to, char *ret_text,
                    size_t size);

/* All templates, in English; NULL at the end. */
extern const char *const refusals[];

#endif
