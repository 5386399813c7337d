/* provider.h - who makes servers on demand (a seam)
 *
 * A provider makes, lists and removes servers of one flavour in one project of a cloud.  It keeps
 * nothing in memory that matters: what there is, it asks the cloud.  Every server that it makes
 * bears the mark of its pool, by which it is found again after a crash.
 *
 * Errors say what to do: UNAVAILABLE (no answer, busy, an error of the cloud's own: it may have
 * happened or not, ask again), EXHAUSTED (a quota, or no host has room: later), DENIED (the
 * credential is not good for this), NOT_FOUND and INVALID (the configuration names what is not
 * there).
 *
 * Implementations: openstack.c, libvirt.c.  Every call blocks, for provider_settings.timeout_us at most.
 *
 * Owns: its connection.  Threads: one at a time, any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_PROVIDER_H
#define SCHEDULER_CLOUD_PROVIDER_H

#include "base/error.h"
#include "base/memory.h"
#include "scheduler/cloud/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a server of the flavour has. */
struct server_size {
    uint32_t cores;
    uint64_t memory_bytes;
};

struct provider {
    bool (*measure)(struct provider *provider, struct server_size *ret_size, struct error *err);

    /* All that bear the pool's mark. */
    bool (*list)(struct provider *provider, struct server_list *ret_list, struct error *err);

    /* Asked for, not there yet.  The user data is what the server gets to know at boot. */
    bool (*make)(struct provider *provider, const char *name, const char *user_data,
                 char ret_id[SERVER_ID_SIZE], struct error *err);

    /* Good also when there is no such server any more. */
    bool (*remove)(struct provider *provider, const char *id, struct error *err);

    /* After an error: so long the cloud asked to be left alone; or 0. */
    int64_t (*wait_us)(const struct provider *provider);

    void (*free)(struct provider *provider);
};

void provider_free(struct provider *provider);
DEFINE_CLEANUP(struct provider *, provider_free)

/* What a `cloud` section says of it.  Texts may be NULL where it says so, and where they are
 * another kind's. */
struct provider_settings {
    char *kind;    /* "openstack", "libvirt" */
    char *url;     /* of Keystone: "https://…/v3"; of the host: "qemu:///system" */
    char *network; /* "auto", "none" or which one: its id; its name, "bridge:NAME" or "user" */
    char *image;   /* name or id; libvirt: a file on the host, NULL: none */
    char *mark;    /* on every server of the pool, and on no other */
    int64_t timeout_us;

    /* OpenStack's. */
    char *credential_file;
    char *ca_file; /* NULL: the system's */
    char *region;  /* NULL: the first of the catalogue */
    char *flavor;  /* name or id */
    char *zone;    /* NULL: any */

    /* libvirt's: files are the host's. */
    char *hypervisor; /* "kvm", "qemu" or "test" */
    char *kernel;     /* NULL: the image's own */
    char *initrd;     /* NULL: none */
    char *arguments;  /* of the kernel; NULL: none */
    char *storage;    /* the storage pool for what a server gets to know */
    char *program;    /* tequio-libvirt */
    uint32_t vcpus;
    uint64_t memory_bytes;
    bool pin; /* to cores that no other has */
};

/* Of the kind that the settings name; asks nothing yet. */
struct provider *provider_open(const struct provider_settings *settings, struct error *err);

/* Must the two be asked one after the other, as each would take what it finds free? */
bool provider_in_turn(const struct provider_settings *one, const struct provider_settings *other);

#endif
