/* series_file.c - what a part used over its time, in a file that each of its shepherds adds to */

#include "agent/launcher/series_file.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { NAME_SIZE = 64, LOCK_TRIES = 200, LOCK_PAUSE_NS = 2500000 };

static void file_name(const char *part, char ret_name[NAME_SIZE])
{
    snprintf(ret_name, NAME_SIZE, "%.56s.series", part);
}

/* Others have it for the time of a read and a write.  Whoever holds it for longer, a job perhaps that has
 * found a way to it, does not hold up the end of a task set. */
static bool lock(int file, const char *name, struct error *err)
{
    static const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};

    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail_errno(err, "lock %s", name);
        nanosleep(&pause, NULL);
    }
    return fail(err, ERROR_CONFLICT, "%s: somebody else has it locked", name);
}

/* What was cut short by a full disk or a power loss is none. */
static bool read_series(int file, struct series *ret_series)
{
    struct series series;
    struct error ignored;

    if (pread(file, &series, sizeof(series), 0) != (ssize_t)sizeof(series) ||
        !series_check(&series, &ignored))
        return false;
    *ret_series = series;
    return true;
}

bool series_file_add(int tasks, const char *part, const struct series *series, bool together,
                     struct error *err)
{
    CLEANUP(file_closep) int file = -1;
    struct series all = {0};
    char name[NAME_SIZE];

    file_name(part, name);
    file = openat(tasks, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (file < 0)
        return fail_errno(err, "open %s", name);
    if (!lock(file, name, err))
        return false;
    if (!read_series(file, &all))
        all = (struct series){0};
    series_join(&all, series, together);
    if (pwrite(file, &all, sizeof(all), 0) != (ssize_t)sizeof(all))
        return fail_errno(err, "write %s", name);
    return true;
}

bool series_file_read(int tasks, const char *part, struct series *ret_series)
{
    CLEANUP(file_closep) int file = -1;
    char name[NAME_SIZE];

    file_name(part, name);
    file = openat(tasks, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    return file >= 0 && read_series(file, ret_series);
}

bool series_file_remove(int tasks, const char *part, struct error *err)
{
    char name[NAME_SIZE];

    file_name(part, name);
    if (unlinkat(tasks, name, 0) != 0 && errno != ENOENT)
        return fail_errno(err, "remove %s", name);
    return true;
}
