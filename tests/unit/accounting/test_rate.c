/* test_rate.c - one card for each place and time, and what an hour costs by it */

#include "accounting/core/rate.h"
#include "base/parse.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <string.h>

#define SU  1000000
#define GIB (UINT64_C(1) << 30)

static struct rate card(uint64_t id, const char *place, int64_t start_us)
{
    struct rate rate = {.id = id, .prices = {.core = SU}, .start_us = start_us};

    sscanf(place, "%64[^/]/%64[^/]/%64s", rate.cluster, rate.partition, rate.qos);
    if (rate.cluster[0] == '-')
        rate.cluster[0] = '\0';
    if (rate.partition[0] == '-')
        rate.partition[0] = '\0';
    if (rate.qos[0] == '-')
        rate.qos[0] = '\0';
    return rate;
}

static uint64_t id_at(const struct rates *rates, const char *cluster, const char *partition,
                      const char *qos, int64_t at_us)
{
    const struct rate *rate = rates_at(rates, cluster, partition, qos, at_us);

    return rate ? rate->id : 0;
}

static void test_the_one_that_names_most_applies(void)
{
    static const char *const places[] = {"-/-/-",     "sur/-/-",  "-/gpu/-",
                                         "sur/gpu/-", "-/-/free", "sur/gpu/free"};
    static const struct {
        const char *cluster, *partition, *qos;
        uint64_t id;
    } cases[] = {
        {"norte", "batch", NULL,   1},
        {"norte", "batch", "high", 1},
        {"sur",   "batch", NULL,   2},
        {"norte", "gpu",   NULL,   3},
        {"sur",   "gpu",   "high", 4},
        {"sur",   "batch", "free", 5},
        {"sur",   "gpu",   "free", 6},
    };
    CLEANUP(rates_freep) struct rates *rates = rates_new();

    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct rate rate = card(i + 1, places[i], 100);

        rates_add(rates, &rate);
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CU_ASSERT_EQUAL(id_at(rates, cases[i].cluster, cases[i].partition, cases[i].qos, 100),
                        cases[i].id);
        CU_ASSERT_EQUAL(id_at(rates, cases[i].cluster, cases[i].partition, cases[i].qos, 99), 0);
    }
}

static void test_cards_of_a_place_follow_one_another(void)
{
    CLEANUP(rates_freep) struct rates *rates = rates_new();
    const struct rate cards[] = {card(1, "-/-/-", 100), card(2, "sur/-/-", 200),
                                 card(3, "sur/-/-", 400), card(4, "sur/-/-", 300)};

    for (size_t i = 0; i < COUNT_OF(cards); i++)
        rates_add(rates, &cards[i]);
    CU_ASSERT_EQUAL(id_at(rates, "sur", "b", NULL, 199), 1);
    CU_ASSERT_EQUAL(id_at(rates, "sur", "b", NULL, 299), 2);
    CU_ASSERT_EQUAL(id_at(rates, "sur", "b", NULL, 300), 4);
    CU_ASSERT_EQUAL(id_at(rates, "sur", "b", NULL, 400), 3);
    CU_ASSERT_EQUAL(rates_until(rates, rates_find_id(rates, 2)), 300);
    CU_ASSERT_EQUAL(rates_until(rates, rates_find_id(rates, 3)), INT64_MAX);
    CU_ASSERT_EQUAL(rates_next_change(rates, 200), 300);
    CU_ASSERT_EQUAL(rates_next_change(rates, 400), INT64_MAX);
    rates_end(rates, 3, 500);
    CU_ASSERT_EQUAL(id_at(rates, "sur", "b", NULL, 500), 1); /* the wider place counts again */
    rates_end(rates, 4, 250);
    CU_ASSERT_EQUAL(id_at(rates, "sur", "b", NULL, 350), 2); /* it never began */
    CU_ASSERT_EQUAL(rates_until(rates, rates_find_id(rates, 2)), 400);
}

