/* test_hook.c - prolog and epilog of a part: each once, in its place, whatever is restarted */

#include "tests/lib/runner.h"
#include "tests/unit/agent/scene.h"

#include <string.h>

#define READY   WIRE__PART_EVENT__PART_EVENT_READY
#define STARTED WIRE__PART_EVENT__PART_EVENT_STARTED
#define ENDED   WIRE__PART_EVENT__PART_EVENT_ENDED
#define REFUSED WIRE__PART_EVENT__PART_EVENT_REFUSED

static const char machine[] = "synthetic:package:2 numa:1 core:4 pu:1";

/* Hooks take five seconds, the batch script ten. */
struct fate {
    uint32_t prolog_code, epilog_code;
    bool prolog_fails;
};

static struct simulated_plan go_as_fated(void *owner, const struct task_start *start)
{
    const struct fate *fate = owner;

    if (start->key.step == STEP_PROLOG)
        return (struct simulated_plan){
            .run_us = 5 * SECOND, .exit_code = fate->prolog_code, .fails = fate->prolog_fails};
    if (start->key.step == STEP_EPILOG)
        return (struct simulated_plan){.run_us = 5 * SECOND, .exit_code = fate->epilog_code};
    return (struct simulated_plan){.run_us = 10 * SECOND, .exit_code = 3};
}

/* Job 17 was launched just now. */
static struct scene *hooked_scene(struct fate *fate, bool prolog, bool epilog)
{
    struct scene *scene = scene_new(1, machine, go_as_fated, fate);

    runtime_simulated_hooks(scene->nodes[0].simulated, prolog, epilog);
    scene_start(scene, 17, 1, 4);
    return scene;
}

static const char *variable(const struct scene *scene, uint64_t step, const char *name)
{
    const struct task_key key = scene_key(17, 0, step);
    const char *value = runtime_simulated_variable(scene->nodes[0].simulated, &key, name);

    return value ? value : "(none)";
}

static void test_each_in_its_place(void)
{
    struct fate fate = {0};
    CLEANUP(scene_freep) struct scene *scene = hooked_scene(&fate, true, true);
    struct runtime_simulated *node = scene->nodes[0].simulated;

    scene_run(scene, 4 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_starts(node), 1);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 0);
    CU_ASSERT_STRING_EQUAL(variable(scene, STEP_PROLOG, "TEQUIO_JOB_ID"), "17");
    CU_ASSERT_STRING_EQUAL(variable(scene, STEP_PROLOG, "TEQUIO_HOOK"), "prolog");
    CU_ASSERT_STRING_EQUAL(variable(scene, STEP_PROLOG, "TEQUIO_JOB_NAME"), "(none)");
    scene_run(scene, 2 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 1);
    scene_run(scene, 10 * SECOND); /* the script has ended, the epilog runs */
    CU_ASSERT_EQUAL(runtime_simulated_starts(node), 3);
    CU_ASSERT_STRING_EQUAL(variable(scene, STEP_EPILOG, "TEQUIO_JOB_EXIT_CODE"), "3");
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 0);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 4);
    scene_run(scene, 6 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->exit_code, 3);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->cpu_used_us, 10 * SECOND);
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, ENDED)->trouble, "");
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
    CU_ASSERT_EQUAL(runtime_simulated_parts(node), 0);
}

static void test_a_prolog_that_fails_refuses(void)
{
    struct fate fate = {.prolog_code = 7};
    CLEANUP(scene_freep) struct scene *scene = hooked_scene(&fate, true, true);
    const struct task_key key = scene_key(17, 0, STEP_PROLOG);

    scene_run(scene, 4 * SECOND);
    runtime_simulated_write(scene->nodes[0].simulated, &key, false, "no scratch\nmore\n");
    scene_run(scene, 2 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, REFUSED), 0); /* the epilog undoes what it did */
    scene_run(scene, 6 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, REFUSED), 1);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 0);
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, REFUSED)->trouble,
                           "prolog of job 17 failed with status 7: no scratch");
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 2);
    CU_ASSERT_EQUAL(agent_cores_left(scene->nodes[0].agent), 8);
}

static void test_a_prolog_that_cannot_start_refuses(void)
{
    struct fate fate = {.prolog_fails = true};
    CLEANUP(scene_freep) struct scene *scene = hooked_scene(&fate, true, false);

    scene_run(scene, 2 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, REFUSED), 1);
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, REFUSED)->trouble,
                           "prolog of job 17 cannot start: the directory is not there");
}

