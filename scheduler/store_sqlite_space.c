/* store_sqlite_space.c - room on the disk, and a reserve for when there is none
 *
 * A file that means nothing lies beside the database.  It goes when the disk is nearly full, so
 * that what running jobs report can still be stored while nothing new is taken in. */

#include "base/file.h"
#include "scheduler/store_sqlite_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RESERVE_BYTES (INT64_C(64) << 20)

/* The reserve is made only where that leaves a good part of the disk free. */
#define RESERVE_PART 20

static char *reserve_path(const struct sqlite_store *store)
{
    return memory_format("%s/reserve", store->directory);
}

bool space_measure(struct store *base, uint64_t *ret_free, uint64_t *ret_all)
{
    const struct sqlite_store *store = CONTAINER_OF(base, struct sqlite_store, store);
    struct statvfs facts;

    if (statvfs(store->directory, &facts) != 0)
        return false;
    *ret_free = (uint64_t)facts.f_bavail * facts.f_frsize;
    *ret_all = (uint64_t)facts.f_blocks * facts.f_frsize;
    return true;
}

/* Make it if there is room, take it away if there is hardly any. */
void space_keep_reserve(struct store *base)
{
    const struct sqlite_store *store = CONTAINER_OF(base, struct sqlite_store, store);
    CLEANUP(memory_freep) char *path = reserve_path(store);
    CLEANUP(file_closep) int file = -1;
    uint64_t room, all;

    if (!space_measure(base, &room, &all))
        return;
    if (room < RESERVE_BYTES) {
        unlink(path);
        return;
    }
    if (room < (uint64_t)RESERVE_BYTES * RESERVE_PART || access(path, F_OK) == 0)
        return;
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0 && posix_fallocate(file, 0, RESERVE_BYTES) != 0)
        unlink(path);
}
