/* test_agent.c - the course of jobs' parts, and what the agent says of them */

#include "tests/lib/runner.h"
#include "tests/unit/agent/scene.h"

#include <signal.h>
#include <string.h>

#define READY   WIRE__PART_EVENT__PART_EVENT_READY
#define STARTED WIRE__PART_EVENT__PART_EVENT_STARTED
#define ENDED   WIRE__PART_EVENT__PART_EVENT_ENDED
#define REFUSED WIRE__PART_EVENT__PART_EVENT_REFUSED

static const char machine[] = "synthetic:package:2 numa:1 core:4 pu:2";

static struct simulated_plan run_ten_seconds(void *owner, const struct task_start *start)
{
    (void)owner;
    (void)start;
    return (struct simulated_plan){.run_us = 10 * SECOND, .exit_code = 3};
}

static struct simulated_plan never_start(void *owner, const struct task_start *start)
{
    (void)owner;
    (void)start;
    return (struct simulated_plan){.fails = true};
}

static struct simulated_plan run_stubbornly(void *owner, const struct task_start *start)
{
    (void)owner;
    (void)start;
    return (struct simulated_plan){.run_us = INT64_MAX, .stubborn = true};
}

static void test_hello_tells_what_the_node_is(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, NULL, NULL);
    const Wire__Envelope *hello = scene_last(scene, WIRE__ENVELOPE__BODY_AGENT_HELLO);

    CU_ASSERT_STRING_EQUAL(hello->agent_hello->node, "n0");
    CU_ASSERT_EQUAL(hello->agent_hello->cores, 8);
    CU_ASSERT_EQUAL(hello->agent_hello->threads, 16);
    CU_ASSERT_EQUAL(hello->agent_hello->numa_nodes, 2);
    CU_ASSERT(hello->agent_hello->emulated);
    CU_ASSERT_EQUAL(scene->heard_of[WIRE__ENVELOPE__BODY_TOPOLOGY], 1);
    CU_ASSERT_EQUAL(scene->heard_of[WIRE__ENVELOPE__BODY_INVENTORY], 1);
    scene_run(scene, 60 * SECOND);
    CU_ASSERT_EQUAL(scene->heard_of[WIRE__ENVELOPE__BODY_HEARTBEAT], 12);
    CU_ASSERT_EQUAL(scene->heard_of[WIRE__ENVELOPE__BODY_AGENT_HELLO], 1);
}

static void test_job_runs_and_is_reported(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);
    struct runtime_simulated *runtime = scene->nodes[0].simulated;
    const struct task_key key = scene_key(17, 0, 0);

    scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, READY));
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, READY)->core_list, "0-3");
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, READY)->cpu_list, "0-7");
    CU_ASSERT_PTR_NULL(scene_report(scene, 17, 0, STARTED));
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 4);

    scene_start(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, STARTED));
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, STARTED)->output, "/home/ana/salida-17.txt");
    CU_ASSERT_STRING_EQUAL(runtime_simulated_variable(runtime, &key, "SLURM_JOB_ID"), "17");
    CU_ASSERT_STRING_EQUAL(runtime_simulated_variable(runtime, &key, "HOME"), "/home/ana");
    CU_ASSERT_STRING_EQUAL(runtime_simulated_variable(runtime, &key, "TEQUIO_CPU_LIST"), "0-7");

    scene_run(scene, 20 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->exit_code, 3);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->wall_used_us, 10 * SECOND);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
    CU_ASSERT_EQUAL(runtime_simulated_parts(runtime), 0);
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 0);
}

static void test_launch_twice_starts_once(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);

    for (int i = 0; i < 3; i++)
        scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    for (int i = 0; i < 3; i++)
        scene_start(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    scene_launch(scene, 17, 1, 4);
    scene_run(scene, 20 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 1);

    /* and also when a copy comes hours later, and after a restart */
    scene_run(scene, 3600 * SECOND);
    scene_start(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 1);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
}

