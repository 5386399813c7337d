/* settings_clusters.c - clusters and their partitions, from the configuration */

#include "scheduler/settings_inside.h"

#include "base/parse.h"
#include "scheduler/core/loan.h"
#include "scheduler/core/policy.h"
#include "scheduler/core/request.h"

#include <confuse.h>
#include <string.h>

#define CLUSTERS_MOST 1024
#define PPM           1000000
#define TIER_MAX      65535
#define SPEED_LEAST   0.01
#define SPEED_MOST    100.0

static bool read_preemption(cfg_t *section, struct partition *partition, struct error *err)
{
    static const char *const names[] = {"off", "requeue", "cancel", "suspend"};
    const char *preempt = cfg_getstr(section, "preempt");

    if (cfg_getint(section, "tier") < 0 || cfg_getint(section, "tier") > TIER_MAX)
        return fail(err, ERROR_INVALID, "partition %s: tier = %ld is not between 0 and %d",
                    partition->name, cfg_getint(section, "tier"), TIER_MAX);
    partition->tier = (uint32_t)cfg_getint(section, "tier");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(preempt, names[i]) != 0)
            continue;
        partition->preempt = (enum preempt)i;
        return settings_read_duration(section, "preempt-grace", &partition->preempt_grace_us,
                                      err) &&
               settings_read_duration(section, "preempt-exempt", &partition->preempt_exempt_us,
                                      err);
    }
    return fail(err, ERROR_INVALID,
                "partition %s: preempt = \"%.40s\" is none of off, requeue, "
                "cancel, suspend",
                partition->name, preempt);
}

static bool read_partition(cfg_t *section, struct partition *partition, struct error *err)
{
    const char *nodes = cfg_getstr(section, "nodes");
    const char *limit = cfg_getstr(section, "limit");
    const char *default_limit = cfg_getstr(section, "default-limit");

    partition->name = memory_copy(cfg_title(section));
    partition->nodes = nodes ? memory_copy(nodes) : NULL;
    partition->is_default = cfg_getbool(section, "default");
    partition->up = cfg_getbool(section, "up");
    if (cfg_getint(section, "priority") < 0 ||
        cfg_getint(section, "priority") > PRIORITY_PARTITION_MAX)
        return fail(err, ERROR_INVALID, "partition %s: priority = %ld is not between 0 and %d",
                    partition->name, cfg_getint(section, "priority"), PRIORITY_PARTITION_MAX);
    partition->priority = (uint32_t)cfg_getint(section, "priority");
    if (!read_preemption(section, partition, err))
        return false;
    partition->contact =
        strcmp(cfg_getstr(section, "contact"), "lease") == 0 ? CONTACT_LEASE : CONTACT_KEEP;
    if (!parse_duration(limit, &partition->limit_us, err) ||
        !parse_duration(cfg_getstr(section, "lease"), &partition->lease_us, err))
        return false;
    partition->default_limit_us = partition->limit_us;
    if (default_limit && !parse_duration(default_limit, &partition->default_limit_us, err))
        return false;
    if (partition->default_limit_us > partition->limit_us)
        return fail(err, ERROR_INVALID,
                    "partition %s: default-limit = %s is longer than limit = %s", partition->name,
                    default_limit, limit);
    return true;
}

/* Exactly one is the default; a cluster with one partition need not say so. */
static bool check_default(struct cluster *cluster, struct error *err)
{
    size_t count = 0;

    for (size_t i = 0; i < cluster->partition_count; i++)
        count += cluster->partitions[i].is_default;
    if (count == 0 && cluster->partition_count == 1) {
        cluster->partitions[0].is_default = true;
        count = 1;
    }
    if (count == 1)
        return true;
    return fail(err, ERROR_INVALID,
                "cluster %s has %zu default partitions: mark one with default = true",
                cluster->name, count);
}

static bool read_speed(cfg_t *section, struct cluster *cluster, struct error *err)
{
    double speed = cfg_getfloat(section, "speed");

    if (!(speed >= SPEED_LEAST && speed <= SPEED_MOST))
        return fail(err, ERROR_INVALID, "cluster %s: speed = %g is not between %g and %g",
                    cluster->name, speed, SPEED_LEAST, SPEED_MOST);
    cluster->speed_ppm = (uint32_t)(speed * PPM + 0.5);
    return true;
}

