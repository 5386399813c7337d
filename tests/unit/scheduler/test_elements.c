/* test_elements.c - sets of elements: their text, their runs, and a bitmap that must agree */

#include "scheduler/core/elements.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <string.h>

#define NUMBERS 64

static const struct {
    const char *text;
    const char *printed; /* NULL: refused */
    uint32_t count;
} cases[] = {
    {"0",              "0",            1      },
    {"0-0",            "0",            1      },
    {"0-15",           "0-15",         16     },
    {"0-15:4",         "0-12:4",       4      },
    {"0-15:99",        "0",            1      },
    {"1,3,7",          "1,3,7",        3      },
    {"7,1,3",          "1,3,7",        3      },
    {"0-3,10-12,20",   "0-3,10-12,20", 8      },
    {"0-10:2,1-11:2",  "0-11",         12     },
    {"0-4000000",      "0-4000000",    4000001},
    {"5-1",            NULL,           0      },
    {"0-15:0",         NULL,           0      },
    {"1,1",            NULL,           0      },
    {"0-10,5",         NULL,           0      },
    {"0-10:5,10",      NULL,           0      },
    {"4000001",        NULL,           0      },
    {"0-4000001",      NULL,           0      },
    {"99999999999999", NULL,           0      },
    {"",               NULL,           0      },
    {",",              NULL,           0      },
    {"1,",             NULL,           0      },
    {"1-",             NULL,           0      },
    {"-1",             NULL,           0      },
    {"1-2-3",          NULL,           0      },
    {"0-9%2",          NULL,           0      },
    {"[0-9]",          NULL,           0      },
    {"1 2",            NULL,           0      },
    {"0x10",           NULL,           0      },
};

static void test_texts(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(elements_clear) struct elements elements = {0};
        CLEANUP(buffer_clear) struct buffer text;
        struct error err = {0};
        bool good = elements_parse(cases[i].text, ELEMENTS_RUNS_MAX, &elements, &err);

        buffer_init(&text);
        elements_print(&elements, &text);
        CU_ASSERT_EQUAL(good, cases[i].printed != NULL);
        CU_ASSERT_EQUAL(elements.count, cases[i].count);
        CU_ASSERT_STRING_EQUAL(good ? text.bytes : "", good ? cases[i].printed : "");
        CU_ASSERT_EQUAL(err.code, good ? ERROR_NONE : ERROR_INVALID);
    }
}

static void test_runs_are_few(void)
{
    CLEANUP(elements_clear) struct elements elements = {0};
    struct error err;

    CU_ASSERT_FATAL(elements_parse("0-999999:3", ELEMENTS_RUNS_MAX, &elements, &err));
    CU_ASSERT_EQUAL(elements.run_count, 1);
    CU_ASSERT_EQUAL(elements_step(&elements), 3);
    for (uint32_t i = 0; i < 1000; i++)
        CU_ASSERT(elements_remove(&elements, elements_first(&elements)));
    CU_ASSERT_EQUAL(elements.run_count, 1);
    CU_ASSERT(elements_remove(&elements, 300000));
    CU_ASSERT_EQUAL(elements.run_count, 2);
    CU_ASSERT_FALSE(elements_remove(&elements, 300001));
    CU_ASSERT_FALSE(elements_parse("1,3,7,9", 3, &elements, &err));
}

/* Every question, answered by a bitmap. */
static void compare(const struct elements *elements, const bool *in)
{
    uint32_t count = 0, first = ELEMENT_NONE, last = ELEMENT_NONE, next = ELEMENT_NONE;

    for (uint32_t i = NUMBERS; i-- > 0;) {
        CU_ASSERT_EQUAL(elements_has(elements, i), in[i]);
        CU_ASSERT_EQUAL(elements_after(elements, i), next);
        if (!in[i])
            continue;
        count++;
        next = first = i;
        last = last == ELEMENT_NONE ? i : last;
    }
    CU_ASSERT_EQUAL(elements->count, count);
    CU_ASSERT_EQUAL(elements_first(elements), first);
    CU_ASSERT_EQUAL(elements_last(elements), last);
    for (size_t i = 0; i < elements->run_count; i++) {
        const struct element_run *run = &elements->runs[i];

        CU_ASSERT(run->step > 0 && (run->last - run->first) % run->step == 0);
        CU_ASSERT(run->first != run->last || run->step == 1);
        CU_ASSERT(i == 0 || elements->runs[i - 1].last < run->first);
    }
}

static void reread(struct elements *elements)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct error err;

    buffer_init(&text);
    elements_print(elements, &text);
    elements_clear(elements);
    if (text.length > 0)
        CU_ASSERT_FATAL(elements_parse(text.bytes, SIZE_MAX, elements, &err));
}

static void cut(struct test_random *random, struct elements *elements, bool *in)
{
    CLEANUP(elements_clear) struct elements wanted = {0}, taken = {0};
    bool in_taken[NUMBERS] = {0};

    for (uint32_t i = test_random_below(random, 9); i < NUMBERS;
         i += 1 + test_random_below(random, 7)) {
        elements_append(&wanted, i);
        in_taken[i] = in[i];
        in[i] = false;
    }
    elements_cut(elements, &wanted, &taken);
    compare(&taken, in_taken);
}

static void test_agrees_with_a_bitmap(void)
{
    struct test_random random = test_random_from_environment();

    for (unsigned round = 0; round < 400; round++) {
        CLEANUP(elements_clear) struct elements elements = {0};
        bool in[NUMBERS] = {0};

        for (unsigned i = 0; i < 120; i++) {
            uint32_t number = test_random_below(&random, NUMBERS);
            uint32_t dice = test_random_below(&random, 20);

            if (dice < 10) {
                CU_ASSERT_EQUAL(elements_add(&elements, number), !in[number]);
                in[number] = true;
            } else if (dice < 18) {
                CU_ASSERT_EQUAL(elements_remove(&elements, number), in[number]);
                in[number] = false;
            } else if (dice < 19) {
                cut(&random, &elements, in);
            } else {
                reread(&elements);
            }
            compare(&elements, in);
        }
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"texts that are read, and texts that are not", test_texts               },
        {"a million elements are few runs",             test_runs_are_few        },
        {"agrees with a bitmap",                        test_agrees_with_a_bitmap},
        CU_TEST_INFO_NULL,
    };

    return run_suite("elements", tests);
}
