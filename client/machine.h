/* machine.h - a node's topology as a tree, out of the hwloc XML that its agent sent
 *
 * Of the XML only the objects are read, with type, numbers, sizes and names; what a
 * node sends is not trusted to be any more.  Cores, caches and NUMA nodes are numbered in
 * the order of the file, which is hwloc's logical one.
 *
 * Owns: the objects.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_MACHINE_H
#define CLIENT_MACHINE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum machine_type {
    MACHINE_WHOLE,
    MACHINE_PACKAGE,
    MACHINE_DIE,
    MACHINE_GROUP,
    MACHINE_NUMA,
    MACHINE_CACHE, /* L3, L4; smaller ones are left out */
    MACHINE_CORE,
    MACHINE_THREAD,
    MACHINE_DEVICE,
    MACHINE_OTHER, /* only its children are drawn */
    MACHINE_TYPE_COUNT
};

struct machine {
    enum machine_type type;
    uint32_t number; /* logical; of a thread the operating system's */
    uint64_t bytes;  /* of memory or cache */
    char name[40];   /* of a device, a group or a cache */
    struct machine *parent;
    struct machine **children;
    size_t count;
};

struct machine *machine_parse(const char *xml, size_t size, struct error *err);
void machine_free(struct machine *machine);
DEFINE_CLEANUP(struct machine *, machine_free)

/* Whether it, or something in it, is worth a line of its own. */
bool machine_is_shown(const struct machine *machine);

/* One line: "L3 0 (16 MiB)". */
void machine_title(const struct machine *machine, struct buffer *buffer);

/* The cores in it that are in nothing smaller that is shown: "cores 0-3, cpus 0-7"; nothing
 * when there are none. */
void machine_cores(const struct machine *machine, struct buffer *buffer);

/* Drawn: as lines, and as a picture in SVG. */
void machine_print(const struct machine *machine, struct buffer *buffer);
void machine_print_svg(const struct machine *machine, const char *node, struct buffer *buffer);

#endif
