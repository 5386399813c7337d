/* test_event.c - events as lines of text */

#include "scheduler/core/event.h"
#include "tests/lib/runner.h"

#include <string.h>

static void test_names(void)
{
    for (int i = 0; i < EVENT_KIND_COUNT; i++)
        for (int j = 0; j < i; j++)
            CU_ASSERT(strcmp(event_kind_name((enum event_kind)i),
                             event_kind_name((enum event_kind)j)) != 0);
    CU_ASSERT_STRING_EQUAL(end_cause_name(END_BY_ITSELF), "itself");
    CU_ASSERT_STRING_EQUAL(end_cause_name(END_REBOOT), "reboot");
}

static void test_lines(void)
{
    struct request request = {
        .nodes_least = 1, .nodes_most = 2, .tasks = 4, .cpus_per_task = 1, .limit_us = 60};
    const struct submission submission = {
        .first = 7,
        .copies = 2,
        .user = "ana",
        .project = "astro",
        .request = &request,
    };
    const struct part_news end = {
        .job = 7, .attempt = 1, .cause = END_LIMIT, .exit_signal = 9, .wall_used_us = 60};
    const struct node_facts facts = {.name = "n1", .cluster = "alpha", .boot_id = "x", .cores = 4};
    const struct part_news ready = {.job = 7, .attempt = 1, .part = 1};
    /* clang-format 14 aligns designators as if they were columns. */
    /* clang-format off */
    const struct event cases[] = {
        {.kind = EVENT_JOB_SUBMITTED, .at_us = 1, .by = "ana", .submission = submission},
        {.kind = EVENT_JOB_CANCELLED, .at_us = 2, .by = "ana", .job = 7},
        {.kind = EVENT_NODE_JOINED, .at_us = 3, .node = facts},
        {.kind = EVENT_NODE_DRAINED, .at_us = 4, .node_change = {"n1", "a\nb"}},
        {.kind = EVENT_PART_ENDED, .at_us = 5, .part = end},
        {.kind = EVENT_PART_READY, .at_us = 6, .part = ready},
        {.kind = EVENT_PROJECT_ADDED, .at_us = 7, .books = {"unam", "astro"}},
        {.kind = EVENT_GRANTED, .at_us = 8, .grant = {3, "unam", NULL, 5, 1, 0}},
        {.kind = EVENT_TIME_PASSED, .at_us = 9},
    };
    /* clang-format on */
    static const char *const lines[] = {
        "1 submit 7 copies=2 user=ana project=astro nodes=1-2 tasks=4 cpus=1 limit=60 by=ana\n",
        "2 cancel 7 by=ana\n",
        "3 join node=n1 cluster=alpha boot=x cores=4 memory=0\n",
        "4 drain node=n1 reason=a\\x0ab\n",
        "5 ended job=7 attempt=1 part=0 cause=limit exit=0:9 wall=60\n",
        "6 ready job=7 attempt=1 part=1\n",
        "7 project institution=unam project=astro\n",
        "8 grant 3 institution=unam amount=5 start=1 end=0\n",
        "9 time\n",
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_clear) struct buffer text;

        buffer_init(&text);
        event_print(&cases[i], &text);
        CU_ASSERT_STRING_EQUAL(text.bytes, lines[i]);
    }
}

/* What is seldom asked for is seldom written. */
static void test_all_of_a_request(void)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct request request = {
        .partition = (char *)"batch",
        .node_list = (char *)"n1",
        .node_exclude = (char *)"n2",
        .tasks_per_node = 2,
        .memory_per_node = 5,
        .begin_us = 9,
        .nice = -3,
        .exclusive = true,
    };
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.request = &request, .hold = true},
    };

    buffer_init(&text);
    event_print(&event, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes,
                           "0 submit 0 partition=batch nodes=0-0 tasks=0 cpus=0 "
                           "tasks-per-node=2 memory=5 limit=0 begin=9 list=n1 exclude=n2 "
                           "nice=-3 exclusive hold\n");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each kind has its own name", test_names           },
        {"events as lines",            test_lines           },
        {"all of a request",           test_all_of_a_request},
        CU_TEST_INFO_NULL,
    };

    return run_suite("event", tests);
}
