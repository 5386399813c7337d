/* settings.c - what tequio-scheduler.conf says */

#include "scheduler/settings.h"

#include "base/hostlist.h"
#include "base/parse.h"
#include "base/settings.h"
#include "base/socket.h"
#include "scheduler/core/policy.h"
#include "scheduler/settings_inside.h"

#include <confuse.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MOST   64
#define FACTOR_MOST 1000.0

/* --- durations and counts: a row each ------------------------------------------------------------------- */

static const struct duration_rule {
    const char *name;
    size_t offset;
    int64_t least_us, most_us, otherwise_us;
} durations[] = {
    {"heartbeat",          offsetof(struct settings, heartbeat_us),     100000,        US_PER_HOUR,      5 * US_PER_SECOND},
    {"node-suspect-after", offsetof(struct settings, suspect_after_us), 200000,        US_PER_DAY,
     15 * US_PER_SECOND                                                                                                   },
    {"node-silent-after",  offsetof(struct settings, silent_after_us),  300000,        US_PER_DAY,
     30 * US_PER_SECOND                                                                                                   },
    {"resend-after",       offsetof(struct settings, resend_after_us),  100000,        US_PER_HOUR,
     2 * US_PER_SECOND                                                                                                    },
    {"kill-wait",          offsetof(struct settings, kill_wait_us),     US_PER_SECOND, US_PER_HOUR,
     30 * US_PER_SECOND                                                                                                   },
    {"keep-ended",         offsetof(struct settings, keep_ended_us),    US_PER_SECOND, US_PER_DAY,
     5 * US_PER_MINUTE                                                                                                    },
    {"token-life",         offsetof(struct settings, token_life_us),    US_PER_SECOND, 7 * US_PER_DAY,
     15 * US_PER_MINUTE                                                                                                   },
    {"request-life",       offsetof(struct settings, request_life_us),  US_PER_HOUR,   366 * US_PER_DAY,
     7 * US_PER_DAY                                                                                                       },
    {"finish-gain",        offsetof(struct settings, finish_gain_us),   US_PER_SECOND, 30 * US_PER_DAY,
     10 * US_PER_MINUTE                                                                                                   },
    {"switch-wait",        offsetof(struct settings, switch_wait_us),   US_PER_SECOND, 30 * US_PER_DAY,
     5 * US_PER_MINUTE                                                                                                    },
};

static const struct count_rule {
    const char *name;
    size_t offset;
    long least, most, otherwise;
} counts[] = {
    {"launch-failures",         offsetof(struct settings, launch_failures_most),    1, 1000,     5      },
    {"backfill-depth",          offsetof(struct settings, backfill_depth),          0, 100000,   0      },
    {"pending-jobs",            offsetof(struct settings, pending_most),            1, 10000000, 1000000},
    {"pending-jobs-per-user",   offsetof(struct settings, pending_most_per_user),   1, 10000000, 10000  },
    {"array-most",              offsetof(struct settings, array_most),              1, 4000001,  1000000},
    {"submissions-per-second",  offsetof(struct settings, submissions_per_second),  0, 1000000,  0      },
    {"queries-per-second",      offsetof(struct settings, queries_per_second),      0, 1000000,  0      },
    {"connections-per-address", offsetof(struct settings, connections_per_address), 1, 65536,
     SOCKET_CONNECTIONS_PER_ADDRESS                                                                     },
    {"connections-per-key",     offsetof(struct settings, connections_per_key),     1, 65536,
     SOCKET_CONNECTIONS_PER_KEY                                                                         },
};

static const struct {
    enum door door;
    const char *name;
    const char *otherwise;
} endpoints[] = {
    {DOOR_AGENTS,  "listen-agents",  "tcp://*:7101"                               },
    {DOOR_CLIENTS, "listen-clients", "tcp://*:7102"                               },
    {DOOR_ADMINS,  "listen-admins",  ""                                           },
    {DOOR_LOCAL,   "listen-local",   "ipc://" RUNSTATEDIR "/tequio/scheduler.sock"},
};

static int64_t *duration_at(struct settings *settings, const struct duration_rule *rule)
{
    return (int64_t *)(void *)((char *)settings + rule->offset);
}

