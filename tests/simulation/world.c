/* world.c - a whole network in virtual time: one scheduler, some nodes, some people */

#include "tests/simulation/world.h"

#include "base/parse.h"
#include "proto/identity.h"
#include "tests/lib/store_memory.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/storm.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SU          INT64_C(1000000)
#define SET_UP_MOST (5 * US_PER_MINUTE)

static const struct {
    const char *name;
    const char *cluster;
    uint32_t cores;
} machines[WORLD_MACHINES] = {
    {"n1", "c1", 8},
    {"n2", "c1", 8},
    {"n3", "c1", 4},
    {"n4", "c2", 8},
    {"n5", "c2", 6},
};

static const struct operator_project projects[] = {
    {"maiz",  "unam", 0     },
    {"cacao", "unam", 2 * SU},
    {"agave", "udg",  0     },
};

static const struct operator_user users[WORLD_PEOPLE] = {
    {"ana",  1001, "maiz" },
    {"beto", 1002, "cacao"},
    {"cira", 1003, "agave"},
};

/* --- how task sets go ------------------------------------------------------------------------------- */

/* Whatever the order in which they start. */
static struct simulated_plan plan_of_seed(const struct world *world, const struct task_start *start)
{
    struct test_random random = chance_stream(
        world->seed, start->key.job * 1000 + start->key.attempt * 10 + start->key.step % 7 + 10000);
    struct simulated_plan plan = {
        .run_us = chance_wait(&random, US_PER_MINUTE),
        .exit_code = test_random_chance(&random, 15) ? 1 + test_random_below(&random, 255) : 0,
        .fails = test_random_chance(&random, 4),
        .stubborn = test_random_chance(&random, 10),
    };

    if (test_random_chance(&random, 5))
        plan.run_us = INT64_MAX;
    return plan;
}

static struct simulated_plan plan_set(void *owner, const struct task_start *start)
{
    struct world *world = owner;

    return world->plan ? world->plan(world, start) : plan_of_seed(world, start);
}

/* --- who is there --------------------------------------------------------------------------------------- */

static void fill_cluster(struct cluster *cluster, const char *name, const char *institution,
                         enum contact contact)
{
    *cluster = (struct cluster){
        .name = memory_copy(name),
        .institution = memory_copy(institution),
        .factor_ppm = 1000000,
        .partition_count = 1,
        .partitions = NEW_ARRAY(struct partition, 1),
    };
    cluster->partitions[0] = (struct partition){
        .name = memory_copy("main"),
        .is_default = true,
        .up = true,
        .limit_us = 10 * US_PER_MINUTE,
        .default_limit_us = US_PER_MINUTE,
        .contact = contact,
        .lease_us = US_PER_MINUTE,
    };
}

static void fill_settings(struct settings *settings)
{
    settings->clusters = NEW_ARRAY(struct cluster, 2);
    settings->cluster_count = 2;
    settings->keep_ended_us = US_PER_MINUTE;
    fill_cluster(&settings->clusters[0], "c1", "unam", CONTACT_KEEP);
    fill_cluster(&settings->clusters[1], "c2", "udg", CONTACT_LEASE);
}

/* A key as CURVE has it: forty characters that stand for the node. */
static void name_key(const char *node, char key[SOCKET_KEY_TEXT])
{
    memset(key, 'k', SOCKET_KEY_TEXT - 1);
    memcpy(key, node, strlen(node));
    key[SOCKET_KEY_TEXT - 1] = '\0';
}

static void enrol_machine(struct world *world, const char *name, const char *cluster)
{
    struct store *store = world->center->store;
    char key[SOCKET_KEY_TEXT];

    name_key(name, key);
    store_memory_put(store, &(struct row){
                                ROW_PRINCIPAL, .principal = {.name = name,
                                                             .is_node = 1,
                                                             .institution = "",
                                                             .cluster = cluster,
                                                             .roles = ROLE_AGENT,
                                                             .made_by = "op"}
    });
    store_memory_put(store, &(struct row){
                                ROW_PUBLIC_KEY, .public_key = {.public_key = key,
                                                               .name = name,
                                                               .is_node = 1,
                                                               .enrolled_us = 1,
                                                               .enrolled_by = "op",
                                                               .revoked_by = "",
                                                               .revoked_why = ""}
    });
}

static void enrol_operator(struct world *world)
{
    struct store *store = world->center->store;

    store_memory_put(store, &(struct row){
                                ROW_PRINCIPAL, .principal = {.name = "op",
                                                             .institution = "",
                                                             .cluster = "",
                                                             .roles = ROLE_OPERATOR,
                                                             .made_by = "op"}
    });
    store_memory_put(store, &(struct row){
                                ROW_LOCAL_UID, .local_uid = {.uid = OPERATOR_UID, .name = "op"}
    });
}

static void make_machines(struct world *world)
{
    for (size_t i = 0; i < WORLD_MACHINES; i++) {
        struct machine_facts facts = {
            .name = machines[i].name,
            .cluster = machines[i].cluster,
            .cores = machines[i].cores,
            .memory_bytes = UINT64_C(16) << 30,
            .lease = strcmp(machines[i].cluster, "c2") == 0,
            .plan = plan_set,
            .owner = world,
        };

        name_key(facts.name, facts.key);
        enrol_machine(world, facts.name, facts.cluster);
        world->machines[i] = machine_new(&facts, &world->agenda, &world->findings, world->network,
                                         world->seed * WORLD_MACHINES + i);
    }
}

