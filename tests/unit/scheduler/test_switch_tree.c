/* test_switch_tree.c - the tree of switches, and what cannot be one */

#include "base/buffer.h"
#include "scheduler/core/switch_tree.h"
#include "tests/lib/runner.h"

#include <string.h>

#define LEAF(name, list)                     \
    {                                        \
        (char *)(name), (char *)(list), NULL \
    }
#define ABOVE(name, list)                    \
    {                                        \
        (char *)(name), NULL, (char *)(list) \
    }

static bool has_path(const struct switch_tree *tree, const char *node, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer path;
    bool same;

    buffer_init(&path);
    switch_tree_print(tree, switch_tree_leaf(tree, node), &path);
    same = strcmp(path.bytes, expected) == 0;
    if (!same)
        printf("# %s: %s\n", node, path.bytes);
    return same;
}

/* Whatever order they are written in; leaves are numbered as the tree has them. */
static void test_a_tree(void)
{
    static const struct switch_rule rules[] = {
        ABOVE("core", "east,west"), LEAF("leaf3", "n[5-6],m1"), LEAF("leaf1", "n[1-2]"),
        ABOVE("west", "leaf[1-2]"), ABOVE("east", "leaf3"),     LEAF("leaf2", "n[3-4]"),
    };
    struct error err;
    CLEANUP(switch_tree_freep)
    struct switch_tree *tree = switch_tree_new(rules, COUNT_OF(rules), &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    CU_ASSERT_EQUAL(tree->count, 6);
    CU_ASSERT_EQUAL(tree->leaf_count, 3);
    CU_ASSERT_EQUAL(switch_tree_leaf(tree, "m1"), 0);
    CU_ASSERT_EQUAL(switch_tree_leaf(tree, "n1"), 1);
    CU_ASSERT_EQUAL(switch_tree_leaf(tree, "n4"), 2);
    CU_ASSERT_EQUAL(switch_tree_leaf(tree, "n7"), SWITCH_NONE);
    CU_ASSERT_EQUAL(switch_tree_leaf(NULL, "n1"), SWITCH_NONE);
    CU_ASSERT_STRING_EQUAL(tree->all[5].name, "core");
    CU_ASSERT_EQUAL(tree->all[5].parent, SWITCH_NONE);
    CU_ASSERT_EQUAL(tree->all[5].height, 2);
    CU_ASSERT_EQUAL(tree->all[5].leaf_count, 3);
    CU_ASSERT_STRING_EQUAL(tree->all[4].name, "west");
    CU_ASSERT_EQUAL(tree->all[4].first_leaf, 1);
    CU_ASSERT_EQUAL(tree->all[4].leaf_count, 2);
    CU_ASSERT(has_path(tree, "n5", "core.east.leaf3"));
    CU_ASSERT(has_path(tree, "n3", "core.west.leaf2"));
    CU_ASSERT(has_path(tree, "x", ""));
}

/* Branches of different heights; several topmost ones are joined by a root without a name. */
static void test_several_tops(void)
{
    static const struct switch_rule rules[] = {LEAF("a", "n1"), LEAF("b", "n2"), LEAF("c", "n3"),
                                               ABOVE("ab", "a,b")};
    struct error err;
    CLEANUP(switch_tree_freep)
    struct switch_tree *tree = switch_tree_new(rules, COUNT_OF(rules), &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    CU_ASSERT_EQUAL(tree->count, 5);
    CU_ASSERT_PTR_NULL(tree->all[4].name);
    CU_ASSERT_EQUAL(tree->all[4].height, 2);
    CU_ASSERT_EQUAL(tree->all[4].leaf_count, 3);
    CU_ASSERT_EQUAL(tree->all[3].parent, 4);
    CU_ASSERT(has_path(tree, "n3", "c"));
    CU_ASSERT(has_path(tree, "n1", "ab.a"));
}

static void test_mistakes_are_named(void)
{
    static const struct {
        struct switch_rule rules[3];
        size_t count;
        const char *words;
    } cases[] = {
        {{LEAF("a", "n1"), ABOVE("b", "c")},                  2, "switch b: there is no switch c"       },
        {{LEAF("leaf1", "n1"), ABOVE("b", "laef1")},          2, "did you mean leaf1?"                  },
        {{LEAF("a", "n[1-2]"), LEAF("b", "n[2-3]")},          2, "node n2 is under both a and b"        },
        {{LEAF("a", "n1"), ABOVE("b", "a"), ABOVE("c", "a")}, 3, "switch a is under both b and c"       },
        {{ABOVE("a", "b"), ABOVE("b", "a")},                  2, "switch a is under itself, by way of b"},
        {{ABOVE("a", "a")},                                   1, "switch a is under itself"             },
        {{LEAF("x", "n1"), ABOVE("a", "b"), ABOVE("b", "a")}, 3, "switch a is under itself"             },
        {{{(char *)"a", NULL, NULL}},                         1, "switch a: give either nodes"          },
        {{{(char *)"a", (char *)"n1", (char *)"b"}},          1, "switch a: give either nodes"          },
        {{LEAF("a", "")},                                     1, "switch a: an empty list"              },
        {{LEAF("a", "n[1-")},                                 1, "switch a: "                           },
        {{LEAF("a", "n1"), LEAF("a", "n2")},                  2, "switch a is there twice"              },
        {{LEAF("a b", "n1")},                                 1, "switch"                               },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        struct switch_tree *tree = switch_tree_new(cases[i].rules, cases[i].count, &err);

        CU_ASSERT_PTR_NULL(tree);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].words));
        if (tree || !strstr(err.text, cases[i].words))
            printf("# case %zu: %s\n", i, tree ? "is taken" : err.text);
        switch_tree_free(tree);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a tree, in whatever order it is written", test_a_tree            },
        {"several topmost switches",                test_several_tops      },
        {"what is no tree is named",                test_mistakes_are_named},
        CU_TEST_INFO_NULL,
    };

    return run_suite("switch_tree", tests);
}
