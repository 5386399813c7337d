/* libvirt_room.h - which cores of a host are free for one more domain
 *
 * Pure.  The host's topology is that of its capabilities; what other domains have is told by what
 * they are pinned to.  A virtual processor gets a core of its own, with all its hardware threads,
 * and the domain's memory comes from the NUMA nodes of its cores: one node where one has room, the
 * one with the fewest cores left over; else as few as can be.
 *
 * Owns: its arrays.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_LIBVIRT_ROOM_H
#define SCHEDULER_CLOUD_LIBVIRT_ROOM_H

#include "base/error.h"
#include "base/idset.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct libvirt_room;

/* From the text that virConnectGetCapabilities() gives; NULL: it tells of no cores. */
struct libvirt_room *libvirt_room_read(const char *capabilities, struct error *err);
void libvirt_room_free(struct libvirt_room *room);
DEFINE_CLEANUP(struct libvirt_room *, libvirt_room_free)

size_t libvirt_room_cores(const struct libvirt_room *room);

/* Their numbers are below this one. */
uint32_t libvirt_room_processors(const struct libvirt_room *room);

/* A domain has these processors and so much memory.  One that may run on all of the host's is
 * pinned to none. */
void libvirt_room_take(struct libvirt_room *room, const struct idset *processors,
                       uint64_t memory_bytes);

struct libvirt_place {
    size_t count;
    struct idset **processors; /* of each virtual processor the host's */
    struct idset *all;
    struct idset *nodes; /* empty: the host has but one */
};

/* Not taken yet.  ERROR_EXHAUSTED: there is no room. */
bool libvirt_room_find(const struct libvirt_room *room, size_t cores, uint64_t memory_bytes,
                       struct libvirt_place *ret_place, struct error *err);
void libvirt_place_clear(struct libvirt_place *place);

#endif
