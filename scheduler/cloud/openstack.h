/* openstack.h - a provider over OpenStack's Nova
 *
 * Keystone v3 with an application credential, Nova at microversion 2.52 (tags at creation; "auto"
 * and "none" as networks since 2.37), Glance to find an image by its name.  Sources: the Identity,
 * Compute and Image API references, https://docs.openstack.org/api-ref/.
 *
 * The credential is a file of mode 0600 or less: {"id": "…", "secret": "…"}, as `openstack
 * application credential create -f json` prints it.  It is read again when a token is needed, so
 * that a new one needs no restart.
 *
 * Owns: its token.  Threads: see provider.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_OPENSTACK_H
#define SCHEDULER_CLOUD_OPENSTACK_H

#include "scheduler/cloud/provider.h"

struct provider *openstack_open(const struct provider_settings *settings, struct error *err);

#endif
