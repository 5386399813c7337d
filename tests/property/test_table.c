/* test_table.c - the table agrees with an array searched from end to end */

#include "base/table.h"

#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <string.h>

enum { KEYS = 300, KEY_MOST = 40, ROUNDS = 60000 };

struct key {
    unsigned char bytes[KEY_MOST];
    size_t size;
};

/* The model: pairs in the order in which their keys came. */
struct model {
    size_t count;
    struct {
        const struct key *key;
        void *value;
    } pairs[KEYS];
};

static size_t model_place(const struct model *model, const struct key *key)
{
    size_t place = 0;

    while (place < model->count &&
           (model->pairs[place].key->size != key->size ||
            memcmp(model->pairs[place].key->bytes, key->bytes, key->size) != 0))
        place++;
    return place;
}

static void *model_get(const struct model *model, const struct key *key)
{
    size_t place = model_place(model, key);

    return place < model->count ? model->pairs[place].value : NULL;
}

static void *model_put(struct model *model, const struct key *key, void *value)
{
    size_t place = model_place(model, key);
    void *before = NULL;

    if (place < model->count)
        before = model->pairs[place].value;
    else
        model->pairs[model->count++].key = key;
    model->pairs[place].value = value;
    return before;
}

static void *model_remove(struct model *model, const struct key *key)
{
    size_t place = model_place(model, key);
    void *before;

    if (place == model->count)
        return NULL;
    before = model->pairs[place].value;
    model->count--;
    memmove(&model->pairs[place], &model->pairs[place + 1],
            (model->count - place) * sizeof(model->pairs[0]));
    return before;
}

/* Some keys short and alike, some long, so that kinds of storage and neighbours mix. */
static void any_keys(struct test_random *random, struct key *keys)
{
    for (size_t i = 0; i < KEYS; i++) {
        keys[i].size = test_random_below(random, test_random_chance(random, 50) ? 3 : KEY_MOST);
        test_random_fill(random, keys[i].bytes, keys[i].size);
    }
}

static void compare_walks(const struct table *table, const struct model *model)
{
    size_t place = 0;

    CU_ASSERT_EQUAL_FATAL(table_count(table), model->count);
    for (size_t i = 0; i < model->count; i++)
        CU_ASSERT_PTR_EQUAL_FATAL(table_next(table, &place), model->pairs[i].value);
    CU_ASSERT_PTR_NULL_FATAL(table_next(table, &place));
}

static void one_round(struct test_random *random, struct table *table, struct model *model,
                      const struct key *keys, unsigned percent_removed)
{
    static char values[1000];
    const struct key *key = &keys[test_random_below(random, KEYS)];
    void *value = &values[test_random_below(random, sizeof(values))];

    CU_ASSERT_PTR_EQUAL_FATAL(table_get(table, key->bytes, key->size), model_get(model, key));
    if (test_random_chance(random, percent_removed)) {
        CU_ASSERT_PTR_EQUAL_FATAL(table_remove(table, key->bytes, key->size),
                                  model_remove(model, key));
    } else {
        CU_ASSERT_PTR_EQUAL_FATAL(table_put(table, key->bytes, key->size, value),
                                  model_put(model, key, value));
    }
}

static void test_agrees_with_a_search(void)
{
    struct test_random random = test_random_from_environment();
    struct table *table = table_new();
    struct model model = {.count = 0};
    struct key keys[KEYS] = {0};

    any_keys(&random, keys);
    for (int round = 0; round < ROUNDS; round++) {
        /* it fills and empties by turns */
        one_round(&random, table, &model, keys, round / 2000 % 2 ? 80 : 20);
        if (round % 97 == 0)
            compare_walks(table, &model);
    }
    compare_walks(table, &model);
    table_free(table);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"agrees with a search", test_agrees_with_a_search},
        CU_TEST_INFO_NULL,
    };

    return run_suite("table against its model", tests);
}
