/* libvirt_domain.h - a domain, in libvirt's words
 *
 * Pure.  A domain is transient: whatever ends it, nothing is left of it on the host.  It bears
 * the pool's mark in its metadata, and its name is MARK.NODE.
 *
 * Format: https://libvirt.org/formatdomain.html.  Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_LIBVIRT_DOMAIN_H
#define SCHEDULER_CLOUD_LIBVIRT_DOMAIN_H

#include "base/buffer.h"
#include "scheduler/cloud/libvirt_room.h"
#include "scheduler/cloud/provider.h"

#define LIBVIRT_MARK_PREFIX "tequio"
#define LIBVIRT_MARK_URI    "urn:tequio:pool" /* the namespace of the mark */
#define LIBVIRT_UUID_SIZE   37

struct libvirt_domain {
    const struct provider_settings *settings;
    const char *node;
    const char *uuid;
    const char *seed;                  /* its path on the host; NULL: none */
    const struct libvirt_place *place; /* NULL: it is pinned to nothing */
};

/* Is it a hypervisor that we know? */
bool libvirt_knows(const char *hypervisor);

/* Added to the text. */
void libvirt_domain_print(const struct libvirt_domain *domain, struct buffer *text);

/* Always the same for the same node, so that a DHCP server may know it. */
#define LIBVIRT_MAC_SIZE 18
void libvirt_mac(const char *mark, const char *node, char ret_mac[LIBVIRT_MAC_SIZE]);

#endif
