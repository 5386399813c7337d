/* test_arena.c - memory freed all at once */

#include "base/parse.h"
#include "proto/arena.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

static void test_pieces_are_apart_and_aligned(void)
{
    struct test_random random = test_random_from_environment();
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    unsigned char *pieces[500];
    size_t sizes[COUNT_OF(pieces)];

    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        sizes[i] = test_random_below(&random, 3000);
        pieces[i] = arena_take(arena, sizes[i]);
        CU_ASSERT_EQUAL((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i % 251), sizes[i]);
    }
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        for (size_t k = 0; k < sizes[i]; k++)
            CU_ASSERT_EQUAL_FATAL(pieces[i][k], i % 251);
}

static void test_get_is_zeroed(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();

    for (int round = 0; round < 3; round++) {
        char *used = arena_take(arena, 1000);

        memset(used, 0xee, 1000);
        arena_reset(arena);
        for (size_t i = 0; i < 1000; i++) {
            char *fresh = arena_get(arena, 1, 1);

            CU_ASSERT_EQUAL_FATAL(*fresh, 0);
        }
    }
}

static void test_reset_keeps_what_it_started_with(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t first = arena_size(arena);
    void *place = arena_take(arena, 16);

    (void)arena_take(arena, 1 << 20);
    CU_ASSERT(arena_size(arena) >= 1 << 20);
    arena_reset(arena);
    CU_ASSERT_EQUAL(arena_size(arena), first);
    CU_ASSERT_PTR_EQUAL(arena_take(arena, 16), place);
}

static void test_sized_takes_no_more(void)
{
    for (size_t size = 0; size < 200; size++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new_sized(size);
        size_t before = arena_size(arena);

        (void)arena_take(arena, size);
        CU_ASSERT_EQUAL(arena_size(arena), before);
    }
}

static void test_growth_is_geometric(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();

    for (size_t i = 0; i < 100000; i++)
        (void)arena_take(arena, 16);
    CU_ASSERT(arena_size(arena) < 4 * 100000 * 16);
}

static void test_texts(void)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char large[10000];

    CU_ASSERT_STRING_EQUAL(arena_copy(arena, "calpulli"), "calpulli");
    CU_ASSERT_STRING_EQUAL(arena_copy(arena, ""), "");
    CU_ASSERT_STRING_EQUAL(arena_format(arena, "%d of %s", 3, "many"), "3 of many");
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    CU_ASSERT_EQUAL(strlen(arena_format(arena, "<%s>", large)), sizeof(large) + 1);
}

static void test_text_for_the_wire_is_utf8(void)
{
    static const char *const hostile[] = {"\xff", "caf\xe9", "\xc3", "a\xed\xa0\x80z", "\xf8\x88"};
    CLEANUP(arena_freep) struct arena *arena = arena_new();

    CU_ASSERT_STRING_EQUAL(arena_copy_utf8(arena, "año"), "año");
    CU_ASSERT_STRING_EQUAL(arena_copy_utf8(arena, "caf\xe9"), "caf\\xe9");
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        const char *clean = arena_copy_utf8(arena, hostile[i]);

        CU_ASSERT(text_is_utf8(clean, strlen(clean)));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"pieces are apart and aligned",     test_pieces_are_apart_and_aligned    },
        {"what is got is zeroed",            test_get_is_zeroed                   },
        {"reset keeps what it started with", test_reset_keeps_what_it_started_with},
        {"an arena of a size takes no more", test_sized_takes_no_more             },
        {"growth is geometric",              test_growth_is_geometric             },
        {"texts are copied and formatted",   test_texts                           },
        {"a text for the wire is UTF-8",     test_text_for_the_wire_is_utf8       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("arena", tests);
}
