/* test_het.c - components of a heterogeneous job: sums, checks, and nodes for all at once */

#include "scheduler/core/constraints.h"
#include "scheduler/core/het.h"
#include "scheduler/core/policy.h"
#include "scheduler/core/request.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <stdlib.h>
#include <string.h>

/* tasks:cores per task, of each component behind the first; at most four. */
static struct het *make_het(const char *shapes)
{
    struct het *het = het_new((uint32_t)strlen(shapes) / 2);

    for (uint32_t i = 0; i < het->count; i++)
        het->more[i] = (struct request){.tasks = (uint32_t)(shapes[2 * i] - '0'),
                                        .cpus_per_task = (uint32_t)(shapes[2 * i + 1] - '0')};
    return het;
}

static uint64_t submit(struct scene *scene, struct request request, const char *shapes)
{
    uint64_t job;

    request.het = make_het(shapes);
    job = scene_submit(scene, request);
    het_free(request.het);
    return job;
}

static void test_sums(void)
{
    struct constraints gear = {.gpus_per_task = 2};
    struct request request = {.tasks = 2,
                              .cpus_per_task = 3,
                              .nodes_least = 1,
                              .memory_per_cpu = 10,
                              .het = make_het("4151")};
    struct request copy;

    request.het->more[0].nodes_least = request.het->more[1].nodes_least = 2;
    request.het->more[1].memory_per_node = 100;
    CU_ASSERT_EQUAL(het_size(&request), 3);
    CU_ASSERT_EQUAL(het_cores(&request), 15);
    CU_ASSERT_EQUAL(het_tasks(&request), 11);
    CU_ASSERT_EQUAL(het_nodes(&request), 5);
    CU_ASSERT_EQUAL(het_memory(&request), 260);
    CU_ASSERT_EQUAL(het_gpus(&request), 0);
    CU_ASSERT_FALSE(het_is_exclusive(&request));
    request.het->more[0].constraints = constraints_copy(&gear);
    request.het->more[1].exclusive = true;
    CU_ASSERT_EQUAL(het_gpus(&request), 8);
    CU_ASSERT(het_is_exclusive(&request));
    request_copy(&copy, &request);
    CU_ASSERT_PTR_NOT_EQUAL(copy.het, request.het);
    CU_ASSERT_EQUAL(het_cores(&copy), 15);
    CU_ASSERT_EQUAL(het_gpus(&copy), 8);
    request_clear(&copy);
    het_free(request.het);
}

static void test_keys(void)
{
    CLEANUP(buffer_clear) struct buffer one, other;
    struct request request = {.tasks = 1, .het = make_het("11")};

    buffer_init(&one);
    buffer_init(&other);
    request_add_key(&request, &one);
    request.het->more[0].tasks = 2;
    request_add_key(&request, &other);
    CU_ASSERT_EQUAL(one.length, other.length);
    CU_ASSERT(memcmp(one.bytes, other.bytes, one.length) != 0);
    het_free(request.het);
}

/* Each on nodes of its own; the one that only large nodes can serve has them. */
static void test_nodes(void)
{
    struct scene scene;
    const struct job *job;
    uint64_t id;

    scene_init(&scene);
    scene_join(&scene, "n1", 2, "a");
    scene_join(&scene, "n2", 8, "a");
    id = submit(&scene, (struct request){.tasks = 2}, "18");
    job = scene_find(&scene, id);
    CU_ASSERT_EQUAL_FATAL(job->part_count, 2);
    CU_ASSERT_STRING_EQUAL(job->parts[0].node->name, "n1");
    CU_ASSERT_STRING_EQUAL(job->parts[1].node->name, "n2");
    CU_ASSERT_EQUAL(job->parts[1].component, 1);
    CU_ASSERT_EQUAL(het_cores_of(job, 0), 2);
    CU_ASSERT_EQUAL(het_cores_of(job, 1), 8);
    CU_ASSERT_EQUAL(job_cores(job), 10);
    CU_ASSERT_PTR_EQUAL(het_partition(job, 1), job->partition);
    scene_clear(&scene);
}

/* Its components have numbers, which are the job's and no other's. */
static void test_numbers(void)
{
    struct scene scene;
    uint64_t id, next;

    scene_init(&scene);
    scene_join(&scene, "n1", 4, "a");
    scene_join(&scene, "n2", 4, "a");
    id = submit(&scene, (struct request){.tasks = 4}, "41");
    next = scene_submit(&scene, (struct request){.tasks = 1});
    CU_ASSERT_EQUAL(next, id + 2);
    CU_ASSERT_PTR_EQUAL(core_find_element(scene.core, id + 1), scene_find(&scene, id));
    CU_ASSERT_PTR_NULL(core_find_job(scene.core, id + 1));
    CU_ASSERT_EQUAL(het_component(scene_find(&scene, id), id + 1), 1);
    CU_ASSERT_EQUAL(het_component(scene_find(&scene, id), next), 0);
    CU_ASSERT_FALSE(het_has_id(scene_find(&scene, id), next));
    scene_job(&scene, EVENT_JOB_CANCELLED, id + 1, "ana");
    CU_ASSERT_EQUAL(scene_find(&scene, id)->state, JOB_COMPLETING);
    scene_clear(&scene);
}

