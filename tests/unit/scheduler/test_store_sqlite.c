/* test_store_sqlite.c - what was committed is there; what was changed behind our back is found */

#include "base/file.h"
#include "scheduler/check.h"
#include "scheduler/store.h"
#include "scheduler/store_sqlite_inside.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/scheduler/service_bench.h"
#include "tests/unit/scheduler/store_scene.h"

#include <glob.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- a store of the test's own -------------------------------------------------------------------------- */

static void test_a_new_store(void)
{
    CLEANUP(memory_freep) char *directory = new_directory();
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", directory);
    CLEANUP(store_freep) struct store *store = open_store(directory);
    static const uint8_t zeros[LINEAGE_SIZE];
    struct store_marks marks;
    struct stat facts;
    struct error err;

    CU_ASSERT_FATAL(store && store->marks(store, &marks, &err));
    CU_ASSERT(memcmp(marks.lineage, zeros, sizeof(zeros)) != 0);
    CU_ASSERT_EQUAL(marks.epoch, 0);
    CU_ASSERT_EQUAL(marks.next_job, 1);
    CU_ASSERT(stat(path, &facts) == 0 && (facts.st_mode & 0177) == 0);
}

static void test_a_second_scheduler_is_refused(void)
{
    CLEANUP(memory_freep) char *directory = new_directory();
    CLEANUP(store_freep) struct store *store = open_store(directory);

    CU_ASSERT(opens_not(directory, ERROR_CONFLICT, "another tequio-scheduler"));
    store_free(STEAL(store));
    store = open_store(directory);
    CU_ASSERT_PTR_NOT_NULL(store);
}

static void test_what_is_no_store_of_ours(void)
{
    CLEANUP(memory_freep) char *garbage = new_directory();
    CLEANUP(memory_freep) char *foreign = new_directory();
    CLEANUP(memory_freep) char *newer = new_directory();
    CLEANUP(memory_freep) char *folder = new_directory();
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", folder);
    static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    static const char text[] = "this is not a database at all, and long enough to be looked at"
                               " as one; this is not a database at all";

    put_file(garbage, "row.key", key, sizeof(key) - 1, 0600);
    put_file(garbage, "tequio.db", text, sizeof(text), 0600);
    CU_ASSERT(opens_not(garbage, ERROR_IO, "not a database"));
    put_file(foreign, "row.key", key, sizeof(key) - 1, 0600);
    CU_ASSERT(tamper(foreign, "CREATE TABLE theirs (a)"));
    CU_ASSERT(opens_not(foreign, ERROR_CONFLICT, "not one of tequio-scheduler"));
    store_free(open_store(newer));
    CU_ASSERT(tamper(newer, "PRAGMA user_version = 99"));
    CU_ASSERT(opens_not(newer, ERROR_CONFLICT, "schema 99"));
    mkdir(path, 0700);
    CU_ASSERT(opens_not(folder, ERROR_INVALID, "no regular file"));
}

static bool opens_and_closes(const char *directory)
{
    struct store *store = open_store(directory);

    store_free(store);
    return store != NULL;
}

static void test_the_row_key_must_be_right(void)
{
    CLEANUP(memory_freep) char *directory = new_directory();
    CLEANUP(memory_freep) char *path = memory_format("%s/row.key", directory);
    CLEANUP(buffer_clear) struct buffer key = {0};
    struct error err;

    store_free(open_store(directory));
    buffer_init(&key);
    CU_ASSERT(file_read(path, 1000, &key, &err));
    chmod(path, 0644);
    CU_ASSERT(opens_not(directory, ERROR_DENIED, "row.key"));
    put_file(directory, "row.key", key.bytes, 20, 0600);
    CU_ASSERT(opens_not(directory, ERROR_INVALID, "not a key of 32 bytes"));
    put_file(directory, "row.key", "", 0, 0600);
    CU_ASSERT(opens_not(directory, ERROR_INVALID, "not a key of 32 bytes"));
    unlink(path);
    CU_ASSERT(opens_not(directory, ERROR_NOT_FOUND, "row.key is missing"));
    put_file(directory, "row.key", key.bytes, key.length, 0600);
    store_free(open_store(directory));
}