static uint32_t *count_at(struct settings *settings, const struct count_rule *rule)
{
    return (uint32_t *)(void *)((char *)settings + rule->offset);
}

void settings_init(struct settings *settings)
{
    *settings = (struct settings){
        .network = memory_copy("tequio"),
        .state_directory = memory_copy(LOCALSTATEDIR "/lib/tequio/scheduler"),
        .log_level = LOG_INFO,
        .policy = policy_default(),
        .local_operators = true,
    };
    settings_priority_defaults(&settings->priority);
    for (size_t i = 0; i < COUNT_OF(endpoints); i++)
        if (*endpoints[i].otherwise)
            settings->endpoints[endpoints[i].door] = memory_copy(endpoints[i].otherwise);
    for (size_t i = 0; i < COUNT_OF(durations); i++)
        *duration_at(settings, &durations[i]) = durations[i].otherwise_us;
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        *count_at(settings, &counts[i]) = (uint32_t)counts[i].otherwise;
}

static void clear_cluster(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->partition_count; i++) {
        free(cluster->partitions[i].name);
        free(cluster->partitions[i].nodes);
    }
    settings_clear_gear(cluster);
    free(cluster->partitions);
    free(cluster->name);
    free(cluster->institution);
}

void settings_clear(struct settings *settings)
{
    for (size_t i = 0; i < settings->cluster_count; i++)
        clear_cluster(&settings->clusters[i]);
    free(settings->clusters);
    settings_clear_licenses(settings->licenses, settings->license_count);
    settings_clear_policy(settings);
    settings_clear_clouds(settings);
    settings_clear_books(settings);
    settings_clear_store(settings);
    free(settings->network);
    free(settings->key_file);
    for (int door = 0; door < DOOR_COUNT; door++)
        free(settings->endpoints[door]);
    *settings = (struct settings){0};
}

/* --- checks while libconfuse reads: it knows the line ------------------------------------------------------ */

static int say(cfg_t *file, const struct error *err)
{
    cfg_error(file, "%s", err->text);
    return -1;
}

static const char *value_of(cfg_opt_t *option)
{
    const char *value = cfg_opt_getnstr(option, 0);

    return value ? value : "";
}

static bool read_duration(const char *name, const char *text, int64_t least_us, int64_t most_us,
                          int64_t *ret_us, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer least, most;

    buffer_init(&least);
    buffer_init(&most);
    if (!parse_duration(text, ret_us, err))
        return fail_in(err, "%s", name);
    if (*ret_us >= least_us && *ret_us <= most_us)
        return true;
    print_duration(least_us, &least);
    print_duration(most_us, &most);
    return fail(err, ERROR_INVALID, "%s = %.40s is not between %s and %s", name, text, least.bytes,
                most.bytes);
}

static int check_duration(cfg_t *file, cfg_opt_t *option)
{
    struct error err;
    int64_t value_us;

    for (size_t i = 0; i < COUNT_OF(durations); i++)
        if (strcmp(durations[i].name, cfg_opt_name(option)) == 0 &&
            !read_duration(durations[i].name, value_of(option), durations[i].least_us,
                           durations[i].most_us, &value_us, &err))
            return say(file, &err);
    return 0;
}

static int check_count(cfg_t *file, cfg_opt_t *option)
{
    long value = cfg_opt_getnint(option, 0);

    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (strcmp(counts[i].name, cfg_opt_name(option)) != 0 ||
            (value >= counts[i].least && value <= counts[i].most))
            continue;
        cfg_error(file, "%s = %ld is not between %ld and %ld", counts[i].name, value,
                  counts[i].least, counts[i].most);
        return -1;
    }
    return 0;
}

static int check_endpoint(cfg_t *file, cfg_opt_t *option)
{
    const char *value = value_of(option);
    bool local = strcmp(cfg_opt_name(option), "listen-local") == 0;
    struct error err;

    if (*value == '\0')
        return 0;
    if (!settings_check_endpoint(cfg_opt_name(option), value, &err))
        return say(file, &err);
    if (local != (strncmp(value, "ipc://", 6) == 0)) {
        cfg_error(file, "%s = %s: %s", cfg_opt_name(option), value,
                  local ? "this door is a local one: ipc:///PATH"
                        : "this door is for the network: tcp://ADDRESS:PORT");
        return -1;
    }
    return 0;
}

