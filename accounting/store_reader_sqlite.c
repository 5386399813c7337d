/* store_reader_sqlite.c - the scheduler's database as a file, read */

#include "accounting/store_reader_inside.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BUSY_MS 5000

struct sqlite_reader {
    struct store_reader base;
    sqlite3 *database;
    dev_t device; /* of the file that was opened */
    ino_t inode;
};

struct sqlite_statement {
    struct reader_statement base;
    sqlite3_stmt *statement;
};

static struct sqlite_reader *inside(struct store_reader *reader)
{
    return CONTAINER_OF(reader, struct sqlite_reader, base);
}

static sqlite3_stmt *statement_of(struct reader_statement *statement)
{
    return CONTAINER_OF(statement, struct sqlite_statement, base)->statement;
}

static void free_reader(struct store_reader *reader)
{
    sqlite3_close(inside(reader)->database);
    free(reader->name);
    free(inside(reader));
}

/* The file is looked at first: should it be another one when it is opened, that is opened again. */
static bool connect(struct sqlite_reader *reader)
{
    struct stat facts = {0};

    (void)stat(reader->base.name, &facts);
    reader->device = facts.st_dev;
    reader->inode = facts.st_ino;
    if (sqlite3_open_v2(reader->base.name, &reader->database,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return false;
    sqlite3_busy_timeout(reader->database, BUSY_MS);
    sqlite3_exec(reader->database, "PRAGMA trusted_schema=OFF; PRAGMA query_only=ON;", NULL, NULL,
                 NULL);
    return true;
}

/* A restore puts another database in the place of the one that is read. */
static bool is_replaced(const struct sqlite_reader *reader)
{
    struct stat facts;

    return stat(reader->base.name, &facts) == 0 &&
           (facts.st_dev != reader->device || facts.st_ino != reader->inode);
}

static struct store_reader *open_file(const char *path, struct error *err)
{
    struct sqlite_reader *reader = NEW(struct sqlite_reader);

    reader->base.kind = &reader_sqlite;
    reader->base.name = memory_copy(path);
    if (!connect(reader)) {
        fail(err, ERROR_IO, "open %s: %s", path, sqlite3_errmsg(reader->database));
        free_reader(&reader->base);
        return NULL;
    }
    return &reader->base;
}

static const char *error_text(struct store_reader *reader)
{
    return sqlite3_errmsg(inside(reader)->database);
}

static struct reader_statement *prepare(struct store_reader *reader, const char *sql)
{
    struct sqlite_statement *statement;
    sqlite3_stmt *prepared = NULL;

    if (sqlite3_prepare_v2(inside(reader)->database, sql, -1, &prepared, NULL) != SQLITE_OK)
        return NULL;
    statement = NEW(struct sqlite_statement);
    statement->base.reader = reader;
    statement->statement = prepared;
    return &statement->base;
}

static void end(struct reader_statement *statement)
{
    sqlite3_finalize(statement_of(statement));
    free(CONTAINER_OF(statement, struct sqlite_statement, base));
}

static uint64_t read_version(struct store_reader *reader)
{
    struct reader_statement *statement;
    uint64_t version = 0;

    if (is_replaced(inside(reader))) {
        sqlite3_close(inside(reader)->database);
        (void)connect(inside(reader)); /* what fails then says why */
        return 0;
    }
    statement = prepare(reader, "PRAGMA data_version");
    if (!statement)
        return 0;
    if (sqlite3_step(statement_of(statement)) == SQLITE_ROW)
        version = (uint64_t)sqlite3_column_int64(statement_of(statement), 0);
    end(statement);
    return version;
}

static void bind_number(struct reader_statement *statement, int index, int64_t number)
{
    sqlite3_bind_int64(statement_of(statement), index, number);
}

static void bind_text(struct reader_statement *statement, int index, const char *text)
{
    sqlite3_bind_text(statement_of(statement), index, text, -1, SQLITE_STATIC);
}

static enum reader_step step(struct reader_statement *statement)
{
    int code = sqlite3_step(statement_of(statement));

    return code == SQLITE_ROW ? READER_ROW : code == SQLITE_DONE ? READER_DONE : READER_FAILED;
}

static void reset(struct reader_statement *statement)
{
    sqlite3_reset(statement_of(statement));
}

static int64_t number(struct reader_statement *statement, int column)
{
    return sqlite3_column_int64(statement_of(statement), column);
}

static const char *text(struct reader_statement *statement, int column)
{
    const char *found = (const char *)sqlite3_column_text(statement_of(statement), column);

    return found ? found : "";
}

static const void *bytes(struct reader_statement *statement, int column, size_t *ret_size)
{
    const void *found = sqlite3_column_blob(statement_of(statement), column);

    *ret_size = (size_t)sqlite3_column_bytes(statement_of(statement), column);
    return found ? found : "";
}

const struct reader_kind reader_sqlite = {
    .begins = "",
    .open = open_file,
    .free = free_reader,
    .version = read_version,
    .error = error_text,
    .prepare = prepare,
    .bind_number = bind_number,
    .bind_text = bind_text,
    .step = step,
    .reset = reset,
    .number = number,
    .text = text,
    .bytes = bytes,
    .end = end,
};