static bool moves(const char *directory, const char *from, const char *to)
{
    CLEANUP(memory_freep) char *old = memory_format("%s/%s", directory, from);
    CLEANUP(memory_freep) char *new = memory_format("%s/%s", directory, to);

    return rename(old, new) == 0;
}

/* An empty database in the place of one that was lost would give all numbers a second time. */
static void test_a_lost_database_is_noticed(void)
{
    CLEANUP(memory_freep) char *directory = new_directory();

    CU_ASSERT(opens_and_closes(directory));
    CU_ASSERT(moves(directory, "tequio.db", "lost"));
    CU_ASSERT(opens_not(directory, ERROR_NOT_FOUND, "was lost"));
    put_file(directory, "tequio.db", "", 0, 0600);
    CU_ASSERT(opens_not(directory, ERROR_NOT_FOUND, "--restore"));
    CU_ASSERT(moves(directory, "lost", "tequio.db"));
    CU_ASSERT(opens_and_closes(directory));
    /* What it says is how to begin anew. */
    CU_ASSERT(moves(directory, "tequio.db", "old.db"));
    CU_ASSERT(moves(directory, "row.key", "old.key"));
    CU_ASSERT(opens_and_closes(directory));
    /* A first start that ended before the database was whole goes on. */
    CU_ASSERT(moves(directory, "row.key", "row.key.first"));
    put_file(directory, "tequio.db", "", 0, 0600);
    CU_ASSERT(opens_and_closes(directory));
    CU_ASSERT(!moves(directory, "row.key.first", "again"));
    CU_ASSERT(opens_and_closes(directory));
}

/* Its frames have sums that are right, but the rows are another key's. */
static void test_the_wal_of_another_database_is_refused(void)
{
    CLEANUP(memory_freep) char *directory = new_directory();
    CLEANUP(memory_freep) char *other = new_directory();
    CLEANUP(memory_freep) char *from = memory_format("%s/tequio.db-wal", other);
    CLEANUP(buffer_clear) struct buffer wal = {0};
    CLEANUP(store_freep) struct store *store = open_store(other);
    struct error err;

    buffer_init(&wal);
    CU_ASSERT(opens_and_closes(directory));
    CU_ASSERT_FATAL(store != NULL);
    CU_ASSERT(file_read(from, 16 << 20, &wal, &err));
    CU_ASSERT(wal.length > 0);
    put_file(directory, "tequio.db-wal", wal.bytes, wal.length, 0600);
    CU_ASSERT(opens_not(directory, ERROR_IO, ""));
}

static void test_network_file_systems(void)
{
    static const unsigned network[] = {0x6969, 0xff534d42, 0xfe534d42, 0x5346414f};
    static const unsigned local[] = {0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630};

    for (size_t i = 0; i < COUNT_OF(network); i++)
        CU_ASSERT(network_file_system(network[i]) != NULL);
    for (size_t i = 0; i < COUNT_OF(local); i++)
        CU_ASSERT(network_file_system(local[i]) == NULL);
}

