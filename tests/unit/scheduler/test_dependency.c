/* test_dependency.c - jobs that wait for others, from the message to the store and back */

#include "base/parse.h"
#include "base/random.h"
#include "scheduler/core/dependency.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <stdio.h>
#include <string.h>

static char script[] = "#!/bin/sh\ntrue\n";

#define OK     WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER_OK
#define NOT_OK WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER_NOT_OK
#define ANY    WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER_ANY
#define AFTER  WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER

/* A submission of one job that depends on one other. */
struct
try {
    Wire__Envelope ask;
    Wire__Submit submit;
    Wire__JobSpec spec;
    Wire__JobSpec *specs[1];
    Wire__Dependency dependency;
    Wire__Dependency *dependencies[1];
    ProtobufCBinaryData scripts[1];
    uint8_t key[16];
};

static void try_init(struct try *one, Wire__DependencyKind kind, uint64_t job)
{
    wire__envelope__init(&one->ask);
    wire__submit__init(&one->submit);
    wire__job_spec__init(&one->spec);
    wire__dependency__init(&one->dependency);
    one->dependency.kind = kind;
    one->dependency.job = job;
    one->dependencies[0] = &one->dependency;
    one->spec.dependencies = one->dependencies;
    one->spec.n_dependencies = 1;
    one->spec.limit_us = US_PER_MINUTE;
    one->specs[0] = &one->spec;
    one->scripts[0] = (ProtobufCBinaryData){sizeof(script) - 1, (uint8_t *)script};
    random_fill(one->key, sizeof(one->key));
    one->submit.key = (ProtobufCBinaryData){sizeof(one->key), one->key};
    one->submit.jobs = one->specs;
    one->submit.n_jobs = 1;
    one->submit.scripts = one->scripts;
    one->submit.n_scripts = 1;
    one->ask.body_case = WIRE__ENVELOPE__BODY_SUBMIT;
    one->ask.submit = &one->submit;
}

struct scene {
    struct bench bench;
    struct caller *ana, *node;
};

static void scene_init(struct scene *scene)
{
    bench_init(&scene->bench);
    bench_books(&scene->bench, "ana");
    scene->ana = bench_person(&scene->bench, "ana", NULL, NULL, NULL);
    scene->node = bench_node_key(&scene->bench, "n1", "sur");
    CU_ASSERT(bench_join(&scene->bench, scene->node, "n1"));
}

static void scene_clear(struct scene *scene)
{
    bench_clear(&scene->bench);
}

/* The new job's id. */
static uint64_t submit(struct scene *scene, Wire__DependencyKind kind, uint64_t parent)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct try one;

    try_init(&one, kind, parent);
    answer = bench_ask(&scene->bench, scene->ana, &one.ask);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_SUBMITTED);
    return answer->submitted->first_ids[0];
}

static bool is_shown(struct scene *scene, uint64_t job, const char *state, const char *dependency)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobShow show = WIRE__JOB_SHOW__INIT;
    const Wire__JobView *view;

    show.job = job;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    ask.job_show = &show;
    answer = bench_ask(&scene->bench, scene->ana, &ask);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_SHOWN);
    view = answer->job_shown->job;
    if (strcmp(view->state, state) == 0 && strcmp(view->dependency, dependency) == 0)
        return true;
    printf("# job %u: %s %s\n", (unsigned)job, view->state, view->dependency);
    return false;
}

/* The parent has long been forgotten: what became of it is in the store. */
static void test_resolved_from_history(void)
{
    CLEANUP(scene_clear) struct scene scene;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(bench_run_job(&scene.bench, scene.node, 0));
    bench_pass(&scene.bench, US_PER_HOUR);
    CU_ASSERT(bench_join(&scene.bench, scene.node, "n1"));
    CU_ASSERT_PTR_NULL(core_find_job(service_core(scene.bench.service), 1));
    CU_ASSERT_EQUAL(submit(&scene, OK, 1), 2);
    CU_ASSERT(is_shown(&scene, 2, "CONFIGURING", "afterok:1(fulfilled)"));
    CU_ASSERT_EQUAL(submit(&scene, NOT_OK, 1), 3);
    CU_ASSERT(is_shown(&scene, 3, "CANCELLED", "afternotok:1(failed)"));
    bench_pass(&scene.bench, US_PER_HOUR);
    CU_ASSERT_PTR_NULL(core_find_job(service_core(scene.bench.service), 3));
    CU_ASSERT(is_shown(&scene, 3, "CANCELLED", "afternotok:1(failed)"));
}