static void test_reports_are_sent_until_acknowledged(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);
    size_t sent;

    scene->acknowledge = false;
    scene_launch(scene, 17, 1, 4);
    scene_run(scene, 60 * SECOND);
    sent = scene_reports(scene, 17, 0, READY);
    CU_ASSERT(sent > 3 && sent < 20);
    scene->acknowledge = true;
    scene_run(scene, 60 * SECOND);
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 0);
    sent = scene_reports(scene, 17, 0, READY);
    scene_run(scene, 600 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, READY), sent);
}

static void test_stop_ends_with_term_then_kill(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_stubbornly, NULL);

    scene_launch(scene, 17, 1, 8);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 8);
    scene_run(scene, SECOND);
    scene_part_stop(scene, 0, 17, 0, SIGUSR1);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_live(scene->nodes[0].simulated), 1);
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_run(scene, 5 * SECOND);
    CU_ASSERT_PTR_NULL(scene_report(scene, 17, 0, ENDED));
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, ENDED));
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->cause, WIRE__END_CAUSE__END_CAUSE_STOPPED);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->exit_signal, SIGKILL);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
}

static void test_part_without_script_ends_when_told(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, NULL, NULL);

    scene_launch(scene, 17, 1, 8);
    scene_run(scene, 30 * SECOND);
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, ENDED));
    /* or it would be taken for a start whose report was lost */
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->wall_used_us, 0);
}

/* The scheduler's verdicts are lost; until they come, it is told nothing else. */
static void test_an_inventory_is_sent_until_answered(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);
    size_t inventories, reports, hellos;

    scene->acknowledge = false;
    scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    scene->mute_inventory = true;
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    inventories = scene->heard_of[WIRE__ENVELOPE__BODY_INVENTORY];
    hellos = scene->heard_of[WIRE__ENVELOPE__BODY_AGENT_HELLO];
    reports = scene_reports(scene, 17, 0, READY);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT(scene->heard_of[WIRE__ENVELOPE__BODY_INVENTORY] >= inventories + 3);
    CU_ASSERT_EQUAL(scene->heard_of[WIRE__ENVELOPE__BODY_AGENT_HELLO], hellos + 1);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, READY), reports);
    scene->mute_inventory = false;
    scene_run(scene, 10 * SECOND);
    CU_ASSERT(scene_reports(scene, 17, 0, READY) > reports);
    inventories = scene->heard_of[WIRE__ENVELOPE__BODY_INVENTORY];
    scene_run(scene, 60 * SECOND);
    CU_ASSERT_EQUAL(scene->heard_of[WIRE__ENVELOPE__BODY_INVENTORY], inventories);
}

/* The disk of the scheduler takes its time. */
static void test_verdicts_may_take_long(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);
    const Wire__Envelope *first;
    size_t hellos;

    scene->mute_inventory = true;
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    scene_run(scene, SECOND / 2);
    first = scene_last(scene, WIRE__ENVELOPE__BODY_INVENTORY);
    hellos = scene->heard_of[WIRE__ENVELOPE__BODY_AGENT_HELLO];
    scene_run(scene, 20 * SECOND);
    CU_ASSERT(scene_last(scene, WIRE__ENVELOPE__BODY_INVENTORY) != first);
    scene_answer_inventory(scene, 0, first);
    scene_run(scene, 60 * SECOND);
    CU_ASSERT(scene->heard_of[WIRE__ENVELOPE__BODY_HEARTBEAT] >= 10);
    CU_ASSERT_EQUAL(scene->heard_of[WIRE__ENVELOPE__BODY_AGENT_HELLO], hellos);
}

/* It was meant for the agent before this one, perhaps for the boot before this one. */
static void test_commands_of_another_session_are_ignored(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);

    scene_launch(scene, 17, 1, 4);
    scene->session++; /* the agent does not know of it */
    scene_launch(scene, 18, 1, 4);
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 4);
    CU_ASSERT_PTR_NULL(scene_report(scene, 18, 0, READY));
    CU_ASSERT_PTR_NULL(scene_report(scene, 17, 0, ENDED));
    scene->session--;
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NOT_NULL(scene_report(scene, 17, 0, ENDED));
}

