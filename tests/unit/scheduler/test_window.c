/* test_window.c - when windows are, whom they serve, and which nodes they are about */

#include "scheduler/core/window.h"

#include "base/parse.h"
#include "tests/lib/runner.h"

#include <string.h>

#define START (1000 * US_PER_DAY)

static struct window_facts facts_of(enum window_repeat repeat)
{
    return (struct window_facts){
        .name = "w",
        .cluster = "alpha",
        .nodes = "n[1-2]",
        .start_us = START,
        .end_us = START + 2 * US_PER_HOUR,
        .repeat = repeat,
        .users = "ana,eva",
        .projects = "astro",
        .institutions = "",
    };
}

static void test_times(void)
{
    static const struct {
        enum window_repeat repeat;
        int64_t at_us;
        bool found;
        int64_t from_us;
    } cases[] = {
        {WINDOW_ONCE,   0,                                      true,  START                   },
        {WINDOW_ONCE,   START + 2 * US_PER_HOUR - 1,            true,  START                   },
        {WINDOW_ONCE,   START + 2 * US_PER_HOUR,                false, 0                       },
        {WINDOW_DAILY,  START + 2 * US_PER_HOUR,                true,  START + US_PER_DAY      },
        {WINDOW_DAILY,  START + 26 * US_PER_HOUR - 1,           true,  START + US_PER_DAY      },
        {WINDOW_DAILY,  START + 26 * US_PER_HOUR,               true,  START + 2 * US_PER_DAY  },
        {WINDOW_WEEKLY, START + 3 * US_PER_DAY,                 true,  START + 7 * US_PER_DAY  },
        {WINDOW_WEEKLY, START + 700 * US_PER_DAY + US_PER_HOUR, true,  START + 700 * US_PER_DAY},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct window window = {.facts = facts_of(cases[i].repeat)};
        int64_t from_us = 0, until_us = 0;

        CU_ASSERT_EQUAL(window_span(&window, cases[i].at_us, &from_us, &until_us), cases[i].found);
        CU_ASSERT_EQUAL(from_us, cases[i].from_us);
        CU_ASSERT_EQUAL(until_us, cases[i].found ? from_us + 2 * US_PER_HOUR : 0);
    }
}

static void test_whom_it_serves(void)
{
    struct window window = {.facts = facts_of(WINDOW_ONCE)};

    CU_ASSERT_TRUE(window_serves(&window, "eva", "bio", "unam"));
    CU_ASSERT_TRUE(window_serves(&window, "luz", "astro", "unam"));
    CU_ASSERT_FALSE(window_serves(&window, "an", "bio", "unam"));
    CU_ASSERT_FALSE(window_serves(&window, "ana,eva", "bio", "unam"));
    window.facts.institutions = "unam";
    CU_ASSERT_TRUE(window_serves(&window, "luz", "bio", "unam"));
    window.facts.maintenance = true;
    CU_ASSERT_FALSE(window_serves(&window, "ana", "astro", "unam"));
}

static void test_two_that_meet(void)
{
    static const struct {
        enum window_repeat repeat, other_repeat;
        int64_t other_start_us;
        bool meets;
    } cases[] = {
        {WINDOW_ONCE,   WINDOW_ONCE,   START + US_PER_HOUR,                  true },
        {WINDOW_ONCE,   WINDOW_ONCE,   START + 2 * US_PER_HOUR,              false},
        {WINDOW_ONCE,   WINDOW_ONCE,   START - 2 * US_PER_HOUR,              false},
        {WINDOW_DAILY,  WINDOW_ONCE,   START + 5 * US_PER_DAY + US_PER_HOUR, true },
        {WINDOW_DAILY,  WINDOW_ONCE,   START + 5 * US_PER_HOUR,              false},
        {WINDOW_DAILY,  WINDOW_WEEKLY, START - US_PER_DAY - US_PER_HOUR,     true },
        {WINDOW_WEEKLY, WINDOW_DAILY,  START + 3 * US_PER_HOUR,              false},
        {WINDOW_WEEKLY, WINDOW_WEEKLY, START + 6 * US_PER_DAY,               false},
        {WINDOW_WEEKLY, WINDOW_WEEKLY, START + 14 * US_PER_DAY,              true },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct window window = {.facts = facts_of(cases[i].repeat)};
        struct window_facts other = facts_of(cases[i].other_repeat);
        struct window swapped;

        other.start_us = cases[i].other_start_us;
        other.end_us = other.start_us + 2 * US_PER_HOUR;
        swapped = (struct window){.facts = other};
        CU_ASSERT_EQUAL(window_meets(&window, &other), cases[i].meets);
        CU_ASSERT_EQUAL(window_meets(&swapped, &window.facts), cases[i].meets);
    }
}

