/* record.c - what is known of a task set, in a file that outlives agent and launcher */

#include "agent/launcher/record.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

void record_name(const struct record_key *key, char ret_name[RECORD_NAME_SIZE])
{
    snprintf(ret_name, RECORD_NAME_SIZE, "%" PRIu64 ".%" PRIu32 ".%" PRIu32 ".%" PRIu64, key->job,
             key->attempt, key->part, key->step);
}

/* Names are only ever written by record_name(): whatever it would not write is no record. */
bool record_name_parse(const char *name, struct record_key *ret_key)
{
    char again[RECORD_NAME_SIZE];
    struct record_key key;

    if (sscanf(name, "%" SCNu64 ".%" SCNu32 ".%" SCNu32 ".%" SCNu64, &key.job, &key.attempt,
               &key.part, &key.step) != 4)
        return false;
    record_name(&key, again);
    if (strcmp(again, name) != 0)
        return false;
    *ret_key = key;
    return true;
}

bool record_lock(int descriptor, struct error *err)
{
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return fail_errno(err, "lock a new record");
    return true;
}

bool record_write(int descriptor, const struct record *record, struct error *err)
{
    static const size_t after_phase = sizeof(record->phase);
    const char *bytes = (const char *)record;

    if (pwrite(descriptor, bytes + after_phase, sizeof(*record) - after_phase,
               (off_t)after_phase) != (ssize_t)(sizeof(*record) - after_phase) ||
        pwrite(descriptor, &record->phase, after_phase, 0) != (ssize_t)after_phase)
        return fail_errno(err, "write the record of a task set");
    return true;
}

bool record_reserve(int descriptor, struct error *err)
{
    if (fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, sizeof(struct record)) == 0 ||
        errno == EOPNOTSUPP)
        return true;
    return fail_errno(err, "keep room in the spool for the record of a task set");
}

bool record_write_paths(int descriptor, const char *output, const char *error, struct error *err)
{
    const struct iovec both[] = {
        {(void *)(uintptr_t)output, strlen(output) + 1},
        {(void *)(uintptr_t)error,  strlen(error) + 1 },
    };

    if (pwritev(descriptor, both, 2, sizeof(struct record)) < 0)
        return fail_errno(err, "write the record of a task set");
    return true;
}

/* A lock that cannot be shared is the shepherd's. */
static bool is_locked(int descriptor)
{
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

static int open_record(int tasks, const char *name)
{
    return openat(tasks, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

/* A record that was cut short (by a power loss) says no more than RECORD_NONE. */
static void read_fields(int descriptor, struct record *record)
{
    uint32_t phase = RECORD_NONE;
    ssize_t got = pread(descriptor, &phase, sizeof(phase), 0);

    memset(record, 0, sizeof(*record));
    if (got != (ssize_t)sizeof(phase) ||
        pread(descriptor, record, sizeof(*record), 0) != (ssize_t)sizeof(*record) ||
        record->magic != RECORD_MAGIC || phase > RECORD_ENDED) {
        memset(record, 0, sizeof(*record));
        return;
    }
    record->phase = phase;
    record->boot_id[sizeof(record->boot_id) - 1] = '\0';
    record->text[sizeof(record->text) - 1] = '\0';
}

bool record_read(int tasks, const char *name, struct record *ret_record, bool *ret_alive,
                 struct error *err)
{
    CLEANUP(file_closep) int descriptor = open_record(tasks, name);

    if (descriptor < 0 && errno == ENOENT)
        return fail(err, ERROR_NOT_FOUND, "no task set %s on this node", name);
    if (descriptor < 0)
        return fail_errno(err, "record %s", name);
    /* The lock first: a shepherd may end between the two, never come back. */
    *ret_alive = is_locked(descriptor);
    read_fields(descriptor, ret_record);
    return true;
}

enum record_use record_use(int tasks, const char *name)
{
    CLEANUP(file_closep) int descriptor = open_record(tasks, name);
    struct stat status;
    bool locked;

    if (descriptor < 0)
        return errno == ENOENT ? RECORD_UNUSED : RECORD_USED;
    /* The lock first, again: the size is the last that a shepherd left. */
    locked = is_locked(descriptor);
    if (fstat(descriptor, &status) != 0 || status.st_size > 0)
        return RECORD_USED;
    return locked ? RECORD_CLAIMED : RECORD_UNUSED;
}

bool record_read_path(int tasks, const char *name, bool error_stream,
                      char ret_path[RECORD_PATH_SIZE], struct error *err)
{
    CLEANUP(file_closep) int descriptor = open_record(tasks, name);
    char both[2 * RECORD_PATH_SIZE] = "";
    const char *path = both;
    ssize_t got;

    if (descriptor < 0)
        return fail_errno(err, "record %s", name);
    got = pread(descriptor, both, sizeof(both) - 2, sizeof(struct record));
    if (got < 0)
        return fail_errno(err, "record %s", name);
    both[got] = both[got + 1] = '\0';
    if (error_stream)
        path += strlen(path) + 1;
    snprintf(ret_path, RECORD_PATH_SIZE, "%s", path);
    return true;
}

int record_open_shepherd(int tasks, const char *name)
{
    CLEANUP(file_closep) int descriptor = open_record(tasks, name);
    CLEANUP(file_closep) int shepherd = -1;
    struct record record;

    if (descriptor < 0)
        return -1;
    read_fields(descriptor, &record);
    if (record.shepherd <= 1)
        return -1;
    shepherd = (int)syscall(SYS_pidfd_open, record.shepherd, 0);
    /* Still locked after it was opened: it is the shepherd and not a later process. */
    return shepherd >= 0 && is_locked(descriptor) ? file_steal(&shepherd) : -1;
}

void record_boot_id(char ret_id[RECORD_BOOT_ID_SIZE])
{
    CLEANUP(file_closep)
    int descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = descriptor < 0 ? -1 : read(descriptor, ret_id, RECORD_BOOT_ID_SIZE - 1);

    ret_id[got < 0 ? 0 : got] = '\0';
    ret_id[strcspn(ret_id, "\n")] = '\0';
}
