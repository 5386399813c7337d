/* test_explain.c - what a job costs, as it is told before */

#include "scheduler/explain.h"

#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where it is, in the partition that took it, with what its quality of service adds. */
/* What is written about the one of that number. */
static bool ask(struct core *core, const struct outline *outlines, uint32_t count, uint32_t number,
                struct explanation *ret_explanation)
{
    int output = memfd_create("explanations", MFD_CLOEXEC);
    CLEANUP(memory_freep) char *bytes = NULL;
    off_t size;
    bool good;

    CU_ASSERT_FATAL(output >= 0);
    explain_outlines(core, outlines, count, 4 * US_PER_SECOND, output);
    size = lseek(output, 0, SEEK_END);
    bytes = NEW_ARRAY(char, (size_t)size + 1);
    CU_ASSERT(pread(output, bytes, (size_t)size, 0) == size);
    good = explanation_read(bytes, (size_t)size, number, ret_explanation);
    close(output);
    return good;
}

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

    scene_init(&scene);
    inventory_cluster(scene.core->inventory, 0)->partitions[1].up = false;
    scene_join(&scene, "a1", 4, "x");
    job = scene_submit(&scene, request);
    CU_ASSERT_FATAL(scene_find(&scene, job)->part_count == 1);
    core_seek_job(scene.core, job)->request.surcharge_ppm = 500000;
    CU_ASSERT_FATAL(ask(scene.core, &(struct outline){job, job + 1}, 1, 0, explanation));
    CU_ASSERT_EQUAL(explanation->cost.limit_us, US_PER_DAY);
    CU_ASSERT_EQUAL(explanation->cost.price_micro, INT64_C(72000000)); /* 2 cores x 24 h x 1.5 */
    CU_ASSERT(explanation->cost.hold_micro > explanation->cost.price_micro);
    scene_clear(&scene);
    free(explanation);
}

/* Five elements of an hour where two fit at a time, and another job that comes behind them. */
static void test_all_that_are_tried(void)
{
    CLEANUP(elements_clear) struct elements elements = {0};
    struct request request = {
        .tasks = 2, .nodes_least = 1, .clusters = (char *)"alpha", .limit_us = US_PER_HOUR};
    struct submission submission = {.copies = 1,
                                    .name = "job",
                                    .user = "ana",
                                    .project = "astro",
                                    .request = &request,
                                    .elements = &elements};
    struct explanation *explanation = NEW(struct explanation);
    struct outline outlines[2];
    struct scene scene;

    for (uint32_t i = 0; i < 5; i++)
        elements_append(&elements, i);
    scene_init(&scene);
    scene_join(&scene, "a1", 4, "x");
    CU_ASSERT_FATAL(core_check_request(scene.core, &request, "ana", "astro", 1, &scene.err));
    for (unsigned i = 0; i < 2; i++) {
        outlines[i].first = core_try_submission(scene.core, &submission, scene.now_us);
        outlines[i].next = core_next_job(scene.core);
        submission.elements = NULL;
    }
    CU_ASSERT_FATAL(ask(scene.core, outlines, 2, 0, explanation));
    CU_ASSERT(explanation->complete && explanation->count == 5 && explanation->starting == 2);
    CU_ASSERT_STRING_EQUAL(explanation->now.nodes, "a1");
    CU_ASSERT(explanation->latest.known && explanation->latest.at_us == SCENE_START + US_PER_HOUR);
    CU_ASSERT_STRING_EQUAL(explanation->latest.where.place, "alpha/batch");
    CU_ASSERT(explanation->last.known && explanation->last.at_us == SCENE_START + 2 * US_PER_HOUR);
    CU_ASSERT_FATAL(ask(scene.core, outlines, 2, 1, explanation));
    CU_ASSERT(explanation->count == 1 && explanation->starting == 0 && !explanation->now.started);
    CU_ASSERT(explanation->latest.at_us == SCENE_START + 2 * US_PER_HOUR);
    CU_ASSERT_FALSE(ask(scene.core, outlines, 1, 1, explanation));
    scene_clear(&scene);
    free(explanation);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the price is the charge",            test_the_price_is_the_charge},
        {"each job and element that is tried", test_all_that_are_tried     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("explain", tests);
}
