/* test_price.c - jobs are held and charged by the rate card of their start */

#include "scheduler/core/price.h"

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

#define SU INT64_C(1000000)

/* A card for all of the network's time from then on; *change may be NULL. */
static void add_card(struct scene *scene, const struct rate *rate)
{
    scene_step(scene, (struct event){.kind = EVENT_RATE_ADDED, .rate = *rate});
}

static uint64_t start(struct scene *scene, struct request request)
{
    uint64_t job = scene_submit(scene, request);

    CU_ASSERT_NOT_EQUAL_FATAL(job, 0);
    CU_ASSERT_EQUAL_FATAL(scene_find(scene, job)->state, JOB_CONFIGURING);
    scene_news(scene, EVENT_PART_READY, job, 0);
    scene_news(scene, EVENT_PART_STARTED, job, 0);
    return job;
}

static int64_t end_after(struct scene *scene, uint64_t job, int64_t time_us)
{
    scene_pass(scene, time_us);
    scene_end(scene, job, 0, END_BY_ITSELF, 0);
    return scene_find(scene, job)->charged_micro;
}

static struct balance balance_of(const struct scene *scene)
{
    struct balance balance = {0};

    CU_ASSERT(ledger_balance(core_ledger(scene->core), "unam", NULL, scene->now_us, &balance));
    return balance;
}

static const struct request two_cores = {
    .tasks = 2, .memory_per_node = UINT64_C(1) << 30, .limit_us = US_PER_HOUR};

static void test_memory_and_nodes_are_charged_where_a_card_says_so(void)
{
    const struct rate rate = {
        .id = 1, .prices = {.core = SU, .gib = 2 * SU, .node = 3 * SU},
             .start_us = SCENE_START
    };
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    add_card(&scene, &rate);
    job = start(&scene, two_cores);
    CU_ASSERT(scene_find(&scene, job)->held_micro >= 7 * SU);
    CU_ASSERT_EQUAL(balance_of(&scene).held_micro, scene_find(&scene, job)->held_micro);
    CU_ASSERT_EQUAL(end_after(&scene, job, US_PER_HOUR), 7 * SU);
    CU_ASSERT_EQUAL(balance_of(&scene).charged_micro, 7 * SU);
    scene_clear(&scene);
}

/* What started before keeps its card; what starts from then on has the new one. */
static void test_old_jobs_keep_the_card_of_their_start(void)
{
    struct rate rate = {.id = 1, .prices = {.core = SU}, .start_us = SCENE_START};
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    add_card(&scene, &rate);
    job = start(&scene, two_cores);
    rate.id = 2;
    rate.prices.core = 5 * SU;
    rate.start_us = scene.now_us + US_PER_MINUTE;
    add_card(&scene, &rate);
    CU_ASSERT_EQUAL(core_next_time(scene.core), rate.start_us);
    CU_ASSERT_EQUAL(end_after(&scene, job, US_PER_HOUR), 2 * SU);
    job = start(&scene, two_cores);
    CU_ASSERT_EQUAL(end_after(&scene, job, US_PER_HOUR), 10 * SU);
    scene_step(&scene, (struct event){
                           .kind = EVENT_RATE_ENDED, .rate = {.id = 2, .end_us = scene.now_us}
    });
    job = start(&scene, two_cores); /* no card: the cluster's factor */
    CU_ASSERT_EQUAL(end_after(&scene, job, US_PER_HOUR), 2 * SU);
    scene_clear(&scene);
}

static void test_opportunistic_work_needs_no_budget(void)
{
    const struct rate rate = {.id = 1,
                              .partition = "lent",
                              .prices = {.core = 2000 * (uint32_t)SU},
                              .listed = true,
                              .start_us = SCENE_START};
    struct request lent = two_cores;
    struct scene scene;
    uint64_t job;

    lent.partition = (char *)"lent";
    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    add_card(&scene, &rate);
    job = start(&scene, lent); /* it would cost 4,000 SU, and there are 1,000 */
    CU_ASSERT_EQUAL(scene_find(&scene, job)->held_micro, 0);
    CU_ASSERT_EQUAL(end_after(&scene, job, US_PER_HOUR), 0);
    CU_ASSERT(strstr(scene.text.bytes, "LST/1/1/0") != NULL);
    CU_ASSERT_EQUAL(balance_of(&scene).charged_micro, 0);
    scene_clear(&scene);
}

/* A card that is to come makes it too dear; when it is over the job starts. */
static void test_who_waits_for_a_budget_is_looked_at_when_a_card_ends(void)
{
    const struct rate rate = {.id = 1,
                              .prices = {.core = 2000 * (uint32_t)SU},
                              .start_us = SCENE_START,
                              .end_us = SCENE_START + US_PER_HOUR};
    struct scene scene;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    add_card(&scene, &rate);
    job = scene_submit(&scene, two_cores);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->reason, REASON_BUDGET);
    CU_ASSERT_EQUAL(core_next_time(scene.core), rate.end_us);
    scene_pass(&scene, US_PER_HOUR);
    CU_ASSERT_EQUAL(scene_find(&scene, job)->state, JOB_CONFIGURING);
    scene_clear(&scene);
}

static void test_the_price_of_what_waits(void)
{
    struct rate rate = {.id = 1, .prices = {.core = 3000 * (uint32_t)SU}, .start_us = SCENE_START};
    CLEANUP(rates_freep) struct rates *cheap = rates_new();
    struct scene scene;
    int64_t billed_micro = -1;
    uint64_t job;

    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    add_card(&scene, &rate);
    job = scene_submit(&scene, two_cores);
    CU_ASSERT(price_of_waiting(scene.core, core_rates(scene.core), scene_find(&scene, job),
                               scene.now_us, &billed_micro));
    CU_ASSERT_EQUAL(billed_micro, 6000 * SU);
    rate.prices.core = SU;
    rates_add(cheap, &rate);
    CU_ASSERT(
        price_of_waiting(scene.core, cheap, scene_find(&scene, job), scene.now_us, &billed_micro));
    CU_ASSERT_EQUAL(billed_micro, 2 * SU);
    rates_end(cheap, 1, rate.start_us);
    rate.id = 2;
    rate.listed = true;
    rates_add(cheap, &rate);
    CU_ASSERT(
        price_of_waiting(scene.core, cheap, scene_find(&scene, job), scene.now_us, &billed_micro));
    CU_ASSERT_EQUAL(billed_micro, 0);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"memory and nodes are charged where a card says so",
         test_memory_and_nodes_are_charged_where_a_card_says_so                                            },
        {"old jobs keep the card of their start",                test_old_jobs_keep_the_card_of_their_start},
        {"opportunistic work needs no budget",                   test_opportunistic_work_needs_no_budget   },
        {"who waits for a budget is looked at when a card ends",
         test_who_waits_for_a_budget_is_looked_at_when_a_card_ends                                         },
        {"the price of what waits",                              test_the_price_of_what_waits              },
        CU_TEST_INFO_NULL,
    };

    return run_suite("price", tests);
}
