/* schedule_network.c - the large network whose scheduler is measured */

#include "tests/bench/schedule_network.h"

#include "base/parse.h"
#include "tests/bench/schedule_restart.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the first of them nobody may have many cores, nor may one person. */
#define TIGHT_INSTITUTIONS 5
#define BOUND_PERSON       7
#define BOUND_USER         "user7"

/* Of a job. */
#define NODES_MOST 16

static uint64_t chance(struct network *network, uint64_t below)
{
    network->random ^= network->random << 13;
    network->random ^= network->random >> 7;
    network->random ^= network->random << 17;
    return (network->random >> 11) % below;
}

double network_step(struct network *network, struct event event)
{
    int64_t start_us = cpu_us();

    event.at_us = network->now_us;
    effects_reset(&network->effects);
    core_step(network->core, &event, &network->effects);
    return (double)(cpu_us() - start_us);
}

/* Whatever the core wants to go on with at this instant. */
double network_step_on(struct network *network)
{
    double sum_us = 0;

    while (core_next_time(network->core) <= network->now_us)
        sum_us += network_step(network, (struct event){.kind = EVENT_TIME_PASSED});
    return sum_us;
}

static void describe(struct network *network)
{
    for (uint32_t i = 0; i < INSTITUTIONS; i++) {
        snprintf(network->names[i], sizeof(network->names[i]), "inst%" PRIu32, i);
        network->partitions[i][0] = (struct partition){.name = (char *)"batch",
                                                       .is_default = true,
                                                       .up = true,
                                                       .limit_us = 7 * US_PER_DAY,
                                                       .default_limit_us = US_PER_HOUR};
        network->partitions[i][1] = (struct partition){.name = (char *)"short",
                                                       .up = true,
                                                       .limit_us = 4 * US_PER_HOUR,
                                                       .default_limit_us = US_PER_HOUR};
        network->clusters[i] = (struct cluster){.name = network->names[i],
                                                .institution = network->names[i],
                                                .factor_ppm = 1000000,
                                                .owners_first = network->owners_first,
                                                .guarantee = network->guarantee,
                                                .guarantee_within_us = US_PER_HOUR,
                                                .partition_count = 2,
                                                .partitions = network->partitions[i]};
    }
}

static void found(struct network *network)
{
    for (uint32_t i = 0; i < INSTITUTIONS; i++) {
        const char *name = network->names[i];

        network_step(network, (struct event){
                                  .kind = EVENT_INSTITUTION_ADDED, .books = {name, NULL}
        });
        network_step(network, (struct event){
                                  .kind = EVENT_PROJECT_ADDED, .books = {name, name}
        });
        network_step(
            network,
            (struct event){
                .kind = EVENT_GRANTED,
                .grant = {.id = i + 1, .institution = name, .amount_micro = LEDGER_AMOUNT_MAX}
        });
    }
}

/* Some that keep jobs, and at each level one that must be looked at. */
static void limit(struct network *network, uint32_t nodes)
{
    struct limit limits[] = {
        {LIMIT_OF_NETWORK,   "",            LIMIT_PER_USER, LIMIT_JOBS,      200 + nodes / 50},
        {LIMIT_OF_NETWORK,   "",            LIMIT_TOTAL,    LIMIT_SUBMITTED, 100000000       },
        {LIMIT_OF_NETWORK,   "",            LIMIT_PER_JOB,  LIMIT_WALL,      30 * US_PER_DAY },
        {LIMIT_OF_USER,      BOUND_USER,    LIMIT_TOTAL,    LIMIT_CORES,     64              },
        {LIMIT_OF_PARTITION, "inst3/short", LIMIT_TOTAL,    LIMIT_NODES,     4000            },
    };

    for (size_t i = 0; i < COUNT_OF(limits); i++)
        network_step(network, (struct event){.kind = EVENT_LIMIT_SET, .limit_set = limits[i]});
    for (uint32_t i = 0; i < INSTITUTIONS; i++) {
        struct limit mine[] = {
            {LIMIT_OF_INSTITUTION, network->names[i], LIMIT_TOTAL,    LIMIT_CORES,        10000000},
            {LIMIT_OF_PROJECT,     network->names[i], LIMIT_PER_USER, LIMIT_CORES,
             i < TIGHT_INSTITUTIONS ? 512 : 100000                                                },
            {LIMIT_OF_PROJECT,     network->names[i], LIMIT_TOTAL,    LIMIT_CORE_SECONDS,
             INT64_C(1) << 40                                                                     },
        };

        for (size_t j = 0; j < COUNT_OF(mine); j++)
            network_step(network, (struct event){.kind = EVENT_LIMIT_SET, .limit_set = mine[j]});
    }
}

