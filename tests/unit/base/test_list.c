/* test_list.c - order, both ends, and removal during a walk */

#include "base/list.h"

#include "tests/lib/runner.h"

#include <string.h>

struct letter {
    char letter;
    struct list_node node;
};

/* The letters, first to last, as a text. */
static const char *spell(const struct list *list, char *text)
{
    char *end = text;

    LIST_EACH(list, node)
        *end++ = CONTAINER_OF(node, struct letter, node)->letter;
    *end = '\0';
    return text;
}

static void test_an_empty_list(void)
{
    struct list list;
    char text[8];

    list_init(&list);
    CU_ASSERT_EQUAL(list.count, 0);
    CU_ASSERT_PTR_NULL(list_first(&list));
    CU_ASSERT_PTR_NULL(list_last(&list));
    CU_ASSERT_STRING_EQUAL(spell(&list, text), "");
}

static void test_adds_where_told(void)
{
    struct letter a = {.letter = 'a'}, b = {.letter = 'b'}, c = {.letter = 'c'},
                  d = {.letter = 'd'};
    struct list list;
    char text[8];

    list_init(&list);
    list_add_last(&list, &b.node);
    list_add_first(&list, &a.node);
    list_add_last(&list, &d.node);
    list_add_before(&list, &d.node, &c.node);
    CU_ASSERT_STRING_EQUAL(spell(&list, text), "abcd");
    CU_ASSERT_EQUAL(list.count, 4);
    CU_ASSERT_PTR_EQUAL(list_first(&list), &a.node);
    CU_ASSERT_PTR_EQUAL(list_last(&list), &d.node);
    CU_ASSERT_PTR_EQUAL(list_after(&list, &b.node), &c.node);
    CU_ASSERT_PTR_NULL(list_after(&list, &d.node));
}

static void test_a_node_knows_whether_it_is_in(void)
{
    struct letter a = {.letter = 'a'};
    struct list list;

    list_init(&list);
    CU_ASSERT_FALSE(list_has(&a.node));
    list_add_last(&list, &a.node);
    CU_ASSERT_TRUE(list_has(&a.node));
    list_remove(&list, &a.node);
    CU_ASSERT_FALSE(list_has(&a.node));
    CU_ASSERT_EQUAL(list.count, 0);
    list_add_first(&list, &a.node);
    CU_ASSERT_PTR_EQUAL(list_last(&list), &a.node);
}

static void test_the_member_at_hand_may_go(void)
{
    struct list list;
    char text[32];

    list_init(&list);
    for (const char *letter = "abcdefghijklmnopqrstuvwxyz"; *letter; letter++) {
        struct letter *member = NEW(struct letter);

        member->letter = *letter;
        list_add_last(&list, &member->node);
    }
    LIST_EACH(&list, node) {
        struct letter *member = CONTAINER_OF(node, struct letter, node);

        if (!strchr("aeiou", member->letter)) {
            list_remove(&list, node);
            memory_freep(&member);
        }
    }
    CU_ASSERT_STRING_EQUAL(spell(&list, text), "aeiou");
    LIST_EACH(&list, node) {
        struct letter *member = CONTAINER_OF(node, struct letter, node);

        list_remove(&list, node);
        memory_freep(&member);
    }
    CU_ASSERT_EQUAL(list.count, 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"an empty list",                 test_an_empty_list                },
        {"adds where told",               test_adds_where_told              },
        {"a node knows whether it is in", test_a_node_knows_whether_it_is_in},
        {"the member at hand may go",     test_the_member_at_hand_may_go    },
        CU_TEST_INFO_NULL,
    };

    return run_suite("list", tests);
}
