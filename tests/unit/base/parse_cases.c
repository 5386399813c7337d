/* parse_cases.c - texts and their values, or why not */

#include "tests/unit/base/parse_cases.h"

#include <CUnit/CUnit.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void check_case(const struct number_case *one, number_fn *parse)
{
    struct error err = {0};
    int64_t value = -77;
    bool good = parse(one->text, &value, &err);

    CU_ASSERT_EQUAL(good, one->why == NULL);
    CU_ASSERT_EQUAL(value, good ? one->value : -77); /* untouched when refused */
    if (one->why) {
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, one->why));
    }
    if (good != (one->why == NULL) || (good && value != one->value) ||
        (one->why && !strstr(err.text, one->why)))
        printf("# %s: %d %" PRId64 " %s\n", one->text, good, value, err.text);
}

void check_cases(const struct number_case *cases, size_t count, number_fn *parse)
{
    for (size_t i = 0; i < count; i++)
        check_case(&cases[i], parse);
}