static void join(struct network *network, uint32_t nodes)
{
    for (uint32_t i = 0; i < nodes; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%" PRIu32, i);
        network_step(network, (struct event){
                                  .kind = EVENT_NODE_JOINED,
                                  .more = i + 1 < nodes,
                                  .node = {.name = name,
                                           .cluster = network->names[i % INSTITUTIONS],
                                           .boot_id = "a",
                                           .cores = NODE_CORES,
                                           .memory_bytes = UINT64_C(256) << 30}
        });
    }
}

struct core_settings network_settings(const struct network *network)
{
    return (struct core_settings){
        .clusters = network->clusters,
        .cluster_count = INSTITUTIONS,
        .kill_wait_us = 30 * US_PER_SECOND,
        .keep_ended_us = US_PER_SECOND,
        .launch_failures_most = 3,
        .policy = network->policy,
        .priority = {.weights = {[PRIORITY_AGE] = 1000,
                                 [PRIORITY_FAIR_SHARE] = 10000,
                                 [PRIORITY_SIZE] = 100,
                                 [PRIORITY_PARTITION] = 100,
                                 [PRIORITY_NICE] = 1},
                     .age_most_us = 7 * US_PER_DAY,
                     .half_life_us = 7 * US_PER_DAY},
        .pending_most = 10000000,
        .pending_most_per_user = 10000000,
    };
}

static void begin(struct network *network, uint32_t nodes)
{
    struct core_settings settings;

    network->now_us = US_PER_DAY;
    network->random = 88172645463325252;
    network->nodes_most = nodes / INSTITUTIONS < NODES_MOST ? nodes / INSTITUTIONS : NODES_MOST;
    describe(network);
    settings = network_settings(network);
    network->core = core_new(&settings);
    effects_init(&network->effects);
    found(network);
    limit(network, nodes);
    join(network, nodes);
}

void network_begin(struct network *network, const struct policy *policy, uint32_t nodes)
{
    *network = (struct network){.policy = policy};
    begin(network, nodes);
}

void network_begin_owned(struct network *network, const struct policy *policy, uint32_t nodes,
                         uint32_t guarantee)
{
    *network = (struct network){.policy = policy, .owners_first = true, .guarantee = guarantee};
    begin(network, nodes);
}

void network_finish(struct network *network)
{
    core_free(network->core);
    effects_clear(&network->effects);
    malloc_trim(0);
}

static double submit_as(struct network *network, uint32_t person, struct request *request,
                        uint32_t copies)
{
    const char *project = network->names[person % INSTITUTIONS];
    struct error err;
    char user[16];
    double took_us;

    snprintf(user, sizeof(user), "user%" PRIu32, person);
    if (!core_check_request(network->core, request, user, project, copies, &err)) {
        fprintf(stderr, "schedule: %s\n", err.text);
        exit(1);
    }
    network->now_us += 1000;
    took_us = network_step(network, (struct event){
                                        .kind = EVENT_JOB_SUBMITTED,
                                        .submission = {.first = core_next_job(network->core),
                                                       .copies = copies,
                                                       .name = "bench",
                                                       .user = user,
                                                       .project = project,
                                                       .request = request}
    });
    return took_us + network_step_on(network);
}

