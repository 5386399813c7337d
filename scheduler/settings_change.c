/* settings_change.c - new settings while the scheduler runs */

#include "scheduler/settings.h"
#include "scheduler/settings_inside.h"

#include "scheduler/core/policy.h"
#include "scheduler/settings_inside.h"

#include <stdlib.h>
#include <string.h>

bool settings_same_text(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool same_priority(const struct priority_settings *one,
                          const struct priority_settings *other)
{
    for (unsigned i = 0; i < PRIORITY_COUNT; i++)
        if (one->weights[i] != other->weights[i])
            return false;
    return one->age_most_us == other->age_most_us && one->half_life_us == other->half_life_us;
}

static void note(struct buffer *later, const char *name, bool same)
{
    if (!same)
        buffer_print(later, "%s%s", later->length > 0 ? ", " : "", name);
}

/* What agents were told when they came, what is open, what rows and holds were made with. */
static void note_scalars(const struct settings *settings, const struct settings *given,
                         struct buffer *later)
{
    static const char *const doors[DOOR_COUNT] = {
        [DOOR_AGENTS] = "listen-agents",
        [DOOR_CLIENTS] = "listen-clients",
        [DOOR_ADMINS] = "listen-admins",
        [DOOR_LOCAL] = "listen-local",
    };

    note(later, "network", settings_same_text(settings->network, given->network));
    note(later, "state-directory",
         settings_same_text(settings->state_directory, given->state_directory));
    note(later, "store", settings_same_text(settings->store, given->store));
    note(later, "store-lease", settings->store_lease_us == given->store_lease_us);
    note(later, "key-file", settings_same_text(settings->key_file, given->key_file));
    for (int door = 0; door < DOOR_COUNT; door++)
        note(later, doors[door],
             settings_same_text(settings->endpoints[door], given->endpoints[door]));
    note(later, "heartbeat", settings->heartbeat_us == given->heartbeat_us);
    note(later, "kill-wait", settings->kill_wait_us == given->kill_wait_us);
    note(later, "policy", settings->policy == given->policy);
    note(later, "license",
         settings_same_licenses(settings->licenses, settings->license_count, given->licenses,
                                given->license_count));
    note(later, "cloud", settings_same_clouds(settings, given));
    note(later, "priority", same_priority(&settings->priority, &given->priority));
}

static struct partition *find_partition(const struct cluster *cluster, const char *name)
{
    for (size_t i = 0; i < cluster->partition_count; i++)
        if (strcmp(cluster->partitions[i].name, name) == 0)
            return &cluster->partitions[i];
    return NULL;
}

static struct cluster *find_cluster(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->cluster_count; i++)
        if (strcmp(settings->clusters[i].name, name) == 0)
            return &settings->clusters[i];
    return NULL;
}

static bool same_preemption(const struct partition *partition, const struct partition *given)
{
    return partition->tier == given->tier && partition->preempt == given->preempt &&
           partition->preempt_grace_us == given->preempt_grace_us &&
           partition->preempt_exempt_us == given->preempt_exempt_us;
}

/* Nodes, prices and leases are in what already runs. */
static bool stays(const struct partition *partition, const struct partition *given)
{
    return settings_same_text(partition->nodes, given->nodes) &&
           partition->is_default == given->is_default && partition->contact == given->contact &&
           partition->lease_us == given->lease_us && partition->priority == given->priority &&
           same_preemption(partition, given);
}

static bool cluster_stays(const struct cluster *cluster, const struct cluster *given)
{
    if (!settings_same_text(cluster->institution, given->institution) ||
        !settings_same_gear(cluster, given) || cluster->factor_ppm != given->factor_ppm ||
        cluster->speed_ppm != given->speed_ppm || cluster->stage_rate != given->stage_rate ||
        cluster->owners_first != given->owners_first ||
        cluster->lend_from_us != given->lend_from_us ||
        cluster->lend_until_us != given->lend_until_us || cluster->guarantee != given->guarantee ||
        cluster->guarantee_within_us != given->guarantee_within_us ||
        cluster->partition_count != given->partition_count)
        return false;
    for (size_t i = 0; i < given->partition_count; i++) {
        const struct partition *partition = find_partition(cluster, given->partitions[i].name);

        if (!partition || !stays(partition, &given->partitions[i]))
            return false;
    }
    return true;
}

static void note_clusters(const struct settings *settings, const struct settings *given,
                          struct buffer *later)
{
    for (size_t i = 0; i < given->cluster_count; i++) {
        const struct cluster *cluster = find_cluster(settings, given->clusters[i].name);

        note(later, given->clusters[i].name,
             cluster && cluster_stays(cluster, &given->clusters[i]));
    }
    for (size_t i = 0; i < settings->cluster_count; i++)
        note(later, settings->clusters[i].name,
             find_cluster(given, settings->clusters[i].name) != NULL);
}

static void take_partitions(struct settings *settings, const struct settings *given)
{
    for (size_t i = 0; i < given->cluster_count; i++) {
        const struct cluster *from = &given->clusters[i];
        struct cluster *cluster = find_cluster(settings, from->name);

        for (size_t j = 0; cluster && j < from->partition_count; j++) {
            struct partition *partition = find_partition(cluster, from->partitions[j].name);

            if (!partition)
                continue;
            partition->up = from->partitions[j].up;
            partition->limit_us = from->partitions[j].limit_us;
            partition->default_limit_us = from->partitions[j].default_limit_us;
        }
    }
}

static void take_scalars(struct settings *settings, const struct settings *given)
{
    settings->log_level = given->log_level;
    settings->local_operators = given->local_operators;
    settings->suspect_after_us = given->suspect_after_us;
    settings->silent_after_us = given->silent_after_us;
    settings->resend_after_us = given->resend_after_us;
    settings->keep_ended_us = given->keep_ended_us;
    settings->token_life_us = given->token_life_us;
    settings->request_life_us = given->request_life_us;
    settings->switch_wait_us = given->switch_wait_us;
    settings->finish_gain_us = given->finish_gain_us;
    settings->launch_failures_most = given->launch_failures_most;
    settings->backfill_depth = given->backfill_depth;
    settings->pending_most = given->pending_most;
    settings->pending_most_per_user = given->pending_most_per_user;
    settings->array_most = given->array_most;
    settings->submissions_per_second = given->submissions_per_second;
    settings->queries_per_second = given->queries_per_second;
    settings->connections_per_address = given->connections_per_address;
    settings->connections_per_key = given->connections_per_key;
}

bool settings_change(struct settings *settings, const struct settings *given, struct buffer *later,
                     struct error *err)
{
    if (given->suspect_after_us <= settings->heartbeat_us)
        return fail(err, ERROR_CONFLICT,
                    "node-suspect-after must be longer than the heartbeat that agents were told; "
                    "a new heartbeat needs a start");
    note_scalars(settings, given, later);
    note_clusters(settings, given, later);
    take_scalars(settings, given);
    settings_take_books(settings, given);
    take_partitions(settings, given);
    settings_take_policy(settings, given);
    return true;
}
