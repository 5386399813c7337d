/* test_store_upgrade.c - databases of earlier versions are brought up, and lose nothing */

#include "base/file.h"
#include "scheduler/booking_rows.h"
#include "scheduler/store.h"
#include "scheduler/store_sqlite_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/store_scene.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What jobs used over their time is in the jobs. */
#define TO_VERSION_13 "DROP TABLE series; PRAGMA user_version = 13;"

/* Nobody is to be erased, and no line of the audit log can be. */
#define TO_VERSION_12                                         \
    TO_VERSION_13                                             \
    "DROP TABLE erasure; DROP TRIGGER audit_keep_update;"     \
    "CREATE TRIGGER audit_keep_update BEFORE UPDATE ON audit" \
    " BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END; PRAGMA user_version = 12;"

/* No seals: nobody can tell whose those in the books are. */
static const char to_version_11[] = TO_VERSION_12 "DROP TABLE seal; PRAGMA user_version = 11";

/* --- what was before version 11 ----------------------------------------------------------------------- */

/* Three tables: txn with the text of each transaction, usage and priced, which are not read any
 * more.  Indexes are as nobody looks at them on the way. */
static const char to_version_10[] =
    "DROP TABLE txn; ALTER TABLE old_txn RENAME TO txn;"
    "CREATE TABLE usage (job INTEGER NOT NULL, attempt INTEGER NOT NULL, slice INTEGER NOT NULL,"
    " txn INTEGER NOT NULL, institution TEXT NOT NULL, project TEXT NOT NULL, user TEXT NOT NULL,"
    " cluster TEXT NOT NULL, partition TEXT NOT NULL, submit_us INTEGER NOT NULL,"
    " eligible_us INTEGER NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,"
    " nodes INTEGER NOT NULL, cores INTEGER NOT NULL, wall_us INTEGER NOT NULL,"
    " cpu_used_us INTEGER NOT NULL, memory INTEGER NOT NULL, memory_peak INTEGER NOT NULL,"
    " charged INTEGER NOT NULL, waived INTEGER NOT NULL, factor_ppm INTEGER NOT NULL,"
    " state TEXT NOT NULL, PRIMARY KEY (job, attempt, slice)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE priced (job INTEGER PRIMARY KEY) STRICT;"
    "CREATE UNIQUE INDEX txn_cause ON txn(txn_key) WHERE kind NOT IN (2, 3);"
    "CREATE TRIGGER txn_keep_update BEFORE UPDATE ON txn"
    " BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;"
    "CREATE TRIGGER txn_keep_delete BEFORE DELETE ON txn"
    " BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;"
    "PRAGMA user_version = 10;";

/* Entries in a table of their own, no MACs in the books, no tally. */
static const char to_version_1[] =
    "DROP TABLE share; DROP TABLE limit_; DROP TABLE closing; DROP TABLE reservation;"
    "DROP TABLE server; DROP TABLE rate; DROP TABLE priced;"
    "DROP TRIGGER txn_keep_delete; DROP INDEX txn_cause;"
    "ALTER TABLE txn DROP COLUMN place; ALTER TABLE txn DROP COLUMN mac;"
    "DROP TRIGGER audit_keep_update; ALTER TABLE audit DROP COLUMN mac;"
    "INSERT INTO usage VALUES (1, 1, 0, 2, '', '', '', '', '', 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0,"
    " 0, '');"
    "CREATE TABLE entry (txn INTEGER NOT NULL, line INTEGER NOT NULL,"
    " account TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (txn, line))"
    " STRICT, WITHOUT ROWID;"
    "INSERT INTO entry SELECT id, 0, 'pool', 0 FROM txn;"
    "CREATE TRIGGER entry_keep_update BEFORE UPDATE ON entry"
    " BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;"
    "CREATE TRIGGER entry_keep_delete BEFORE DELETE ON entry"
    " BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;"
    "CREATE TRIGGER usage_keep_update BEFORE UPDATE ON usage"
    " BEGIN SELECT RAISE(ABORT, 'usage is append-only'); END;"
    "CREATE TRIGGER audit_keep_update BEFORE UPDATE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;"
    "DELETE FROM meta WHERE name = 'tally'; PRAGMA user_version = 1";

/* What is made of a database of this version. */
struct past {
    struct buffer sql;
    uint8_t key[MAC_KEY_SIZE];
};