/* A database that was restored from a backup does not know that the attempt was made. */
static void test_another_database_gives_an_attempt_again(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);

    scene_launch(scene, 16, 1, 4);
    scene_part_stop(scene, 0, 16, 0, 0);
    scene_run(scene, 300 * SECOND); /* forgotten */
    scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    scene->acknowledge = false; /* what is of the old one waits for the old one */
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_run(scene, SECOND);
    memset(scene->lineage, 0x66, sizeof(scene->lineage));
    scene->session++;
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    scene_run(scene, SECOND);
    for (int i = 0; i < 2; i++) {
        scene_launch(scene, 16, 1, 4);
        scene_launch(scene, 17, 1, 4);
        scene_run(scene, SECOND);
        CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 2);
        CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 0);
        scene_stop_agent(scene, 0); /* the journal tells the same */
        scene_start_agent(scene, 0);
        scene_run(scene, SECOND);
    }
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 3);
}

static void test_what_cannot_be_held_is_refused(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, NULL, NULL);
    struct runtime_simulated *runtime = scene->nodes[0].simulated;

    scene_launch(scene, 17, 1, 9);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, REFUSED), 1);
    scene_launch(scene, 18, 1, 6);
    scene_launch(scene, 19, 1, 6);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 18, 0, READY), 1);
    CU_ASSERT_EQUAL(scene_reports(scene, 19, 0, REFUSED), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(scene_report(scene, 19, 0, REFUSED)->text, "2 of n0 are free"));
    scene_part_stop(scene, 0, 18, 0, 0);
    scene_run(scene, SECOND);
    runtime_simulated_refuse(runtime, 1, 0);
    scene_launch(scene, 20, 1, 6);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 20, 0, REFUSED), 1);
    runtime_simulated_refuse(runtime, 0, 1);
    scene_launch(scene, 21, 1, 6);
    scene_run(scene, SECOND);
    scene_start(scene, 21, 1, 6);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 21, 0, REFUSED), 1);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
    CU_ASSERT_EQUAL(runtime_simulated_parts(runtime), 0);
}

static void test_script_that_cannot_start_is_refused(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, never_start, NULL);

    scene_launch(scene, 17, 1, 2);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 2);
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene_report(scene, 17, 0, REFUSED));
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, REFUSED)->text, "the directory is not there");
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
}

static void test_cores_are_free_only_when_nothing_is_left(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);

    scene_launch(scene, 17, 1, 8);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 8);
    runtime_simulated_resist(scene->nodes[0].simulated, 5);
    scene_run(scene, 11 * SECOND);
    CU_ASSERT_PTR_NULL(scene_report(scene, 17, 0, ENDED));
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 0);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
}

static void test_lease_ends_the_part(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(2, machine, NULL, NULL);

    scene->lease_us = 60 * SECOND;
    scene_launch(scene, 17, 2, 8);
    scene_run(scene, 300 * SECOND);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 1);
    scene->nodes[0].cut = true;
    scene_run(scene, 50 * SECOND);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 1);
    scene_run(scene, 15 * SECOND);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 0);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[1].agent), 1);
    scene->nodes[0].cut = false;
    scene_run(scene, 60 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
}

static void test_lost_contact_keeps_the_job(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, run_ten_seconds, NULL);

    scene_launch(scene, 17, 1, 8);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 1, 8);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene->nodes[0].dialled, 0);
    scene->nodes[0].cut = true;
    scene_run(scene, 3600 * SECOND);
    CU_ASSERT_PTR_NULL(scene_report(scene, 17, 0, ENDED));
    CU_ASSERT(scene->nodes[0].dialled > 100); /* or else as long as it takes to miss a connection */
    scene->nodes[0].cut = false;
    scene_run(scene, 60 * SECOND);
    scene->nodes[0].dialled = 0;
    scene_run(scene, 3600 * SECOND);
    CU_ASSERT_EQUAL(scene->nodes[0].dialled, 0);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->cause, WIRE__END_CAUSE__END_CAUSE_EXIT);
}

