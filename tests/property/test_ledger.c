/* test_ledger.c - the books agree with a model that adds up everything each time */

#include "accounting/core/ledger.h"
#include "base/parse.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS   600
#define GRANTS   60
#define PROJECTS 3
#define HORIZON  10000 /* the model's time runs in whole seconds */
#define START    INT64_C(1700000000000000)

struct model_grant {
    int project; /* -1: to the institution */
    int64_t amount, drawn;
    int posted, start, end;
};

struct model_charge {
    int project, at;
    int64_t amount;
};

struct model {
    size_t grant_count, charge_count;
    struct model_grant grants[GRANTS];
    struct model_charge charges[ROUNDS];
    int64_t held[PROJECTS];
};

static const char *const projects[PROJECTS] = {"astro", "bio", "cfd"};

static bool is_of(const struct model_grant *grant, int project)
{
    return grant->project == project;
}

/* Draw the debt on the grants that are valid, the first to end before the others. */
static int64_t cover(struct model *model, int project, int at, int64_t debt)
{
    while (debt > 0) {
        struct model_grant *best = NULL;
        int64_t taken;

        for (size_t i = 0; i < model->grant_count; i++) {
            struct model_grant *grant = &model->grants[i];

            if (!is_of(grant, project) || grant->posted > at || grant->start > at ||
                grant->end <= at || grant->drawn == grant->amount)
                continue;
            if (!best || grant->end < best->end ||
                (grant->end == best->end && grant->start < best->start))
                best = grant;
        }
        if (!best)
            return debt;
        taken = best->amount - best->drawn < debt ? best->amount - best->drawn : debt;
        best->drawn += taken;
        debt -= taken;
    }
    return debt;
}

/* Live through all seconds up to now, and see what is left. */
static int64_t model_available(struct model *model, int project, int now)
{
    int64_t debt = 0, available = 0;

    for (size_t i = 0; i < model->grant_count; i++)
        model->grants[i].drawn = 0;
    for (int at = 0; at <= now; at++) {
        for (size_t i = 0; i < model->charge_count; i++)
            if (model->charges[i].at == at && (project < 0 || model->charges[i].project == project))
                debt += model->charges[i].amount;
        debt = cover(model, project, at, debt);
    }
    for (size_t i = 0; i < model->grant_count; i++)
        if (is_of(&model->grants[i], project) && model->grants[i].start <= now &&
            model->grants[i].end > now)
            available += model->grants[i].amount - model->grants[i].drawn;
    for (int i = 0; i < PROJECTS; i++)
        if (project < 0 || project == i)
            available -= model->held[i];
    return available - debt;
}

static bool has_grant(const struct model *model, int project)
{
    for (size_t i = 0; i < model->grant_count; i++)
        if (is_of(&model->grants[i], project))
            return true;
    return false;
}

static void grant_any(struct test_random *random, struct model *model, struct ledger *ledger,
                      int now)
{
    struct model_grant *grant = &model->grants[model->grant_count];
    struct error err;
    struct txn txn;

    if (model->grant_count == GRANTS)
        return;
    grant->project = (int)test_random_below(random, PROJECTS + 2) - 2;
    if (grant->project < 0)
        grant->project = -1;
    grant->amount = 1 + test_random_below(random, 5000);
    grant->posted = now;
    grant->start = now + (test_random_chance(random, 50) ? 0 : (int)test_random_below(random, 900));
    grant->end = grant->start + 1 + (int)test_random_below(random, 1500);
    model->grant_count++;
    CU_ASSERT_FATAL(ledger_grant(
        ledger,
        &(struct grant){model->grant_count, "unam",
                        grant->project < 0 ? NULL : projects[grant->project], grant->amount,
                        START + grant->start * US_PER_SECOND, START + grant->end * US_PER_SECOND},
        START + now * US_PER_SECOND, &txn, &err));
}