/* The MAC that the row had: of the columns that it had. */
static void print_old_mac(struct past *past, const struct txn_row *txn, const char *key,
                          const struct buffer *text, const struct digest *leaf)
{
    CLEANUP(buffer_clear) struct buffer row = {0};
    uint8_t mac[MAC_SIZE];

    buffer_init(&row);
    row_add_table("txn", &row);
    row_add_number(txn->id, &row);
    row_add_bytes(COLUMN_TEXT, (struct bytes){key, strlen(key)}, &row);
    row_add_number(txn->kind, &row);
    row_add_bytes(COLUMN_TEXT, (struct bytes){txn->institution, strlen(txn->institution)}, &row);
    row_add_number(txn->sequence, &row);
    row_add_number(txn->at_us, &row);
    row_add_bytes(COLUMN_TEXT, (struct bytes){text->bytes, text->length}, &row);
    row_add_bytes(COLUMN_BYTES, (struct bytes){leaf->bytes, DIGEST_SIZE}, &row);
    row_add_bytes(COLUMN_BYTES, txn->head, &row);
    mac_of(past->key, row.bytes, row.length, mac);
    hex_print(mac, MAC_SIZE, &past->sql);
}

/* A transaction as SQL that puts it into the table as it was. */
static bool print_old_txn(void *owner, const struct row *row, bool good)
{
    const struct txn_row *txn = &row->txn;
    CLEANUP(buffer_clear) struct buffer key = {0};
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct past *past = owner;
    struct buffer *sql = &past->sql;
    struct digest leaf;

    CU_ASSERT(good);
    buffer_init(&key);
    buffer_init(&text);
    booking_print_key(txn, &key);
    booking_print_text(txn, &text);
    leaf = chain_leaf(text.bytes, text.length);
    buffer_print(sql, "INSERT INTO old_txn VALUES (%" PRId64 ", '%s', %" PRId64 ", '%s', %" PRId64,
                 txn->id, key.bytes, txn->kind, txn->institution, txn->sequence);
    buffer_print(sql, ", %" PRId64 ", '%s', x'", txn->at_us, text.bytes);
    hex_print(leaf.bytes, DIGEST_SIZE, sql);
    buffer_add_text(sql, "', x'");
    hex_print(txn->head.bytes, txn->head.size, sql);
    buffer_add_text(sql, "', x'");
    print_old_mac(past, txn, key.bytes, &text, &leaf);
    buffer_print(sql, "', %" PRId64 ");", (txn->chain << 32) + txn->sequence);
    return true;
}

static void make_version_10(struct store *store, const char *directory)
{
    CLEANUP(memory_freep) char *key_path = memory_format("%s/row.key", directory);
    const struct query query = {.kind = QUERY_ALL, .row = ROW_TXN};
    struct past past = {0};
    struct error err;

    CU_ASSERT(row_key_read(key_path, past.key, &err));
    buffer_init(&past.sql);
    buffer_add_text(&past.sql,
                    "CREATE TABLE old_txn (id INTEGER NOT NULL UNIQUE, txn_key TEXT NOT NULL,"
                    " kind INTEGER NOT NULL, institution TEXT NOT NULL, sequence INTEGER NOT NULL,"
                    " at_us INTEGER NOT NULL, canonical TEXT NOT NULL, leaf BLOB NOT NULL,"
                    " head BLOB NOT NULL, mac BLOB NOT NULL, place INTEGER NOT NULL) STRICT;");
    CU_ASSERT(store->query(store, &query, print_old_txn, &past, &err));
    store_free(store);
    CU_ASSERT(tamper(directory, to_version_11));
    CU_ASSERT(tamper(directory, past.sql.bytes));
    CU_ASSERT(tamper(directory, to_version_10));
    buffer_clear(&past.sql);
}

static void make_version_11(struct store *store, const char *directory)
{
    store_free(store);
    CU_ASSERT(tamper(directory, to_version_11));
}

static void make_version_12(struct store *store, const char *directory)
{
    store_free(store);
    CU_ASSERT(tamper(directory, TO_VERSION_12));
}

static void make_version_13(struct store *store, const char *directory)
{
    store_free(store);
    CU_ASSERT(tamper(directory, TO_VERSION_13));
}

/* --- brought up ------------------------------------------------------------------------------------------ */

/* That the postings have seals of nobody, and nothing else. */
static void check_finds_seals_alone(const char *directory)
{
    CLEANUP(store_freep) struct store *store = open_store(directory);
    CLEANUP(buffer_clear) struct buffer findings;
    struct error err;
    uint64_t rows;

    buffer_init(&findings);
    CU_ASSERT(store && store_check(store, note_finding, &findings, &rows, &err));
    for (const char *line = findings.bytes; *line; line += strcspn(line, "\n") + 1) {
        CU_ASSERT(strncmp(line, "I6: job ", 8) == 0);
        if (strncmp(line, "I6: job ", 8) != 0)
            printf("# %.*s\n", (int)strcspn(line, "\n"), line);
    }
}

