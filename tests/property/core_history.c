/* core_history.c - whatever may happen in a small network, by chance */

#include "tests/property/core_history.h"

#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"
#include "tests/property/core_agents.h"
#include "tests/property/dependency_model.h"

#include <CUnit/CUnit.h>
#include <string.h>

static const char *const users[] = {"ana", "beto", "eva"};
static const char *const names[] = {"job", "mesh", "solver", "plot"};
static const char *const projects[] = {"astro", "bio", "cfd"};

static uint32_t below(struct world *world, uint32_t limit)
{
    return test_random_below(world->random, limit);
}

/* Most jobs ask for none of it. */
static struct constraints *any_constraints(struct world *world)
{
    static const char *const rules[] = {"ib", "fast&!ib", "big|rack1", "!(fast|big)"};
    static const char *const wishes[] = {"matlab", "matlab:2", "ansys", "ansys,matlab:3"};
    struct constraints given = {0};

    switch (below(world, 10)) {
    case 0:
        given.gpus = 1 + below(world, 4);
        break;
    case 1:
        given.gpus_per_node = 1 + below(world, 2);
        break;
    case 2:
        given.gpus_per_task = 1;
        break;
    case 3:
        given.features = (char *)(uintptr_t)rules[below(world, COUNT_OF(rules))];
        break;
    case 4:
        given.licenses = (char *)(uintptr_t)wishes[below(world, COUNT_OF(wishes))];
        break;
    case 5:
        given.switches = 1 + below(world, 2);
        given.switches_us = (1 + below(world, 10)) * US_PER_MINUTE;
        break;
    default:
        return NULL;
    }
    if ((given.gpus || given.gpus_per_node || given.gpus_per_task) && below(world, 2))
        given.gpu_type = (char *)(uintptr_t)(below(world, 2) ? "a100" : "v100");
    return constraints_copy(&given);
}

/* One or two components more, now and then, for which the job as a whole speaks. */
static void add_components(struct world *world, struct request *request)
{
    static const char *const partitions[] = {"lent", "batch", "lent,batch"};

    if (below(world, 8) > 0)
        return;
    request->het = het_new(1 + below(world, 2));
    for (uint32_t i = 0; i < request->het->count; i++) {
        struct request *more = &request->het->more[i];

        *more = (struct request){
            .tasks = 1 + below(world, 3),
            .cpus_per_task = 1 + below(world, 2),
            .nodes_least = below(world, 3) ? 0 : 1 + below(world, 2),
            .exclusive = below(world, 6) == 0,
            .memory_per_node = below(world, 4) ? 0 : (uint64_t)(1 + below(world, 4)) << 29,
        };
        if (below(world, 3) == 0)
            more->partition = memory_copy(partitions[below(world, COUNT_OF(partitions))]);
        if (below(world, 6) == 0)
            more->node_list = memory_copy("a[1-2]");
    }
}

void history_fill_request(struct world *world, struct request *request)
{
    static const char *const partitions[] = {"lent", "batch", "lent,batch", "batch,lent"};
    static const char *const lists[] = {"a[1-2]", "a3", "b[1-2]", "a1,b1", "a10"};

    *request = (struct request){
        .tasks = below(world, 3) ? 1 + below(world, 6) : 0,
        .cpus_per_task = below(world, 3) ? 0 : 1 + below(world, 3),
        .nodes_least = below(world, 3) ? 0 : 1 + below(world, 3),
        .tasks_per_node = below(world, 5) ? 0 : 1 + below(world, 3),
        .memory_per_node = below(world, 4) ? 0 : (uint64_t)(1 + below(world, 6)) << 29,
        .memory_per_cpu = below(world, 5) ? 0 : (uint64_t)(1 + below(world, 3)) << 28,
        .exclusive = below(world, 8) == 0,
        .limit_us = below(world, 4) ? (1 + below(world, 90)) * US_PER_MINUTE
                                    : (below(world, 3) ? 0 : INT64_MAX),
        .begin_us = below(world, 8) ? 0 : world->now_us + below(world, 3000) * US_PER_SECOND,
        .nice = below(world, 5) ? 0 : (int32_t)below(world, 3) - 1,
        .requeue = below(world, 3) > 0,
    };
    if (below(world, 6) == 0)
        request->partition = memory_copy(partitions[below(world, COUNT_OF(partitions))]);
    if (below(world, 6) == 0)
        request->clusters = memory_copy(below(world, 2) ? "alpha" : "beta");
    request->clusters_excluded = request->clusters && below(world, 3) == 0;
    request->constraints = any_constraints(world);
    if (below(world, 8) == 0)
        request->node_list = memory_copy(lists[below(world, COUNT_OF(lists))]);
    if (below(world, 8) == 0)
        request->node_exclude = memory_copy(lists[below(world, COUNT_OF(lists))]);
    request->dependencies = dependency_model_any(world);
    add_components(world, request);
}