static void check_balances(struct model *model, const struct ledger *ledger, int now)
{
    struct balance balance;
    struct error err;

    CU_ASSERT_FATAL(ledger_check(ledger, &err));
    for (int i = -1; i < PROJECTS; i++) {
        int of = i >= 0 && !has_grant(model, i) ? -1 : i;

        CU_ASSERT_FATAL(ledger_balance(ledger, "unam", i < 0 ? NULL : projects[i],
                                       START + now * US_PER_SECOND, &balance));
        CU_ASSERT_EQUAL_FATAL(balance.available_micro, model_available(model, of, now));
        CU_ASSERT_EQUAL(balance.granted_micro,
                        balance.charged_micro + balance.held_micro + balance.available_micro);
    }
}

/* A hold is placed exactly when both budgets have it; some are settled, some released. */
static void run_job(struct test_random *random, struct model *model, struct ledger *ledger, int now,
                    uint64_t job)
{
    int project = (int)test_random_below(random, PROJECTS);
    int64_t quote = test_random_below(random, 3000);
    bool can = quote == 0 ||
               (model_available(model, -1, now) >= quote &&
                (!has_grant(model, project) || model_available(model, project, now) >= quote));
    struct usage usage = {
        .job = job,
        .attempt = 1,
        .cores = 1,
        .wall_us = (int64_t)test_random_below(random, 4000) * 3600,
        .factor_ppm = 1000000,
    };
    int64_t now_us = START + now * US_PER_SECOND;
    struct error err;
    struct txn txn;

    CU_ASSERT_EQUAL_FATAL(ledger_hold(ledger, job, 1, projects[project], quote, now_us, &err), can);
    if (!can)
        return;
    model->held[project] += quote;
    check_balances(model, ledger, now);
    model->held[project] -= quote;
    if (test_random_chance(random, 20)) {
        CU_ASSERT(ledger_release(ledger, job, 1, &err));
        return;
    }
    CU_ASSERT_FATAL(
        ledger_settle(ledger, &usage, test_random_chance(random, 20), now_us, &txn, &err));
    CU_ASSERT(usage.charged_micro + usage.waived_micro == usage.wall_us / 3600);
    model->charges[model->charge_count++] =
        (struct model_charge){project, now, usage.charged_micro};
}

static void test_agrees_with_the_model(void)
{
    struct test_random random = test_random_from_environment();
    CLEANUP(ledger_freep) struct ledger *ledger = ledger_new();
    struct model *model = NEW(struct model);
    struct error err;
    int now = 0;

    CU_ASSERT(ledger_add_institution(ledger, "unam", &err));
    for (size_t i = 0; i < PROJECTS; i++)
        CU_ASSERT(ledger_add_project(ledger, projects[i], "unam", &err));
    for (uint64_t round = 1; round < ROUNDS && now < HORIZON; round++) {
        now += (int)test_random_below(&random, 12);
        if (test_random_chance(&random, 15))
            grant_any(&random, model, ledger, now);
        else
            run_job(&random, model, ledger, now, round);
        check_balances(model, ledger, now);
    }
    free(model);
}

/* Rounding once: no cut of the price is off by more than half a micro SU. */
static void test_price_is_exact(void)
{
    struct test_random random = test_random_from_environment();

    for (unsigned round = 0; round < 20000; round++) {
        uint32_t cores = test_random_below(&random, 4096);
        int64_t wall_us = (int64_t)(test_random_next(&random) >> 20);
        uint32_t factor = test_random_below(&random, 4000000);
        __int128 exact = (__int128)cores * wall_us * factor; /* 1 / 3.6e9 micro SU */
        __int128 price = ledger_price(cores, wall_us, factor);
        __int128 off = price * 3600000000 - exact;

        if (price == LEDGER_AMOUNT_MAX)
            continue;
        CU_ASSERT_FATAL(2 * off <= 3600000000 && 2 * off >= -(__int128)3600000000);
        if (2 * off == 3600000000 || 2 * off == -(__int128)3600000000)
            CU_ASSERT(price % 2 == 0);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"balances and holds agree with a slow model", test_agrees_with_the_model},
        {"a price is the nearest micro SU",            test_price_is_exact       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("ledger", tests);
}
