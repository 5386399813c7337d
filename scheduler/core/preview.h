/* preview.h - the nodes a request would get, without a job
 *
 * By the same choice of nodes that plans make: of those that are free at once, or, when
 * these do not suffice, of all that take work as if nothing ran on them.
 *
 * Borrows: what it is given.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_PREVIEW_H
#define SCHEDULER_CORE_PREVIEW_H

#include "base/error.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/job.h"

#include <stdbool.h>

struct preview {
    bool later; /* not all of it is free now */
    size_t count;
    const struct node **nodes;
    uint32_t *cores; /* of each */
    uint32_t *tasks;
};

void preview_clear(struct preview *preview);

/* The request is checked (request.h).  False with *err: no nodes that take work hold it. */
bool preview_make(const struct inventory *inventory, const struct request *request,
                  struct preview *ret_preview, struct error *err);

#endif
