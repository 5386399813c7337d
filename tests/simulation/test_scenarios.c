/* test_scenarios.c - short stories of what once went wrong in a long simulation */

#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/simulation/world.h"

#include <inttypes.h>
#include <stdio.h>

/* Every task set runs for ten seconds. */
static struct simulated_plan ten_seconds(void *owner, const struct task_start *start)
{
    (void)owner;
    (void)start;
    return (struct simulated_plan){.run_us = 10 * US_PER_SECOND};
}

static struct world *begin(uint64_t seed)
{
    struct world *world = world_new(seed);

    world->plan = ten_seconds;
    return world;
}

/* All must end, and nothing be wrong. */
static bool settle(struct world *world)
{
    bool good = world_settle(world, US_PER_HOUR);

    if (!good)
        printf("# %s\n", world->findings.first);
    return good;
}

/* --- agents ------------------------------------------------------------------------------------------- */

/* A job on n1 and n2; the n-th sync of n1 after that fails, its machine loses the power, and so
 * many bytes of what was being written are on its disk. */
static bool tear_journal(unsigned sync, off_t keep)
{
    struct world *world = begin(1);
    struct machine *machine = world_machine(world, "n1");
    struct submission_facts facts = {.nodes = 2, .cluster = "c1", .node_list = "n1,n2"};
    bool good;

    machine->disk.fail_in = sync;
    machine->disk.keep = keep;
    world_submit(world, &facts);
    good = world_run(world, US_PER_MINUTE) && settle(world);
    if (!good)
        printf("# sync %u, %d bytes kept\n", sync, (int)keep);
    world_free(world);
    return good;
}

static void test_a_torn_journal_leaves_no_job_behind(void)
{
    for (unsigned sync = 1; sync <= 8; sync++)
        for (off_t keep = 0; keep < 400; keep += 40)
            CU_ASSERT(tear_journal(sync, keep));
}

/* The power fails again while a part is being cleared, which takes long. */
static void test_a_part_is_cleared_over_two_reboots(void)
{
    struct world *world = begin(2);
    struct machine *machine = world_machine(world, "n1");
    struct submission_facts facts = {.nodes = 1, .cluster = "c1", .node_list = "n1"};
    uint64_t job = world_submit(world, &facts);

    CU_ASSERT(world_await(world, job, JOB_RUNNING, US_PER_MINUTE));
    for (int i = 0; i < 2; i++) {
        machine_power_off(machine);
        runtime_simulated_resist(machine->simulated, 1000);
        machine_power_on(machine);
        CU_ASSERT(world_run(world, 5 * US_PER_SECOND));
    }
    CU_ASSERT(settle(world));
    world_free(world);
}

/* --- the scheduler ------------------------------------------------------------------------------------ */

static struct simulated_plan for_ever(void *owner, const struct task_start *start)
{
    (void)owner;
    (void)start;
    return (struct simulated_plan){.run_us = INT64_MAX};
}

static bool has_attempt(const struct machine *machine, uint64_t job, uint32_t attempt)
{
    LIST_EACH(&machine->warden->parts, node) {
        const struct task_key *key = &CONTAINER_OF(node, struct warded, of_warden)->key;

        if (key->job == job && key->attempt == attempt)
            return true;
    }
    return false;
}

/* A node is declared lost that is only cut off; the scheduler is started anew before it is heard
 * of again. */
static void test_a_given_up_attempt_is_stopped(void)
{
    struct world *world = begin(3);
    struct machine *machine = world_machine(world, "n1");
    struct submission_facts facts = {.nodes = 1, .cluster = "c1", .limit_us = 10 * US_PER_MINUTE};
    uint64_t job;

    world->plan = for_ever;
    facts.node_list = "n1";
    job = world_submit(world, &facts);
    CU_ASSERT(world_await(world, job, JOB_RUNNING, US_PER_MINUTE));
    link_cut(machine->link, true, true);
    CU_ASSERT(world_run(world, US_PER_MINUTE));
    machine->declared_us = INT64_MAX;
    operator_declare_lost(world->operator, "n1");
    CU_ASSERT(world_await(world, job, JOB_PENDING, US_PER_MINUTE));
    center_kill(world->center, "by the test");
    CU_ASSERT(world_run(world, US_PER_MINUTE));
    CU_ASSERT(has_attempt(machine, job, 1));
    link_cut(machine->link, false, false);
    CU_ASSERT(world_run(world, US_PER_MINUTE));
    CU_ASSERT(!has_attempt(machine, job, 1));
    CU_ASSERT(settle(world));
    world_free(world);
}

/* Two jobs of one and of two nodes; the one is to wait again, the other is cancelled.  True when
 * all is well although the scheduler dies at the n-th beginning or end of a commit. */
static bool die_at(uint32_t commit, bool *ret_died)
{
    struct world *world = begin(4);
    struct submission_facts one = {.nodes = 1, .cluster = "c1", .node_list = "n1"};
    struct submission_facts two = {.nodes = 2, .cluster = "c1", .node_list = "n1,n2"};
    uint64_t first, second;
    bool good;

    world->center->faults.crash_at = commit;
    first = world_submit(world, &one);
    second = world_submit(world, &two);
    good = first != 0 && second != 0 && world_run(world, 4 * US_PER_SECOND);
    operator_requeue(world->operator, first);
    operator_cancel(world->operator, second);
    good = good && world_run(world, US_PER_MINUTE);
    *ret_died = world->center->faults.crash_at == 0;
    good = good && settle(world);
    if (!good)
        printf("# it died at %" PRIu32 "\n", commit);
    world_free(world);
    return good;
}

static void test_the_scheduler_dies_at_each_commit(void)
{
    bool died = true;
    uint32_t commit = 0;

    while (died && commit < 500)
        CU_ASSERT(die_at(++commit, &died));
    CU_ASSERT(commit > 20); /* so many it needs for this */
    CU_ASSERT(!died);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a torn journal leaves no job behind", test_a_torn_journal_leaves_no_job_behind},
        {"a part is cleared over two reboots",  test_a_part_is_cleared_over_two_reboots },
        {"the scheduler dies at each commit",   test_the_scheduler_dies_at_each_commit  },
        {"a given up attempt is stopped",       test_a_given_up_attempt_is_stopped      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("scenarios", tests);
}
