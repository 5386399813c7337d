/* test_explain.c - what a job costs, as it is told before */

#include "scheduler/explain.h"

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Where it is, in the partition that took it, with what its quality of service adds. */
static void test_the_price_is_the_charge(void)
{
    struct request request = {.partition = (char *)"lent,batch",
                              .clusters = (char *)"alpha",
                              .tasks = 2,
                              .nodes_least = 1,
                              .limit_us = INT64_MAX};
    struct explanation *explanation = NEW(struct explanation);
    struct scene scene;
    uint64_t job;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    CU_ASSERT_FATAL(null >= 0);
    scene_init(&scene);
    inventory_cluster(scene.core->inventory, 0)->partitions[1].up = false;
    scene_join(&scene, "a1", 4, "x");
    job = scene_submit(&scene, request);
    CU_ASSERT_FATAL(scene_find(&scene, job)->part_count == 1);
    core_seek_job(scene.core, job)->request.surcharge_ppm = 500000;
    explain(scene.core, job, US_PER_SECOND, null, explanation);
    CU_ASSERT_EQUAL(explanation->cost.limit_us, US_PER_DAY);
    CU_ASSERT_EQUAL(explanation->cost.price_micro, INT64_C(72000000)); /* 2 cores x 24 h x 1.5 */
    CU_ASSERT(explanation->cost.hold_micro > explanation->cost.price_micro);
    scene_clear(&scene);
    free(explanation);
    close(null);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the price is the charge", test_the_price_is_the_charge},
        CU_TEST_INFO_NULL,
    };

    return run_suite("explain", tests);
}
