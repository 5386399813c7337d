/* test_idset.c - sets of numbers agree with an array of yes and no, and with their text */

#include "base/idset.h"
#include "base/memory.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

enum { IDS = 300, ROUNDS = 20000 };

/* One set, and the model: which numbers are in it. */
struct pair {
    struct idset *set;
    bool in[IDS];
};

static uint32_t model_next(const struct pair *pair, uint32_t from)
{
    for (uint32_t id = from; id < IDS; id++)
        if (pair->in[id])
            return id;
    return IDSET_NONE;
}

static void compare(const struct pair *pair)
{
    uint32_t count = 0;

    for (uint32_t id = 0; id < IDS; id++) {
        CU_ASSERT_EQUAL_FATAL(idset_has(pair->set, id), pair->in[id]);
        CU_ASSERT_EQUAL_FATAL(idset_after(pair->set, id), model_next(pair, id + 1));
        count += pair->in[id];
    }
    CU_ASSERT_EQUAL_FATAL(idset_count(pair->set), count);
    CU_ASSERT_EQUAL_FATAL(idset_first(pair->set), model_next(pair, 0));
}

static void change(struct test_random *random, struct pair *pair)
{
    uint32_t a = test_random_below(random, IDS), b = test_random_below(random, IDS);
    uint32_t first = a < b ? a : b, last = a < b ? b : a;

    switch (test_random_below(random, 4)) {
    case 0:
        idset_add(pair->set, a);
        pair->in[a] = true;
        break;
    case 1:
        idset_remove(pair->set, a);
        pair->in[a] = false;
        break;
    case 2:
        idset_add_range(pair->set, first, last);
        memset(pair->in + first, true, last - first + 1);
        break;
    default: /* empty a part, so that the set does not stay full */
        for (uint32_t id = first; id <= last; id++) {
            idset_remove(pair->set, id);
            pair->in[id] = false;
        }
    }
}

static void combine(struct test_random *random, struct pair *a, const struct pair *b)
{
    bool add = test_random_chance(random, 30);

    if (add)
        idset_add_all(a->set, b->set);
    else
        idset_remove_all(a->set, b->set);
    for (uint32_t id = 0; id < IDS; id++)
        if (b->in[id])
            a->in[id] = add;
}

static void test_agrees_with_an_array(void)
{
    struct test_random random = test_random_from_environment();
    struct pair pairs[2] = {{.set = idset_new()}, {.set = idset_new()}};

    for (int round = 0; round < ROUNDS; round++) {
        struct pair *one = &pairs[round % 2], *other = &pairs[1 - round % 2];
        bool disjoint = true;

        change(&random, one);
        if (test_random_chance(&random, 10))
            combine(&random, one, other);
        compare(one);
        for (uint32_t id = 0; id < IDS; id++)
            disjoint = disjoint && !(one->in[id] && other->in[id]);
        CU_ASSERT_EQUAL_FATAL(idset_disjoint(one->set, other->set), disjoint);
        CU_ASSERT_EQUAL_FATAL(idset_equal(one->set, other->set),
                              memcmp(one->in, other->in, sizeof(one->in)) == 0);
    }
    idset_free(pairs[0].set);
    idset_free(pairs[1].set);
}

static void test_text_reads_back(void)
{
    struct test_random random = test_random_from_environment();
    struct pair pair = {.set = idset_new()};

    for (int round = 0; round < ROUNDS; round++) {
        CLEANUP(buffer_clear) struct buffer text;
        CLEANUP(idset_freep) struct idset *again = NULL;
        CLEANUP(idset_freep) struct idset *copy = idset_copy(pair.set);
        struct error err;

        CU_ASSERT_TRUE_FATAL(idset_equal(copy, pair.set));
        change(&random, &pair);
        buffer_init(&text);
        idset_print(pair.set, &text);
        again = idset_parse(text.bytes, &err);
        /* Only the empty set has no text. */
        CU_ASSERT_EQUAL_FATAL(again == NULL, idset_count(pair.set) == 0);
        CU_ASSERT_TRUE_FATAL(!again || idset_equal(again, pair.set));
    }
    idset_free(pair.set);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"agrees with an array", test_agrees_with_an_array},
        {"the text reads back",  test_text_reads_back     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("idset", tests);
}
