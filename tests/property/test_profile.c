/* test_profile.c - free cores over time, against an array with a value for each moment */

#include "scheduler/core/profile.h"

#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#define MOMENTS 3000
#define CORES   100
#define ROUNDS  6000

static void add_model(int64_t *model, int64_t start_us, int64_t end_us, int64_t cores)
{
    for (int64_t i = start_us; i < end_us && i < MOMENTS; i++)
        model[i] += cores;
}

static bool fits(const int64_t *model, int64_t start_us, int64_t until_us, int64_t cores)
{
    for (int64_t i = start_us; i < until_us; i++)
        if (model[i < MOMENTS ? i : MOMENTS - 1] < cores)
            return false;
    return true;
}

static int64_t seek_model(const int64_t *model, int64_t from_us, int64_t duration_us, int64_t cores,
                          int64_t before_us)
{
    for (int64_t i = from_us; i < before_us && i < MOMENTS; i++)
        if (fits(model, i, i + duration_us < before_us ? i + duration_us : before_us, cores))
            return i;
    return INT64_MAX;
}

static void check_seek(const struct profile *profile, const int64_t *model,
                       struct test_random *random, int64_t now_us)
{
    int64_t from_us = now_us + test_random_below(random, 400);
    int64_t duration_us = 1 + test_random_below(random, 300);
    int64_t cores = 1 + test_random_below(random, CORES);
    int64_t before_us = from_us + 1 + test_random_below(random, 1000);
    int64_t at_us = from_us + test_random_below(random, 500);

    CU_ASSERT_EQUAL_FATAL(profile_seek(profile, from_us, duration_us, cores, before_us),
                          seek_model(model, from_us, duration_us, cores, before_us));
    CU_ASSERT_EQUAL_FATAL(profile_at(profile, at_us), model[at_us]);
}

static void test_agrees_with_the_model(void)
{
    struct test_random random = test_random_from_environment();
    static int64_t model[MOMENTS];
    struct profile profile;
    int64_t now_us = 0;

    for (size_t i = 0; i < MOMENTS; i++)
        model[i] = CORES;
    profile_init(&profile, 0, CORES);
    for (unsigned round = 0; round < ROUNDS; round++) {
        int64_t start_us = now_us + test_random_below(&random, 500);
        int64_t end_us = start_us + 1 + test_random_below(&random, 200);
        int64_t cores = (int64_t)test_random_below(&random, 41) - 20;

        profile_add(&profile, start_us, end_us, cores);
        add_model(model, start_us, end_us, cores);
        if (test_random_chance(&random, 20) && now_us < 1000) {
            now_us += test_random_below(&random, 3);
            profile_forget(&profile, now_us);
        }
        check_seek(&profile, model, &random, now_us);
    }
    CU_ASSERT(profile.block_count > 1);
    profile_clear(&profile);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"taking, giving and seeking agree with the moments", test_agrees_with_the_model},
        CU_TEST_INFO_NULL,
    };

    return run_suite("profile", tests);
}
