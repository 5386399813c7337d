/* test_launch.c - what is sent to a node so that a job starts there */

#include "base/memory.h"
#include "scheduler/jobspec.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/agent_scene.h"

#include <stdlib.h>
#include <string.h>

/* A script of so many bytes, with the longest argument beside it. */
static void fill_large(struct asked *large, size_t script_size)
{
    char *argument = NEW_ARRAY(char, JOBSPEC_ARGUMENTS_MAX);
    char *script = NEW_ARRAY(char, script_size);

    memset(argument, 'a', JOBSPEC_ARGUMENTS_MAX - 1);
    memset(script, '#', script_size);
    memcpy(script, "#!/bin/sh\n", 10);
    large->spec.arguments = NEW_ARRAY(char *, 1);
    large->spec.arguments[0] = argument;
    large->spec.n_arguments = 1;
    large->scripts[0] = (ProtobufCBinaryData){script_size, (uint8_t *)script};
}

static void clear_large(struct asked *large)
{
    free(large->spec.arguments[0]);
    free(large->spec.arguments);
    free(large->scripts[0].data);
}

static void test_largest_is_launched(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(clear_large) struct asked large;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;

    scene_init(&scene);
    asked_init(&large);
    fill_large(&large, JOBSPEC_SCRIPT_MAX);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT(bench_does(&scene.bench, scene.ana, &large.ask, WIRE__ENVELOPE__BODY_SUBMITTED));
    launch = take_launch(&scene, scene.n1);
    CU_ASSERT_FATAL(launch != NULL);
    CU_ASSERT_EQUAL(launch->part_launch->script.len, JOBSPEC_SCRIPT_MAX);
    CU_ASSERT_EQUAL(strlen(launch->part_launch->arguments[0]), JOBSPEC_ARGUMENTS_MAX - 1);
}

/* No agent takes in so large a message.  The job does not wait for an answer that cannot come. */
static void test_too_large_is_refused(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(clear_large) struct asked large;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    CLEANUP(memory_freep) char *variable = NEW_ARRAY(char, JOBSPEC_ENVIRONMENT_MAX);
    char *environment[] = {variable};

    memset(variable, 'v', JOBSPEC_ENVIRONMENT_MAX - 1);
    memcpy(variable, "V=", 2);
    scene_init(&scene);
    asked_init(&large);
    fill_large(&large, JOBSPEC_SCRIPT_MAX);
    large.spec.environment = environment;
    large.spec.n_environment = COUNT_OF(environment);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT(bench_does(&scene.bench, scene.ana, &large.ask, WIRE__ENVELOPE__BODY_SUBMITTED));
    launch = take_launch(&scene, scene.n1);
    CU_ASSERT(launch == NULL);
    CU_ASSERT(job_of(&scene, 1)->refusal && strstr(job_of(&scene, 1)->refusal, "its launch has"));
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->hold, HOLD_REQUEUED); /* no node could do better */
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the largest script is launched", test_largest_is_launched },
        {"too large a launch is refused",  test_too_large_is_refused},
        CU_TEST_INFO_NULL,
    };

    return run_suite("launch", tests);
}