static void test_begin_and_end(void)
{
    struct window_facts facts = facts_of(WINDOW_DAILY);
    struct windows windows;
    struct window *window;
    bool late;

    windows_init(&windows);
    window = windows_put(&windows, &facts, START - 1);
    CU_ASSERT_PTR_EQUAL(windows_find(&windows, "w"), window);
    CU_ASSERT_EQUAL(windows_next_time(&windows), START);
    CU_ASSERT_FALSE(windows_advance(&windows, START - 1, &late));
    CU_ASSERT_TRUE(windows_advance(&windows, START, &late));
    CU_ASSERT_FALSE(windows_advance(&windows, START, &late));
    CU_ASSERT_TRUE(window_is_on(window, START));
    CU_ASSERT_EQUAL(windows_next_time(&windows), START + 2 * US_PER_HOUR);
    windows_block(&windows, window, 1, US_PER_HOUR);
    CU_ASSERT_EQUAL(windows_next_time(&windows), START + US_PER_HOUR + 1);
    CU_ASSERT_FALSE(windows_advance(&windows, START + US_PER_HOUR + 1, &late));
    CU_ASSERT_TRUE(late);
    CU_ASSERT_TRUE(windows_advance(&windows, START + 2 * US_PER_HOUR, &late));
    CU_ASSERT_FALSE(late);
    CU_ASSERT_EQUAL(windows_next_time(&windows), START + US_PER_DAY);
    windows_remove(&windows, "w", START);
    CU_ASSERT_EQUAL(windows_next_time(&windows), INT64_MAX);
    CU_ASSERT_PTR_NULL(windows_find(&windows, "w"));
    windows_clear(&windows);
}

static void add_node(struct inventory *inventory, const char *name)
{
    struct error err;
    struct node *node = inventory_get_node(inventory, name, "alpha", &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
}

static void test_nodes(void)
{
    struct partition partition = {.name = (char *)"batch", .is_default = true, .up = true};
    struct cluster cluster = {.name = (char *)"alpha",
                              .institution = (char *)"unam",
                              .factor_ppm = 1000000,
                              .partition_count = 1,
                              .partitions = &partition};
    CLEANUP(inventory_freep) struct inventory *inventory = inventory_new(&cluster, 1);
    struct window_facts facts = facts_of(WINDOW_ONCE);
    const struct node *node, *other;
    struct windows windows;
    struct window *window;

    add_node(inventory, "n1");
    windows_init(&windows);
    window = windows_put(&windows, &facts, START - 1);
    windows_learn_nodes(&windows, inventory);
    add_node(inventory, "n2");
    add_node(inventory, "n3");
    windows_learn_nodes(&windows, inventory);
    node = inventory_find_node(inventory, "n2");
    other = inventory_find_node(inventory, "n3");
    CU_ASSERT_PTR_EQUAL(windows_against(&windows, node, NULL, START - 10, START + 1), window);
    CU_ASSERT_PTR_NULL(windows_against(&windows, node, NULL, START - 10, START));
    CU_ASSERT_PTR_NULL(windows_against(&windows, node, window, START, START + 1));
    CU_ASSERT_PTR_NULL(windows_against(&windows, other, NULL, START, START + 1));
    /* The facts may be its own: made again with another end. */
    facts = window->facts;
    facts.end_us += US_PER_DAY;
    CU_ASSERT_PTR_EQUAL(windows_put(&windows, &facts, START - 1), window);
    windows_learn_nodes(&windows, inventory);
    CU_ASSERT_PTR_EQUAL(
        windows_against(&windows, node, NULL, START + US_PER_DAY, START + US_PER_DAY + 1), window);
    windows_clear(&windows);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"times",              test_times         },
        {"whom it serves",     test_whom_it_serves},
        {"two that meet",      test_two_that_meet },
        {"begin and end",      test_begin_and_end },
        {"nodes as they come", test_nodes         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("window", tests);
}