static bool read_stage_rate(cfg_t *section, struct cluster *cluster, struct error *err)
{
    const char *rate = cfg_getstr(section, "stage-rate");

    if (!rate)
        return true;
    if (!parse_size(rate, 1, &cluster->stage_rate, err))
        return fail_in(err, "cluster %s: stage-rate", cluster->name);
    return cluster->stage_rate > 0 ||
           fail(err, ERROR_INVALID, "cluster %s: stage-rate = 0: leave it out if it is not known",
                cluster->name);
}

static bool read_hours(cfg_t *section, struct cluster *cluster, struct error *err)
{
    const char *hours = cfg_getstr(section, "lend-hours");

    return !hours || loan_parse_hours(hours, cluster, err) ||
           fail_in(err, "cluster %s: lend-hours", cluster->name);
}

/* It rests on owners who come before all others there, each of whom is looked at (guarantee.h). */
static bool check_guarantee(const struct cluster *cluster, const struct policy *policy,
                            struct error *err)
{
    if (cluster->guarantee == 0)
        return true;
    if (policy->backfill != BACKFILL_EASY)
        return fail(err, ERROR_INVALID,
                    "cluster %s: a guarantee needs a policy with EASY backfill, %s has another",
                    cluster->name, policy->name);
    if (!cluster->owners_first)
        return fail(err, ERROR_INVALID, "cluster %s: guarantee needs owners-first = true",
                    cluster->name);
    for (size_t i = 0; i < cluster->partition_count; i++)
        if (cluster->partitions[i].tier > 0)
            return fail(err, ERROR_INVALID,
                        "cluster %s: with a guarantee no partition has a tier, as %s has",
                        cluster->name, cluster->partitions[i].name);
    return true;
}

static bool read_guarantee(cfg_t *section, struct cluster *cluster, struct error *err)
{
    long nodes = cfg_getint(section, "guarantee");

    if (nodes < 0 || nodes > REQUEST_NODES_MAX)
        return fail(err, ERROR_INVALID, "cluster %s: guarantee = %ld is not between 0 and %d",
                    cluster->name, nodes, REQUEST_NODES_MAX);
    cluster->guarantee = (uint32_t)nodes;
    return parse_duration(cfg_getstr(section, "guarantee-within"), &cluster->guarantee_within_us,
                          err) ||
           fail_in(err, "cluster %s: guarantee-within", cluster->name);
}

static bool read_cluster(cfg_t *section, const struct policy *policy, struct cluster *cluster,
                         struct error *err)
{
    cluster->name = memory_copy(cfg_title(section));
    cluster->institution = memory_copy(cfg_getstr(section, "institution"));
    cluster->owners_first = cfg_getbool(section, "owners-first");
    cluster->factor_ppm = (uint32_t)(cfg_getfloat(section, "factor") * PPM + 0.5);
    cluster->partitions = NEW_ARRAY(struct partition, cfg_size(section, "partition"));
    for (unsigned i = 0; i < cfg_size(section, "partition"); i++) {
        cluster->partition_count++;
        if (!read_partition(cfg_getnsec(section, "partition", i), &cluster->partitions[i], err))
            return false;
    }
    return read_speed(section, cluster, err) && read_stage_rate(section, cluster, err) &&
           read_hours(section, cluster, err) && read_guarantee(section, cluster, err) &&
           check_guarantee(cluster, policy, err) && check_default(cluster, err) &&
           settings_read_gear(section, cluster, err);
}

bool settings_read_clusters(cfg_t *file, struct settings *settings, struct error *err)
{
    const struct policy *policy = policy_find(cfg_getstr(file, "policy"));
    unsigned count = cfg_size(file, "cluster");

    if (count == 0)
        return fail(err, ERROR_INVALID,
                    "no cluster: add cluster \"NAME\" { institution = "
                    "\"NAME\" partition \"NAME\" { limit = \"1d\" } }");
    if (count > CLUSTERS_MOST)
        return fail(err, ERROR_INVALID, "%u clusters; %d are the most", count, CLUSTERS_MOST);
    if (!settings_read_licenses(file, &settings->licenses, &settings->license_count, err))
        return false;
    settings->clusters = NEW_ARRAY(struct cluster, count);
    for (unsigned i = 0; i < count; i++) {
        settings->cluster_count++;
        if (!read_cluster(cfg_getnsec(file, "cluster", i), policy, &settings->clusters[i], err))
            return false;
    }
    return true;
}
