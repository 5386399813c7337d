/* disk.h - the disk under an agent's journal: syncs cost nothing, fail when told to, and a crash
 * may tear what was not synced
 *
 * disk.c stands in for fsync() and fdatasync() of the C library.  The file is real; what the
 * kernel has not been told to sync may be cut off at a crash.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_DISK_H
#define TESTS_SIMULATION_DISK_H

#include "tests/lib/random.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct disk {
    unsigned fail_in;  /* the n-th sync from now on fails; 0: none */
    off_t synced_size; /* of the file that was synced last */
    uint64_t syncs;
    off_t keep; /* at the next tear keep so many unsynced bytes; below 0: as chance has it */
};

/* Syncs are this disk's from now on; NULL: nobody's. */
void disk_use(struct disk *disk);

/* The power fails: of what was written behind the last sync, some bytes are kept. */
void disk_tear(struct disk *disk, const char *path, struct test_random *random);

#endif
