/* vm_domain.h - the virtual machine of a job, in libvirt's words
 *
 * Pure.  Each virtual processor is pinned to one of the job's cores, QEMU's other threads to all of
 * them, and memory is taken from their NUMA nodes alone.  The machine ends when its guest does, by
 * whatever way.  Whoever names paths or images cannot put in elements of his own: every text goes
 * in as text.
 *
 * Owns: a place its sets.  Borrows: the domain's texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_VM_DOMAIN_H
#define AGENT_VM_DOMAIN_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/idset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VM_PROCESSORS_MAX 255 /* a PC without a device that remaps interrupts has no more */

struct vm_place {
    size_t count;
    struct idset **cpus; /* of each virtual processor the node's */
    struct idset *all;
    struct idset *nodes; /* NUMA nodes; NULL: any */
};

/* cpus: "0,4;1,5", nodes: "0" or "". */
bool vm_place_read(const char *cpus, const char *nodes, struct vm_place *ret_place,
                   struct error *err);
void vm_place_clear(struct vm_place *place);

/* What the guest calls the ways to the node (etc/tequio-guest). */
#define VM_JOB_DISK "tequio-job"

enum vm_port { VM_OUTPUT, VM_ERROR, VM_CONTROL, VM_PORT_COUNT };

/* The last part of its socket's name, too. */
const char *vm_port_name(enum vm_port port);

struct vm_domain {
    const char *name;
    const char *hypervisor; /* kvm, qemu; test: libvirt's own, without a machine */
    uint64_t memory_bytes;
    const struct vm_place *place;
    const char *disk;   /* qcow2; NULL: none */
    const char *kernel; /* NULL: the disk starts itself, and the next two do not count */
    const char *initrd; /* NULL: none */
    const char *arguments;
    const char *job_disk;
    const char *folder; /* where the ports' sockets are */
    const char *mark;   /* value of TEQUIO_TASK_SET for QEMU; NULL: none */
};

void vm_domain_print(const struct vm_domain *domain, struct buffer *text);

#endif