static void test_an_edited_row_is_found(void)
{
    static const struct {
        const char *sql, *words;
    } cases[] = {
        {"UPDATE job SET user = 'eve' WHERE id = 100",                                           "table job, row 100: changed"  },
        {"UPDATE job SET state = 1 WHERE id = 100",                                              "table job, row 100: changed"  },
        {"UPDATE job SET mac = x'00' WHERE id = 100",                                            "table job, row 100: changed"  },
        {"UPDATE hold SET amount = 1 WHERE job = 0",                                             "table hold, row 0 10: changed"},
        {"UPDATE principal SET roles = 255",                                                     "table principal, row"         },
        {"UPDATE public_key SET name = 'eve'",                                                   "table public_key, row"        },
        {"UPDATE balance SET charged = 0",                                                       "table balance, row"           },
        {"UPDATE member SET manager = 99",                                                       "table member, row"            },
        {"UPDATE grant_ SET amount = 99999",                                                     "table grant_, row"            },
        {"UPDATE part SET job = 101 WHERE part = 10",                                            "table part, row 101"          },
        {"DROP TRIGGER txn_keep_delete; DELETE FROM txn WHERE id = 0",                           "I10: "                        },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET text = 'x' WHERE id = 100",               "was changed"                  },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET text = 'x' || char(10) || 'entry a 5'"
         " || char(10) || 'entry b -4' || char(10)",                                    "sum to zero"                  },
        {"DROP TRIGGER audit_keep_delete; DELETE FROM audit WHERE id = 0",
         "the chain of table audit breaks"                                                                                      },
        {"DROP TRIGGER audit_keep_delete; DELETE FROM audit WHERE id = 1",
         "table audit has 1 rows"                                                                                               },
        {"DROP TRIGGER audit_keep_delete",                                                       "the schema was changed"       },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET job = 0 WHERE id = 1",
         "chain of institution'1"                                                                                               },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET kind = 4 WHERE id = 1",                   "I4: transaction 1"            },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET charged = 7 WHERE id = 0",
         "I7: job 90 attempt 100 costs"                                                                                         },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET text = 'x' || char(10) ||"
         " 'entry used:u 5' || char(10) || 'entry inst:u -5' || char(10) WHERE id = 0", "I8: the ledger and"           },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET project = 'none' WHERE id = 0",
         "I15: job 90 attempt 100: no pr"                                                                                       },
        {"DROP TRIGGER txn_keep_update; UPDATE txn SET memory = 7 WHERE id = 0",
         "table txn, row 0"                                                                                                     },
        {"DELETE FROM member WHERE user = 'user''0;--'",                                         "table member has 1 rows"      },
        {"UPDATE meta SET value = x'37' WHERE name = 'epoch'",                                   "table meta, row epoch"        },
        {"DELETE FROM script",                                                                   "a row points to one that"     },
        {"DELETE FROM meta WHERE name = 'clean_stop'",                                           "table meta has"               },
        {"UPDATE node SET cluster = CAST(CAST(cluster AS BLOB) || x'0078' AS TEXT)",
         "table node, row"                                                                                                      },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(memory_freep) char *directory = new_directory();
        struct store *store = open_store(directory);

        CU_ASSERT(store && fill(store));
        store_free(store);
        CU_ASSERT(tamper(directory, cases[i].sql));
        CU_ASSERT(check_finds(directory, cases[i].words));
    }
}

