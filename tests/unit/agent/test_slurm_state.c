/* test_slurm_state.c - Slurm's words for the states of jobs and nodes, and ours for them */

#include "agent/gateway/slurm_state.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

static const struct {
    const char *name;
    enum slurm_phase phase;
    enum task_end_cause cause; /* ended */
} jobs[] = {
    {"PENDING",       SLURM_WAITS, TASK_UNKNOWN  },
    {"CONFIGURING",   SLURM_WAITS, TASK_UNKNOWN  },
    {"RUNNING",       SLURM_RUNS,  TASK_UNKNOWN  },
    {"SUSPENDED",     SLURM_RUNS,  TASK_UNKNOWN  },
    {"COMPLETING",    SLURM_RUNS,  TASK_UNKNOWN  },
    {"COMPLETED",     SLURM_ENDED, TASK_BY_ITSELF},
    {"FAILED",        SLURM_ENDED, TASK_BY_ITSELF},
    {"TIMEOUT",       SLURM_ENDED, TASK_LIMIT    },
    {"DEADLINE",      SLURM_ENDED, TASK_LIMIT    },
    {"CANCELLED",     SLURM_ENDED, TASK_STOPPED  },
    {"PREEMPTED",     SLURM_ENDED, TASK_STOPPED  },
    {"NODE_FAIL",     SLURM_ENDED, TASK_REBOOT   },
    {"BOOT_FAIL",     SLURM_ENDED, TASK_REBOOT   },
    {"OUT_OF_MEMORY", SLURM_ENDED, TASK_MEMORY   },
};

static const struct {
    const char *state;
    bool fit;
} nodes[] = {
    {"idle",       true },
    {"idle~",      true }, /* asleep: it wakes for whoever wants it */
    {"idle#",      true },
    {"mixed",      true }, /* whose jobs those are, other numbers say */
    {"allocated",  true },
    {"completing", true },
    {"idle*",      false}, /* does not answer */
    {"idle$",      false}, /* kept for maintenance */
    {"idle%",      false}, /* goes to sleep */
    {"idle@",      false}, /* is to start again */
    {"mixed-",     false}, /* the site's next job is planned for it */
    {"planned",    false},
    {"draining",   false},
    {"drained",    false},
    {"drained*",   false},
    {"down",       false},
    {"down*",      false},
    {"reserved",   false},
    {"maint",      false},
    {"unknown",    false},
    {"id",         false},
    {"idlemore",   false},
    {"",           false},
};

static void test_each_state_of_a_job(void)
{
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        const struct slurm_job_state *state = slurm_job_state(jobs[i].name);

        CU_ASSERT_STRING_EQUAL(state->name, jobs[i].name);
        CU_ASSERT_EQUAL(state->phase, jobs[i].phase);
        CU_ASSERT_EQUAL(state->cause, jobs[i].cause);
    }
}

static void test_what_is_not_known_changes_nothing(void)
{
    CU_ASSERT_EQUAL(slurm_job_state("HIBERNATING")->phase, SLURM_WAITS);
    CU_ASSERT_PTR_NULL(slurm_job_state("HIBERNATING")->name);
    CU_ASSERT_PTR_NULL(slurm_job_state("")->name);
}

static void test_each_state_of_a_node(void)
{
    for (size_t i = 0; i < COUNT_OF(nodes); i++)
        CU_ASSERT_EQUAL(slurm_node_is_fit(nodes[i].state), nodes[i].fit);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each state of a job",               test_each_state_of_a_job              },
        {"what is not known changes nothing", test_what_is_not_known_changes_nothing},
        {"each state of a node",              test_each_state_of_a_node             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("slurm_state", tests);
}
