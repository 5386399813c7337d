/* erasing_inside.h - what the files of erasing share
 *
 * Owns: its batch and tables.  Borrows: store, name.  Threads: as erasing.h says.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_ERASING_INSIDE_H
#define SCHEDULER_ERASING_INSIDE_H

#include "accounting/core/seal.h"
#include "base/table.h"
#include "scheduler/erasing.h"
#include "scheduler/store.h"

struct erasing;

/* Of each row of a walk; false with erasing->err: no more. */
typedef bool erasing_fn(struct erasing *erasing, const struct row *row);

struct erasing {
    struct store *store;
    struct store_marks *marks;
    const char *name;
    const struct erasing_way *way;
    struct erasing_stage stage;
    char seal[SEAL_SIZE];
    struct batch batch;
    struct table *specs;   /* numbers of those that their jobs run; a number is its own value */
    struct table *scripts; /* of those that nobody else's run */
    uint64_t jobs;
    uint64_t lines, told; /* erased, and what the ends of others account for */
    bool node_too;        /* is called so */
    erasing_fn *each;
    struct error err;
    bool failed; /* err says why */
    bool broken; /* in a commit */
};

bool erasing_write(struct erasing *erasing, enum write_verb verb, const struct row *row);
bool erasing_flush(struct erasing *erasing);
bool erasing_walk(struct erasing *erasing, const struct query *query, erasing_fn *each);

/* erasing_jobs.c: the seal instead of the name, and nothing of what they wrote. */
bool erase_jobs(struct erasing *erasing);

#endif