double network_submit(struct network *network, struct request *request, uint32_t copies)
{
    return submit_as(network, (uint32_t)chance(network, PEOPLE), request, copies);
}

/* One whom no limit keeps from having many cores. */
static uint32_t draw_unbound(struct network *network)
{
    uint32_t person;

    do
        person = (uint32_t)chance(network, PEOPLE);
    while (person % INSTITUTIONS < TIGHT_INSTITUTIONS || person == BOUND_PERSON);
    return person;
}

/* One or two. */
static char *draw_clusters(struct network *network)
{
    uint64_t count = 1 + chance(network, 2);
    const char *names[2] = {NULL};

    for (uint64_t i = 0; i < count; i++)
        names[i] = network->names[(chance(network, INSTITUTIONS / 2) * 2 + i) % INSTITUTIONS];
    snprintf(network->drawn, sizeof(network->drawn), "%s%s%s", names[0], count > 1 ? "," : "",
             count > 1 ? names[1] : "");
    return network->drawn;
}

struct request network_draw_request(struct network *network)
{
    static const int64_t minutes[] = {10, 30, 60, 120, 240, 480, 720, 1440, 2880, 7200};
    struct request request = {.nodes_least = 1, .nodes_most = 1};
    uint64_t kind = chance(network, 100);

    request.limit_us = minutes[chance(network, COUNT_OF(minutes))] * US_PER_MINUTE;
    if (chance(network, 100) < 30)
        request.limit_us += (int64_t)chance(network, 600) * US_PER_SECOND;
    request.tasks = 1 + (uint32_t)chance(network, chance(network, 2) ? 8 : NODE_CORES);
    if (kind < 25) {
        request.nodes_least = request.nodes_most =
            2 + (uint32_t)chance(network, network->nodes_most - 1);
        request.tasks = request.nodes_least * (1 + (uint32_t)chance(network, NODE_CORES));
    } else if (kind < 35) {
        request.exclusive = true;
    } else if (kind < 65) {
        request.memory_per_cpu = (1 + chance(network, 4)) << 30;
    }
    if (chance(network, 100) < 60)
        return request;
    request.clusters = draw_clusters(network);
    if (request.limit_us <= 4 * US_PER_HOUR && chance(network, 100) < 50)
        request.partition = (char *)"short";
    return request;
}

/* Every core is in use; nodes have two jobs each. */
void network_fill(struct network *network, uint32_t nodes)
{
    uint64_t pending, running;

    for (uint32_t i = 0; i < 2 * nodes; i++) {
        struct request request = {.tasks = NODE_CORES / 2,
                                  .nodes_least = 1,
                                  .nodes_most = 1,
                                  .limit_us =
                                      (60 + (int64_t)chance(network, 6000)) * US_PER_MINUTE};

        submit_as(network, draw_unbound(network), &request, 1);
    }
    core_count(network->core, &pending, &running);
    if (pending > 0) {
        fprintf(stderr, "schedule: %" PRIu64 " jobs wait that should fill the nodes\n", pending);
        exit(1);
    }
}

double network_queue_jobs(struct network *network, uint32_t jobs)
{
    double sum_us = 0;

    for (uint32_t i = 0; i < jobs; i++) {
        struct request request = network_draw_request(network);

        sum_us += network_submit(network, &request, 1);
    }
    return sum_us;
}

double network_tell(struct network *network, enum event_kind kind, uint64_t id)
{
    const struct job *job = core_find_job(network->core, id);
    uint8_t token[TOKEN_SIZE];

    memcpy(token, job->token, sizeof(token));
    return network_step(
        network,
        (struct event){
            .kind = kind,
            .part = {.job = id, .attempt = job->attempt, .token = token, .core_list = "0"}
    });
}
