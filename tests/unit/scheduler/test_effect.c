/* test_effect.c - effects as lines of text */

#include "scheduler/core/effect.h"
#include "scheduler/core/inventory.h"
#include "tests/lib/runner.h"

static void check(const struct effects *effects, const struct effect *effect, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    effect_print(effects, effect, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes, expected);
}

static void test_lines(void)
{
    CLEANUP(effects_clear) struct effects effects;
    struct node node = {.name = (char *)"n1", .state = NODE_UP, .cores = 8};
    struct part parts[] = {
        {.node = &node, .cores = 4, .tasks = 2, .state = PART_STARTING}
    };
    struct job job = {.id = 7,
                      .state = JOB_FAILED,
                      .reason = REASON_NON_ZERO_EXIT,
                      .attempt = 2,
                      .exit_code = 3,
                      .parts = parts,
                      .part_count = 1};
    struct booking booking = {
        .txn = {.key = "CHG/7/2/0",
                .institution = "unam",
                .sequence = 4,
                .entry_count = 2,
                .entries = {{"inst:unam", -5}, {"used:unam", 5}}},
        .usage = {.wall_us = 9,   .state = "FAILED"},
        .has_usage = true,
    };
    /* clang-format 14 aligns designators as if they were columns. */
    /* clang-format off */
    const struct effect cases[] = {
        {.kind = EFFECT_SAVE_JOB, .job = &job},
        {.kind = EFFECT_SAVE_NODE, .node = &node},
        {.kind = EFFECT_SAVE_HOLD, .job = &job, .attempt = 2, .amount_micro = 6},
        {.kind = EFFECT_END_HOLD, .job = &job, .attempt = 2},
        {.kind = EFFECT_SAVE_TXN, .txn = 0},
        {.kind = EFFECT_LAUNCH_PART, .job = &job, .node = &node, .attempt = 2},
        {.kind = EFFECT_STOP_PART, .job = &job, .node = &node, .attempt = 2},
        {.kind = EFFECT_TURN_PART, .job = &job, .node = &node, .attempt = 2},
        {.kind = EFFECT_TERM_PART, .job = &job, .node = &node, .attempt = 2},
        {.kind = EFFECT_JOB_ENDED, .job = &job}, {.kind = EFFECT_FORGET_JOB, .job = &job},
        {.kind = EFFECT_WARN, .node = &node, .text = "odd\n"},
    };
    /* clang-format on */
    static const char *const lines[] = {
        "save job 7 FAILED reason=NonZeroExitCode attempt=2 exit=3:0\n",
        "save node n1 idle cores=8\n",
        "save hold job=7 attempt=2 amount=6\n",
        "end hold job=7 attempt=2\n",
        "save txn CHG/7/2/0 unam/4 inst:unam-5 used:unam+5 wall_us=9 state=FAILED\n",
        "launch job=7 attempt=2 part=0 node=n1 cores=4 tasks=2 start\n",
        "stop job=7 attempt=2 part=0 node=n1\n",
        "continue job=7 attempt=2 part=0 node=n1\n",
        "term job=7 attempt=2 part=0 node=n1\n",
        "ended job 7 FAILED\n",
        "forget job 7 FAILED\n",
        "warn odd\\x0a\n",
    };

    effects_init(&effects);
    effects_add_booking(&effects, &booking);
    CU_ASSERT_EQUAL(effects.all[0].kind, EFFECT_SAVE_TXN);
    CU_ASSERT_EQUAL(COUNT_OF(cases), EFFECT_KIND_COUNT);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(&effects, &cases[i], lines[i]);
}

static void test_kept_in_order(void)
{
    CLEANUP(effects_clear) struct effects effects;

    effects_init(&effects);
    for (uint32_t i = 0; i < 100; i++)
        effects_add(&effects, (struct effect){.kind = EFFECT_WARN, .part = i});
    CU_ASSERT_EQUAL(effects.count, 100);
    for (uint32_t i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(effects.all[i].part, i);
    effects_reset(&effects);
    CU_ASSERT_EQUAL(effects.count, 0);
    CU_ASSERT_EQUAL(effects.booking_count, 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a line for each kind", test_lines        },
        {"kept in their order",  test_kept_in_order},
        CU_TEST_INFO_NULL,
    };

    return run_suite("effect", tests);
}
