/* test_guarantee.c - what the owners' guarantee counts, whom it keeps, and when it clears nodes */

#include "scheduler/core/guarantee.h"

#include "base/parse.h"
#include "scheduler/core/core_inside.h"
#include "tests/lib/runner.h"

#include <string.h>

#define START INT64_C(1700000000000000)

struct scene {
    struct core *core;
    struct effects effects;
    int64_t now_us;
};

static void step(struct scene *scene, struct event event)
{
    event.at_us = scene->now_us;
    effects_reset(&scene->effects);
    core_step(scene->core, &event, &scene->effects);
    core_check_invariants(scene->core);
}

/* It runs at once, where it starts. */
static const struct job *submit_tasks(struct scene *scene, const char *project, const char *qos,
                                      uint32_t tasks, int64_t limit_us)
{
    struct request request = {.nodes_least = (tasks + 3) / 4,
                              .tasks = tasks,
                              .limit_us = limit_us,
                              .clusters = (char *)"alpha",
                              .qos = (char *)(uintptr_t)qos};
    uint64_t id = core_next_job(scene->core);
    const struct job *job;
    struct error err;

    CU_ASSERT_FATAL(core_check_request(scene->core, &request, "eva", project, 1, &err));
    step(scene,
         (struct event){
             .kind = EVENT_JOB_SUBMITTED,
             .submission =
                 {.first = id, .copies = 1, .user = "eva", .project = project, .request = &request},
    });
    job = core_find_job(scene->core, id);
    for (uint32_t i = 0; i < job->part_count; i++)
        step(scene, (struct event){
                        .kind = job->part_count > 1 ? EVENT_PART_READY : EVENT_PART_STARTED,
                        .part = {.job = id, .attempt = 1, .part = i, .token = job->token},
        });
    return job;
}

static const struct job *submit(struct scene *scene, const char *project, const char *qos,
                                uint32_t nodes, int64_t limit_us)
{
    return submit_tasks(scene, project, qos, 4 * nodes, limit_us);
}

static void open_network(struct scene *scene)
{
    static const char *const members[][2] = {
        {"unam", "astro"},
        {"ipn",  "bio"  },
    };
    static const char *const nodes[] = {"n1", "n2", "n3", "n4"};

    for (uint64_t i = 0; i < COUNT_OF(members); i++) {
        step(scene, (struct event){
                        .kind = EVENT_INSTITUTION_ADDED, .books = {members[i][0], NULL}
        });
        step(scene, (struct event){
                        .kind = EVENT_PROJECT_ADDED, .books = {members[i][0], members[i][1]}
        });
        step(scene, (struct event){
                        .kind = EVENT_GRANTED,
                        .grant = {i + 1, members[i][0], NULL, LEDGER_AMOUNT_MAX / 4, START, 0}
        });
    }
    for (size_t i = 0; i < COUNT_OF(nodes); i++)
        step(scene, (struct event){
                        .kind = EVENT_NODE_JOINED,
                        .node = {.name = nodes[i],
                                 .cluster = "alpha",
                                 .boot_id = "a",
                                 .cores = 4,
                                 .memory_bytes = UINT64_C(16) << 30},
        });
}

/* Four nodes, of which three are guaranteed within ten minutes. */
static void open_scene(struct scene *scene)
{
    struct partition batch = {.name = (char *)"batch",
                              .is_default = true,
                              .up = true,
                              .limit_us = US_PER_DAY,
                              .default_limit_us = US_PER_HOUR};
    struct cluster alpha = {.name = (char *)"alpha",
                            .institution = (char *)"unam",
                            .owners_first = true,
                            .guarantee = 3,
                            .guarantee_within_us = 10 * US_PER_MINUTE,
                            .factor_ppm = 1000000,
                            .partition_count = 1,
                            .partitions = &batch};
    struct qos scrap = {
        .name = (char *)"scrap", .opportunistic = true, .preempt_exempt_us = 2 * US_PER_MINUTE};
    char *preempts[] = {(char *)"scrap", NULL};
    struct qos qoses[] = {
        scrap, {.name = (char *)"high", .preempts = preempts}
    };
    struct core_settings settings = {
        .clusters = &alpha,
        .cluster_count = 1,
        .kill_wait_us = 30 * US_PER_SECOND,
        .keep_ended_us = US_PER_DAY,
        .policy = policy_find("easy"),
        .pending_most = 100,
        .pending_most_per_user = 100,
        .qoses = {2, qoses}
    };

    *scene = (struct scene){.core = core_new(&settings), .now_us = START};
    effects_init(&scene->effects);
    open_network(scene);
}

