/* vm_disk.h - what a guest is given: the job's script and how to run it, as a disk
 *
 * A tar file (POSIX.1-1988, "ustar"), which any system's tar reads from the disk as it is.  In it:
 *
 *   start    a shell script that becomes the job's script, with its environment and arguments
 *   script   the job's
 *   mark     what to write behind all output, so that its end is known
 *
 * Pure.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_VM_DISK_H
#define AGENT_VM_DISK_H

#include "base/buffer.h"

#include <stdbool.h>

struct vm_job {
    const struct buffer *script;
    char *const *words;       /* interpreter, script_path, arguments: NULL-ended */
    const char *script_path;  /* as it is called in words; NULL: no word is it */
    char *const *environment; /* NULL-ended; what tells of the node's own places is left out */
    const char *directory;    /* entered where the guest has it */
    const char *mark;
    bool joined; /* error output goes where output goes */
};

void vm_disk_print(const struct vm_job *job, struct buffer *disk);

/* The start script alone. */
void vm_start_print(const struct vm_job *job, struct buffer *text);

#endif
