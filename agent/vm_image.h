/* vm_image.h - the image of a virtual machine: what a job names, and what is found there
 *
 * A name without '/' is looked for in the folder that the node's agent has for images; anything
 * else is a path from /.  It is a disk (raw or qcow2) that starts itself, or a folder with
 *
 *   kernel      what is started
 *   initrd      the initial file system, if any
 *   arguments   one line for the kernel, if any
 *   disk        raw or qcow2, if any
 *
 * All is opened with the rights of the job's user, so that no link leads further than that; the parts
 * of a folder are no links at all.
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_VM_IMAGE_H
#define AGENT_VM_IMAGE_H

#include "base/error.h"

#include <stdbool.h>

struct vm_image {
    char *disk; /* NULL: none */
    bool qcow2; /* the disk is, else raw */
    char *kernel;
    char *initrd;
    char *arguments;
};

/* folder: "" or NULL: the node has none. */
bool vm_image_find(const char *given, const char *folder, struct vm_image *ret_image,
                   struct error *err);
void vm_image_clear(struct vm_image *image);

/* A qcow2 file at `path` over its disk: what is written goes there alone. */
bool vm_image_cover(const struct vm_image *image, const char *path, struct error *err);

#endif
