/* store_key.c - the key of the rows' MACs, and the lock of its directory */

#include "base/file.h"
#include "base/random.h"
#include "scheduler/store_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

bool directory_lock(const char *directory, int *ret_lock, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/lock", directory);
    CLEANUP(file_closep) int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    char owner[24] = "";
    ssize_t size;

    if (lock < 0)
        return fail_errno(err, "%s", path);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return fail_errno(err, "%s", path);
        size = read(lock, owner, sizeof(owner) - 1);
        owner[size > 0 ? strcspn(owner, "\n") : 0] = '\0';
        return fail(err, ERROR_CONFLICT,
                    "another tequio-scheduler (pid %s) works on %s: stop it first", owner,
                    directory);
    }
    snprintf(owner, sizeof(owner), "%ld\n", (long)getpid());
    if (ftruncate(lock, 0) != 0)
        return fail_errno(err, "%s", path);
    if (!file_write_all(lock, owner, strlen(owner), err))
        return fail_in(err, "%s", path);
    *ret_lock = lock;
    lock = -1;
    return true;
}

bool row_key_read(const char *path, uint8_t ret_key[MAC_KEY_SIZE], struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (!file_check_private(path, true, err) || !file_read(path, 256, &text, err))
        return false;
    text.bytes[strcspn(text.bytes, "\n")] = '\0';
    if (!hex_parse(text.bytes, ret_key, MAC_KEY_SIZE, err))
        return fail_in(err, "%s: not a key of %d bytes in hexadecimal", path, MAC_KEY_SIZE);
    return true;
}

static bool make_row_key(const char *path, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;
    uint8_t key[MAC_KEY_SIZE];
    bool good;

    buffer_init(&text);
    random_fill(key, sizeof(key));
    hex_print(key, sizeof(key), &text);
    buffer_add_char(&text, '\n');
    good = file_replace(path, text.bytes, text.length, 0600, err);
    memory_wipe(text.bytes, text.length);
    memory_wipe(key, sizeof(key));
    return good;
}

static bool fail_lost(const struct row_key_place *place, struct error *err)
{
    return fail(err, ERROR_NOT_FOUND,
                "%s was lost, its key is here: bring a backup back with --restore, or move row.key "
                "away to begin anew, with no jobs, people or books",
                place->database);
}

bool row_key_find(const struct row_key_place *place, uint8_t ret_key[MAC_KEY_SIZE],
                  struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/row.key", place->directory);
    CLEANUP(memory_freep) char *first_path = memory_format("%s/row.key.first", place->directory);

    if (access(path, F_OK) == 0)
        return place->has_content ? row_key_read(path, ret_key, err) : fail_lost(place, err);
    if (access(first_path, F_OK) != 0) {
        if (place->is_there)
            return fail(err, ERROR_NOT_FOUND,
                        "%s is missing: without it no row of %s can be believed; put it back from "
                        "where the backups are",
                        path, place->database);
        if (!make_row_key(first_path, err))
            return false;
    }
    return row_key_read(first_path, ret_key, err);
}

/* After the first start nothing is renamed. */
bool row_key_keep(const char *directory, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/row.key", directory);
    CLEANUP(memory_freep) char *first_path = memory_format("%s/row.key.first", directory);

    if (access(path, F_OK) == 0)
        return true;
    if (rename(first_path, path) != 0)
        return fail_errno(err, "rename %s", first_path);
    return file_sync_directory(directory, err);
}
