/* test_list.c - the list agrees with an array that is shifted about */

#include "base/list.h"

#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <string.h>

enum { MEMBERS = 40, ROUNDS = 20000 };

struct model {
    size_t count;
    size_t order[MEMBERS]; /* numbers of members, first to last */
};

static size_t model_place(const struct model *model, size_t member)
{
    size_t place = 0;

    while (place < model->count && model->order[place] != member)
        place++;
    return place;
}

static void model_add(struct model *model, size_t place, size_t member)
{
    memmove(&model->order[place + 1], &model->order[place],
            (model->count - place) * sizeof(model->order[0]));
    model->order[place] = member;
    model->count++;
}

static void model_remove(struct model *model, size_t place)
{
    model->count--;
    memmove(&model->order[place], &model->order[place + 1],
            (model->count - place) * sizeof(model->order[0]));
}

static void compare(const struct list *list, const struct model *model,
                    const struct list_node *nodes)
{
    size_t place = 0;

    CU_ASSERT_EQUAL_FATAL(list->count, model->count);
    for (struct list_node *node = list_first(list); node; node = list_after(list, node), place++)
        CU_ASSERT_PTR_EQUAL_FATAL(node, &nodes[model->order[place]]);
    CU_ASSERT_EQUAL_FATAL(place, model->count);
    for (size_t member = 0; member < MEMBERS; member++)
        CU_ASSERT_EQUAL_FATAL(list_has(&nodes[member]), model_place(model, member) < model->count);
    if (place > 0)
        CU_ASSERT_PTR_EQUAL_FATAL(list_last(list), &nodes[model->order[place - 1]]);
}

static void add_somewhere(struct test_random *random, struct list *list, struct model *model,
                          struct list_node *nodes, size_t member)
{
    size_t place = test_random_below(random, (uint32_t)model->count + 1);

    if (place == model->count)
        list_add_last(list, &nodes[member]);
    else if (place == 0)
        list_add_first(list, &nodes[member]);
    else
        list_add_before(list, &nodes[model->order[place]], &nodes[member]);
    model_add(model, place, member);
}

static void test_agrees_with_an_array(void)
{
    struct test_random random = test_random_from_environment();
    struct list_node nodes[MEMBERS] = {0};
    struct model model = {.count = 0};
    struct list list;

    list_init(&list);
    for (int round = 0; round < ROUNDS; round++) {
        size_t member = test_random_below(&random, MEMBERS);
        size_t place = model_place(&model, member);

        if (place < model.count) {
            list_remove(&list, &nodes[member]);
            model_remove(&model, place);
        } else {
            add_somewhere(&random, &list, &model, nodes, member);
        }
        compare(&list, &model, nodes);
    }
}

/* Each walk removes a random part of the members it comes by. */
static void test_removal_during_a_walk(void)
{
    struct test_random random = test_random_from_environment();

    for (int round = 0; round < 500; round++) {
        struct list_node nodes[MEMBERS] = {0};
        struct model model = {.count = 0};
        struct list list;
        size_t seen = 0;

        list_init(&list);
        for (size_t member = 0; member < MEMBERS; member++)
            add_somewhere(&random, &list, &model, nodes, member);
        LIST_EACH(&list, node) {
            seen++;
            if (test_random_chance(&random, 40)) {
                list_remove(&list, node);
                model_remove(&model, model_place(&model, (size_t)(node - nodes)));
            }
        }
        CU_ASSERT_EQUAL_FATAL(seen, MEMBERS);
        compare(&list, &model, nodes);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"agrees with an array",  test_agrees_with_an_array },
        {"removal during a walk", test_removal_during_a_walk},
        CU_TEST_INFO_NULL,
    };

    return run_suite("list against its model", tests);
}
