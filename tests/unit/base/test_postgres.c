/* test_postgres.c - questions in groups, answers in their order; what fails ends its group alone */

#include "base/postgres.h"

#include "tests/lib/postgres_server.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct postgres *dial(const char *name)
{
    CLEANUP(memory_freep) char *where = postgres_server_database(name);
    struct error err;
    struct postgres *postgres = postgres_open(where, "public", 5000, &err);

    if (!postgres)
        printf("# %s\n", err.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(postgres);
    return postgres;
}

static void test_translation(void)
{
    CLEANUP(memory_freep)
    char *plain = postgres_translate("SELECT a FROM t WHERE b = ?1 AND c > ?2");
    CLEANUP(memory_freep)
    char *hinted = postgres_translate("SELECT a FROM t INDEXED BY t_a WHERE b = ?1");

    CU_ASSERT_STRING_EQUAL(plain, "SELECT a FROM t WHERE b = $1 AND c > $2");
    CU_ASSERT_STRING_EQUAL(hinted, "SELECT a FROM t WHERE b = $1");
}

static void test_values_go_and_come_back(void)
{
    static const char bytes[] = "a\0b\xff";
    CLEANUP(postgres_freep) struct postgres *postgres = NULL;
    CLEANUP(postgres_values_clear) struct postgres_values values = {0};
    CLEANUP(postgres_rows_freep) struct postgres_rows *rows = NULL;
    struct error err;
    const void *back;
    size_t size;

    postgres_values_init(&values);
    if (!postgres_server_is_there())
        return;
    postgres = dial("go");
    postgres_add_number(&values, INT64_MIN + 1);
    postgres_add_text(&values, "it's \xe9\x80");
    postgres_add_bytes(&values, bytes, sizeof(bytes));
    postgres_add_list(&values, POSTGRES_NUMBER, 3);
    for (int64_t i = 1; i <= 3; i++)
        postgres_list_number(&values, i * INT64_C(5000000000));
    postgres_add_list(&values, POSTGRES_TEXT, 0);
    rows = postgres_ask_alone(postgres,
                              "SELECT $1::bigint, $2::text, $3::bytea, sum(a)::bigint,"
                              " cardinality($5::text[]), NULL::text FROM unnest($4::bigint[]) a",
                              &values, &err);
    CU_ASSERT_FATAL(rows != NULL);
    CU_ASSERT_EQUAL(postgres_number_at(rows, 0, 0), INT64_MIN + 1);
    CU_ASSERT_STRING_EQUAL(postgres_text_at(rows, 0, 1), "it's \xe9\x80");
    back = postgres_bytes_at(rows, 0, 2, &size);
    CU_ASSERT(size == sizeof(bytes) && memcmp(back, bytes, size) == 0);
    CU_ASSERT_EQUAL(postgres_number_at(rows, 0, 3), INT64_C(30000000000));
    CU_ASSERT_EQUAL(postgres_number_at(rows, 0, 4), 0);
    CU_ASSERT_STRING_EQUAL(postgres_text_at(rows, 0, 5), "");
    CU_ASSERT_EQUAL(postgres_number_at(rows, 1, 0), 0);
    CU_ASSERT_STRING_EQUAL(postgres_text_at(rows, 0, 9), "");
}

static bool answers(struct postgres *postgres, int64_t wanted)
{
    struct error err;
    CLEANUP(postgres_rows_freep) struct postgres_rows *rows = postgres_answer(postgres, &err);

    return rows && postgres_number_at(rows, 0, 0) == wanted;
}

static void test_a_failure_ends_its_group(void)
{
    CLEANUP(postgres_freep) struct postgres *postgres = NULL;
    struct error err;
    int64_t number;

    if (!postgres_server_is_there())
        return;
    postgres = dial("fails");
    for (int i = 0; i < 3; i++) {
        CU_ASSERT(postgres_ask(postgres, "SELECT 1::bigint", NULL, &err));
        CU_ASSERT(postgres_ask(postgres, "SELECT nothing", NULL, &err));
        CU_ASSERT(postgres_ask(postgres, "SELECT 3::bigint", NULL, &err));
        CU_ASSERT(postgres_end_group(postgres, &err));
        CU_ASSERT(answers(postgres, 1));
        CU_ASSERT_PTR_NULL(postgres_answer(postgres, &err));
        CU_ASSERT(strstr(err.text, "42703") != NULL);
        /* The third was not prepared: it is, when it is asked again. */
        CU_ASSERT(postgres_ask_number(postgres, "SELECT 3::bigint", NULL, 0, &number, &err));
        CU_ASSERT_EQUAL(number, 3);
    }
    CU_ASSERT(postgres_ask(postgres, "SELECT 1::bigint", NULL, &err));
    CU_ASSERT(postgres_ask(postgres, "SELECT 3::bigint", NULL, &err));
    CU_ASSERT(postgres_end_group(postgres, &err) && answers(postgres, 1));
    postgres_leave_group(postgres);
    CU_ASSERT(
        postgres_ask_number(postgres, "SELECT 1::bigint WHERE false", NULL, 8, &number, &err));
    CU_ASSERT_EQUAL(number, 8);
    CU_ASSERT(!postgres_execute(postgres, "SELECT nothing", &err));
    CU_ASSERT(postgres_execute(postgres, "CREATE TABLE a (b int); DROP TABLE a", &err));
}

static void test_cursors(void)
{
    CLEANUP(postgres_freep) struct postgres *postgres = NULL;
    struct postgres_cursor outer, inner;
    struct error err;
    unsigned rows = 0, inner_rows = 0;
    bool there = true;
    size_t at;

    if (!postgres_server_is_there())
        return;
    postgres = dial("cursors");
    CU_ASSERT(postgres_cursor_open(&outer, postgres, "SELECT generate_series(1, 1500)::bigint",
                                   NULL, &err));
    while (postgres_cursor_next(&outer, &there, &at, &err) && there) {
        CU_ASSERT_EQUAL(postgres_number_at(outer.rows, at, 0), ++rows);
        if (rows % 700 != 0)
            continue;
        CU_ASSERT(
            postgres_cursor_open(&inner, postgres, "SELECT generate_series(1, 513)", NULL, &err));
        for (bool more = true; postgres_cursor_next(&inner, &more, &at, &err) && more;)
            inner_rows++;
        postgres_cursor_close(&inner);
    }
    CU_ASSERT_EQUAL(rows, 1500);
    CU_ASSERT_EQUAL(inner_rows, 2 * 513);
    postgres_cursor_close(&outer);
    CU_ASSERT(!postgres_cursor_open(&outer, postgres, "SELECT nothing", NULL, &err));
    postgres_cursor_close(&outer);
    CU_ASSERT(postgres_execute(postgres, "SELECT 1", &err));
}

/* The server ends its sessions, as when it starts anew. */
static void test_a_lost_connection_is_dialled_again(void)
{
    static const char kill_all[] = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                   " WHERE datname = 'lost' AND pid <> pg_backend_pid()";
    CLEANUP(postgres_freep) struct postgres *postgres = NULL;
    struct postgres_cursor cursor;
    struct error err;
    int64_t number;

    if (!postgres_server_is_there())
        return;
    postgres = dial("lost");
    CU_ASSERT(postgres_ask_number(postgres, "SELECT 7::bigint", NULL, 0, &number, &err));
    CU_ASSERT(postgres_server_sql("lost", kill_all));
    CU_ASSERT(!postgres_ask_number(postgres, "SELECT 7::bigint", NULL, 0, &number, &err));
    CU_ASSERT(postgres_revive(postgres, &err));
    CU_ASSERT(postgres_ask_number(postgres, "SELECT 7::bigint", NULL, 0, &number, &err));
    CU_ASSERT_EQUAL(number, 7);
    CU_ASSERT(postgres_cursor_open(&cursor, postgres, "SELECT 1", NULL, &err));
    CU_ASSERT(postgres_server_sql("lost", kill_all));
    CU_ASSERT(!postgres_ask_number(postgres, "SELECT 7::bigint", NULL, 0, &number, &err));
    CU_ASSERT(!postgres_revive(postgres, &err)); /* its transaction is lost */
    postgres_cursor_close(&cursor);
    CU_ASSERT(postgres_revive(postgres, &err));
}

static void test_a_statement_has_a_limit(void)
{
    CLEANUP(postgres_freep) struct postgres *postgres = NULL;
    struct error err;

    if (!postgres_server_is_there())
        return;
    postgres = dial("slow");
    CU_ASSERT(postgres_execute(postgres, "SET statement_timeout = 50", &err));
    CU_ASSERT(!postgres_execute(postgres, "SELECT pg_sleep(60)", &err));
    CU_ASSERT(strstr(err.text, "timeout") != NULL);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"SQLite's statements are translated",    test_translation                       },
        {"values go and come back",               test_values_go_and_come_back           },
        {"a failure ends its group alone",        test_a_failure_ends_its_group          },
        {"cursors read piece by piece, and nest", test_cursors                           },
        {"a lost connection is dialled again",    test_a_lost_connection_is_dialled_again},
        {"a statement has a limit",               test_a_statement_has_a_limit           },
        CU_TEST_INFO_NULL,
    };

    return run_suite("postgres", tests);
}