static void test_an_epilog_that_fails_is_told(void)
{
    struct fate fate = {.epilog_code = 1};
    CLEANUP(scene_freep) struct scene *scene = hooked_scene(&fate, false, true);

    scene_run(scene, 20 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->exit_code, 3);
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, ENDED)->trouble,
                           "epilog of job 17 failed with status 1");
}

/* An agent that is killed at any second starts nothing twice, and leaves nothing out. */
static void test_once_over_restarts(void)
{
    for (int second = 0; second < 22; second++) {
        struct fate fate = {.epilog_code = 1};
        CLEANUP(scene_freep) struct scene *scene = hooked_scene(&fate, true, true);

        scene_run(scene, second * SECOND + SECOND / 2);
        scene_stop_agent(scene, 0);
        scene_run(scene, 3 * SECOND);
        scene_start_agent(scene, 0);
        scene_run(scene, 30 * SECOND);
        CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 3);
        CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, STARTED), 1);
        CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(scene_report(scene, 17, 0, ENDED)->trouble, "failed with status 1"));
    }
}

static void test_a_job_that_is_stopped_ends_its_prolog(void)
{
    struct fate fate = {0};
    CLEANUP(scene_freep) struct scene *scene = hooked_scene(&fate, true, true);

    scene_run(scene, SECOND);
    scene_part_stop(scene, 0, 17, 0, 15); /* a signal is for its tasks: there are none */
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_live(scene->nodes[0].simulated), 1);
    scene_part_stop(scene, 0, 17, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT_STRING_EQUAL(variable(scene, STEP_EPILOG, "TEQUIO_HOOK"), "epilog");
    scene_run(scene, 6 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_STRING_EQUAL(scene_report(scene, 17, 0, ENDED)->trouble, "");
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->wall_used_us, 0);
    CU_ASSERT_EQUAL(runtime_simulated_starts(scene->nodes[0].simulated), 2);
}

static void test_they_wait_for_the_launcher(void)
{
    struct fate fate = {0};
    CLEANUP(scene_freep) struct scene *scene = hooked_scene(&fate, true, true);
    struct runtime_simulated *node = scene->nodes[0].simulated;

    runtime_simulated_leave(node, true);
    scene_run(scene, 20 * SECOND);
    runtime_simulated_leave(node, false);
    scene_run(scene, 12 * SECOND);
    CU_ASSERT_EQUAL(runtime_simulated_starts(node), 2);
    runtime_simulated_leave(node, true);
    scene_run(scene, 120 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 0);
    runtime_simulated_leave(node, false);
    scene_run(scene, 40 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_EQUAL(runtime_simulated_starts(node), 3);
}

/* What went down with its machine needs no epilog. */
static void test_none_behind_a_reboot(void)
{
    struct fate fate = {0};
    CLEANUP(scene_freep) struct scene *scene = hooked_scene(&fate, true, true);
    struct scene_node *node = &scene->nodes[0];

    scene_run(scene, 8 * SECOND);
    scene_stop_agent(scene, 0);
    runtime_simulated_reboot(node->simulated);
    node->boot_id[0] = node->boot_id[0] == 'a' ? 'b' : 'a';
    scene_start_agent(scene, 0);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT_EQUAL(scene_reports(scene, 17, 0, ENDED), 1);
    CU_ASSERT_EQUAL(scene_report(scene, 17, 0, ENDED)->cause, WIRE__END_CAUSE__END_CAUSE_REBOOT);
    CU_ASSERT_EQUAL(runtime_simulated_starts(node->simulated), 2);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each in its place",                     test_each_in_its_place                    },
        {"a prolog that fails refuses",           test_a_prolog_that_fails_refuses          },
        {"a prolog that cannot start refuses",    test_a_prolog_that_cannot_start_refuses   },
        {"an epilog that fails is told",          test_an_epilog_that_fails_is_told         },
        {"once, over restarts at any second",     test_once_over_restarts                   },
        {"a job that is stopped ends its prolog", test_a_job_that_is_stopped_ends_its_prolog},
        {"they wait for the launcher",            test_they_wait_for_the_launcher           },
        {"none behind a reboot",                  test_none_behind_a_reboot                 },
        CU_TEST_INFO_NULL,
    };

    return run_suite("hook", tests);
}