static void test_backup_and_restore(void)
{
    CLEANUP(memory_freep) char *directory = new_directory();
    CLEANUP(memory_freep) char *path = scratch_path("copy.db");
    CLEANUP(store_freep) struct store *store = open_store(directory);
    struct store_marks before, after;
    struct error err;
    uint64_t size = 0;

    CU_ASSERT(store && fill(store) && store->marks(store, &before, &err));
    CU_ASSERT(!store->backup(store, "copy.db", &size, &err));
    CU_ASSERT(store->backup(store, path, &size, &err) && size > 4096);
    CU_ASSERT(!store->backup(store, path, &size, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT(!store_sqlite_restore(directory, path, &err)); /* it is in use */
    store_free(STEAL(store));
    CU_ASSERT(store_sqlite_restore(directory, path, &err));
    store = open_store(directory);
    CU_ASSERT(store && store->marks(store, &after, &err));
    CU_ASSERT(memcmp(before.lineage, after.lineage, LINEAGE_SIZE) != 0);
    CU_ASSERT(memcmp(before.token_seed, after.token_seed, sizeof(after.token_seed)) == 0);
    CU_ASSERT_EQUAL(after.next_job, 1000000000);
    store_free(STEAL(store));
    CU_ASSERT(!store_sqlite_restore(directory, "/nonexistent.db", &err));
    CU_ASSERT(strstr(err.text, "key of the backup") != NULL);
    store = open_store(directory);
    CU_ASSERT_PTR_NOT_NULL(store);
}

static int64_t next_job(const char *directory)
{
    CLEANUP(store_freep) struct store *store = open_store(directory);
    struct store_marks marks = {.next_job = -1};
    struct error err;

    CU_ASSERT(store && store->marks(store, &marks, &err));
    return marks.next_job;
}

static void remove_file(const char *directory, const char *name)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", directory, name);

    CU_ASSERT_EQUAL(unlink(path), 0);
}

/* Each restore goes on behind what was given since, whichever backup it is of. */
static void test_no_job_id_is_given_twice(void)
{
    CLEANUP(memory_freep) char *directory = new_directory();
    CLEANUP(memory_freep) char *path = scratch_path("same.db");
    struct store *store = open_store(directory);
    struct error err;
    uint64_t size;

    CU_ASSERT(store && fill(store) && store->backup(store, path, &size, &err));
    store_free(store);
    CU_ASSERT(store_sqlite_restore(directory, path, &err));
    CU_ASSERT_EQUAL(next_job(directory), 1000000000);
    CU_ASSERT(store_sqlite_restore(directory, path, &err));
    CU_ASSERT_EQUAL(next_job(directory), 2000000000);
    remove_file(directory, "job-ids"); /* then the database that is replaced tells */
    CU_ASSERT(store_sqlite_restore(directory, path, &err));
    CU_ASSERT_EQUAL(next_job(directory), 3000000000);
    remove_file(directory, "tequio.db");
    CU_ASSERT(store_sqlite_restore(directory, path, &err));
    CU_ASSERT_EQUAL(next_job(directory), 4000000000);
    put_file(directory, "job-ids", "soon\n", 5, 0600);
    CU_ASSERT(!store_sqlite_restore(directory, path, &err));
    CU_ASSERT(strstr(err.text, "job-ids") != NULL);
}

static void copy_into(const char *from, const char *to, const char *name)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", from, name);
    size_t size = 0;
    CLEANUP(memory_freep) char *bytes = read_whole(path, &size);

    put_file(to, name, bytes, size, 0600);
}

/* The only one of its kind in the directory. */
static char *kept_folder(const char *directory)
{
    CLEANUP(memory_freep) char *pattern = memory_format("%s/before-restore*", directory);
    glob_t found;
    char *path;

    CU_ASSERT_FATAL(glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1);
    path = memory_copy(found.gl_pathv[0]);
    globfree(&found);
    return path;
}

static bool same_rows(const char *directory, struct store *other)
{
    CLEANUP(store_freep) struct store *store = open_store(directory);
    struct dump here = {0}, there = {0};
    bool same;

    buffer_init(&here.bytes);
    buffer_init(&there.bytes);
    same = store && dump_all(store, &here) && dump_all(other, &there) && here.bad == 0 &&
           first_difference(&here, &there) == ROW_KIND_COUNT;
    buffer_clear(&here.bytes);
    buffer_clear(&there.bytes);
    return same;
}

/* Its last commits are in the WAL alone. */
static void test_what_is_replaced_stays_whole(void)
{
    static const char *const names[] = {"tequio.db", "tequio.db-wal", "row.key"};
    CLEANUP(memory_freep) char *directory = new_directory();
    CLEANUP(memory_freep) char *killed = new_directory();
    CLEANUP(memory_freep) char *path = scratch_path("early.db");
    CLEANUP(memory_freep) char *kept = NULL;
    CLEANUP(store_freep) struct store *store = open_store(directory);
    struct error err;
    uint64_t size;

    CU_ASSERT(store && store->backup(store, path, &size, &err) && fill(store));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        copy_into(directory, killed, names[i]);
    CU_ASSERT(store_sqlite_restore(killed, path, &err));
    kept = kept_folder(killed);
    CU_ASSERT(same_rows(kept, store));
    CU_ASSERT(!same_rows(killed, store));
}

