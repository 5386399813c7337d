/* test_table.c - keys of three kinds, growth, removal, and the order of a walk */

#include "base/table.h"

#include "tests/lib/runner.h"

#include <stdio.h>
#include <string.h>

static void test_an_empty_table(void)
{
    CLEANUP(table_freep) struct table *table = table_new();
    size_t place = 0;

    CU_ASSERT_EQUAL(table_count(table), 0);
    CU_ASSERT_PTR_NULL(table_get_text(table, "a"));
    CU_ASSERT_PTR_NULL(table_remove_text(table, "a"));
    CU_ASSERT_PTR_NULL(table_next(table, &place));
    table_free(NULL);
}

static void test_put_tells_what_was_there(void)
{
    CLEANUP(table_freep) struct table *table = table_new();
    int one, two;

    CU_ASSERT_PTR_NULL(table_put_text(table, "a", &one));
    CU_ASSERT_PTR_EQUAL(table_put_text(table, "a", &two), &one);
    CU_ASSERT_PTR_EQUAL(table_get_text(table, "a"), &two);
    CU_ASSERT_EQUAL(table_count(table), 1);
    CU_ASSERT_PTR_EQUAL(table_remove_text(table, "a"), &two);
    CU_ASSERT_PTR_NULL(table_remove_text(table, "a"));
    CU_ASSERT_EQUAL(table_count(table), 0);
}

/* Lengths on both sides of what is kept inside an entry; also the empty key. */
static void test_keys_of_every_length(void)
{
    CLEANUP(table_freep) struct table *table = table_new();
    char key[100];
    int values[100];

    memset(key, 'k', sizeof(key));
    for (size_t size = 0; size < sizeof(key); size++)
        CU_ASSERT_PTR_NULL(table_put(table, key, size, &values[size]));
    memset(key, 'x', sizeof(key)); /* the table has copies */
    CU_ASSERT_PTR_NULL(table_get(table, key, 50));
    memset(key, 'k', sizeof(key));
    for (size_t size = 0; size < sizeof(key); size++)
        CU_ASSERT_PTR_EQUAL(table_get(table, key, size), &values[size]);
    for (size_t size = 0; size < sizeof(key); size++)
        CU_ASSERT_PTR_EQUAL(table_remove(table, key, size), &values[size]);
    CU_ASSERT_EQUAL(table_count(table), 0);
}

static void test_a_nul_is_part_of_a_key(void)
{
    CLEANUP(table_freep) struct table *table = table_new();
    int one, two;

    table_put(table, "a\0b", 3, &one);
    table_put(table, "a\0c", 3, &two);
    CU_ASSERT_PTR_EQUAL(table_get(table, "a\0b", 3), &one);
    CU_ASSERT_PTR_EQUAL(table_get(table, "a\0c", 3), &two);
    CU_ASSERT_PTR_NULL(table_get_text(table, "a"));
}

static void test_many_numbers(void)
{
    enum { MANY = 100000 };
    CLEANUP(table_freep) struct table *table = table_new();
    CLEANUP(memory_freep) char *values = NEW_ARRAY(char, MANY);
    size_t wrong = 0;

    for (size_t i = 0; i < MANY; i++)
        wrong += table_put_number(table, i << 20, &values[i]) != NULL;
    CU_ASSERT_EQUAL(table_count(table), MANY);
    for (size_t i = 0; i < MANY; i += 2)
        wrong += table_remove_number(table, i << 20) != &values[i];
    CU_ASSERT_EQUAL(table_count(table), MANY / 2);
    for (size_t i = 0; i < MANY; i++)
        wrong += table_get_number(table, i << 20) != (i % 2 ? &values[i] : NULL);
    CU_ASSERT_EQUAL(wrong, 0);
}

/* A table that is used as a queue must not grow with all that went through it. */
static void test_room_of_removed_entries_comes_back(void)
{
    CLEANUP(table_freep) struct table *table = table_new();
    int value;

    for (uint64_t i = 0; i < 1000000; i++) {
        table_put_number(table, i, &value);
        if (i >= 5)
            table_remove_number(table, i - 5);
    }
    CU_ASSERT_EQUAL(table_count(table), 5);
    for (uint64_t i = 999995; i < 1000000; i++)
        CU_ASSERT_PTR_EQUAL(table_get_number(table, i), &value);
}

static void test_a_walk_follows_the_order_of_coming(void)
{
    char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    CLEANUP(table_freep) struct table *table = table_new();
    char seen[sizeof(letters)] = "";
    size_t place = 0, count = 0;
    char *letter;

    for (char *key = letters; *key; key++)
        table_put(table, key, 1, key);
    table_remove(table, "c", 1);
    table_remove(table, "z", 1);
    table_put(table, "z", 1, strchr(letters, 'z')); /* comes anew, at the end */
    table_put(table, "a", 1, letters);              /* was there: stays in its place */
    while ((letter = table_next(table, &place)))
        seen[count++] = *letter;
    CU_ASSERT_STRING_EQUAL(seen, "abdefghijklmnopqrstuvwxy0123456789z");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"an empty table",                     test_an_empty_table                    },
        {"put tells what was there",           test_put_tells_what_was_there          },
        {"keys of every length",               test_keys_of_every_length              },
        {"a NUL is part of a key",             test_a_nul_is_part_of_a_key            },
        {"many numbers",                       test_many_numbers                      },
        {"room of removed entries comes back", test_room_of_removed_entries_comes_back},
        {"a walk follows the order of coming", test_a_walk_follows_the_order_of_coming},
        CU_TEST_INFO_NULL,
    };

    return run_suite("table", tests);
}
