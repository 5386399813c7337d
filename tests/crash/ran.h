/* ran.h - what the jobs themselves told of their starts and ends, read on while they run
 *
 * Owns: the table of those that ended.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_CRASH_RAN_H
#define TESTS_CRASH_RAN_H

#include "base/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ran {
    FILE *file;
    int64_t running, most; /* at present, and ever at once */
    struct table *ended;   /* by job */
};

/* False: FOLDER/ran cannot be read. */
bool ran_open(struct ran *ran, const char *folder);
void ran_clear(struct ran *ran);

/* What was told since. */
void ran_read(struct ran *ran);

#endif
