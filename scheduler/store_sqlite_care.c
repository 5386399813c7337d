/* store_sqlite_care.c - backup, restore and check of the SQLite file */

#include "base/file.h"
#include "base/random.h"
#include "scheduler/store_sqlite_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ids given since the backup are not known: leave at least half of this free for them. */
#define ID_GAP INT64_C(1000000000)

#define KEY_FILE_SIZE 256

DEFINE_CLEANUP(struct connection *, connection_close)

/* Nobody else can read the copy, and nothing that is there is overwritten. */
static bool make_empty(const char *path, struct error *err)
{
    CLEANUP(file_closep) int file = -1;

    if (*path != '/')
        return fail(err, ERROR_INVALID, "%s: give the whole path, from /", path);
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0 && errno == EEXIST)
        return fail(err, ERROR_CONFLICT, "%s exists already: a backup overwrites nothing", path);
    if (file < 0)
        return fail_errno(err, "%s", path);
    return true;
}

static bool copy_pages(sqlite3 *from, const char *path, struct error *err)
{
    CLEANUP(sqlite3_closep) sqlite3 *to = NULL;
    sqlite3_backup *backup;
    int code;

    if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK ||
        sqlite3_exec(to, "PRAGMA synchronous = FULL", NULL, NULL, NULL) != SQLITE_OK)
        return fail_sqlite(err, to, "backup");
    backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup)
        return fail_sqlite(err, to, "backup");
    code = sqlite3_backup_step(backup, -1);
    if (sqlite3_backup_finish(backup) != SQLITE_OK || code != SQLITE_DONE)
        return fail_sqlite(err, to, "backup");
    /* One file, without a WAL beside it. */
    if (sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) != SQLITE_OK)
        return fail_sqlite(err, to, "backup");
    return true;
}

static bool copy_file(const char *from, const char *to, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer bytes;

    buffer_init(&bytes);
    return file_read(from, KEY_FILE_SIZE, &bytes, err) &&
           file_replace(to, bytes.bytes, bytes.length, 0600, err);
}

static bool sync_directory_of(const char *path, struct error *err)
{
    CLEANUP(memory_freep) char *directory = memory_copy(path);
    char *slash = strrchr(directory, '/');

    slash[slash == directory ? 1 : 0] = '\0';
    return file_sync_directory(directory, err);
}

bool sqlite_backup(struct store *base, const char *path, uint64_t *ret_size, struct error *err)
{
    struct sqlite_store *store = CONTAINER_OF(base, struct sqlite_store, store);
    CLEANUP(memory_freep) char *key = memory_format("%s.key", path);
    struct stat facts;

    if (!make_empty(path, err))
        return false;
    if (!make_empty(key, err)) {
        unlink(path);
        return false;
    }
    if (!copy_pages(store->lanes[LANE_SLOW].database, path, err) ||
        !copy_file(store->key_path, key, err) || !sync_directory_of(path, err)) {
        unlink(path);
        unlink(key);
        return false;
    }
    if (stat(path, &facts) != 0)
        return fail_errno(err, "%s", path);
    *ret_size = (uint64_t)facts.st_size;
    return true;
}

static bool each_text(sqlite3 *database, const char *sql, const char *format_of,
                      finding_fn *on_finding, void *owner, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    int code;

    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail_sqlite(err, database, sql);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        char line[240];

        if (text && strcmp(text, "ok") == 0)
            continue;
        snprintf(line, sizeof(line), "%s%s", format_of, text ? text : "?");
        on_finding(owner, line);
    }
    return code == SQLITE_DONE ? true : fail_sqlite(err, database, sql);
}

bool sqlite_check(struct store *base, finding_fn *on_finding, void *owner, struct error *err)
{
    struct sqlite_store *store = CONTAINER_OF(base, struct sqlite_store, store);
    struct connection *connection = &store->lanes[LANE_SLOW];
    sqlite3 *database = connection->database;

    return each_text(database, "PRAGMA integrity_check", "", on_finding, owner, err) &&
           each_text(database, "PRAGMA foreign_key_check",
                     "a row points to one that is missing, in table ", on_finding, owner, err) &&
           schema_check(connection, on_finding, owner, err) &&
           tally_check(connection, on_finding, owner, err);
}

bool sqlite_hold_still(struct store *base, struct error *err)
{
    struct sqlite_store *store = CONTAINER_OF(base, struct sqlite_store, store);

    return connection_execute(&store->lanes[LANE_SLOW], "BEGIN", err);
}

void sqlite_go_on(struct store *base)
{
    struct sqlite_store *store = CONTAINER_OF(base, struct sqlite_store, store);
    struct error ignored;

    connection_execute(&store->lanes[LANE_SLOW], "COMMIT", &ignored);
}