static int check_name(cfg_t *file, cfg_opt_t *option)
{
    struct error err;

    return parse_name(value_of(option), cfg_opt_name(option), NAME_MOST, &err) ? 0
                                                                               : say(file, &err);
}

static int check_path(cfg_t *file, cfg_opt_t *option)
{
    const char *value = value_of(option);

    if (*value == '/')
        return 0;
    cfg_error(file, "%s = %s is not a whole path, from /", cfg_opt_name(option), value);
    return -1;
}

static int check_log_level(cfg_t *file, cfg_opt_t *option)
{
    enum log_level level;
    struct error err;

    return log_level_parse(value_of(option), &level, &err) ? 0 : say(file, &err);
}

static int check_policy(cfg_t *file, cfg_opt_t *option)
{
    CLEANUP(buffer_clear) struct buffer names;

    buffer_init(&names);
    if (policy_find(value_of(option)))
        return 0;
    policy_print_names(&names);
    cfg_error(file, "policy = %s is none of %s", value_of(option), names.bytes);
    return -1;
}

static int check_factor(cfg_t *file, cfg_opt_t *option)
{
    double value = cfg_opt_getnfloat(option, 0);

    if (value >= 0.0 && value <= FACTOR_MOST)
        return 0;
    cfg_error(file, "factor = %g is not between 0 and %g", value, FACTOR_MOST);
    return -1;
}

static int check_nodes(cfg_t *file, cfg_opt_t *option)
{
    CLEANUP(hostlist_freep) struct hostlist *list = NULL;
    struct error err;

    list = hostlist_parse(value_of(option), &err);
    if (!list)
        return say(file, &err);
    if (hostlist_count(list) > 0)
        return 0;
    cfg_error(file, "nodes = \"\": a partition without nodes; leave the line out to mean all of "
                    "the cluster");
    return -1;
}

static int check_limit(cfg_t *file, cfg_opt_t *option)
{
    struct error err;
    int64_t value_us;

    return read_duration(cfg_opt_name(option), value_of(option), US_PER_SECOND,
                         PARSE_DURATION_MAX_US, &value_us, &err)
               ? 0
               : say(file, &err);
}

static int check_contact(cfg_t *file, cfg_opt_t *option)
{
    const char *value = value_of(option);

    if (strcmp(value, "keep") == 0 || strcmp(value, "lease") == 0)
        return 0;
    cfg_error(file, "contact = %s is neither keep nor lease", value);
    return -1;
}

/* The last word on a section, when it is complete. */
static int check_cluster(cfg_t *file, cfg_opt_t *option)
{
    cfg_t *section = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
    struct error err;

    if (!parse_name(cfg_title(section), "cluster name", NAME_MOST, &err))
        return say(file, &err);
    if (!cfg_getstr(section, "institution")) {
        cfg_error(file, "cluster %s: whose is it? (institution = \"NAME\")", cfg_title(section));
        return -1;
    }
    if (cfg_size(section, "partition") == 0 || cfg_size(section, "partition") > PARTITIONS_MAX) {
        cfg_error(file, "cluster %s has %u partitions; 1 to %d are possible", cfg_title(section),
                  cfg_size(section, "partition"), PARTITIONS_MAX);
        return -1;
    }
    return 0;
}

static int check_partition(cfg_t *file, cfg_opt_t *option)
{
    cfg_t *section = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
    struct error err;

    return parse_name(cfg_title(section), "partition name", NAME_MOST, &err) ? 0 : say(file, &err);
}

/* --- from libconfuse's tree ------------------------------------------------------------------------------------ */

static void take_text(cfg_t *file, const char *name, char **place)
{
    const char *value = cfg_getstr(file, name);

    if (!value)
        return;
    free(*place);
    *place = *value ? memory_copy(value) : NULL;
}

