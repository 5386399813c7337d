/* store_sqlite_care.c - backup, restore and check of the SQLite file */

#include "base/file.h"
#include "base/parse.h"
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

/* No network ever gives so many; a damaged row may say so. */
#define ID_MOST (INT64_C(1) << 53)

#define KEY_FILE_SIZE 256
#define IDS_FILE_SIZE 64

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

/* On a connection of its own: the others may do nothing of the kind.  What was freed before is in the
 * pages as it was, so all of them are written anew; the log has them too until it is cut. */
bool sqlite_wipe(struct store *base, struct error *err)
{
    struct sqlite_store *store = CONTAINER_OF(base, struct sqlite_store, store);
    CLEANUP(connection_closep) struct connection *closing = NULL;
    struct connection connection;
    uint64_t room, all;
    struct stat facts;
    int code;

    if (!connection_open(&connection, store->path, SQLITE_OPEN_READWRITE, store->mac_key, err))
        return false;
    closing = &connection;
    /* All of it is written twice: beside the file, and in the log. */
    if (stat(store->path, &facts) == 0 && space_measure(base, &room, &all) &&
        room < 2 * (uint64_t)facts.st_size)
        return fail(err, ERROR_EXHAUSTED,
                    "%s is written anew for that, and needs %" PRIu64 " MiB, of which %" PRIu64
                    " are free",
                    store->path, 2 * (uint64_t)facts.st_size >> 20, room >> 20);
    if (!connection_execute(&connection, "PRAGMA temp_store = FILE; VACUUM", err))
        return false;
    code = sqlite3_wal_checkpoint_v2(connection.database, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                     NULL);
    return code == SQLITE_OK || fail_sqlite(err, connection.database, "cut the log");
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

/* Above each job id that the database gave or began with.  0: that cannot be read, or is no number
 * that one ever gives; it may be damaged, which is why another is put in its place. */
static int64_t ids_end(const char *path)
{
    static const char sql[] = "SELECT max((SELECT coalesce(max(id), 0) + 1 FROM job),"
                              " (SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM meta"
                              "  WHERE name = 'id_epoch'))";
    CLEANUP(sqlite3_closep) sqlite3 *database = NULL;
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    int64_t end;

    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK ||
        sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return 0;
    end = sqlite3_column_int64(statement, 0);
    return end > 0 && end < ID_MOST ? end : 0;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* 0: nothing was ever restored here. */
static bool read_ids(const char *path, int64_t *ret_ids, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;
    uint64_t number = 0;

    buffer_init(&text);
    if (!file_read(path, IDS_FILE_SIZE, &text, err))
        return err->code == ERROR_NOT_FOUND;
    text.bytes[strcspn(text.bytes, "\n")] = '\0';
    if (!parse_u64(text.bytes, 0, ID_MOST, &number, err))
        return fail_in(err, "%s, from where job ids went on after the last restore", path);
    *ret_ids = (int64_t)number;
    return true;
}

static bool write_ids(const char *path, int64_t ids, struct error *err)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64 "\n", ids);
    return file_replace(path, text, strlen(text), 0600, err);
}

static bool put_new_lineage(struct connection *connection, int64_t ids, struct error *err)
{
    uint8_t lineage[LINEAGE_SIZE];
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, ids);
    random_fill(lineage, sizeof(lineage));
    return meta_put(connection, "lineage", lineage, sizeof(lineage), err) &&
           meta_put(connection, "id_epoch", text, strlen(text), err);
}

/* In the copy, before it takes the place of the old one. */
static bool renew(const char *path, const char *key_path, int64_t ids, struct error *err)
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
           put_new_lineage(&connection, ids, err) && tally_write(&connection, err) &&
           connection_execute(&connection, "COMMIT", err);
}

static bool put_aside(const char *directory, const char *aside, const char *name, struct error *err)
{
    CLEANUP(memory_freep) char *from = memory_format("%s/%s", directory, name);
    CLEANUP(memory_freep) char *to = memory_format("%s/%s", aside, name);

    if (rename(from, to) != 0 && errno != ENOENT)
        return fail_errno(err, "rename %s to %s", from, to);
    return true;
}

/* The folder gets the name by which it stays. */
static bool name_aside(const char *directory, const char *aside, struct error *err)
{
    if (rmdir(aside) == 0)
        return true; /* there was nothing before */
    for (int64_t when = (int64_t)time(NULL);; when++) {
        CLEANUP(memory_freep) char *kept = memory_format("%s-%" PRId64, aside, when);

        if (rename(aside, kept) == 0)
            return file_sync_directory(directory, err);
        if (errno != ENOTEMPTY && errno != EEXIST)
            return fail_errno(err, "rename %s to %s", aside, kept);
    }
}