static void test_what_is_refused(void)
{
    CLEANUP(rates_freep) struct rates *rates = rates_new();
    struct rate rate = card(1, "sur/-/-", 100);
    struct error err;

    CU_ASSERT(rates_check(rates, &rate, 100, &err));
    CU_ASSERT_FALSE(rates_check(rates, &rate, 101, &err));
    CU_ASSERT(strstr(err.text, "cannot start in the past") != NULL);
    rates_add(rates, &rate);
    CU_ASSERT_FALSE(rates_check(rates, &rate, 100, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    rate.start_us = 200;
    rate.end_us = 200;
    CU_ASSERT_FALSE(rates_check(rates, &rate, 100, &err));
    CU_ASSERT(strstr(err.text, "must end after it starts") != NULL);
    CU_ASSERT_FALSE(rates_check_end(rates, 9, 100, 100, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT_FALSE(rates_check_end(rates, 1, 100, 101, &err));
    CU_ASSERT(rates_check_end(rates, 1, 150, 101, &err));
    rates_end(rates, 1, 150);
    CU_ASSERT_FALSE(rates_check_end(rates, 1, 150, 101, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
}

static void test_what_an_hour_costs(void)
{
    const struct prices all = {.core = SU, .gib = SU / 4, .gpu = 50 * SU, .node = 2 * SU};
    static const struct {
        enum rate_mode mode;
        struct quantities has;
        uint64_t price; /* of an hour of all its cores */
    } cases[] = {
        {RATE_SUM,      {4, 1, 0, 8 * GIB},    4 * SU + 2 * SU + 2 * SU  },
        {RATE_SUM,      {4, 1, 2, 0},          4 * SU + 100 * SU + 2 * SU},
        {RATE_MAX,      {4, 1, 0, 64 * GIB},   16 * SU                   },
        {RATE_MAX,      {32, 1, 0, 64 * GIB},  32 * SU                   },
        {RATE_MAX,      {1, 4, 0, 0},          8 * SU                    },
        {RATE_MAX_GPUS, {4, 1, 1, 64 * GIB},   16 * SU + 50 * SU         },
        {RATE_MAX_GPUS, {4, 1, 0, GIB / 1024}, 4 * SU                    },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct rate rate = {.mode = cases[i].mode, .prices = all};
        uint32_t factor = rate_factor(&rate, &cases[i].has);

        CU_ASSERT_EQUAL(ledger_price(cases[i].has.cores, US_PER_HOUR, factor),
                        (int64_t)cases[i].price);
    }
}

/* By whole MiB, half to even, never more than there is room for. */
static void test_the_factor_is_rounded_once(void)
{
    const struct rate rate = {
        .prices = {.core = 1, .node = 1}
    };
    const struct rate dear = {.prices = {.gpu = UINT32_MAX}};

    CU_ASSERT_EQUAL(rate_factor(&rate, &(struct quantities){2, 1, 0, 0}), 2); /* 1.5 */
    CU_ASSERT_EQUAL(rate_factor(&rate, &(struct quantities){2, 3, 0, 0}), 2); /* 2.5 */
    CU_ASSERT_EQUAL(rate_factor(&rate, &(struct quantities){3, 1, 0, 0}), 1); /* 1.33 */
    CU_ASSERT_EQUAL(rate_factor(&dear, &(struct quantities){1, 1, 8, 0}), UINT32_MAX);
    CU_ASSERT_EQUAL(rate_with_qos(3000000, 500000), 1500000);
    CU_ASSERT_EQUAL(rate_with_qos(UINT32_MAX, 2000000), UINT32_MAX);
    CU_ASSERT_EQUAL(rate_with_qos(7, 0), 0);
}

static void test_modes_have_names(void)
{
    struct error err;
    enum rate_mode mode;

    for (int i = 0; i < RATE_MODE_COUNT; i++) {
        CU_ASSERT(rate_mode_parse(rate_mode_name((enum rate_mode)i), &mode, &err));
        CU_ASSERT_EQUAL((int)mode, i);
    }
    CU_ASSERT_FALSE(rate_mode_parse("mean", &mode, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the card that names most applies",    test_the_one_that_names_most_applies    },
        {"cards of a place follow one another", test_cards_of_a_place_follow_one_another},
        {"what cannot be is refused",           test_what_is_refused                    },
        {"what an hour costs, in each mode",    test_what_an_hour_costs                 },
        {"the factor is rounded once",          test_the_factor_is_rounded_once         },
        {"modes have names",                    test_modes_have_names                   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("rate", tests);
}
