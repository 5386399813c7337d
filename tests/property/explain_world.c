/* explain_world.c - a small network in a random state, for questions about what waits in it */

#include "tests/property/explain_world.h"

#include "scheduler/core/constraints.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/dependency.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"

#include <stdlib.h>

static const char *const node_names[] = {"a1", "a2", "a3", "b1", "b2"};
static const uint32_t node_cores[] = {4, 4, 8, 4, 6};
static const char *const node_gpus[] = {"a100:2", "", "a100:1,v100:2", "v100:2", ""};
static const char *const node_features[] = {"fast,ib", "ib", NULL, "fast", NULL};
static const char *const windows[] = {"course", "repair"};
static const char *const projects[] = {"astro", "bio", "cfd"};
static const char *const policies[] = {"easy", "default", "conservative", "multifactor", "fcfs"};

/* --- the network -------------------------------------------------------------------------------- */

static const struct license_stock licenses[] = {
    {(char *)"matlab", 3},
    {(char *)"ansys",  1},
};

static const struct qos qoses[] = {
    {.name = (char *)"high", .priority = 1000        },
    {.name = (char *)"low",  .surcharge_ppm = -500000},
};

/* Tight enough to be hit now and then. */
static const struct limit limits[] = {
    {LIMIT_OF_USER,      "ana",         LIMIT_TOTAL,    LIMIT_CORES,        6       },
    {LIMIT_OF_PROJECT,   "bio",         LIMIT_TOTAL,    LIMIT_JOBS,         1       },
    {LIMIT_OF_QOS,       "high",        LIMIT_TOTAL,    LIMIT_NODES,        2       },
    {LIMIT_OF_CLUSTER,   "alpha",       LIMIT_TOTAL,    LIMIT_GPUS,         1       },
    {LIMIT_OF_CLUSTER,   "alpha",       LIMIT_PER_USER, LIMIT_JOBS,         2       },
    {LIMIT_OF_PARTITION, "alpha/short", LIMIT_TOTAL,    LIMIT_CORES,        5       },
    {LIMIT_OF_LENT,      "beta",        LIMIT_TOTAL,    LIMIT_CORES,        3       },
    {LIMIT_OF_NETWORK,   "",            LIMIT_TOTAL,    LIMIT_CORE_SECONDS, 8 * 3600},
};

static void take_limits(struct test_random *random, struct core_settings *settings)
{
    settings->limit_count = 1 + test_random_below(random, 2);
    settings->limits =
        limits + test_random_below(random, (uint32_t)(COUNT_OF(limits) - settings->limit_count));
}

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
        .priority = {.half_life_us = US_PER_DAY     },
        .licenses = licenses,
        .license_count = COUNT_OF(licenses),
        .qoses = { COUNT_OF(qoses), (struct qos *)(uintptr_t)qoses},
    };

    if (test_random_below(random, 3) == 0)
        take_limits(random, &settings);

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

/* --- what is asked for ---------------------------------------------------------------------------- */

/* Of most jobs nothing. */
static void add_constraints(struct test_random *random, struct request *request)
{
    static const char *const rules[] = {"ib", "fast|!ib", "fast&ib"};
    static const char *const wishes[] = {"matlab", "matlab:2", "ansys", "ansys,matlab:3"};
    struct constraints given = {0};

    switch (test_random_below(random, 16)) {
    case 0:
        given.gpus_per_node = 1 + test_random_below(random, 2);
        break;
    case 1:
    case 2:
        given.gpus_per_task = 1;
        break;
    case 3:
        given.features = (char *)(uintptr_t)rules[test_random_below(random, COUNT_OF(rules))];
        break;
    case 4:
    case 5:
        given.licenses = (char *)(uintptr_t)wishes[test_random_below(random, COUNT_OF(wishes))];
        break;
    case 6:
    case 7:
        given.switches = 1;
        given.switches_us = 5 * US_PER_MINUTE;
        break;
    default:
        return;
    }
    if ((given.gpus_per_node || given.gpus_per_task) && test_random_below(random, 2))
        given.gpu_type = (char *)(uintptr_t)(test_random_below(random, 2) ? "a100" : "v100");
    request->constraints = constraints_copy(&given);
}

static void add_component(struct test_random *random, struct request *request)
{
    if (test_random_below(random, 14) > 0)
        return;
    request->het = het_new(1);
    request->het->more[0] = (struct request){
        .tasks = 1 + test_random_below(random, 3),
        .cpus_per_task = 1 + test_random_below(random, 2),
        .exclusive = test_random_below(random, 8) == 0,
    };
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
        request.partition = memory_copy(test_random_below(random, 3) ? "short" : "short,batch");
    if (test_random_below(random, 4) == 0)
        request.clusters = memory_copy(test_random_below(random, 2) ? "alpha" : "beta");
    if (test_random_below(random, 10) == 0)
        request.node_exclude = memory_copy("a3");
    if (test_random_below(random, 8) == 0)
        request.qos = memory_copy(qoses[test_random_below(random, COUNT_OF(qoses))].name);
    if (test_random_below(random, 12) == 0)
        request.reservation = memory_copy("course");
    add_constraints(random, &request);
    add_component(random, &request);
    return request;
}

