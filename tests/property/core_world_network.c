/* core_world_network.c - the clusters and nodes of the small network around the core */

#include "base/parse.h"
#include "scheduler/core/core_inside.h"
#include "tests/property/core_world.h"

#include <CUnit/CUnit.h>

static const char *const node_names[WORLD_NODES] = {"a1", "a2", "a3", "a10", "b1", "b2"};
static const uint32_t node_cores[WORLD_NODES] = {4, 4, 8, 2, 4, 6};

static const char *const node_gpus[WORLD_NODES] = {"a100:2", "", "a100:1,v100:3", "", "v100:2", ""};
static const char *const node_features[WORLD_NODES] = {"fast,ib", "ib", "big", "", "fast", "big"};

static const struct qos qoses[] = {
    {.name = (char *)"high", .priority = 1000,         .surcharge_ppm = 500000},
    {.name = (char *)"low",  .surcharge_ppm = -500000, .no_reserve = true     },
};

static const struct license_stock licenses[] = {
    {(char *)"matlab", 3},
    {(char *)"ansys",  1}
};

static const struct switch_rule leaves[] = {
    {(char *)"leaf1", (char *)"a[1-2]", NULL               },
    {(char *)"leaf2", (char *)"a10",    NULL               },
    {(char *)"core",  NULL,             (char *)"leaf[1-2]"},
};

/* What the node's agent says of itself; GPUs fail now and then. */
struct node_facts world_facts(const struct world *world, unsigned node)
{
    struct node_facts facts = {
        .name = node_names[node],
        .cluster = node_names[node][0] == 'a' ? "alpha" : "beta",
        .cores = node_cores[node],
        .features = *node_features[node] ? node_features[node] : NULL,
        .memory_bytes = (uint64_t)node_cores[node] << 30,
    };
    struct error err;

    CU_ASSERT_FATAL(gpu_stock_parse(node_gpus[node], &facts.gpu_stock, &err));
    if (world->broken[node] && facts.gpu_stock.kind_count > 0)
        facts.gpu_stock.kind_count--;
    facts.gpus = gpu_stock_total(&facts.gpu_stock);
    return facts;
}

const char *world_node_name(unsigned node)
{
    return node_names[node];
}

/* All are as "batch" so far. */
static void fill_partitions(const struct world *world, struct partition alpha[2],
                            struct partition beta[1])
{
    alpha[1].name = (char *)"lent";
    alpha[1].nodes = (char *)"a[2-3]";
    alpha[1].is_default = false;
    alpha[1].contact = CONTACT_LEASE;
    alpha[1].lease_us = 10 * US_PER_MINUTE;
    if (world->has_tiers) {
        alpha[0].tier = 1;
        alpha[1].preempt = PREEMPT_REQUEUE;
    }
    beta[0].limit_us = US_PER_DAY / 2;
    beta[0].contact = CONTACT_LEASE;
    beta[0].lease_us = 5 * US_PER_MINUTE;
}

struct core *world_make_core(const struct world *world)
{
    const struct partition batch = {
        .name = (char *)"batch",
        .is_default = true,
        .up = true,
        .limit_us = US_PER_DAY,
        .default_limit_us = US_PER_HOUR,
    };
    struct partition alpha[2] = {batch, batch};
    struct partition beta[1] = {batch};
    struct license_stock own = {(char *)"matlab", 1};
    struct feature rack = {(char *)"rack1", (char *)"a[1-2]"};
    struct cluster clusters[] = {
        {
         .name = (char *)"alpha",
         .institution = (char *)"unam",
         .factor_ppm = 1000000,
         .partition_count = COUNT_OF(alpha),
         .partitions = alpha,
         },
        {
         .name = (char *)"beta",
         .institution = (char *)"ipn",
         .factor_ppm = 1500000,
         .partition_count = COUNT_OF(beta),
         .partitions = beta,
         },
    };
    struct core_settings settings = {
        .qoses = {COUNT_OF(qoses), (struct qos *)(uintptr_t)qoses},
        .clusters = clusters,
        .cluster_count = COUNT_OF(clusters),
        .licenses = licenses,
        .license_count = COUNT_OF(licenses),
        .token_seed = { 1,              2,                              3},
        .kill_wait_us = 30 * US_PER_SECOND,
        .keep_ended_us = 10 * US_PER_MINUTE,
        .launch_failures_most = 3,
        .policy = world->policy,
        .backfill_depth = 10,
        .pending_most = 200,
        .pending_most_per_user = 120,
    };

    clusters[0].features = &rack;
    clusters[0].feature_count = 1;
    clusters[0].switches = (struct switch_rule *)(uintptr_t)leaves;
    clusters[0].switch_count = COUNT_OF(leaves);
    clusters[1].licenses = &own;
    clusters[1].license_count = 1;
    fill_partitions(world, alpha, beta);
    return core_new(&settings);
}

void world_limit(struct world *world, const struct limit *limit)
{
    CU_ASSERT_FATAL(world->limit_count < COUNT_OF(world->limits));
    world->limits[world->limit_count++] = *limit;
    world_step(world, &(struct event){.kind = EVENT_LIMIT_SET, .limit_set = *limit});
}

void world_check_licenses(const struct core *core)
{
    const struct cluster *cluster;
    const char *name;
    uint32_t seats, used;

    for (size_t i = 0; licenses_at(core->licenses, i, &name, &cluster, &seats, &used); i++)
        CU_ASSERT_FATAL(used <= seats);
}