/* The key stays where it is, too. */
static bool keep_key(const char *directory, const char *aside, bool anew, struct error *err)
{
    CLEANUP(memory_freep) char *key = memory_format("%s/row.key", directory);
    CLEANUP(memory_freep) char *kept = memory_format("%s/row.key", aside);

    if (anew && unlink(kept) != 0 && errno != ENOENT)
        return fail_errno(err, "%s", kept);
    if (link(key, kept) != 0 && errno != ENOENT && errno != EEXIST)
        return fail_errno(err, "link %s to %s", key, kept);
    return true;
}

/* Database, WAL and key of before go into one folder: also when this is broken off between two of
 * them, for the next attempt goes on with the same folder.  One that has a database while there is
 * another outside is of an attempt that lacked only the lasting name. */
static bool keep_files(const char *directory, const char *aside, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", directory);
    CLEANUP(memory_freep) char *shm = memory_format("%s/tequio.db-shm", directory);
    CLEANUP(memory_freep) char *kept = memory_format("%s/tequio.db", aside);
    bool there = access(path, F_OK) == 0;

    if (there && access(kept, F_OK) == 0 && !name_aside(directory, aside, err))
        return false;
    if (mkdir(aside, 0700) != 0 && errno != EEXIST)
        return fail_errno(err, "%s", aside);
    if (!keep_key(directory, aside, there, err) || !put_aside(directory, aside, "tequio.db", err) ||
        !put_aside(directory, aside, "tequio.db-wal", err))
        return false;
    if (unlink(shm) != 0 && errno != ENOENT)
        return fail_errno(err, "%s", shm);
    return file_sync_directory(aside, err) && file_sync_directory(directory, err);
}

static bool put_in_place(const char *directory, const char *from, const char *name,
                         struct error *err)
{
    CLEANUP(memory_freep) char *to = memory_format("%s/%s", directory, name);

    if (rename(from, to) != 0)
        return fail_errno(err, "rename %s to %s", from, to);
    return file_sync_directory(directory, err);
}

/* There is a row key, the old or the new, at every moment: a database that is missing beside one is
 * known to be lost, so that nobody begins anew, with job ids from 1, when this is broken off. */
static bool replace_files(const char *directory, const char *new_path, const char *new_key,
                          struct error *err)
{
    CLEANUP(memory_freep) char *aside = memory_format("%s/before-restore", directory);

    return keep_files(directory, aside, err) && put_in_place(directory, new_key, "row.key", err) &&
           put_in_place(directory, new_path, "tequio.db", err) && name_aside(directory, aside, err);
}

static bool copy_database(const char *from, const char *to, struct error *err)
{
    CLEANUP(sqlite3_closep) sqlite3 *database = NULL;

    if (sqlite3_open_v2(from, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return fail_sqlite(err, database, from);
    return make_empty(to, err) && copy_pages(database, to, err);
}

/* Backups know nothing of each other, nor of what was given since: what is replaced knows that, and
 * a file beside the key, which outlives both, how far the restores before this one went. */
bool store_sqlite_restore(const char *directory, const char *backup, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", directory);
    CLEANUP(memory_freep) char *ids_path = memory_format("%s/job-ids", directory);
    CLEANUP(memory_freep) char *new_path = memory_format("%s/restore.db", directory);
    CLEANUP(memory_freep) char *journal = memory_format("%s-journal", new_path);
    CLEANUP(memory_freep) char *new_key = memory_format("%s/restore.key", directory);
    CLEANUP(memory_freep) char *backup_key = memory_format("%s.key", backup);
    CLEANUP(file_closep) int lock = -1;
    int64_t ids = 0;

    if (!directory_lock(directory, &lock, err))
        return false;
    /* Of an attempt that was broken off: SQLite would put its pages into the new copy. */
    unlink(journal);
    unlink(new_path);
    if (!copy_file(backup_key, new_key, err))
        return fail_in(err, "the key of the backup's rows");
    if (!copy_database(backup, new_path, err) || !read_ids(ids_path, &ids, err))
        return false;
    ids = larger(ids, larger(ids_end(path), ids_end(new_path)));
    ids = ((ids + ID_GAP / 2) / ID_GAP + 1) * ID_GAP;
    return renew(new_path, new_key, ids, err) && write_ids(ids_path, ids, err) &&
           replace_files(directory, new_path, new_key, err);
}
