/* test_share.c - shares, fading usage, and the order that they make */

#include "accounting/core/share.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <string.h>

#define HOUR INT64_C(3600000000)

static const struct share_place ana = {"unam", "astro", "ana"}, eva = {"unam", "astro", "eva"},
                                leo = {"unam", "bio", "leo"}, sol = {"ipn", "cfd", "sol"};

static double factor(const struct share_tree *tree, struct share_place place)
{
    return share_factor(tree, &place);
}

static void test_who_used_less_comes_first(void)
{
    CLEANUP(share_freep) struct share_tree *tree = share_new(0);

    CU_ASSERT_EQUAL(factor(tree, ana), 1);
    share_add_usage(tree, &ana, 100, 0);
    share_add_usage(tree, &eva, 50, 0);
    share_add_usage(tree, &leo, 10, 0);
    share_add_usage(tree, &sol, 120, 0);
    share_rank(tree);
    /* The institution decides before the project, and that before the person. */
    CU_ASSERT_EQUAL(factor(tree, sol), 1);
    CU_ASSERT_EQUAL(factor(tree, leo), 0.75);
    CU_ASSERT_EQUAL(factor(tree, eva), 0.5);
    CU_ASSERT_EQUAL(factor(tree, ana), 0.25);
}

static void test_shares_weigh(void)
{
    CLEANUP(share_freep) struct share_tree *tree = share_new(0);

    share_add_usage(tree, &leo, 160, 0);
    share_add_usage(tree, &sol, 120, 0);
    share_set(tree, &(struct share_place){"unam", NULL, NULL}, 2);
    share_rank(tree);
    CU_ASSERT(factor(tree, leo) > factor(tree, sol));
    /* Without a share, usage of any size comes last. */
    share_set(tree, &(struct share_place){"unam", NULL, NULL}, 0);
    share_rank(tree);
    CU_ASSERT(factor(tree, leo) < factor(tree, sol));
}

static void test_usage_fades(void)
{
    CLEANUP(share_freep) struct share_tree *tree = share_new(HOUR);

    share_add_usage(tree, &ana, 100, 0);
    share_add_usage(tree, &eva, 51, HOUR);
    share_rank(tree);
    CU_ASSERT(factor(tree, ana) > factor(tree, eva)); /* 50 against 51 */
    share_add_usage(tree, &ana, 2, HOUR);
    share_rank(tree);
    CU_ASSERT(factor(tree, ana) < factor(tree, eva));
    /* After a long time only what is new counts. */
    share_add_usage(tree, &eva, 1, 1000 * HOUR);
    share_rank(tree);
    CU_ASSERT(factor(tree, ana) > factor(tree, eva));
}

static bool add_line(const struct share_line *line, void *context)
{
    struct share_line *lines = context;

    while (lines->name)
        lines++;
    *lines = *line;
    return true;
}

static bool is_near(double a, double b)
{
    return a > b * 0.999 && a < b * 1.001;
}

static void test_lines(void)
{
    CLEANUP(share_freep) struct share_tree *tree = share_new(HOUR);
    struct share_line lines[16] = {0};

    share_add_usage(tree, &ana, 300, 0);
    share_add_usage(tree, &sol, 100, 0);
    share_rank(tree);
    CU_ASSERT(share_walk(tree, HOUR / 2, add_line, lines));
    CU_ASSERT_STRING_EQUAL(lines[0].name, "ipn");
    CU_ASSERT_STRING_EQUAL(lines[2].name, "sol");
    CU_ASSERT_EQUAL(lines[2].depth, 3);
    CU_ASSERT_STRING_EQUAL(lines[3].name, "unam");
    CU_ASSERT_EQUAL(lines[3].norm_shares, 0.5);
    CU_ASSERT_EQUAL(lines[3].norm_usage, 0.75);
    CU_ASSERT(is_near(lines[3].usage_micro, 300 / 1.41421356));
    CU_ASSERT_PTR_NULL(lines[6].name);
}

/* Whoever comes first is served: then usage goes to the shares. */
static void test_usage_converges_to_shares(void)
{
    static const struct share_place all[] = {
        {"unam", "astro", "ana"},
        {"unam", "astro", "eva"},
        {"unam", "bio",   "leo"},
        {"ipn",  "cfd",   "sol"}
    };
    static const double wanted[] = {0.1, 0.3, 0.2, 0.4};
    CLEANUP(share_freep) struct share_tree *tree = share_new(100 * HOUR);
    double served[COUNT_OF(all)] = {0};

    share_set(tree, &(struct share_place){"unam", NULL, NULL}, 6);
    share_set(tree, &(struct share_place){"ipn", NULL, NULL}, 4);
    share_set(tree, &(struct share_place){"unam", "astro", NULL}, 2);
    share_set(tree, &all[1], 3);
    for (size_t i = 0; i < COUNT_OF(all); i++)
        share_add_usage(tree, &all[i], 0, 0);
    for (int64_t i = 0; i < 10000; i++) {
        size_t first = 0;

        share_rank(tree);
        for (size_t j = 1; j < COUNT_OF(all); j++)
            if (factor(tree, all[j]) > factor(tree, all[first]))
                first = j;
        share_add_usage(tree, &all[first], 1000, i * HOUR);
        served[first] += 1;
    }
    for (size_t i = 0; i < COUNT_OF(all); i++)
        CU_ASSERT(served[i] / 10000 > wanted[i] * 0.98 && served[i] / 10000 < wanted[i] * 1.02);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"who used less comes first", test_who_used_less_comes_first},
        {"shares weigh",              test_shares_weigh             },
        {"usage fades",               test_usage_fades              },
        {"lines to be shown",         test_lines                    },
        {"usage converges to shares", test_usage_converges_to_shares},
        CU_TEST_INFO_NULL,
    };

    return run_suite("share", tests);
}
