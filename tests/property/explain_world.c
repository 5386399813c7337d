/* explain_world.c - a small network in a random state, for questions about what waits in it */

#include "tests/property/explain_world.h"

#include "scheduler/core/constraints.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/dependency.h"

#include <stdlib.h>

static const char *const node_names[] = {"a1", "a2", "a3", "b1", "b2"};
static const uint32_t node_cores[] = {4, 4, 8, 4, 6};
static const char *const projects[] = {"astro", "bio", "cfd"};
static const char *const policies[] = {"easy", "default", "conservative", "multifactor", "fcfs"};

/* --- a random state ----------------------------------------------------------------------------- */

static struct core *make_core(struct test_random *random)
{
    struct partition batch = {
        .name = (char *)"batch",
        .is_default = true,
        .up = true,
        .limit_us = US_PER_DAY,
        .default_limit_us = US_PER_HOUR,
    };
    struct partition alpha[2] = {batch, batch};
    struct partition beta[2] = {batch, batch};
    struct cluster clusters[] = {
        {.name = (char *)"alpha",
         .institution = (char *)"unam",
         .factor_ppm = 1000000,
         .partition_count = COUNT_OF(alpha),
         .partitions = alpha},
        {.name = (char *)"beta",
         .institution = (char *)"ipn",
         .factor_ppm = 1500000,
         .partition_count = COUNT_OF(beta),
         .partitions = beta },
    };
    const struct switch_rule leaves[] = {
        {(char *)"leaf1", (char *)"a[1-2]", NULL},
        {(char *)"leaf2", (char *)"a3",     NULL}
    };
    struct core_settings settings = {
        .clusters = clusters,
        .cluster_count = 1 + test_random_below(random, 2),
        .kill_wait_us = 30 * US_PER_SECOND,
        .keep_ended_us = 10 * US_PER_MINUTE,
        .launch_failures_most = 3,
        .policy = policy_find(policies[test_random_below(random, COUNT_OF(policies))]),
        .backfill_depth = test_random_below(random, 2) ? 0 : 2,
        .pending_most = 200,
        .pending_most_per_user = 200,
        .priority = {.half_life_us = US_PER_DAY},
    };

    if (test_random_below(random, 2)) {
        clusters[0].switches = (struct switch_rule *)(uintptr_t)leaves;
        clusters[0].switch_count = COUNT_OF(leaves);
    }
    alpha[1].name = (char *)"short";
    alpha[1].nodes = (char *)"a[2-3]";
    alpha[1].is_default = false;
    beta[0].limit_us = 2 * US_PER_HOUR;
    beta[1].name = (char *)"short";
    beta[1].is_default = false;
    beta[1].up = test_random_below(random, 2);
    return core_new(&settings);
}

static void grant(struct scene *scene, uint64_t id, const char *institution, const char *project,
                  int64_t amount_micro)
{
    scene_step(scene, (struct event){
                          .kind = EVENT_GRANTED,
                          .grant = {.id = id,
                                    .institution = institution,
                                    .project = project,
                                    .amount_micro = amount_micro,
                                    .start_us = scene->now_us},
    });
}

static void add_books(struct scene *scene, struct test_random *random)
{
    static const char *const institutions[] = {"unam", "ipn"};

    for (size_t i = 0; i < COUNT_OF(institutions); i++)
        scene_step(scene, (struct event){.kind = EVENT_INSTITUTION_ADDED,
                                         .books = {.institution = institutions[i]}});
    for (size_t i = 0; i < COUNT_OF(projects); i++)
        scene_step(scene,
                   (struct event){
                       .kind = EVENT_PROJECT_ADDED, .books = {institutions[i / 2], projects[i]}
        });
    grant(scene, 1, "unam", NULL, INT64_C(1000000000));
    grant(scene, 2, "ipn", NULL, (1 + (int64_t)test_random_below(random, 60)) * 1000000);
    if (test_random_below(random, 3) == 0)
        grant(scene, 3, "unam", "bio", (1 + (int64_t)test_random_below(random, 30)) * 1000000);
}

static struct request any_request(struct test_random *random, const struct scene *scene)
{
    struct request request = {
        .tasks = 1 + test_random_below(random, 6),
        .cpus_per_task = test_random_below(random, 3) ? 0 : 1 + test_random_below(random, 3),
        .nodes_least = test_random_below(random, 3) ? 0 : 1 + test_random_below(random, 3),
        .memory_per_node =
            test_random_below(random, 4) ? 0 : (uint64_t)(1 + test_random_below(random, 4)) << 29,
        .exclusive = test_random_below(random, 10) == 0,
        .limit_us = (1 + test_random_below(random, 180)) * US_PER_MINUTE,
        .begin_us = test_random_below(random, 10)
                        ? 0
                        : scene->now_us + (1 + test_random_below(random, 3000)) * US_PER_SECOND,
        .nice = test_random_below(random, 5) ? 0 : (int32_t)test_random_below(random, 3) - 1,
    };

