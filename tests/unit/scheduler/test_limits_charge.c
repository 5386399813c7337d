/* test_limits_charge.c - what heterogeneous jobs count for in each of their partitions */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/het.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <string.h>

static void set(struct scene *scene, enum limit_of of, const char *name, enum limit_form form,
                enum limit_what what, int64_t amount)
{
    scene_step(scene, (struct event){
                          .kind = EVENT_LIMIT_SET, .limit_set = {of, name, form, what, amount}
    });
}

/* Two cores in the partition `batch`, and `tasks` in the second component's. */
static uint64_t submit(struct scene *scene, uint32_t tasks, const char *partition)
{
    struct request request = {.tasks = 2,
                              .limit_us = US_PER_HOUR,
                              .clusters = (char *)"alpha",
                              .partition = (char *)"batch",
                              .het = het_new(1)};
    uint64_t job;

    request.het->more[0].tasks = tasks;
    request.het->more[0].partition = memory_copy(partition);
    job = scene_submit(scene, request);
    het_free(request.het);
    return job;
}

static bool runs(const struct scene *scene, uint64_t job)
{
    return scene_find(scene, job)->state == JOB_CONFIGURING;
}

static int64_t used(const struct scene *scene, enum limit_of of, const char *name,
                    enum limit_what what)
{
    return limits_used(scene->core->limits, &(struct holder){.of = of, .name = (char *)name}, what,
                       scene->now_us);
}

static void open_scene(struct scene *scene)
{
    scene_init(scene);
    for (unsigned i = 1; i <= 6; i++) {
        char name[] = {'a', (char)('0' + i), '\0'};

        scene_join(scene, name, 4, "x");
    }
}

/* Each partition counts what is there; the cluster all of it, as one job. */
static void test_each_partition_has_its_share(void)
{
    struct scene scene;
    uint64_t job;

    open_scene(&scene);
    job = submit(&scene, 3, "lent");
    CU_ASSERT_FATAL(runs(&scene, job));
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/batch", LIMIT_CORES), 2);
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_CORES), 3);
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_JOBS), 1);
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_CORE_SECONDS), 3 * 3600);
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_CLUSTER, "alpha", LIMIT_CORES), 5);
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_CLUSTER, "alpha", LIMIT_JOBS), 1);
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_CLUSTER, "alpha", LIMIT_NODES), 2);
    scene_end(&scene, job, 0, END_BY_ITSELF, 0);
    scene_end(&scene, job, 1, END_STOPPED, 0);
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_CORES), 0);
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_CLUSTER, "alpha", LIMIT_CORES), 0);
    scene_clear(&scene);
}

/* Two components in one partition are one job there. */
static void test_one_partition_has_the_sum(void)
{
    struct scene scene;

    open_scene(&scene);
    CU_ASSERT(runs(&scene, submit(&scene, 3, "batch")));
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/batch", LIMIT_CORES), 5);
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/batch", LIMIT_JOBS), 1);
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/batch", LIMIT_NODES), 2);
    scene_clear(&scene);
}

/* A limit of the second one's partition keeps all of it, and is named. */
static void test_a_limit_holds_for_each_component(void)
{
    struct scene scene;
    uint64_t first, second;

    open_scene(&scene);
    set(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_TOTAL, LIMIT_CORES, 4);
    first = submit(&scene, 3, "lent");
    second = submit(&scene, 2, "lent");
    CU_ASSERT(runs(&scene, first));
    CU_ASSERT_FALSE(runs(&scene, second));
    CU_ASSERT_STRING_EQUAL(job_reason_name(scene_find(&scene, second)->reason), "QOSGrpCpuLimit");
    scene_end(&scene, first, 0, END_BY_ITSELF, 0);
    scene_end(&scene, first, 1, END_STOPPED, 0);
    CU_ASSERT(runs(&scene, second));
    scene_clear(&scene);
}

/* What the partition's limit could never let start is refused; the first one's does not count. */
static void test_what_could_never_start_is_refused(void)
{
    struct scene scene;

    open_scene(&scene);
    set(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_PER_JOB, LIMIT_CORES, 2);
    CU_ASSERT_EQUAL(submit(&scene, 3, "lent"), 0);
    CU_ASSERT(strstr(scene.err.text, "cores 3") && strstr(scene.err.text, "alpha/lent"));
    CU_ASSERT(submit(&scene, 2, "lent") > 0);
    CU_ASSERT(submit(&scene, 3, "batch") > 0);
    CU_ASSERT(submit(&scene, 3, "lent,batch") > 0);
    set(&scene, LIMIT_OF_PARTITION, "alpha/batch", LIMIT_PER_JOB, LIMIT_CORES, 4);
    CU_ASSERT_EQUAL(submit(&scene, 3, "lent,batch"), 0); /* two are the first one's */
    CU_ASSERT(strstr(scene.err.text, "cores 5") && strstr(scene.err.text, "alpha/batch"));
    CU_ASSERT(submit(&scene, 2, "lent,batch") > 0);
    scene_clear(&scene);
}

/* Where it has a choice, what is placed counts. */
static void test_a_choice_is_counted_where_it_is(void)
{
    struct scene scene;
    uint64_t job;

    open_scene(&scene);
    set(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_TOTAL, LIMIT_CORES, 2);
    job = submit(&scene, 3, "batch,lent");
    CU_ASSERT(runs(&scene, job));
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_CORES), 0);
    scene_clear(&scene);
}

/* A limit of one of them keeps it from that one, not from the other. */
static void test_a_choice_passes_over_a_limit(void)
{
    struct scene scene;
    uint64_t job;

    open_scene(&scene);
    set(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_TOTAL, LIMIT_CORES, 2);
    job = submit(&scene, 3, "lent,batch");
    CU_ASSERT(runs(&scene, job));
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_CORES), 0);
    set(&scene, LIMIT_OF_PARTITION, "alpha/batch", LIMIT_TOTAL, LIMIT_CORES, 7);
    CU_ASSERT(runs(&scene, submit(&scene, 1, "batch,lent")));
    CU_ASSERT_EQUAL(used(&scene, LIMIT_OF_PARTITION, "alpha/lent", LIMIT_CORES), 1);
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each partition has its share",      test_each_partition_has_its_share     },
        {"one partition has the sum",         test_one_partition_has_the_sum        },
        {"a limit holds for each component",  test_a_limit_holds_for_each_component },
        {"what could never start is refused", test_what_could_never_start_is_refused},
        {"a choice is counted where it is",   test_a_choice_is_counted_where_it_is  },
        {"a choice passes over a limit",      test_a_choice_passes_over_a_limit     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("limits_charge", tests);
}
