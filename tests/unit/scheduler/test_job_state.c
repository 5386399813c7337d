/* test_job_state.c - which event leads where, and the names people use */

#include "base/memory.h"
#include "scheduler/core/job_state.h"
#include "tests/lib/runner.h"

#include <string.h>

/* One compact name per event, in the order of enum job_event, or "." where the table must
 * refuse it. */
static const struct {
    enum job_state from;
    const char *leads_to[JOB_EVENT_COUNT];
} cases[] = {
    {JOB_PENDING,
     {"CF", ".", ".", ".", ".", ".", "CA", ".", ".", ".", "DL", "CD", "F", ".", ".", "."}               },
    {JOB_CONFIGURING,
     {".", "R", "CG", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}                  },
    {JOB_RUNNING,
     {".", ".", "CG", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "S", "."}                  },
    {JOB_COMPLETING,
     {".", ".", ".", "PD", "CD", "F", "CA", "TO", "OOM", "NF", "DL", ".", ".", "PR", ".", "."}          },
    {JOB_COMPLETED,
     {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}                   },
    {JOB_FAILED,        {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {JOB_CANCELLED,
     {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}                   },
    {JOB_TIMEOUT,       {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {JOB_OUT_OF_MEMORY,
     {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}                   },
    {JOB_DEADLINE,
     {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}                   },
    {JOB_NODE_FAIL,
     {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}                   },
    {JOB_PREEMPTED,
     {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}                   },
    {JOB_SUSPENDED,
     {".", ".", "CG", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "R"}                  },
};

static void test_every_pair(void)
{
    CU_ASSERT_EQUAL(COUNT_OF(cases), JOB_STATE_COUNT);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int event = 0; event < JOB_EVENT_COUNT; event++) {
            enum job_state state = cases[i].from;
            bool moved = job_state_move(&state, (enum job_event)event);

            CU_ASSERT(moved || state == cases[i].from);
            CU_ASSERT_STRING_EQUAL(moved ? job_state_compact(state) : ".",
                                   cases[i].leads_to[event]);
        }
    }
}

/* The numbers are in the database: they never change. */
static void test_numbers_and_names(void)
{
    static const char *const names[] = {
        "PENDING",  "CONFIGURING", "RUNNING",   "COMPLETING",    "COMPLETED",
        "FAILED",   "CANCELLED",   "TIMEOUT",   "OUT_OF_MEMORY", "NODE_FAIL",
        "DEADLINE", "PREEMPTED",   "SUSPENDED",
    };

    for (int i = 0; i < JOB_STATE_COUNT; i++) {
        enum job_state state = (enum job_state)i, read;

        CU_ASSERT_STRING_EQUAL(job_state_name(state), names[i]);
        CU_ASSERT(job_state_parse(job_state_name(state), &read) && read == state);
        CU_ASSERT(job_state_parse(job_state_compact(state), &read) && read == state);
        CU_ASSERT_EQUAL(job_state_is_final(state), i >= JOB_COMPLETED && i != JOB_SUSPENDED);
    }
}

static void test_parse(void)
{
    enum job_state state = JOB_RUNNING;

    CU_ASSERT(job_state_parse("pd", &state) && state == JOB_PENDING);
    CU_ASSERT(job_state_parse("Timeout", &state) && state == JOB_TIMEOUT);
    CU_ASSERT_FALSE(job_state_parse("", &state));
    CU_ASSERT_FALSE(job_state_parse("PENDING ", &state));
    CU_ASSERT_FALSE(job_state_parse("SUSPENDING", &state));
    CU_ASSERT_EQUAL(state, JOB_TIMEOUT);
}

static void test_graph(void)
{
    CLEANUP(buffer_clear) struct buffer graph;

    buffer_init(&graph);
    job_state_print_dot(&graph);
    CU_ASSERT_PTR_NOT_NULL(strstr(graph.bytes, "digraph job {"));
    CU_ASSERT_PTR_NOT_NULL(strstr(graph.bytes, "PENDING -> CONFIGURING [label=\"place\"]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(graph.bytes, "NODE_FAIL [shape=doublecircle]"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every pair of state and event",   test_every_pair       },
        {"numbers, names and final states", test_numbers_and_names},
        {"either spelling in any case",     test_parse            },
        {"the table as a graph",            test_graph            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("job_state", tests);
}