static bool is_same(const struct dump *a, const struct dump *b, int kind)
{
    size_t size = a->ends[kind] - a->ends[kind - 1];

    return size == b->ends[kind] - b->ends[kind - 1] &&
           memcmp(a->bytes.bytes + a->ends[kind - 1], b->bytes.bytes + b->ends[kind - 1], size) ==
               0;
}

/* What is in it after that is what was in it, but for the seals; `past` makes version 10 of it or 11,
 * `sql` an older one. */
static void check_brought_up(void (*past)(struct store *store, const char *directory),
                             const char *sql)
{
    CLEANUP(memory_freep) char *directory = make_history();
    struct store *store = open_store(directory);
    struct dump before = {0}, after = {0};

    buffer_init(&before.bytes);
    buffer_init(&after.bytes);
    CU_ASSERT(store && dump_all(store, &before));
    past(store, directory);
    CU_ASSERT(!sql || tamper(directory, sql));
    check_finds_seals_alone(directory);
    store = open_store(directory);
    CU_ASSERT(store && dump_all(store, &after));
    store_free(store);
    for (int kind = ROW_META + 1; kind < ROW_KIND_COUNT; kind++)
        CU_ASSERT(kind == ROW_SEAL || is_same(&before, &after, kind));
    CU_ASSERT_EQUAL(after.bad, 0);
    buffer_clear(&before.bytes);
    buffer_clear(&after.bytes);
}

static void test_version_1(void)
{
    check_brought_up(make_version_10, to_version_1);
}

static void test_version_10(void)
{
    check_brought_up(make_version_10, NULL);
}

static void test_version_11(void)
{
    check_brought_up(make_version_11, NULL);
}

static void test_version_12(void)
{
    CLEANUP(memory_freep) char *directory = make_history();

    make_version_12(open_store(directory), directory);
    CU_ASSERT(check_finds(directory, NULL));
}

static void test_version_13(void)
{
    CLEANUP(memory_freep) char *directory = make_history();

    make_version_13(open_store(directory), directory);
    CU_ASSERT(check_finds(directory, NULL));
}

/* What the tally of before does not know is not in that of after either: a row that is gone, and one
 * whose MAC says nothing. */
static void test_the_tally_is_held_against_the_rows(void)
{
    static const struct {
        void (*past)(struct store *store, const char *directory);
        const char *sql, *words;
    } cases[] = {
        {make_version_11, "DELETE FROM member",                    "table member has 0 rows"},
        {make_version_12, "DELETE FROM member",                    "table member has 0 rows"},
        {make_version_12, "DELETE FROM seal",                      "table seal has 0 rows"  },
        {make_version_12, "UPDATE balance SET mac = x'00'",        "table balance: a row is"},
        {make_version_13, "DELETE FROM seal",                      "table seal has 0 rows"  },
        {make_version_12, "DELETE FROM meta WHERE name = 'tally'", "no tally in table meta" },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(memory_freep) char *directory = make_history();

        cases[i].past(open_store(directory), directory);
        CU_ASSERT(tamper(directory, cases[i].sql));
        CU_ASSERT(opens_not(directory, ERROR_IO, cases[i].words));
    }
}

/* A row that is edited before the step is not made good by it. */
static void test_an_edited_row_is_refused(void)
{
    CLEANUP(memory_freep) char *directory = make_history();
    struct store *store = open_store(directory);

    CU_ASSERT_FATAL(store != NULL);
    make_version_10(store, directory);
    CU_ASSERT(tamper(directory,
                     "DROP TRIGGER txn_keep_update;"
                     "UPDATE txn SET canonical = replace(canonical, 'fisica', 'quimica');"
                     "CREATE TRIGGER txn_keep_update BEFORE UPDATE ON txn"
                     " BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;"));
    CU_ASSERT(opens_not(directory, ERROR_IO, "was changed by something else"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a database of version 1 is brought up",   test_version_1                         },
        {"a database of version 10 is brought up",  test_version_10                        },
        {"a database of version 11 is brought up",  test_version_11                        },
        {"a database of version 12 is brought up",  test_version_12                        },
        {"a database of version 13 is brought up",  test_version_13                        },
        {"what the tally does not know is refused", test_the_tally_is_held_against_the_rows},
        {"an edited row stays an edited row",       test_an_edited_row_is_refused          },
        CU_TEST_INFO_NULL,
    };

    return run_suite("store_upgrade", tests);
}
