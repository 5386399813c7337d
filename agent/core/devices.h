/* devices.h - which GPUs of the node belong to whom
 *
 * A device is known by its number on the node (0, 1, 2 …, as hwloc or the configuration lists
 * them).  take() gives devices of one type, those first that are near the part's cores.
 *
 * Owns: its array.  Borrows: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_CORE_DEVICES_H
#define AGENT_CORE_DEVICES_H

#include "agent/core/slots.h"
#include "base/buffer.h"
#include "base/idset.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_TYPE_SIZE 32
#define DEVICES_MAX      1024
#define DEVICE_NOWHERE   UINT32_MAX /* near no NUMA node more than others */

enum device_maker { DEVICE_OF_ANYBODY, DEVICE_OF_NVIDIA, DEVICE_OF_AMD };

struct device {
    char type[DEVICE_TYPE_SIZE];
    enum device_maker maker;
    uint32_t numa; /* as in struct core_place */
    bool has_file; /* it is opened by a character device of this number */
    uint32_t file_major, file_minor;
};

/* Those of a node, as a part sees them. */
struct devices_shown {
    const struct device *all;
    uint32_t count;
    const struct idset *own; /* of the part */
    bool others_denied;
};

struct devices;

struct devices *devices_new(const struct device *all, uint32_t count); /* copied; all are free */
void devices_free(struct devices *devices);
DEFINE_CLEANUP(struct devices *, devices_free)

uint32_t devices_left(const struct devices *devices, const char *type);

/* Take `count` > 0 of that type, near the cores; NULL, and no change, when fewer are free. */
struct idset *devices_take(struct devices *devices, const char *type, uint32_t count,
                           const struct core_place *places, const struct idset *cores);

/* Take just these (after a restart); false, and no change, when one is not free. */
bool devices_claim(struct devices *devices, const struct idset *numbers);

/* Which of these devices each task sees: `each` of them (0, or more than there are: all), those first
 * that are near its cores and that no task before it has; when all are dealt out, from the first.
 * ret_shares[i] is new. */
struct devices_wish {
    const struct idset *numbers; /* NULL: none */
    uint32_t each;
    uint32_t tasks;
    struct idset *const *task_cores;
};
void devices_deal(const struct device *all, const struct core_place *places,
                  const struct devices_wish *wish, struct idset **ret_shares);

/* It is a bug to give back what was not taken. */
void devices_give(struct devices *devices, const struct idset *numbers);

/* "a100:4,v100:2", by type. */
void device_kinds_print(const struct device *all, uint32_t count, struct buffer *buffer);

/* How the programs of a maker's GPUs number these: each among the maker's own, less those of which
 * the file cannot be opened, where others are denied.  Those of unknown make count for every maker. */
void device_ordinals_print(const struct devices_shown *shown, const struct idset *numbers,
                           enum device_maker maker, struct buffer *buffer);

#endif
