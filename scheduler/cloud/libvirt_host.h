/* libvirt_host.h - a provider over libvirt's library itself
 *
 * In tequio-libvirt and in tests; the scheduler has libvirt.h, which asks it from outside.  Calls
 * block for as long as libvirt does.
 *
 * Domains are found by the mark in their metadata and by their names; of the disks by which they
 * get to know who they are those are found by their names, MARK.UUID.iso, and one without its
 * domain is removed.  Names are the host's own lock: of one there is never a second domain.
 *
 * Owns: its connection, made when it is needed.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_LIBVIRT_HOST_H
#define SCHEDULER_CLOUD_LIBVIRT_HOST_H

#include "scheduler/cloud/provider.h"

struct provider *libvirt_host_open(const struct provider_settings *settings);

#endif