static bool read_plain(cfg_t *file, struct settings *settings, struct error *err)
{
    take_text(file, "network", &settings->network);
    if (!settings_read_store(file, settings, err))
        return false;
    take_text(file, "key-file", &settings->key_file);
    if (!settings->key_file)
        settings->key_file = memory_format("%s/scheduler.key", settings->state_directory);
    for (size_t i = 0; i < COUNT_OF(endpoints); i++)
        take_text(file, endpoints[i].name, &settings->endpoints[endpoints[i].door]);
    for (size_t i = 0; i < COUNT_OF(durations); i++) {
        const char *value = cfg_getstr(file, durations[i].name);

        if (value && !parse_duration(value, duration_at(settings, &durations[i]), err))
            return false;
    }
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        *count_at(settings, &counts[i]) = (uint32_t)cfg_getint(file, counts[i].name);
    settings->policy = policy_find(cfg_getstr(file, "policy"));
    settings->local_operators = cfg_getbool(file, "local-operators");
    return log_level_parse(cfg_getstr(file, "log-level"), &settings->log_level, err);
}

/* What only makes sense together. */
static bool check_together(const struct settings *settings, struct error *err)
{
    if (settings->suspect_after_us <= settings->heartbeat_us ||
        settings->silent_after_us <= settings->suspect_after_us)
        return fail(err, ERROR_INVALID,
                    "heartbeat, node-suspect-after and node-silent-after must increase in this "
                    "order");
    if (!settings->endpoints[DOOR_CLIENTS] && !settings->endpoints[DOOR_LOCAL] &&
        !settings->endpoints[DOOR_ADMINS])
        return fail(err, ERROR_INVALID,
                    "nobody could ask anything: give listen-clients, listen-admins or "
                    "listen-local");
    return true;
}

static bool read_tree(cfg_t *file, struct settings *settings, struct error *err)
{
    return read_plain(file, settings, err) && settings_read_priority(file, settings, err) &&
           settings_read_clusters(file, settings, err) &&
           settings_read_policy(file, settings, err) && settings_read_clouds(file, settings, err) &&
           settings_read_books(file, settings, err) && check_together(settings, err);
}

/* --- the table -------------------------------------------------------------------------------------------------- */

static void set_checks(cfg_t *file)
{
    for (size_t i = 0; i < COUNT_OF(durations); i++)
        cfg_set_validate_func(file, durations[i].name, check_duration);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        cfg_set_validate_func(file, counts[i].name, check_count);
    for (size_t i = 0; i < COUNT_OF(endpoints); i++)
        cfg_set_validate_func(file, endpoints[i].name, check_endpoint);
    cfg_set_validate_func(file, "network", check_name);
    cfg_set_validate_func(file, "state-directory", check_path);
    cfg_set_validate_func(file, "key-file", check_path);
    cfg_set_validate_func(file, "log-level", check_log_level);
    cfg_set_validate_func(file, "policy", check_policy);
    cfg_set_validate_func(file, "cluster", check_cluster);
    cfg_set_validate_func(file, "cluster|institution", check_name);
    cfg_set_validate_func(file, "cluster|factor", check_factor);
    cfg_set_validate_func(file, "cluster|partition", check_partition);
    cfg_set_validate_func(file, "cluster|partition|nodes", check_nodes);
    cfg_set_validate_func(file, "cluster|partition|limit", check_limit);
    cfg_set_validate_func(file, "cluster|partition|default-limit", check_limit);
    cfg_set_validate_func(file, "cluster|partition|lease", check_limit);
    cfg_set_validate_func(file, "cluster|partition|contact", check_contact);
}

static void add_rows(cfg_opt_t *options, size_t *count)
{
    for (size_t i = 0; i < COUNT_OF(durations); i++)
        options[(*count)++] = (cfg_opt_t)CFG_STR(durations[i].name, NULL, CFGF_NONE);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        options[(*count)++] = (cfg_opt_t)CFG_INT(counts[i].name, counts[i].otherwise, CFGF_NONE);
    for (size_t i = 0; i < COUNT_OF(endpoints); i++)
        options[(*count)++] = (cfg_opt_t)CFG_STR(endpoints[i].name, NULL, CFGF_NONE);
}

DEFINE_CLEANUP(cfg_t *, cfg_free)

