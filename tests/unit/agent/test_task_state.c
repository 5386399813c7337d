/* test_task_state.c - where a part may go from where */

#include "agent/core/task_state.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <string.h>

/* One letter per event, in the order of enum task_event: the first letters of the state it leads
 * to ("st", since starting and stopping begin alike), or ".." where the table must refuse it. */
static const struct {
    enum task_state from;
    const char *leads_to; /* made start started stop over cleared reported */
} cases[] = {
    {TASK_RECEIVED, "rea .. .. sto cle .. .."},
    {TASK_READY,    ".. sta .. sto cle .. .."},
    {TASK_STARTING, ".. .. run sto cle .. .."},
    {TASK_RUNNING,  ".. .. .. sto cle .. .." },
    {TASK_STOPPING, ".. .. sto .. cle .. .." },
    {TASK_CLEARING, ".. .. .. .. .. end .."  },
    {TASK_ENDED,    ".. .. .. .. .. .. rep"  },
    {TASK_REPORTED, ".. .. .. .. .. .. .."   },
};

static void test_every_pair(void)
{
    CU_ASSERT_EQUAL(COUNT_OF(cases), TASK_STATE_COUNT);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_clear) struct buffer seen = {0};

        buffer_init(&seen);
        for (int event = 0; event < TASK_EVENT_COUNT; event++) {
            enum task_state state = cases[i].from;
            bool moved = task_state_move(&state, (enum task_event)event);

            CU_ASSERT(moved || state == cases[i].from);
            buffer_print(&seen, "%s%.3s", event > 0 ? " " : "",
                         moved ? task_state_name(state) : "..");
        }
        CU_ASSERT_STRING_EQUAL(seen.bytes, cases[i].leads_to);
    }
}

static void test_every_state_leads_to_the_end(void)
{
    for (int from = 0; from < TASK_REPORTED; from++) {
        enum task_state state = (enum task_state)from;

        task_state_move(&state, TASK_ON_OVER);
        task_state_move(&state, TASK_ON_CLEARED);
        task_state_move(&state, TASK_ON_REPORTED);
        CU_ASSERT_EQUAL(state, TASK_REPORTED);
    }
}

static void test_only_ended_and_reported_are_final(void)
{
    for (int state = 0; state < TASK_STATE_COUNT; state++)
        CU_ASSERT_EQUAL(task_state_is_final((enum task_state)state), state >= TASK_ENDED);
    CU_ASSERT_STRING_EQUAL(task_state_name(TASK_STATE_COUNT), "unknown");
}

static void test_graph_has_every_row(void)
{
    CLEANUP(buffer_clear) struct buffer graph = {0};
    size_t rows = 0;

    buffer_init(&graph);
    task_state_print(&graph);
    for (const char *at = graph.bytes; (at = strstr(at, "->")) != NULL; at += 2)
        rows++;
    CU_ASSERT_EQUAL(rows, 15);
    CU_ASSERT_PTR_NOT_NULL(strstr(graph.bytes, "clearing -> ended [label=\"cleared\"]"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every pair of state and event",     test_every_pair                       },
        {"every state leads to the end",      test_every_state_leads_to_the_end     },
        {"only ended and reported are final", test_only_ended_and_reported_are_final},
        {"the printed graph has every row",   test_graph_has_every_row              },
        CU_TEST_INFO_NULL,
    };

    return run_suite("task_state", tests);
}
