/* stop_store_sqlite.c - end this process at the n-th write that SQLite makes */

#include "tests/crash/stop_store_sqlite.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static struct {
    unsigned number;
    unsigned seen;
    bool torn;
    bool installed;
} stop;

/* Is this the one? */
static bool is_last(void)
{
    return ++stop.seen == stop.number;
}

static ssize_t counted_pwrite(int file, const void *bytes, size_t size, off_t at)
{
    if (is_last()) {
        ssize_t ignored = stop.torn ? pwrite(file, bytes, size / 2, at) : 0;

        (void)ignored;
        _exit(STOP_STATUS);
    }
    return pwrite(file, bytes, size, at);
}

static int counted_ftruncate(int file, off_t size)
{
    if (is_last())
        _exit(STOP_STATUS);
    return ftruncate(file, size);
}

static int counted_unlink(const char *path)
{
    if (is_last())
        _exit(STOP_STATUS);
    return unlink(path);
}

/* The end of a process takes nothing from what the kernel has: waiting for the disk would only
 * make the test slow.  The names come before the C library's. */
int fdatasync(int file)
{
    (void)file;
    return 0;
}

int fsync(int file)
{
    (void)file;
    return 0;
}

static void install(void)
{
    sqlite3_vfs *unix_files = sqlite3_vfs_find("unix");

    unix_files->xSetSystemCall(unix_files, "pwrite", (sqlite3_syscall_ptr)counted_pwrite);
    unix_files->xSetSystemCall(unix_files, "pwrite64", (sqlite3_syscall_ptr)counted_pwrite);
    unix_files->xSetSystemCall(unix_files, "ftruncate", (sqlite3_syscall_ptr)counted_ftruncate);
    unix_files->xSetSystemCall(unix_files, "unlink", (sqlite3_syscall_ptr)counted_unlink);
    stop.installed = true;
}

void stop_at_write(unsigned number, bool torn)
{
    if (!stop.installed)
        install();
    stop.number = number;
    stop.seen = 0;
    stop.torn = torn;
}

unsigned stop_writes_seen(void)
{
    return stop.seen;
}
