/* hostlist.h - names of nodes, and their short form
 *
 * "n[001-004,007],gpu1" names five nodes.  Several brackets in one name are
 * allowed ("rack[1-2]n[01-16]"), zero padding is kept; the grammar is that of
 * Slurm's host lists and Flux RFC 29.  Order is kept; a name may appear once.
 *
 * Owns: its names.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_HOSTLIST_H
#define BASE_HOSTLIST_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>

#define HOSTLIST_MAX      65536 /* names in one list */
#define HOSTLIST_NAME_MAX 255   /* bytes of one name */

struct hostlist;

struct hostlist *hostlist_new(void);
void hostlist_free(struct hostlist *list);
DEFINE_CLEANUP(struct hostlist *, hostlist_free)

/* The empty text is the empty list.  Refused: unbalanced or nested brackets,
 * empty or backward ranges, widths that disagree ("001-10"), the same name
 * twice, characters other than letters, digits, '.', '_' and '-', a '-' or '.' at
 * the start, more than 8 brackets in one name, more than HOSTLIST_MAX names
 * (checked before they are made). */
struct hostlist *hostlist_parse(const char *text, struct error *err);
bool hostlist_add(struct hostlist *list, const char *name, struct error *err);
size_t hostlist_count(const struct hostlist *list);
const char *hostlist_at(const struct hostlist *list, size_t index);
bool hostlist_has(const struct hostlist *list, const char *name);

/* The short form; hostlist_parse() of it gives the same names in the same order. */
void hostlist_print(const struct hostlist *list, struct buffer *buffer);

#endif