static void test_over_a_restart(void)
{
    CLEANUP(scene_clear) struct scene scene;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT_EQUAL(submit(&scene, OK, 1), 2);
    CU_ASSERT_EQUAL(submit(&scene, OK, 2), 3);
    CU_ASSERT_EQUAL(submit(&scene, NOT_OK, 1), 4);
    bench_restart(&scene.bench);
    CU_ASSERT(bench_join(&scene.bench, scene.node, "n1"));
    CU_ASSERT(is_shown(&scene, 3, "PENDING", "afterok:2(unfulfilled)"));
    CU_ASSERT(bench_run_job(&scene.bench, scene.node, 1));
    CU_ASSERT(is_shown(&scene, 2, "CANCELLED", "afterok:1(failed)"));
    CU_ASSERT(is_shown(&scene, 3, "CANCELLED", "afterok:2(failed)"));
    CU_ASSERT(is_shown(&scene, 4, "CONFIGURING", "afternotok:1(fulfilled)"));
    /* What is known of a parent that is gone is known after a restart, too. */
    bench_restart(&scene.bench);
    CU_ASSERT(is_shown(&scene, 4, "CONFIGURING", "afternotok:1(fulfilled)"));
}

static void add_member(struct bench *bench, const char *user)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UserAdd member = WIRE__USER_ADD__INIT;
    uint8_t key[16];

    random_fill(key, sizeof(key));
    member.key = (ProtobufCBinaryData){sizeof(key), key};
    member.name = (char *)(uintptr_t)user;
    member.project = (char *)"fisica";
    ask.body_case = WIRE__ENVELOPE__BODY_USER_ADD;
    ask.user_add = &member;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));
}

static void test_refused(void)
{
    CLEANUP(scene_clear) struct scene scene;
    struct caller *eva;
    struct try one;

    scene_init(&scene);
    try_init(&one, ANY, 7);
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &one.ask, ERROR_NOT_FOUND, "no job 7"));
    try_init(&one, ANY, 1); /* itself */
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &one.ask, ERROR_NOT_FOUND, "no job 1"));
    try_init(&one, ANY, UINT64_MAX);
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &one.ask, ERROR_NOT_FOUND, "no job"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    try_init(&one, OK, 1);
    one.dependency.state = DEPENDENCY_MET;
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &one.ask, ERROR_INVALID, "not for the asker"));
    try_init(&one, OK, 1);
    one.dependency.delay_us = 1;
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &one.ask, ERROR_INVALID, "only after"));
    try_init(&one, (Wire__DependencyKind)99, 1);
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &one.ask, ERROR_INVALID, "kind 99"));
    eva = bench_person(&scene.bench, "eva", NULL, NULL, NULL);
    add_member(&scene.bench, "eva");
    try_init(&one, OK, 1);
    CU_ASSERT(bench_refuses(&scene.bench, eva, &one.ask, ERROR_DENIED, "somebody else"));
}

static void test_text(void)
{
    CLEANUP(buffer_clear) struct buffer text;
    CLEANUP(memory_freep) struct dependencies *dependencies = dependencies_new(3);
    int64_t from_us;

    buffer_init(&text);
    dependencies->any = true;
    dependencies->all[0] = (struct dependency){.kind = DEPENDENCY_AFTER_OK, .parent = 17};
    dependencies->all[1] =
        (struct dependency){.kind = DEPENDENCY_AFTER, .parent = 18, .delay_us = 5 * US_PER_MINUTE};
    dependencies->all[2] = (struct dependency){.kind = DEPENDENCY_SINGLETON};
    CU_ASSERT(dependency_settle(&dependencies->all[0], JOB_FAILED, 1, 2, 9));
    CU_ASSERT(dependency_settle(&dependencies->all[1], JOB_RUNNING, 1, 0, 9));
    CU_ASSERT_FALSE(dependency_settle(&dependencies->all[1], JOB_COMPLETED, 1, 2, 9));
    dependencies_print(dependencies, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes,
                           "afterok:17(failed)?after:18+5(fulfilled)?singleton(unfulfilled)");
    CU_ASSERT_EQUAL(dependencies_state(dependencies, &from_us), DEPENDENCY_MET);
    CU_ASSERT_EQUAL(from_us, 1 + 5 * US_PER_MINUTE);
    /* The clock was put back after the start. */
    CU_ASSERT(dependency_settle(&dependencies->all[1], JOB_RUNNING, US_PER_HOUR, 0, 7));
    CU_ASSERT_EQUAL(dependencies->all[1].from_us, 7 + 5 * US_PER_MINUTE);
    dependencies->any = false;
    CU_ASSERT_EQUAL(dependencies_state(dependencies, &from_us), DEPENDENCY_NEVER);
    CU_ASSERT_EQUAL(dependencies_state(NULL, &from_us), DEPENDENCY_MET);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"of a job that was forgotten the store knows the end", test_resolved_from_history},
        {"dependencies live through a restart",                 test_over_a_restart       },
        {"what cannot be waited for is refused",                test_refused              },
        {"dependencies as text, and together",                  test_text                 },
        CU_TEST_INFO_NULL,
    };

    return run_suite("dependency", tests);
}
