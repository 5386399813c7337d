/* scenario_network.c - the network of a scenario, before its first event */

#include "tests/golden/scenario.h"

#include "base/parse.h"
#include "scheduler/core/loan.h"
#include "scheduler/core/policy.h"

#include <stdlib.h>
#include <string.h>

static struct cluster *find_cluster(struct play *play, const char *name)
{
    for (size_t i = 0; i < play->settings.cluster_count; i++)
        if (strcmp(play->clusters[i].name, name) == 0)
            return &play->clusters[i];
    stop(play, "no cluster %s", name);
}

void read_settings(struct play *play)
{
    struct core_settings *settings = &play->settings;

    settings->kill_wait_us = duration_of(play, "kill-wait", settings->kill_wait_us);
    settings->keep_ended_us = duration_of(play, "keep-ended", settings->keep_ended_us);
    settings->finish_gain_us = duration_of(play, "finish-gain", settings->finish_gain_us);
    settings->switch_wait_us = duration_of(play, "switch-wait", settings->switch_wait_us);
    settings->backfill_depth = (uint32_t)number_of(play, "depth", settings->backfill_depth);
    settings->launch_failures_most =
        (uint32_t)number_of(play, "failures", settings->launch_failures_most);
    if (value_of(play, "policy") && !(settings->policy = policy_find(value_of(play, "policy"))))
        stop(play, "no policy %s", value_of(play, "policy"));
}

void read_cluster(struct play *play)
{
    struct cluster *cluster = &play->clusters[play->settings.cluster_count];
    const char *institution = value_of(play, "institution");
    const char *hours = value_of(play, "lend-hours");
    struct error err;

    if (play->settings.cluster_count == COUNT_OF(play->clusters))
        stop(play, "too many clusters");
    *cluster = (struct cluster){
        .name = memory_copy(need_word(play, 1)),
        .institution = memory_copy(institution ? institution : "unam"),
        .factor_ppm = (uint32_t)number_of(play, "factor", 1000000),
        .speed_ppm = (uint32_t)number_of(play, "speed", 1000000),
        .stage_rate = size_of(play, "stage-rate"),
        .owners_first = has_word(play, "owners-first"),
        .guarantee = (uint32_t)number_of(play, "guarantee", 0),
        .guarantee_within_us = duration_of(play, "within", 0),
        .partitions = play->partitions[play->settings.cluster_count++],
    };
    if (hours && !loan_parse_hours(hours, cluster, &err))
        stop(play, "%s", err.text);
}

void read_partition(struct play *play)
{
    struct cluster *cluster = find_cluster(play, need_word(play, 1));
    const char *nodes = value_of(play, "nodes");

    if (cluster->partition_count == COUNT_OF(play->partitions[0]))
        stop(play, "too many partitions");
    cluster->partitions[cluster->partition_count++] = (struct partition){
        .name = memory_copy(need_word(play, 2)),
        .nodes = nodes ? memory_copy(nodes) : NULL,
        .is_default = has_word(play, "default"),
        .up = !has_word(play, "down"),
        .limit_us = duration_of(play, "limit", US_PER_DAY),
        .default_limit_us = duration_of(play, "default-limit", US_PER_HOUR),
        .contact = value_of(play, "lease") ? CONTACT_LEASE : CONTACT_KEEP,
        .lease_us = duration_of(play, "lease", 0),
        .tier = (uint32_t)number_of(play, "tier", 0),
        .priority = (uint32_t)number_of(play, "priority", 0),
        .preempt = has_word(play, "preempt=requeue")   ? PREEMPT_REQUEUE
                   : has_word(play, "preempt=cancel")  ? PREEMPT_CANCEL
                   : has_word(play, "preempt=suspend") ? PREEMPT_SUSPEND
                                                       : PREEMPT_OFF,
        .preempt_grace_us = duration_of(play, "grace", 0),
        .preempt_exempt_us = duration_of(play, "exempt", 0),
    };
}

void read_license(struct play *play)
{
    const char *cluster = value_of(play, "cluster");
    struct license_stock stock = {
        .name = memory_copy(need_word(play, 1)),
        .seats = (uint32_t)strtoul(need_word(play, 2), NULL, 10),
    };
    struct cluster *of = cluster ? find_cluster(play, cluster) : NULL;
    struct license_stock **all = of ? &of->licenses : &play->licenses;
    size_t *count = of ? &of->license_count : &play->settings.license_count;

    *all = memory_resize(*all, *count + 1, sizeof(**all));
    (*all)[(*count)++] = stock;
    play->settings.licenses = play->licenses;
}

static char *copy_value(const struct play *play, const char *name)
{
    return value_of(play, name) ? memory_copy(value_of(play, name)) : NULL;
}

void read_feature(struct play *play)
{
    struct cluster *cluster = find_cluster(play, need_word(play, 1));

    cluster->features =
        memory_resize(cluster->features, cluster->feature_count + 1, sizeof(*cluster->features));
    cluster->features[cluster->feature_count++] = (struct feature){
        .name = memory_copy(need_word(play, 2)), .nodes = copy_value(play, "nodes")};
}

void read_switch(struct play *play)
{
    struct cluster *cluster = find_cluster(play, need_word(play, 1));

    cluster->switches =
        memory_resize(cluster->switches, cluster->switch_count + 1, sizeof(*cluster->switches));
    cluster->switches[cluster->switch_count++] =
        (struct switch_rule){.name = memory_copy(need_word(play, 2)),
                             .nodes = copy_value(play, "nodes"),
                             .switches = copy_value(play, "switches")};
}

static void clear_rest(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->switch_count; i++) {
        free(cluster->switches[i].name);
        free(cluster->switches[i].nodes);
        free(cluster->switches[i].switches);
    }
    free(cluster->switches);
    for (size_t i = 0; i < cluster->license_count; i++)
        free(cluster->licenses[i].name);
    for (size_t i = 0; i < cluster->feature_count; i++) {
        free(cluster->features[i].name);
        free(cluster->features[i].nodes);
    }
    free(cluster->licenses);
    free(cluster->features);
}

void clear_network(struct play *play)
{
    core_free(play->core);
    effects_clear(&play->effects);
    buffer_clear(&play->text);
    qos_list_clear(&play->settings.qoses);
    for (size_t i = 0; i < play->settings.cluster_count; i++) {
        for (size_t j = 0; j < play->clusters[i].partition_count; j++) {
            free(play->partitions[i][j].name);
            free(play->partitions[i][j].nodes);
        }
        free(play->clusters[i].name);
        free(play->clusters[i].institution);
        clear_rest(&play->clusters[i]);
    }
    for (size_t i = 0; i < play->settings.license_count; i++)
        free(play->licenses[i].name);
    free(play->licenses);
}