static void make_people(struct world *world)
{
    struct operator* operator= world->operator;

    operator_add_institution(operator, "unam", 100 * SU);
    operator_add_institution(operator, "udg", 10 * SU);
    for (size_t i = 0; i < COUNT_OF(projects); i++)
        operator_add_project(operator, & projects[i]);
    for (size_t i = 0; i < COUNT_OF(users); i++) {
        operator_add_user(operator, & users[i]);
        world->people[i] = researcher_new(users[i].name, users[i].uid, users[i].project,
                                          world->checks, world->network, world->seed);
    }
}

/* --- life -------------------------------------------------------------------------------------------------- */

static bool is_set_up(const struct world *world)
{
    const struct inventory *inventory = core_inventory(service_core(world->center->service));

    if (!operator_is_done(world->operator))
        return false;
    for (size_t i = 0; i < WORLD_MACHINES; i++) {
        const struct node *node = inventory_find_node(inventory, machines[i].name);

        if (!node || node->state != NODE_UP)
            return false;
    }
    return true;
}

static void set_up(struct world *world)
{
    int64_t until_us = world->agenda.now_us + SET_UP_MOST;

    center_start(world->center);
    for (size_t i = 0; i < WORLD_MACHINES; i++)
        machine_start(world->machines[i]);
    while (!is_set_up(world) && world_step(world, until_us))
        ;
    if (!is_set_up(world))
        findings_add(&world->findings, "the world cannot be set up");
}

struct world *world_new(uint64_t seed)
{
    struct world *world = NEW(struct world);

    world->seed = seed;
    chance_begin(seed);
    trace_begin(&world->trace, seed);
    agenda_init(&world->agenda);
    world->findings.trace = &world->trace;
    world->network = network_new(&world->agenda, &world->trace, seed);
    world->center = center_new(&world->agenda, &world->findings, world->network, seed);
    fill_settings(&world->center->settings);
    world->checks = checks_new(&world->findings, world->center, world->machines, WORLD_MACHINES);
    world->operator= operator_new(world->checks, world->network, seed);
    enrol_operator(world);
    make_machines(world);
    make_people(world);
    set_up(world);
    return world;
}

void world_free(struct world *world)
{
    if (!world)
        return;
    for (size_t i = 0; i < WORLD_PEOPLE; i++)
        researcher_free(world->people[i]);
    operator_free(world->operator);
    for (size_t i = 0; i < WORLD_MACHINES; i++)
        machine_free(world->machines[i]);
    center_free(world->center);
    checks_free(world->checks);
    network_free(world->network);
    agenda_clear(&world->agenda);
    disk_use(NULL);
    trace_end(&world->trace);
    free(world);
}

/* --- time ------------------------------------------------------------------------------------------------------ */

bool world_step(struct world *world, int64_t until_us)
{
    if (world->findings.count > 0)
        return false;
    if (!agenda_step(&world->agenda, until_us))
        return false;
    world->trace.now_us = world->agenda.now_us;
    world->steps++;
    checks_step(world->checks);
    return world->findings.count == 0;
}

bool world_run(struct world *world, int64_t time_us)
{
    int64_t until_us = world->agenda.now_us + time_us;

    while (world_step(world, until_us))
        ;
    return world->findings.count == 0;
}

static bool run_until_over(struct world *world, int64_t until_us)
{
    while (!checks_is_over(world->checks))
        if (!world_step(world, until_us))
            return false;
    return true;
}

bool world_settle(struct world *world, int64_t within_us)
{
    int64_t until_us = world->agenda.now_us + within_us;

    trace_say(&world->trace, "world", "calm: no more faults, no new jobs");
    for (size_t i = 0; i < WORLD_PEOPLE; i++)
        researcher_rest(world->people[i]);
    storm_heal(world);
    operator_grant(world->operator, "unam", "", 10000 * SU);
    operator_grant(world->operator, "udg", "", 10000 * SU);
    operator_grant(world->operator, "unam", "cacao", 1000 * SU);
    for (int64_t now_us = world->agenda.now_us; now_us < until_us; now_us += US_PER_MINUTE) {
        operator_release_all(world->operator); /* also what a failed launch has held */
        if (run_until_over(world, now_us + US_PER_MINUTE))
            return true;
        if (world->findings.count > 0)
            return false;
    }
    checks_tell_rest(world->checks);
    return false;
}

/* --- for scenarios --------------------------------------------------------------------------------------------- */

struct machine *world_machine(struct world *world, const char *name)
{
    for (size_t i = 0; i < WORLD_MACHINES; i++)
        if (strcmp(world->machines[i]->is.name, name) == 0)
            return world->machines[i];
    return NULL;
}

uint64_t world_submit(struct world *world, const struct submission_facts *facts)
{
    struct researcher *ana = world->people[0];
    Wire__JobSpec spec = WIRE__JOB_SPEC__INIT;
    char *cluster = (char *)(uintptr_t)facts->cluster;

    spec.nodes_least = spec.nodes_most = facts->nodes;
    spec.tasks = facts->tasks ? facts->tasks : facts->nodes;
    spec.n_clusters = 1;
    spec.clusters = &cluster;
    spec.limit_us = facts->limit_us;
    if (facts->node_list)
        spec.node_list = (char *)(uintptr_t)facts->node_list;
    researcher_submit(ana, &spec);
    while (ana->client->busy && world_step(world, INT64_MAX))
        ;
    return ana->first_id;
}

static bool is_in(const struct world *world, uint64_t job, enum job_state state)
{
    const struct row key = {ROW_JOB, .job.id = (int64_t)job};
    const struct row *row = store_memory_find(world->center->store, &key);

    return row && row->job.state == (int64_t)state;
}

bool world_await(struct world *world, uint64_t job, enum job_state state, int64_t within_us)
{
    int64_t until_us = world->agenda.now_us + within_us;

    while (!is_in(world, job, state))
        if (!world_step(world, until_us))
            return false;
    return true;
}