/* --- restore -------------------------------------------------------------------------------- */

static bool put_new_lineage(struct connection *connection, struct error *err)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    uint8_t lineage[LINEAGE_SIZE];
    int64_t last, next;
    char text[24];

    if (sqlite3_prepare_v2(connection->database, "SELECT coalesce(max(id), 0) FROM job", -1,
                           &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return fail_sqlite(err, connection->database, "job ids");
    last = sqlite3_column_int64(statement, 0);
    if (!meta_number(connection, "id_epoch", &next, err))
        return false;
    if (last + 1 > next)
        next = last + 1;
    next = ((next + ID_GAP / 2) / ID_GAP + 1) * ID_GAP;
    snprintf(text, sizeof(text), "%" PRId64, next);
    random_fill(lineage, sizeof(lineage));
    return meta_put(connection, "lineage", lineage, sizeof(lineage), err) &&
           meta_put(connection, "id_epoch", text, strlen(text), err);
}

/* In the copy, before it takes the place of the old one. */
static bool renew(const char *path, const char *key_path, struct error *err)
{
    CLEANUP(connection_closep) struct connection *closing = NULL;
    uint8_t key[MAC_KEY_SIZE];
    struct connection connection;

    if (!row_key_read(key_path, key, err) ||
        !connection_open(&connection, path, SQLITE_OPEN_READWRITE, key, err))
        return false;
    closing = &connection;
    if (!tally_read(&connection, err))
        return false;
    tally_watch(&connection);
    return connection_execute(&connection, "BEGIN IMMEDIATE", err) &&
           put_new_lineage(&connection, err) && tally_write(&connection, err) &&
           connection_execute(&connection, "COMMIT", err);
}

static bool move_away(const char *path, const char *suffix, struct error *err)
{
    CLEANUP(memory_freep) char *kept = memory_format("%s.%s", path, suffix);

    if (rename(path, kept) != 0 && errno != ENOENT)
        return fail_errno(err, "rename %s to %s", path, kept);
    return true;
}

static bool keep_key(const char *path, const char *suffix, struct error *err)
{
    CLEANUP(memory_freep) char *kept = memory_format("%s.%s", path, suffix);

    if (link(path, kept) != 0 && errno != ENOENT && errno != EEXIST)
        return fail_errno(err, "link %s to %s", path, kept);
    return true;
}

/* The old files keep their content under a name that says when they were put aside.  There is a
 * row key, the old or the new, at every moment: a database that is missing beside one is known to be
 * lost, so that nobody begins anew, with job ids from 1, when this is broken off. */
static bool replace_files(const char *directory, const char *const from[2], const char *const to[2],
                          struct error *err)
{
    CLEANUP(memory_freep) char *wal = memory_format("%s-wal", to[0]);
    CLEANUP(memory_freep) char *shm = memory_format("%s-shm", to[0]);
    char suffix[40];

    snprintf(suffix, sizeof(suffix), "before-restore-%" PRId64, (int64_t)time(NULL));
    if (!keep_key(to[1], suffix, err) || !move_away(to[0], suffix, err) ||
        !move_away(wal, suffix, err) || !move_away(shm, suffix, err) ||
        !file_sync_directory(directory, err))
        return false;
    if (rename(from[1], to[1]) != 0)
        return fail_errno(err, "rename %s to %s", from[1], to[1]);
    if (!file_sync_directory(directory, err))
        return false;
    if (rename(from[0], to[0]) != 0)
        return fail_errno(err, "rename %s to %s", from[0], to[0]);
    return file_sync_directory(directory, err);
}

static bool copy_database(const char *from, const char *to, struct error *err)
{
    CLEANUP(sqlite3_closep) sqlite3 *database = NULL;

    if (sqlite3_open_v2(from, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return fail_sqlite(err, database, from);
    return make_empty(to, err) && copy_pages(database, to, err);
}

bool store_sqlite_restore(const char *directory, const char *backup, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", directory);
    CLEANUP(memory_freep) char *key_path = memory_format("%s/row.key", directory);
    CLEANUP(memory_freep) char *new_path = memory_format("%s/restore.db", directory);
    CLEANUP(memory_freep) char *new_key = memory_format("%s/restore.key", directory);
    CLEANUP(memory_freep) char *backup_key = memory_format("%s.key", backup);
    CLEANUP(file_closep) int lock = -1;

    if (!directory_lock(directory, &lock, err))
        return false;
    unlink(new_path);
    if (!copy_file(backup_key, new_key, err))
        return fail_in(err, "the key of the backup's rows");
    if (!copy_database(backup, new_path, err) || !renew(new_path, new_key, err))
        return false;
    return replace_files(directory, (const char *const[2]){new_path, new_key},
                         (const char *const[2]){path, key_path}, err);
}
