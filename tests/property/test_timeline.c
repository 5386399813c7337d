/* test_timeline.c - what comes free when, against a model that walks the jobs */

#include "scheduler/core/inventory.h"
#include "scheduler/core/timeline.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#define JOBS   400
#define NODES  4
#define CORES  64
#define ROUNDS 6000

struct scene {
    struct timeline timeline;
    struct node nodes[NODES];
    struct job jobs[JOBS];
    struct part parts[JOBS];
    bool placed[JOBS];
    int64_t end_us[JOBS];
};

static void check_order(const struct scene *scene)
{
    struct timeline_place place = {0};
    const struct timeline_entry *entry;
    struct timeline_entry before = {0};
    size_t count = 0, walked = 0;

    for (size_t i = 0; i < JOBS; i++)
        count += scene->placed[i];
    for (; (entry = timeline_next(&scene->timeline, &place)); walked++) {
        CU_ASSERT_FATAL(scene->end_us[entry->job->id] == entry->end_us);
        CU_ASSERT(entry->job->expected_us == entry->end_us);
        CU_ASSERT(!before.job || before.end_us < entry->end_us ||
                  (before.end_us == entry->end_us && before.job->id < entry->job->id));
        before = *entry;
    }
    CU_ASSERT_EQUAL_FATAL(scene->timeline.count, count);
    CU_ASSERT_EQUAL_FATAL(walked, count);
}

static uint64_t freed_by(const struct scene *scene, int64_t at_us)
{
    uint64_t cores = 0;

    for (size_t i = 0; i < JOBS; i++)
        if (scene->placed[i] && scene->end_us[i] <= at_us)
            cores += scene->parts[i].cores_held;
    return cores;
}

static void check_seek(const struct scene *scene, uint64_t wanted, int64_t least_us)
{
    int64_t first_us = least_us;
    uint64_t cores = 0;

    while (first_us < 60 && freed_by(scene, first_us) < wanted)
        first_us++;
    if (first_us == 60)
        first_us = INT64_MAX;
    CU_ASSERT_EQUAL(timeline_seek(&scene->timeline, wanted, least_us, &cores), first_us);
    if (first_us != INT64_MAX)
        CU_ASSERT_EQUAL(cores, freed_by(scene, first_us));
}

static void check_free(const struct scene *scene, int64_t at_us)
{
    for (size_t i = 0; i < NODES; i++) {
        uint32_t cores = CORES;
        uint64_t memory = 1000;

        for (size_t j = 0; j < JOBS; j++) {
            if (!scene->placed[j] || scene->parts[j].node != &scene->nodes[i] ||
                scene->end_us[j] <= at_us)
                continue;
            cores = cores > scene->parts[j].cores_held ? cores - scene->parts[j].cores_held : 0;
            memory =
                memory > scene->parts[j].memory_bytes ? memory - scene->parts[j].memory_bytes : 0;
        }
        CU_ASSERT_EQUAL(timeline_free_cores(&scene->nodes[i], at_us), cores);
        CU_ASSERT_EQUAL(timeline_free_memory(&scene->nodes[i], at_us), memory);
    }
}

static void place(struct scene *scene, struct test_random *random, size_t job, int64_t end_us)
{
    struct part *part = &scene->parts[job];

    *part = (struct part){
        .node = &scene->nodes[test_random_below(random, NODES)],
        .job = &scene->jobs[job],
        .cores_held = 1 + test_random_below(random, 8),
        .memory_bytes = test_random_below(random, 100),
    };
    scene->jobs[job].parts = part;
    scene->jobs[job].part_count = 1;
    list_add_last(&part->node->parts, &part->of_node);
    timeline_add(&scene->timeline, &scene->jobs[job], end_us);
    scene->placed[job] = true;
    scene->end_us[job] = end_us;
}

static void test_agrees_with_the_model(void)
{
    struct test_random random = test_random_from_environment();
    static struct scene scene;

    timeline_init(&scene.timeline);
    for (size_t i = 0; i < NODES; i++) {
        scene.nodes[i].cores = CORES;
        scene.nodes[i].memory_bytes = 1000;
        list_init(&scene.nodes[i].parts);
    }
    for (size_t i = 0; i < JOBS; i++)
        scene.jobs[i].id = i;
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t job = test_random_below(&random, JOBS);
        int64_t end_us = 1 + test_random_below(&random, 50);

        if (!scene.placed[job]) {
            place(&scene, &random, job, end_us);
        } else if (test_random_chance(&random, 50)) {
            timeline_move(&scene.timeline, &scene.jobs[job], end_us);
            scene.end_us[job] = end_us;
        } else {
            timeline_remove(&scene.timeline, &scene.jobs[job]);
            list_remove(&scene.parts[job].node->parts, &scene.parts[job].of_node);
            scene.placed[job] = false;
        }
        check_order(&scene);
        check_free(&scene, test_random_below(&random, 55));
        check_seek(&scene, 1 + test_random_below(&random, 900), test_random_below(&random, 55));
    }
    timeline_clear(&scene.timeline);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"order and free cores agree with the jobs", test_agrees_with_the_model},
        CU_TEST_INFO_NULL,
    };

    return run_suite("timeline", tests);
}