static void close_scene(struct scene *scene)
{
    core_free(scene->core);
    effects_clear(&scene->effects);
}

static struct guarantee_count count(const struct scene *scene)
{
    return guarantee_count(scene->core, inventory_cluster(scene->core->inventory, 0));
}

/* On the node of the other job, for so long. */
static bool keeps(const struct scene *scene, const struct job *job, const struct job *other,
                  int64_t limit_us)
{
    const struct cluster *cluster = inventory_cluster(scene->core->inventory, 0);
    struct seat seat = {.node = other->parts[0].node};
    struct placement placement = {
        .cluster = cluster, .partition = &cluster->partitions[0], .count = 1, .seats = &seat};

    return guarantee_keeps(scene->core, job, &placement, limit_us);
}

static void test_work_that_stays_is_on_few_nodes(void)
{
    struct scene scene;
    const struct job *job;

    open_scene(&scene);
    job = submit(&scene, "bio", NULL, 1, 5 * US_PER_HOUR);
    CU_ASSERT_EQUAL(job->state, JOB_RUNNING);
    CU_ASSERT_EQUAL(count(&scene).firm, 1);
    job = submit(&scene, "bio", NULL, 1, 5 * US_PER_HOUR);
    CU_ASSERT_EQUAL(job->state, JOB_PENDING);
    CU_ASSERT_EQUAL(job->reason, REASON_GUARANTEED);
    /* A second less than ten minutes, with the time that its end may take; or a way to end it. */
    CU_ASSERT_EQUAL(submit(&scene, "bio", NULL, 1, 571 * US_PER_SECOND)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(submit(&scene, "bio", NULL, 1, 570 * US_PER_SECOND)->state, JOB_RUNNING);
    CU_ASSERT_EQUAL(submit(&scene, "bio", "scrap", 1, US_PER_DAY)->state, JOB_RUNNING);
    CU_ASSERT_EQUAL(count(&scene).firm, 1);
    /* The owners' own stays as long as it likes. */
    CU_ASSERT_EQUAL(submit(&scene, "astro", NULL, 1, US_PER_DAY)->state, JOB_RUNNING);
    CU_ASSERT_EQUAL(count(&scene).own, 1);
    close_scene(&scene);
}

static void test_what_owners_wait_for_is_kept(void)
{
    const struct job *guests[4], *next;
    struct scene scene;

    open_scene(&scene);
    for (unsigned i = 0; i < 4; i++)
        guests[i] = submit(&scene, "bio", NULL, 1, i ? 570 * US_PER_SECOND : 5 * US_PER_HOUR);
    next = submit(&scene, "bio", "scrap", 1, US_PER_HOUR);
    CU_ASSERT_EQUAL(count(&scene).called, 0);
    CU_ASSERT_EQUAL(submit(&scene, "astro", NULL, 2, US_PER_HOUR)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(count(&scene).called, 2);
    CU_ASSERT_EQUAL(count(&scene).clear, 3);
    CU_ASSERT_FALSE(keeps(&scene, next, guests[1], US_PER_HOUR / 2));
    CU_ASSERT_EQUAL(submit(&scene, "astro", NULL, 1, US_PER_HOUR)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(count(&scene).called, 3);
    CU_ASSERT(count(&scene).is_called_out);
    CU_ASSERT(keeps(&scene, next, guests[2], US_PER_HOUR / 2));
    CU_ASSERT_FALSE(keeps(&scene, next, guests[2], 5 * US_PER_MINUTE));
    /* Where somebody stays anyway, nothing is taken from them. */
    CU_ASSERT_FALSE(keeps(&scene, next, guests[0], US_PER_HOUR / 2));
    /* No more than is guaranteed. */
    (void)submit(&scene, "astro", NULL, 1, US_PER_HOUR);
    CU_ASSERT_EQUAL(count(&scene).called, 3);
    close_scene(&scene);
}

static void test_who_is_spared_for_a_time_goes_after_it(void)
{
    struct scene scene;
    const struct job *guest;

    open_scene(&scene);
    for (unsigned i = 0; i < 3; i++)
        (void)submit(&scene, "astro", "scrap", 1, US_PER_DAY);
    guest = submit(&scene, "bio", "scrap", 1, US_PER_DAY);
    CU_ASSERT_EQUAL(guest->state, JOB_RUNNING);
    for (unsigned i = 1; i <= 3; i++)
        step(&scene,
             (struct event){
                 .kind = EVENT_PART_ENDED,
                 .part = {.job = i, .attempt = 1, .token = core_find_job(scene.core, i)->token}
        });
    CU_ASSERT_EQUAL(submit(&scene, "astro", NULL, 1, US_PER_HOUR)->state, JOB_RUNNING);
    (void)submit(&scene, "bio", "scrap", 1, US_PER_DAY);
    (void)submit(&scene, "bio", "scrap", 1, US_PER_DAY);
    scene.now_us += US_PER_MINUTE;
    CU_ASSERT_EQUAL(submit(&scene, "astro", NULL, 1, US_PER_HOUR)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(guest->state, JOB_RUNNING);
    CU_ASSERT_EQUAL(core_next_time(scene.core), START + 2 * US_PER_MINUTE);
    scene.now_us += US_PER_MINUTE;
    step(&scene, (struct event){.kind = EVENT_TIME_PASSED});
    CU_ASSERT_EQUAL(count(&scene).clear, 1);
    close_scene(&scene);
}

/* Else a stream of newcomers, each spared for its time, would hold the node for ever. */
static void test_nobody_comes_to_where_guests_are_to_go(void)
{
    struct scene scene;

    open_scene(&scene);
    CU_ASSERT_EQUAL(submit(&scene, "bio", NULL, 1, 5 * US_PER_HOUR)->state, JOB_RUNNING);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(submit_tasks(&scene, "bio", "scrap", 3, US_PER_DAY)->state, JOB_RUNNING);
    CU_ASSERT_EQUAL(submit_tasks(&scene, "bio", "scrap", 1, US_PER_DAY)->state, JOB_RUNNING);
    CU_ASSERT_EQUAL(submit(&scene, "astro", NULL, 3, US_PER_HOUR)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(count(&scene).called, 3);
    CU_ASSERT_EQUAL(count(&scene).clear, 0);
    scene.now_us += US_PER_MINUTE;
    CU_ASSERT_EQUAL(submit_tasks(&scene, "bio", "scrap", 1, US_PER_DAY)->state, JOB_PENDING);
    CU_ASSERT_EQUAL(submit_tasks(&scene, "bio", "scrap", 1, 5 * US_PER_MINUTE)->state, JOB_RUNNING);
    scene.now_us += US_PER_MINUTE;
    step(&scene, (struct event){.kind = EVENT_TIME_PASSED});
    CU_ASSERT_EQUAL(count(&scene).clear, 3);
    close_scene(&scene);
}

/* So many guests are sent away for one who may do that and stays so long. */
static unsigned pushed_for(int64_t limit_us)
{
    struct scene scene;
    unsigned pushed = 0;

    open_scene(&scene);
    submit(&scene, "bio", NULL, 1, 5 * US_PER_HOUR); /* the one node that may be lent for so long */
    for (unsigned i = 0; i < 3; i++)
        submit(&scene, "bio", "scrap", 1, US_PER_DAY);
    scene.now_us += 3 * US_PER_MINUTE;
    step(&scene, (struct event){.kind = EVENT_TIME_PASSED});
    CU_ASSERT_EQUAL(submit(&scene, "bio", "high", 1, limit_us)->state, JOB_PENDING);
    for (uint64_t id = 1; id <= 4; id++)
        pushed += core_find_job(scene.core, id)->state != JOB_RUNNING;
    close_scene(&scene);
    return pushed;
}

/* Where they could not stay themselves, nobody goes for them. */
static void test_nobody_goes_in_vain(void)
{
    CU_ASSERT_EQUAL(pushed_for(5 * US_PER_HOUR), 0);
    CU_ASSERT_EQUAL(pushed_for(5 * US_PER_MINUTE), 1);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"work that stays is on few nodes",        test_work_that_stays_is_on_few_nodes       },
        {"what owners wait for is kept",           test_what_owners_wait_for_is_kept          },
        {"who is spared for a time goes after it", test_who_is_spared_for_a_time_goes_after_it},
        {"nobody comes to where guests are to go", test_nobody_comes_to_where_guests_are_to_go},
        {"nobody goes in vain",                    test_nobody_goes_in_vain                   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("guarantee", tests);
}
