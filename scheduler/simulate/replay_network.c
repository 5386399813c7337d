/* replay_network.c - the clusters, nodes and books that a log's jobs find */

#include "scheduler/simulate/replay_inside.h"

#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>

#define INSTITUTION "log"
#define CLUSTER     "machine"

/* --- names ------------------------------------------------------------------------------------ */

void replay_write_name(char name[REPLAY_NAME_SIZE], char kind, int32_t number)
{
    char digits[REPLAY_NAME_SIZE];
    size_t count = 0, length = 0;

    name[length++] = kind;
    if (number >= 0)
        do {
            digits[count++] = (char)('0' + number % 10);
            number /= 10;
        } while (number > 0);
    while (count > 0)
        name[length++] = digits[--count];
    name[length] = '\0';
}

/* Each institution of several has one. */
void replay_write_project(const struct replay *replay, const struct work *work,
                          char name[REPLAY_NAME_SIZE])
{
    if (replay->settings->sites > 0)
        replay_write_name(name, 'p', work->site + 1);
    else
        replay_write_name(name, 'g', work->group);
}

/* --- the core --------------------------------------------------------------------------------- */

struct core *replay_make_core(const struct replay_settings *settings)
{
    uint32_t count = settings->sites > 0 ? settings->sites : 1;
    CLEANUP(memory_freep) struct cluster *clusters = NEW_ARRAY(struct cluster, count);
    char(*names)[2][REPLAY_NAME_SIZE] = memory_get(count, sizeof(*names));
    struct partition partition = {
        .name = (char *)"batch",
        .is_default = true,
        .up = true,
        .limit_us = SWF_DURATION_MAX * US_PER_SECOND,
        .default_limit_us = SWF_DURATION_MAX * US_PER_SECOND,
    };
    struct core_settings settings_of_core = {
        .clusters = clusters,
        .cluster_count = count,
        .launch_failures_most = 1,
        .policy = settings->policy,
        .pending_most = UINT32_MAX,
        .pending_most_per_user = UINT32_MAX,
    };
    struct core *core;

    for (uint32_t i = 0; i < count; i++) {
        replay_write_name(names[i][0], REPLAY_CLUSTER, (int32_t)i + 1);
        replay_write_name(names[i][1], REPLAY_INSTITUTION, (int32_t)i + 1);
        clusters[i] = (struct cluster){
            .name = settings->sites > 0 ? names[i][0] : (char *)CLUSTER,
            .institution = settings->sites > 0 ? names[i][1] : (char *)INSTITUTION,
            .owners_first = settings->guarantee > 0,
            .guarantee = settings->guarantee,
            .guarantee_within_us = settings->guarantee_within_us,
            .factor_ppm = 1000000,
            .partition_count = 1,
            .partitions = &partition,
        };
    }
    core = core_new(&settings_of_core);
    free(names);
    return core;
}

/* --- nodes ------------------------------------------------------------------------------------ */

static void join_node(struct replay *replay, const char *cluster, const char *name)
{
    replay_step(replay, &(struct event){
                            .kind = EVENT_NODE_JOINED,
                            .more = true,
                            .node = {.name = name,
                                     .cluster = cluster,
                                     .boot_id = "replay",
                                     .cores = replay->settings->cores_per_node},
    });
}

static void join_nodes(struct replay *replay, const char *cluster, const char *prefix)
{
    char name[24];

    if (replay->settings->nodes == 0) {
        snprintf(name, sizeof(name), "%spool", prefix);
        join_node(replay, cluster, name);
    }
    for (uint32_t i = 0; i < replay->settings->nodes; i++) {
        snprintf(name, sizeof(name), "%.12sn%" PRIu32, prefix, i + 1);
        join_node(replay, cluster, name);
    }
}

static void join_sites(struct replay *replay)
{
    char cluster[REPLAY_NAME_SIZE];

    if (replay->settings->sites == 0)
        join_nodes(replay, CLUSTER, "");
    for (uint32_t i = 0; i < replay->settings->sites; i++) {
        replay_write_name(cluster, REPLAY_CLUSTER, (int32_t)i + 1);
        join_nodes(replay, cluster, cluster);
    }
}

/* --- books ------------------------------------------------------------------------------------ */

static void add_project(struct replay *replay, const struct work *work, const char *institution)
{
    char name[REPLAY_NAME_SIZE];

    replay_write_project(replay, work, name);
    if (ledger_institution_of(core_ledger(replay->core), name))
        return;
    replay_step(replay, &(struct event){
                            .kind = EVENT_PROJECT_ADDED,
                            .books = {institution, name},
    });
}

static void add_institution(struct replay *replay, const char *name, uint64_t grant, int64_t amount)
{
    replay_step(replay, &(struct event){
                            .kind = EVENT_INSTITUTION_ADDED,
                            .books = {.institution = name},
                        });
    replay_step(replay, &(struct event){
                            .kind = EVENT_GRANTED,
                            .grant = {.id = grant, .institution = name, .amount_micro = amount},
    });
}

void replay_open_network(struct replay *replay)
{
    uint32_t sites = replay->settings->sites;
    char name[REPLAY_NAME_SIZE];

    if (sites == 0)
        add_institution(replay, INSTITUTION, 1, LEDGER_AMOUNT_MAX);
    for (uint32_t i = 0; i < sites; i++) {
        replay_write_name(name, REPLAY_INSTITUTION, (int32_t)i + 1);
        add_institution(replay, name, i + 1, LEDGER_AMOUNT_MAX / sites);
    }
    for (size_t i = 0; i < replay->count; i++) {
        replay_write_name(name, REPLAY_INSTITUTION, replay->jobs[i].site + 1);
        add_project(replay, &replay->jobs[i], sites > 0 ? name : INSTITUTION);
    }
    join_sites(replay);
}
