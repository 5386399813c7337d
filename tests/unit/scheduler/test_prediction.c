/* test_prediction.c - a user's next job is expected to run as long as the last two */

#include "scheduler/core/prediction.h"
#include "tests/lib/runner.h"

#define SECOND_US INT64_C(1000000)
#define HOUR_US   (3600 * SECOND_US)

/* Rounded down, by less than a quarter. */
static bool is_about(int64_t value_us, int64_t wanted_us)
{
    return value_us <= wanted_us && value_us > wanted_us - wanted_us / 4;
}

static void test_last_two(void)
{
    struct predictions predictions;

    predictions_init(&predictions);
    CU_ASSERT_EQUAL(predictions_get(&predictions, "ana", HOUR_US), 0);
    predictions_note(&predictions, "ana", 1000 * SECOND_US);
    CU_ASSERT(is_about(predictions_get(&predictions, "ana", HOUR_US), 1000 * SECOND_US));
    predictions_note(&predictions, "ana", 3000 * SECOND_US);
    CU_ASSERT(is_about(predictions_get(&predictions, "ana", HOUR_US), 2000 * SECOND_US));
    predictions_note(&predictions, "ana", 100 * SECOND_US);
    CU_ASSERT(is_about(predictions_get(&predictions, "ana", HOUR_US), 1550 * SECOND_US));
    CU_ASSERT_EQUAL(predictions_get(&predictions, "luis", HOUR_US), 0);
    predictions_clear(&predictions);
}

static void test_bounds(void)
{
    struct predictions predictions;

    predictions_init(&predictions);
    predictions_note(&predictions, "ana", 2 * HOUR_US);
    CU_ASSERT_EQUAL(predictions_get(&predictions, "ana", HOUR_US), HOUR_US);
    CU_ASSERT(is_about(predictions_get(&predictions, "ana", INT64_MAX), 2 * HOUR_US));
    predictions_note(&predictions, "luis", 0);
    CU_ASSERT_EQUAL(predictions_get(&predictions, "luis", HOUR_US), 1);
    predictions_note(&predictions, "eva", INT64_MAX);
    predictions_note(&predictions, "eva", INT64_MAX);
    CU_ASSERT_EQUAL(predictions_get(&predictions, "eva", INT64_MAX - 9), INT64_C(7) << 60);
    predictions_clear(&predictions);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the mean of the last two",     test_last_two},
        {"within the limit, never none", test_bounds  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("prediction", tests);
}
