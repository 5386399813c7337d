/* vm_machine.h - a virtual machine of this process alone, by libvirt
 *
 * libvirt's driver for QEMU is loaded into this process ("embedded", libvirt.org/drvqemu.html): there is no daemon and no
 * socket that others could reach, and QEMU is a process of the job's user like any other of the job.
 * What the driver keeps is in one folder.
 *
 * Owns: the connection, its thread, the machine.  Threads: its own answers QEMU's news.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_VM_MACHINE_H
#define AGENT_VM_MACHINE_H

#include "base/error.h"
#include "base/memory.h"

struct vm_machine;

/* The URI of a driver that keeps all in `folder`, which is made ready for it; free() it. */
char *vm_machine_uri(const char *folder, struct error *err);

/* "kvm" where this process may use the processor's own support of virtual machines, else "qemu". */
const char *vm_machine_hypervisor(void);

/* From a domain's description; it runs.  NULL: *err says why. */
struct vm_machine *vm_machine_start(const char *uri, const char *domain, struct error *err);

/* Ends the machine where its guest has not. */
void vm_machine_free(struct vm_machine *machine);
DEFINE_CLEANUP(struct vm_machine *, vm_machine_free)

#endif
