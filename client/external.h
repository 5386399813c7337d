/* external.h - commands that are programs of their own: tequio-NAME
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_EXTERNAL_H
#define CLIENT_EXTERNAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Become tequio-<argv[0]>: it is looked for beside this program, in the package's folders and in
 * PATH.  Returns only on failure: false, ERROR_NOT_FOUND when there is none. */
bool external_run(char **argv, struct error *err);

struct external {
    const char *name;    /* without "tequio-" */
    const char *summary; /* to be translated */
};

/* Those beside this program and in the package's folder, by name. */
struct externals {
    size_t count;
    struct external *list;
};

void externals_find(struct externals *ret_externals);
void externals_clear(struct externals *externals);

#endif
