/* disk.c - the disk under an agent's journal; fsync() and fdatasync() are implemented here */

#include "tests/simulation/disk.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

/* The C library's functions come without a context. */
static struct disk *in_use;

void disk_use(struct disk *disk)
{
    in_use = disk;
}

static int sync_file(int descriptor)
{
    struct stat facts;

    if (!in_use)
        return 0;
    in_use->syncs++;
    if (in_use->fail_in > 0 && --in_use->fail_in == 0) {
        errno = EIO;
        return -1;
    }
    if (fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode))
        in_use->synced_size = facts.st_size;
    return 0;
}

int fdatasync(int descriptor)
{
    return sync_file(descriptor);
}

int fsync(int descriptor)
{
    return sync_file(descriptor);
}

void disk_tear(struct disk *disk, const char *path, struct test_random *random)
{
    struct stat facts;
    off_t keep;

    if (stat(path, &facts) != 0 || facts.st_size <= disk->synced_size)
        return;
    keep = test_random_between(random, disk->synced_size, facts.st_size);
    if (disk->keep >= 0)
        keep = disk->synced_size + disk->keep;
    disk->keep = -1;
    if (keep > facts.st_size)
        keep = facts.st_size;
    if (truncate(path, keep) == 0)
        disk->synced_size = keep;
}