static int64_t size_of_reserve(const char *directory)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/reserve", directory);
    struct stat facts;

    return stat(path, &facts) == 0 ? (int64_t)facts.st_size : -1;
}

/* Where there is room for it. */
static void test_the_reserve_is_made_whole(void)
{
    CLEANUP(memory_freep) char *directory = new_directory();
    CLEANUP(store_freep) struct store *store = NULL;
    uint64_t room = 0, all;
    int64_t size;

    put_file(directory, "reserve", "", 0, 0600);
    store = open_store(directory);
    CU_ASSERT_FATAL(store && store->measure(store, &room, &all) && room > 0 && room <= all);
    size = size_of_reserve(directory);
    if (room < UINT64_C(2) << 30) {
        printf("# with %" PRIu64 " bytes free it may have none\n", room);
        return;
    }
    CU_ASSERT(size > 0);
    remove_file(directory, "reserve");
    CU_ASSERT(store->measure(store, &room, &all) && size_of_reserve(directory) == size);
}

static void test_a_cut_file_is_refused(void)
{
    CLEANUP(memory_freep) char *directory = new_directory();
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", directory);
    CLEANUP(memory_freep) char *bytes = NULL;
    struct store *store = open_store(directory);
    size_t size = 0;

    CU_ASSERT(store && fill(store));
    store_free(store);
    bytes = read_whole(path, &size);
    CU_ASSERT_FATAL(bytes != NULL);
    for (size_t cut = 4096; cut < size; cut += 4096) {
        struct error err;

        put_file(directory, "tequio.db", bytes, cut, 0600);
        store = store_sqlite_open(directory, "net", &err);
        CU_ASSERT_PTR_NULL(store);
        store_free(store);
    }
    put_file(directory, "tequio.db", bytes, size, 0600);
    CU_ASSERT(opens_and_closes(directory));
}

/* A row as it once was has a right MAC, and is yet not what was left there. */
static void test_an_old_row_is_found(void)
{
    CLEANUP(memory_freep) char *directory = new_directory();
    CLEANUP(memory_freep) char *old = scratch_path("old.db");
    CLEANUP(memory_freep)
    char *sql = memory_format("ATTACH '%s' AS old; INSERT OR REPLACE INTO hold"
                              " SELECT * FROM old.hold WHERE job = 0",
                              old);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(batch_clear) struct batch batch;
    struct store *store = open_store(directory);
    struct row row = make_row(ROW_HOLD, 0, arena);
    struct error err;
    uint64_t size;

    batch_init(&batch);
    CU_ASSERT(store && fill(store) && store->backup(store, old, &size, &err));
    row.hold.amount++;
    batch_add(&batch, WRITE_PUT, &row);
    CU_ASSERT(commit(store, &batch));
    store_free(store);
    CU_ASSERT(tamper(directory, sql));
    CU_ASSERT(check_finds(directory, "table hold: a row is not as it was left"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a new store is private and has a lineage", test_a_new_store                           },
        {"a second scheduler is refused",            test_a_second_scheduler_is_refused         },
        {"what is no store of ours is refused",      test_what_is_no_store_of_ours              },
        {"the row key must be there and private",    test_the_row_key_must_be_right             },
        {"a lost database is noticed",               test_a_lost_database_is_noticed            },
        {"the WAL of another database is refused",   test_the_wal_of_another_database_is_refused},
        {"network file systems",                     test_network_file_systems                  },
        {"an edited row is found",                   test_an_edited_row_is_found                },
        {"a row put back as it was is found",        test_an_old_row_is_found                   },
        {"backup and restore",                       test_backup_and_restore                    },
        {"no job id is given twice",                 test_no_job_id_is_given_twice              },
        {"what is replaced stays whole",             test_what_is_replaced_stays_whole          },
        {"the reserve is made whole",                test_the_reserve_is_made_whole             },
        {"a cut file is refused",                    test_a_cut_file_is_refused                 },
        CU_TEST_INFO_NULL,
    };

    return run_suite("store_sqlite", tests);
}
