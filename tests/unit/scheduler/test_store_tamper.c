/* test_store_tamper.c - whatever is changed behind the store's back is found and named
 *
 * A part of the rounds by default; all of them: `make check-tamper`. */

#include "base/file.h"
#include "scheduler/check.h"
#include "scheduler/store.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/scheduler/store_scene.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EDITS 1000
#define FLIPS 1500
#define PART  5

DEFINE_CLEANUP(sqlite3_stmt *, sqlite3_finalize)

static unsigned rounds_of(unsigned all)
{
    return getenv("TEQUIO_TEST_ALL") ? all : all / PART;
}

/* The tables that a finding names: "table job, row 1", "CHECK constraint failed in job". */
static bool names_table(const struct buffer *findings, const char *table)
{
    CLEANUP(memory_freep) char *name = memory_format("table %s", table);
    CLEANUP(memory_freep) char *other = memory_format(" in %s", table);

    return strstr(findings->bytes, name) || strstr(findings->bytes, other);
}

/* A database, and its bytes as they should be. */
struct scene {
    char *directory;
    char *path;
    char *bytes;
    size_t size;
    struct dump truth;
    struct test_random random;
};

static void scene_init(struct scene *scene)
{
    struct store *store;

    *scene = (struct scene){.directory = make_history(), .random = test_random_from_environment()};
    scene->path = memory_format("%s/tequio.db", scene->directory);
    buffer_init(&scene->truth.bytes);
    store = open_store(scene->directory);
    CU_ASSERT_FATAL(store && dump_all(store, &scene->truth));
    store_free(store);
    CU_ASSERT(check_finds(scene->directory, NULL));
    scene->bytes = read_whole(scene->path, &scene->size);
    CU_ASSERT_FATAL(scene->bytes != NULL);
}

static void scene_clear(struct scene *scene)
{
    buffer_clear(&scene->truth.bytes);
    free(scene->bytes);
    free(scene->path);
    free(scene->directory);
}