/* The last that is known and comes before; 0: none. */
static uint64_t job_before(const struct scene *scene, uint64_t id)
{
    while (id > 1 && !core_find_element(scene->core, id - 1))
        id--;
    return id > 0 ? id - 1 : 0;
}

static void depend(struct scene *scene, struct test_random *random, struct request *request)
{
    struct dependencies *dependencies;
    uint64_t parent = core_next_job(scene->core);

    if (job_before(scene, job_before(scene, parent)) == 0 || test_random_below(random, 6) != 0)
        return;
    dependencies = dependencies_new(1 + test_random_below(random, 2));
    dependencies->any = test_random_below(random, 2);
    for (uint32_t i = 0; i < dependencies->count; i++) {
        parent = job_before(scene, parent);
        dependencies->all[i] = (struct dependency){
            .kind = test_random_below(random, 2) ? DEPENDENCY_AFTER : DEPENDENCY_AFTER_OK,
            .parent = parent,
        };
    }
    request->dependencies = dependencies;
}

/* Some are arrays of a few elements. */
static void any_elements(struct test_random *random, const struct request *request,
                         struct elements *elements)
{
    if (request->het || test_random_below(random, 7) > 0)
        return;
    for (uint32_t i = 2 + test_random_below(random, 3); i > 0; i--)
        elements_append(elements, elements->count);
}

static void submit(struct scene *scene, struct test_random *random)
{
    static const char *const users[] = {"ana", "beto", "eva"};
    CLEANUP(request_clear) struct request request = any_request(random, scene);
    CLEANUP(elements_clear) struct elements elements = {0};
    struct submission submission = {
        .first = core_next_job(scene->core),
        .copies = 1,
        .throttle = test_random_below(random, 2),
        .name = "job",
        .user = users[test_random_below(random, COUNT_OF(users))],
        .project = projects[test_random_below(random, COUNT_OF(projects))],
        .hold = test_random_below(random, 12) == 0,
        .request = &request,
    };

    depend(scene, random, &request);
    any_elements(random, &request, &elements);
    if (elements.count > 0)
        submission.elements = &elements;
    if (!core_check_request(scene->core, &request, submission.user, submission.project, 1,
                            &scene->err) ||
        (submission.elements &&
         !core_check_elements(scene->core, &request, &elements, submission.user, submission.project,
                              &scene->err)))
        return;
    scene_step(scene, (struct event){.kind = EVENT_JOB_SUBMITTED, .submission = submission});
}

/* --- what happens ----------------------------------------------------------------------------------- */

static void keep_nodes(struct scene *scene, struct test_random *random, enum window_repeat repeat)
{
    static const char *const lists[] = {"a[1-2]", "a3", "a1"};
    uint32_t which = test_random_below(random, COUNT_OF(windows));
    struct window_facts facts = {
        .name = windows[which],
        .cluster = "alpha",
        .nodes = lists[test_random_below(random, COUNT_OF(lists))],
        .start_us = scene->now_us + test_random_below(random, 7200) * US_PER_SECOND,
        .repeat = repeat,
        .maintenance = which == 1,
        .users = which == 0 ? "ana,eva" : "",
        .projects = "",
        .institutions = "",
    };

    facts.end_us = facts.start_us + (20 + test_random_below(random, 200)) * US_PER_MINUTE;
    if (core_check_window(scene->core, &facts, &scene->err))
        scene_step(scene, (struct event){.kind = EVENT_WINDOW_SET, .by = "root", .window = facts});
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

static struct node_facts facts_of(size_t node)
{
    struct node_facts facts = {
        .name = node_names[node],
        .cluster = node_names[node][0] == 'a' ? "alpha" : "beta",
        .boot_id = "x",
        .cores = node_cores[node],
        .features = node_features[node],
        .memory_bytes = UINT64_C(2) << 30,
    };
    struct error ignored;

    (void)gpu_stock_parse(node_gpus[node], &facts.gpu_stock, &ignored);
    facts.gpus = gpu_stock_total(&facts.gpu_stock);
    return facts;
}

void explain_make_state(struct scene *scene, struct test_random *random)
{
    *scene = (struct scene){.core = make_core(random), .now_us = SCENE_START};
    effects_init(&scene->effects);
    buffer_init(&scene->text);
    add_books(scene, random);
    for (size_t i = 0; i < COUNT_OF(node_names); i++)
        if (node_names[i][0] == 'a' || inventory_cluster_count(core_inventory(scene->core)) == 2)
            scene_step(scene, (struct event){.kind = EVENT_NODE_JOINED, .node = facts_of(i)});
    if (test_random_below(random, 5) == 0)
        keep_nodes(scene, random, WINDOW_ONCE);
    for (unsigned i = 4 + test_random_below(random, 12); i > 0; i--) {
        scene->now_us += test_random_below(random, 300) * US_PER_SECOND;
        submit(scene, random);
        if (test_random_below(random, 3) == 0)
            go_on(scene, random);
        if (test_random_below(random, 12) == 0)
            change_node(scene, random);
    }
    come_to_rest(scene);
}

void explain_repeat_windows(struct scene *scene, struct test_random *random)
{
    for (unsigned i = 1 + test_random_below(random, 2); i > 0; i--)
        keep_nodes(scene, random, test_random_below(random, 3) ? WINDOW_DAILY : WINDOW_WEEKLY);
    come_to_rest(scene);
}