static void submit(struct world *world)
{
    struct request request;
    struct error err;
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.first = core_next_job(world->core),
                       .copies = 1 + (below(world, 5) ? 0 : below(world, 4)),
                       .name = names[below(world, COUNT_OF(names))],
                       .user = users[below(world, COUNT_OF(users))],
                       .project = projects[below(world, COUNT_OF(projects))],
                       .hold = below(world, 12) == 0,
                       .request = &request},
    };

    history_fill_request(world, &request);
    if (core_check_request(world->core, &request, event.submission.user, event.submission.project,
                           event.submission.copies, &err)) {
        world_step(world, &event);
        for (uint32_t i = 0; i < event.submission.copies; i++)
            CU_ASSERT(world->jobs[event.submission.first + i * het_size(&request)].there);
    }
    request_clear(&request);
}

static void forge(struct world *world)
{
    static const enum event_kind kinds[] = {EVENT_PART_READY, EVENT_PART_STARTED, EVENT_PART_ENDED,
                                            EVENT_PART_REFUSED};
    uint8_t token[TOKEN_SIZE];
    struct event event = {
        .kind = kinds[below(world, COUNT_OF(kinds))],
        .part = {.job = below(world, (uint32_t)core_next_job(world->core) + 2),
                 .attempt = below(world, 3),
                 .part = below(world, 3),
                 .token = token},
    };

    test_random_fill(world->random, token, sizeof(token));
    do
        world_step(world, &(struct event){.kind = EVENT_TIME_PASSED});
    while (core_next_time(world->core) <= world->now_us);
    world_step(world, &event);
    CU_ASSERT_STRING_EQUAL(world->text.bytes, "");
}

/* Some that runs, or stands still. */
static uint64_t any_placed(struct world *world)
{
    uint64_t found = 0;
    const struct job *job = NULL;
    uint32_t seen = 0;

    while ((job = core_job_after(world->core, job ? job->id : 0)))
        if ((job->state == JOB_RUNNING || job->state == JOB_SUSPENDED) && below(world, ++seen) == 0)
            found = job->id;
    return found;
}

static void change_job(struct world *world)
{
    uint64_t job = below(world, (uint32_t)core_next_job(world->core));
    struct event event = {.job = job, .by = below(world, 2) ? "root" : "ana"};
    struct error err;

    switch (below(world, 9)) {
    case 0:
        event.kind = EVENT_JOB_HELD;
        break;
    case 4:
    case 5:
    case 6:
        event.kind = EVENT_JOB_SUSPENDED;
        event.job = any_placed(world);
        break;
    case 7:
        event.kind = EVENT_JOB_RESUMED;
        event.job = any_placed(world);
        break;
    case 1:
    case 2:
        event.kind = EVENT_JOB_RELEASED;
        break;
    case 3:
        event.kind = EVENT_JOB_REQUEUED;
        if (!core_check_requeue(world->core, job, &err))
            return;
        break;
    default:
        event.kind = EVENT_JOB_CANCELLED;
        break;
    }
    world_step(world, &event);
}

static void change_node(struct world *world)
{
    unsigned node = below(world, WORLD_NODES);
    struct event event = {
        .by = "root", .node_change = {world_node_name(node), "why"}
    };

    switch (below(world, 6)) {
    case 0:
        world->up[node] = false;
        event.kind = EVENT_NODE_SILENT;
        break;
    case 1:
        world_reboot(world, node);
        world->up[node] = false;
        event.kind = EVENT_NODE_LOST;
        break;
    case 2:
        event.kind = EVENT_NODE_DRAINED;
        break;
    case 3:
        event.kind = EVENT_NODE_RESUMED;
        break;
    case 4:
        world_reboot(world, node);
        world_join(world, node);
        return;
    default:
        world_join(world, node);
        return;
    }
    world_step(world, &event);
}

void history_give(struct world *world, struct grant *grant)
{
    struct event event = {.kind = EVENT_GRANTED};

    CU_ASSERT_FATAL(world->next_grant < COUNT_OF(world->grants));
    grant->id = world->next_grant++;
    world->grants[grant->id] = *grant;
    event.grant = *grant;
    world_step(world, &event);
}

const char *history_institution(const char *project)
{
    return strcmp(project, "cfd") == 0 ? "ipn" : "unam";
}

static void give_any(struct world *world)
{
    const char *project = projects[below(world, COUNT_OF(projects))];
    struct grant grant = {
        .institution = history_institution(project),
        .project = below(world, 4) == 0 ? project : NULL,
        .amount_micro = (1 + (int64_t)below(world, 5000)) * 10000,
        .start_us = world->now_us + (below(world, 3) ? 0 : below(world, 4000) * US_PER_SECOND),
    };

    if (below(world, 2))
        grant.end_us = grant.start_us + (1 + below(world, 9000)) * US_PER_SECOND;
    history_give(world, &grant);
}

void history_act(struct world *world)
{
    uint32_t dice = below(world, 100);

    if (below(world, 3) == 0)
        world->now_us += below(world, 200) * US_PER_SECOND;
    if (dice < 25)
        submit(world);
    else if (dice < 75)
        world_agent_acts(world);
    else if (dice < 83)
        change_job(world);
    else if (dice < 88)
        change_node(world);
    else if (dice < 92)
        give_any(world);
    else if (dice < 95)
        forge(world);
    else
        world_step(world, &(struct event){.kind = EVENT_TIME_PASSED});
}