static void test_lower_epoch_is_refused(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, NULL, NULL);

    scene_launch(scene, 17, 1, 8);
    scene_run(scene, SECOND);
    scene->epoch = 6;
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 1);

    /* the highest is remembered over a restart */
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    scene_run(scene, 10 * SECOND);
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 1);
    scene->epoch = 8;
    scene_run(scene, 60 * SECOND);
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 0);
}

static void test_foreign_database_stops_nothing(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, NULL, NULL);

    scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    scene_stop_agent(scene, 0);
    memset(scene->lineage, 0x66, sizeof(scene->lineage));
    scene->verdict = WIRE__VERDICT__VERDICT_STOP;
    scene_start_agent(scene, 0);
    scene_run(scene, 60 * SECOND);
    scene_part_stop(scene, 0, 17, 0, 0);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 1);
    scene_launch(scene, 17, 1, 4); /* one of its own with the same number */
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, REFUSED), 1);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 1);

    /* the right one comes back */
    memset(scene->lineage, 0x55, sizeof(scene->lineage));
    scene->verdict = WIRE__VERDICT__VERDICT_KEEP;
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    scene_run(scene, 60 * SECOND);
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);

    /* with no job left, a new network may have the node */
    memset(scene->lineage, 0x77, sizeof(scene->lineage));
    scene->epoch = 1;
    scene_stop_agent(scene, 0);
    scene_start_agent(scene, 0);
    scene_run(scene, 60 * SECOND);
    scene_launch(scene, 19, 1, 4);
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 19, 0, READY), 1);
}

static void test_verdicts_are_followed(void)
{
    CLEANUP(scene_freep) struct scene *scene = scene_new(1, machine, NULL, NULL);

    scene_launch(scene, 17, 1, 4);
    scene_run(scene, SECOND);
    scene_stop_agent(scene, 0);
    scene->verdict = WIRE__VERDICT__VERDICT_UNKNOWN;
    scene_start_agent(scene, 0);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 1);
    scene_stop_agent(scene, 0);
    scene->verdict = WIRE__VERDICT__VERDICT_STOP;
    scene->acknowledge = false;
    scene_start_agent(scene, 0);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_EQUAL(agent_part_count(scene->nodes[0].agent), 0);
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 1);
    scene_stop_agent(scene, 0);
    scene->verdict = WIRE__VERDICT__VERDICT_FORGET;
    scene_start_agent(scene, 0);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_EQUAL(agent_reports_waiting(scene->nodes[0].agent), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"hello tells what the node is",            test_hello_tells_what_the_node_is            },
        {"a job runs and is reported",              test_job_runs_and_is_reported                },
        {"a launch that comes twice starts once",   test_launch_twice_starts_once                },
        {"reports are sent until acknowledged",     test_reports_are_sent_until_acknowledged     },
        {"a stop is TERM, then KILL",               test_stop_ends_with_term_then_kill           },
        {"a part without script ends when told",    test_part_without_script_ends_when_told      },
        {"an inventory is sent until answered",     test_an_inventory_is_sent_until_answered     },
        {"verdicts may take long",                  test_verdicts_may_take_long                  },
        {"commands of another session are ignored", test_commands_of_another_session_are_ignored },
        {"what cannot be held is refused",          test_what_cannot_be_held_is_refused          },
        {"a script that cannot start is refused",   test_script_that_cannot_start_is_refused     },
        {"cores are free when nothing is left",     test_cores_are_free_only_when_nothing_is_left},
        {"a lease ends the part",                   test_lease_ends_the_part                     },
        {"lost contact keeps the job",              test_lost_contact_keeps_the_job              },
        {"a lower epoch is refused",                test_lower_epoch_is_refused                  },
        {"a foreign database stops nothing",        test_foreign_database_stops_nothing          },
        {"another database gives an attempt again", test_another_database_gives_an_attempt_again },
        {"verdicts are followed",                   test_verdicts_are_followed                   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("agent", tests);
}