static void test_refusals(void)
{
    static const struct {
        struct request more;
        const char *says;
    } cases[] = {
        {{.tasks = 1, .begin_us = 1},               "--begin holds for the whole job" },
        {{.tasks = 1, .limit_us = 2 * US_PER_HOUR}, "--time holds for the whole job"  },
        {{.tasks = 1, .nice = 1},                   "--nice holds for the whole job"  },
        {{.tasks = 9},                              "component 1: More processors"    },
        {{.tasks = 4, .partition = (char *)"none"}, "component 1: no partition none"  },
        {{.tasks = 3, .nodes_least = 3},            "component 1: Requested node"     },
        {{.tasks = 2, .nodes_least = 2},            "for all components at once, each"},
    };
    struct scene scene;

    scene_init(&scene);
    scene_join(&scene, "n1", 4, "a");
    scene_join(&scene, "n2", 4, "a");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct request request = {.tasks = 1, .limit_us = US_PER_HOUR, .het = het_new(1)};

        request.clusters = (char *)"alpha"; /* of the other no node is known */
        request.het->more[0] = cases[i].more;
        CU_ASSERT_EQUAL(scene_submit(&scene, request), 0);
        CU_ASSERT(strstr(scene.err.text, cases[i].says) != NULL);
        free(request.het); /* its texts are constants */
    }
    scene_clear(&scene);
}

/* The time that is promised is one at which all fit; it is kept under either backfill. */
static void test_later(void)
{
    static const char *const policies[] = {"easy", "conservative"};

    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        struct scene scene;
        const struct job *job;
        uint64_t first, id, last;

        scene_init_with(&scene, policy_find(policies[i]), (struct priority_settings){0});
        scene_join(&scene, "n1", 4, "a");
        scene_join(&scene, "n2", 4, "a");
        first = scene_submit(&scene, (struct request){.tasks = 3, .limit_us = US_PER_HOUR});
        scene_news(&scene, EVENT_PART_STARTED, first, 0);
        id = submit(&scene, (struct request){.tasks = 4, .limit_us = US_PER_HOUR}, "41");
        job = scene_find(&scene, id);
        CU_ASSERT_EQUAL(job->state, JOB_PENDING);
        CU_ASSERT_EQUAL(job->planned_us, SCENE_START + US_PER_HOUR);
        last = scene_submit(&scene, (struct request){.tasks = 1, .limit_us = 2 * US_PER_HOUR});
        CU_ASSERT_EQUAL(scene_find(&scene, last)->state, JOB_PENDING);
        last = scene_submit(&scene, (struct request){.tasks = 4, .limit_us = US_PER_HOUR / 2});
        CU_ASSERT_EQUAL(scene_find(&scene, last)->state, JOB_CONFIGURING);
        scene_news(&scene, EVENT_PART_STARTED, last, 0);
        scene_end(&scene, last, 0, END_BY_ITSELF, 0);
        scene_end(&scene, first, 0, END_BY_ITSELF, 0);
        CU_ASSERT_EQUAL(scene_find(&scene, id)->state, JOB_CONFIGURING);
        scene_clear(&scene);
    }
}

/* What is refused on one node is refused as a whole: all of it waits again. */
static void test_refused_launch(void)
{
    struct scene scene;
    const struct job *job;
    uint64_t id;

    scene_init(&scene);
    scene_join(&scene, "n1", 4, "a");
    scene_join(&scene, "n2", 4, "a");
    id = submit(&scene, (struct request){.tasks = 4}, "41");
    scene_news(&scene, EVENT_PART_READY, id, 0);
    scene_news(&scene, EVENT_PART_REFUSED, id, 1);
    scene_end(&scene, id, 0, END_STOPPED, 0);
    job = scene_find(&scene, id);
    CU_ASSERT_EQUAL(job->attempt, 1);
    scene_pass(&scene, US_PER_MINUTE);
    CU_ASSERT_EQUAL(job->attempt, 2); /* there are no other nodes */
    CU_ASSERT_EQUAL(job->state, JOB_CONFIGURING);
    CU_ASSERT_EQUAL(job->part_count, 2);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"sums over components, and copies",                 test_sums          },
        {"requests with other components are told apart",    test_keys          },
        {"each component has nodes of its own",              test_nodes         },
        {"each component has a number of the job",           test_numbers       },
        {"what cannot be is refused with its component",     test_refusals      },
        {"all are promised one time, and the promise holds", test_later         },
        {"a launch that is refused is refused for all",      test_refused_launch},
        CU_TEST_INFO_NULL,
    };

    return run_suite("het", tests);
}