    if (test_random_below(random, 4) == 0)
        request.partition = (char *)"short";
    if (test_random_below(random, 4) == 0)
        request.clusters = (char *)(test_random_below(random, 2) ? "alpha" : "beta");
    if (test_random_below(random, 10) == 0)
        request.node_exclude = (char *)"a3";
    return request;
}

static void depend(struct test_random *random, struct request *request, uint64_t next)
{
    struct dependencies *dependencies;

    if (next < 3 || test_random_below(random, 6) != 0)
        return;
    dependencies = dependencies_new(1 + test_random_below(random, 2));
    dependencies->any = test_random_below(random, 2);
    for (uint32_t i = 0; i < dependencies->count; i++)
        dependencies->all[i] = (struct dependency){
            .kind = test_random_below(random, 2) ? DEPENDENCY_AFTER : DEPENDENCY_AFTER_OK,
            .parent = next - 1 - i,
        };
    request->dependencies = dependencies;
}

static uint64_t submit(struct scene *scene, struct test_random *random, struct request request)
{
    static const char *const users[] = {"ana", "beto", "eva"};
    uint64_t first = core_next_job(scene->core);
    struct constraints few = {.switches = 1, .switches_us = 5 * US_PER_MINUTE};
    const char *user = users[test_random_below(random, COUNT_OF(users))];
    const char *project = projects[test_random_below(random, COUNT_OF(projects))];

    depend(random, &request, first);
    if (test_random_below(random, 8) == 0)
        request.constraints = &few;
    if (!core_check_request(scene->core, &request, user, project, 1, &scene->err)) {
        free(request.dependencies);
        return 0;
    }
    scene_step(scene, (struct event){
                          .kind = EVENT_JOB_SUBMITTED,
                          .submission = {.first = first,
                                         .copies = 1,
                                         .name = "job",
                                         .user = user,
                                         .project = project,
                                         .hold = test_random_below(random, 12) == 0,
                                         .request = &request},
    });
    free(request.dependencies);
    return first;
}

/* What was placed starts, or ends. */
static void go_on(struct scene *scene, struct test_random *random)
{
    for (uint64_t id = 1; id < core_next_job(scene->core); id++) {
        const struct job *job = scene_find(scene, id);

        if (!job || job->part_count == 0 || test_random_below(random, 3) == 0)
            continue;
        if (job->state == JOB_CONFIGURING && job->part_count == 1)
            scene_news(scene, EVENT_PART_STARTED, id, 0);
        else if (job->state == JOB_RUNNING && job->part_count == 1 &&
                 test_random_below(random, 4) == 0)
            scene_end(scene, id, 0, END_BY_ITSELF, 0);
    }
}

static void change_node(struct scene *scene, struct test_random *random)
{
    static const enum event_kind kinds[] = {EVENT_NODE_DRAINED, EVENT_NODE_SILENT,
                                            EVENT_NODE_RESUMED, EVENT_NODE_DRAINED};
    const char *name = node_names[test_random_below(random, COUNT_OF(node_names))];

    if (inventory_find_node(core_inventory(scene->core), name))
        scene_node(scene, kinds[test_random_below(random, COUNT_OF(kinds))], name);
}

/* A grant makes the planner look at all again. */
static void come_to_rest(struct scene *scene)
{
    for (uint64_t id = 100; id < 103; id++)
        grant(scene, id, "unam", NULL, 1);
    do
        scene_pass(scene, 0);
    while (core_next_time(scene->core) <= scene->now_us);
}

void explain_make_state(struct scene *scene, struct test_random *random)
{
    *scene = (struct scene){.core = make_core(random), .now_us = SCENE_START};
    effects_init(&scene->effects);
    buffer_init(&scene->text);
    add_books(scene, random);
    for (size_t i = 0; i < COUNT_OF(node_names); i++)
        if (node_names[i][0] == 'a' || inventory_cluster_count(core_inventory(scene->core)) == 2)
            scene_step(scene, (struct event){
                                  .kind = EVENT_NODE_JOINED,
                                  .node = {.name = node_names[i],
                                           .cluster = node_names[i][0] == 'a' ? "alpha" : "beta",
                                           .boot_id = "x",
                                           .cores = node_cores[i],
                                           .memory_bytes = UINT64_C(2) << 30},
            });
    for (unsigned i = 4 + test_random_below(random, 12); i > 0; i--) {
        scene->now_us += test_random_below(random, 300) * US_PER_SECOND;
        (void)submit(scene, random, any_request(random, scene));
        if (test_random_below(random, 3) == 0)
            go_on(scene, random);
        if (test_random_below(random, 12) == 0)
            change_node(scene, random);
    }
    come_to_rest(scene);
}
