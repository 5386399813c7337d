/* gpus.h - GPUs by type, as counts
 *
 * A node has a stock: how many GPUs of each type, in the order of the types' names.  Which of
 * them a part gets is the agent's choice (agent/core/devices.h).  All GPUs of a part are of one
 * type.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_GPUS_H
#define SCHEDULER_CORE_GPUS_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define GPU_KINDS_MAX 4    /* types on one node */
#define GPU_TYPE_SIZE 32   /* of a type's name, with its NUL */
#define GPUS_MAX      1024 /* of one type on one node */

struct gpu_kind {
    char type[GPU_TYPE_SIZE];
    uint32_t count;
};

struct gpu_stock {
    uint32_t kind_count;
    struct gpu_kind kinds[GPU_KINDS_MAX]; /* by type */
};

/* Add so many of a type; they add up.  False: a name or number that cannot be. */
bool gpu_stock_add(struct gpu_stock *stock, const char *type, uint32_t count, struct error *err);

/* "a100:4,v100:2"; "" is none. */
bool gpu_stock_parse(const char *text, struct gpu_stock *ret_stock, struct error *err);
void gpu_stock_print(const struct gpu_stock *stock, struct buffer *buffer);

/* An order of stocks; 0: they are equal. */
int gpu_stock_compare(const struct gpu_stock *a, const struct gpu_stock *b);
bool gpu_stock_equal(const struct gpu_stock *a, const struct gpu_stock *b);
uint32_t gpu_stock_total(const struct gpu_stock *stock);

/* The place of a type in the stock; GPU_KINDS_MAX: it has none of it. */
uint32_t gpu_stock_find(const struct gpu_stock *stock, const char *type);

#endif