/* Without the fsync of file_replace(): two thousand of them take minutes. */
static void put_back(const struct scene *scene)
{
    int file = open(scene->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    struct error err;

    CU_ASSERT_FATAL(file >= 0 && file_write_all(file, scene->bytes, scene->size, &err));
    close(file);
}

/* What opening or checking says; false: nothing at all. */
static bool look(const struct scene *scene, struct buffer *findings, bool *ret_same)
{
    struct error err = {0};
    CLEANUP(store_freep) struct store *store = store_sqlite_open(scene->directory, "net", &err);
    struct dump seen = {0};
    uint64_t rows = 0;

    *ret_same = false;
    if (!store || !store_check(store, note_finding, findings, &rows, &err))
        note_finding(findings, err.text);
    if (findings->length > 0)
        return true;
    buffer_init(&seen.bytes);
    *ret_same = dump_all(store, &seen) && first_difference(&scene->truth, &seen) == ROW_KIND_COUNT;
    buffer_clear(&seen.bytes);
    return false;
}

/* --- edits ---------------------------------------------------------------------------------------------- */

/* Names and values of one row, as SQL that finds it again. */
static void print_where(const struct row_shape *shape, sqlite3_stmt *row, struct buffer *sql)
{
    for (unsigned i = 0; i < shape->key_count; i++) {
        buffer_print(sql, "%s %s = ", i ? " AND" : " WHERE", shape->columns[i].name);
        if (shape->columns[i].kind == COLUMN_NUMBER) {
            buffer_print(sql, "%lld", (long long)sqlite3_column_int64(row, (int)i));
        } else if (shape->columns[i].kind == COLUMN_TEXT) {
            buffer_print(sql, "'%s'", (const char *)sqlite3_column_text(row, (int)i));
        } else {
            buffer_add_text(sql, "x'");
            hex_print(sqlite3_column_blob(row, (int)i), (size_t)sqlite3_column_bytes(row, (int)i),
                      sql);
            buffer_add_text(sql, "'");
        }
    }
}

/* Another value of the same type, as SQL; `column` may be the MAC's, behind the others. */
static void print_other_value(struct test_random *random, enum column_kind kind, sqlite3_stmt *row,
                              int column, struct buffer *sql)
{
    int size = sqlite3_column_bytes(row, column);
    uint8_t bytes[1 << 16];

    if (kind == COLUMN_NUMBER) {
        uint64_t number = (uint64_t)sqlite3_column_int64(row, column);

        buffer_print(sql, "%" PRId64,
                     (int64_t)(number ^ (UINT64_C(1) << test_random_below(random, 63))));
        return;
    }
    CU_ASSERT_FATAL(size < (int)sizeof(bytes));
    if (size > 0)
        memcpy(bytes, sqlite3_column_blob(row, column), (size_t)size);
    if (size == 0 || test_random_below(random, 4) == 0)
        bytes[size++] = 'x';
    else if (test_random_below(random, 4) == 0)
        size--;
    else
        bytes[test_random_below(random, (uint32_t)size)] ^= (uint8_t)1;
    buffer_add_text(sql, kind == COLUMN_TEXT ? "CAST(x'" : "x'");
    hex_print(bytes, (size_t)size, sql);
    buffer_add_text(sql, kind == COLUMN_TEXT ? "' AS TEXT)" : "'");
}

static void print_edit(struct test_random *random, const struct row_shape *shape, sqlite3_stmt *row,
                       struct buffer *sql)
{
    unsigned column = test_random_below(random, shape->column_count + 1);
    bool is_mac = column == shape->column_count;

    if (test_random_below(random, 8) == 0) {
        buffer_print(sql, "DELETE FROM %s", shape->table);
    } else {
        buffer_print(sql, "UPDATE %s SET %s = ", shape->table,
                     is_mac ? "mac" : shape->columns[column].name);
        print_other_value(random, is_mac ? COLUMN_BYTES : shape->columns[column].kind, row,
                          (int)column, sql);
    }
    print_where(shape, row, sql);
}

/* A row of a table that has any; NULL: this time it has none. */
static sqlite3_stmt *any_row(struct test_random *random, sqlite3 *database,
                             const struct row_shape *shape)
{
    CLEANUP(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    CLEANUP(memory_freep) char *count = memory_format("SELECT count(*) FROM %s", shape->table);
    CLEANUP(memory_freep) char *sql = NULL;
    uint32_t rows;

    if (sqlite3_prepare_v2(database, count, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return NULL;
    rows = (uint32_t)sqlite3_column_int(statement, 0);
    sqlite3_finalize(STEAL(statement));
    if (rows == 0)
        return NULL;
    sql = memory_format("SELECT * FROM %s LIMIT 1 OFFSET %" PRIu32, shape->table,
                        test_random_below(random, rows));
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return NULL;
    return STEAL(statement);
}

/* One row of one table, with everything off that would keep it from being edited.  False: it
 * could not be done (another row has that key). */
static bool edit(struct scene *scene, enum row_kind kind, struct buffer *sql)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *row;
    bool good = false;

    sqlite3_open(scene->path, &database);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_exec(database, "PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF", NULL,
                 NULL, NULL);
    row = any_row(&scene->random, database, row_shape(kind));
    if (row) {
        print_edit(&scene->random, row_shape(kind), row, sql);
        sqlite3_finalize(row);
        good = sqlite3_exec(database, sql->bytes, NULL, NULL, NULL) == SQLITE_OK;
    }
    sqlite3_close(database);
    return good;
}

static void test_edits_are_found_and_named(void)
{
    struct scene scene;
    const unsigned rounds = rounds_of(EDITS);
    unsigned found = 0;

    scene_init(&scene);
    for (unsigned round = 0; round < rounds;) {
        enum row_kind kind = (enum row_kind)test_random_below(&scene.random, ROW_KIND_COUNT);
        CLEANUP(buffer_clear) struct buffer findings = {0};
        CLEANUP(buffer_clear) struct buffer sql = {0};
        bool same;

        buffer_init(&findings);
        buffer_init(&sql);
        put_back(&scene);
        if (!edit(&scene, kind, &sql))
            continue;
        round++;
        if (look(&scene, &findings, &same) && names_table(&findings, row_shape(kind)->table))
            found++;
        else
            printf("# %s\n# is not told by: %s\n", sql.bytes, findings.bytes);
    }
    printf("# edits of one row: %u of %u found and named\n", found, rounds);
    CU_ASSERT_EQUAL(found, rounds);
    scene_clear(&scene);
}

/* --- bits ------------------------------------------------------------------------------------------------- */

/* Most of the file is empty: a byte that is not 0. */
static size_t place_of_a_row(struct test_random *random, const char *bytes, size_t size)
{
    size_t at;

    do
        at = test_random_below(random, (uint32_t)size);
    while (bytes[at] == 0);
    return at;
}

/* Refused, found, or in a place that means nothing (what a row left that is gone, a counter of
 * SQLite's own): then every row is as it was. */
static void test_flipped_bits_are_found_or_mean_nothing(void)
{
    struct scene scene;
    const unsigned rounds = rounds_of(FLIPS);
    unsigned found = 0, nothing = 0;

    scene_init(&scene);
    for (unsigned round = 0; round < rounds; round++) {
        size_t at = place_of_a_row(&scene.random, scene.bytes, scene.size);
        unsigned bit = test_random_below(&scene.random, 8);
        CLEANUP(buffer_clear) struct buffer findings = {0};
        bool same;

        buffer_init(&findings);
        scene.bytes[at] ^= (char)(1 << bit);
        put_back(&scene);
        scene.bytes[at] ^= (char)(1 << bit);
        if (look(&scene, &findings, &same))
            found++;
        else if (same)
            nothing++;
        else
            printf("# bit %u of byte %zu went unseen\n", bit, at);
    }
    printf("# flipped bits: %u found, %u in places that mean nothing, %u unseen\n", found, nothing,
           rounds - found - nothing);
    CU_ASSERT_EQUAL(found + nothing, rounds);
    CU_ASSERT(found > rounds / 2);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"edits of one row are found and named",      test_edits_are_found_and_named             },
        {"flipped bits are found, or change nothing", test_flipped_bits_are_found_or_mean_nothing},
        CU_TEST_INFO_NULL,
    };

    /* Nothing here is about what survives a power loss. */
    if (!getenv("TMPDIR") && access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
    return run_suite("store_tamper", tests);
}
