/* store_sqlite_space.c - room on the disk, and a reserve for when there is none
 *
 * A file that means nothing lies beside the database.  It goes when the disk is nearly full, so
 * that what running jobs report can still be stored while nothing new is taken in. */

#include "base/file.h"
#include "scheduler/store_sqlite_inside.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* So little of a small disk that to give it up does not let people in again (room.c). */
#define RESERVE_MOST  (UINT64_C(64) << 20)
#define RESERVE_SHARE 128

/* The reserve is made only where that leaves a good part of the disk free. */
#define RESERVE_PART 20

static uint64_t reserve_size(uint64_t all)
{
    return all / RESERVE_SHARE < RESERVE_MOST ? all / RESERVE_SHARE : RESERVE_MOST;
}

static bool look(const struct sqlite_store *store, uint64_t *ret_free, uint64_t *ret_all)
{
    struct statvfs facts;

    if (statvfs(store->directory, &facts) != 0)
        return false;
    *ret_free = (uint64_t)facts.f_bavail * facts.f_frsize;
    *ret_all = (uint64_t)facts.f_blocks * facts.f_frsize;
    return true;
}

/* Also one that a death left half made. */
static void make_reserve(const char *path, uint64_t size)
{
    CLEANUP(file_closep) int file = -1;
    struct stat facts;

    if (lstat(path, &facts) == 0 && (uint64_t)facts.st_size >= size)
        return;
    file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0 && posix_fallocate(file, 0, (off_t)size) != 0)
        unlink(path);
}

static void keep_reserve(const struct sqlite_store *store, uint64_t room, uint64_t all, bool make)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/reserve", store->directory);
    uint64_t size = reserve_size(all);

    if (room < size)
        unlink(path);
    else if (make && room >= size * RESERVE_PART)
        make_reserve(path, size);
}

bool space_measure(struct store *base, uint64_t *ret_free, uint64_t *ret_all)
{
    const struct sqlite_store *store = CONTAINER_OF(base, struct sqlite_store, store);

    if (!look(store, ret_free, ret_all))
        return false;
    keep_reserve(store, *ret_free, *ret_all, true);
    return true;
}

void space_find(const struct sqlite_store *store)
{
    uint64_t room, all;

    if (look(store, &room, &all))
        keep_reserve(store, room, all, false);
}
