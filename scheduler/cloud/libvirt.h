/* libvirt.h - a provider over a host of virtual machines, by libvirt
 *
 * libvirt's calls have no deadline, its library has threads of its own, and ssh:// starts programs.
 * So it is in a process of its own, tequio-libvirt, which is asked over a socket (libvirt_talk.h)
 * and killed when it does not answer in time; the next question starts another.  Why so is in
 * docs/decisions/libvirt-process.md.
 *
 * Owns: its process.  Threads: see provider.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_LIBVIRT_H
#define SCHEDULER_CLOUD_LIBVIRT_H

#include "scheduler/cloud/provider.h"

struct provider *libvirt_open(const struct provider_settings *settings, struct error *err);

#endif