/* With what a section `cluster` may have. */
static bool read_with(struct settings *settings, const char *path, cfg_opt_t *cluster,
                      struct error *err)
{
    cfg_opt_t license[] = {CFG_INT("count", 0, CFGF_NODEFAULT), CFG_END()};
    cfg_opt_t priority[] = {
        CFG_INT("age", 0, CFGF_NODEFAULT),     CFG_INT("fair-share", 0, CFGF_NODEFAULT),
        CFG_INT("size", 0, CFGF_NODEFAULT),    CFG_INT("partition", 0, CFGF_NODEFAULT),
        CFG_INT("qos", 0, CFGF_NODEFAULT),     CFG_STR("age-most", NULL, CFGF_NONE),
        CFG_STR("half-life", NULL, CFGF_NONE), CFG_END(),
    };
    cfg_opt_t options[COUNT_OF(durations) + COUNT_OF(counts) + COUNT_OF(endpoints) + 17] = {
        CFG_STR("network", NULL, CFGF_NONE),
        CFG_STR("key-file", NULL, CFGF_NONE),
        CFG_STR("log-level", "info", CFGF_NONE),
        CFG_STR("policy", policy_default()->name, CFGF_NONE),
        CFG_BOOL("local-operators", cfg_true, CFGF_NONE),
        CFG_SEC("priority", priority, CFGF_NONE),
        CFG_SEC("cluster", cluster, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("license", license, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
    };
    cfg_opt_t limit[SETTINGS_POLICY_OPTIONS], qos[SETTINGS_POLICY_OPTIONS];
    cfg_opt_t cloud[SETTINGS_CLOUD_OPTIONS];
    CLEANUP(cfg_freep) cfg_t *file = NULL;
    size_t count = 8;

    add_rows(options, &count);
    settings_add_policy(options, &count, limit, qos);
    settings_add_clouds(options, &count, cloud);
    settings_add_books(options, &count);
    settings_add_store(options, &count);
    options[count] = (cfg_opt_t)CFG_END();
    file = cfg_init(options, CFGF_NONE);
    set_checks(file);
    if (!settings_parse(file, path, err))
        return false;
    return read_tree(file, settings, err) || fail_in(err, "%s", path);
}

bool settings_read(struct settings *settings, const char *path, struct error *err)
{
    cfg_opt_t partition[] = {
        CFG_STR("nodes", NULL, CFGF_NONE),
        CFG_BOOL("default", cfg_false, CFGF_NONE),
        CFG_BOOL("up", cfg_true, CFGF_NONE),
        CFG_STR("limit", "1d", CFGF_NONE),
        CFG_STR("default-limit", NULL, CFGF_NONE),
        CFG_STR("contact", "keep", CFGF_NONE),
        CFG_STR("lease", "10m", CFGF_NONE),
        CFG_INT("priority", 0, CFGF_NONE),
        CFG_INT("tier", 0, CFGF_NONE),
        CFG_STR("preempt", "off", CFGF_NONE),
        CFG_STR("preempt-grace", NULL, CFGF_NONE),
        CFG_STR("preempt-exempt", NULL, CFGF_NONE),
        CFG_END(),
    };
    cfg_opt_t feature[] = {CFG_STR("nodes", NULL, CFGF_NONE), CFG_END()};
    cfg_opt_t license[] = {CFG_INT("count", 0, CFGF_NODEFAULT), CFG_END()};
    cfg_opt_t wiring[] = {CFG_STR("nodes", NULL, CFGF_NONE), CFG_STR("switches", NULL, CFGF_NONE),
                          CFG_END()};
    cfg_opt_t cluster[] = {
        CFG_STR("institution", NULL, CFGF_NONE),
        CFG_FLOAT("factor", 1.0, CFGF_NONE),
        CFG_FLOAT("speed", 1.0, CFGF_NONE),
        CFG_STR("stage-rate", NULL, CFGF_NONE),
        CFG_BOOL("owners-first", cfg_false, CFGF_NONE),
        CFG_STR("lend-hours", NULL, CFGF_NONE),
        CFG_INT("guarantee", 0, CFGF_NONE),
        CFG_STR("guarantee-within", "10m", CFGF_NONE),
        CFG_SEC("partition", partition, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("feature", feature, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("license", license, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("switch", wiring, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_END(),
    };

    return read_with(settings, path, cluster, err);
}
