/* libvirt_host_inside.h - the inside of a provider over libvirt's library
 *
 * Owns: the connection.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_LIBVIRT_HOST_INSIDE_H
#define SCHEDULER_CLOUD_LIBVIRT_HOST_INSIDE_H

#include "scheduler/cloud/libvirt_host.h"

#include "base/buffer.h"

#include <libvirt/libvirt.h>

struct libvirt_host {
    struct provider provider;
    const struct provider_settings *settings;
    virConnectPtr connection; /* NULL: none */
};

/* For CLEANUP(). */
void domain_freep(virDomainPtr *place);
void storage_freep(virStoragePoolPtr *place);
void volume_freep(virStorageVolPtr *place);
void stream_freep(virStreamPtr *place);

/* The library's last error, as one of provider.h's. */
bool fail_libvirt(struct error *err, const char *what);

/* A connection that lives. */
bool host_connect(struct libvirt_host *host, struct error *err);

/* All domains of the host, `count` of them, for domains_clear(). */
struct domains {
    virDomainPtr *all;
    int count;
};
bool domains_list(const struct libvirt_host *host, struct domains *ret_domains, struct error *err);
void domains_clear(struct domains *domains);

/* libvirt_host_make.c */
bool host_make(struct libvirt_host *host, const char *name, const char *user_data,
               char ret_id[SERVER_ID_SIZE], struct error *err);

/* libvirt_host_seed.c: a disk in the storage pool; its path is to be freed, and NULL where the
 * driver boots nothing anyway. */
bool seed_make(const struct libvirt_host *host, const char *uuid, const struct buffer *image,
               char **ret_path, struct error *err);
void seed_remove(const struct libvirt_host *host, const char *uuid);

/* Those of domains that are not in the list. */
void seeds_tidy(const struct libvirt_host *host, const struct server_list *list);

#endif
