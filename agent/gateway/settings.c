/* settings.c - what gateway.conf says */

#include "agent/gateway/settings.h"

#include "agent/settings.h"
#include "base/hostlist.h"
#include "base/idset.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/settings.h"
#include "base/socket.h"

#include <confuse.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum rule { ANY, NEEDED, A_PATH, A_PATH_NEEDED, A_NAME, A_NAME_NEEDED };

static const struct text_rule {
    const char *name;
    size_t offset;
    enum rule rule;
    const char *otherwise;
} texts[] = {
    {"scheduler",        offsetof(struct gateway_settings, scheduler),        NEEDED,        NULL         },
    {"scheduler-key",    offsetof(struct gateway_settings, scheduler_key),    ANY,           NULL         },
    {"state-directory",  offsetof(struct gateway_settings, state_directory),  A_PATH_NEEDED,
     LOCALSTATEDIR "/lib/tequio/gateway"                                                                  },
    {"shared-directory", offsetof(struct gateway_settings, shared_directory), A_PATH_NEEDED, NULL         },
    {"libexec",          offsetof(struct gateway_settings, libexec),          A_PATH_NEEDED, PKGLIBEXECDIR},
    {"slurm-commands",   offsetof(struct gateway_settings, commands),         A_PATH_NEEDED, "/usr/bin"   },
    {"slurm-conf",       offsetof(struct gateway_settings, slurm_conf),       A_PATH,        NULL         },
    {"partition",        offsetof(struct gateway_settings, partition),        A_NAME_NEEDED, NULL         },
    {"nodes",            offsetof(struct gateway_settings, nodes),            ANY,           NULL         },
    {"prefix",           offsetof(struct gateway_settings, prefix),           A_NAME,        NULL         },
    {"features",         offsetof(struct gateway_settings, features),         ANY,           NULL         },
    {"account",          offsetof(struct gateway_settings, account),          A_NAME,        NULL         },
    {"qos",              offsetof(struct gateway_settings, qos),              A_NAME,        NULL         },
};

static const struct settings_span spans[] = {
    {"longest", offsetof(struct gateway_settings, longest_us), US_PER_SECOND,      PARSE_DURATION_MAX_US,
     "1-00:00:00"                                                                                              },
    {"wait",    offsetof(struct gateway_settings, wait_us),    US_PER_SECOND,      366 * US_PER_DAY,      "10m"},
    {"look",    offsetof(struct gateway_settings, look_us),    US_PER_SECOND / 10, US_PER_HOUR,           "5s" },
    {"timeout", offsetof(struct gateway_settings, timeout_us), US_PER_SECOND,      US_PER_HOUR,           "30s"},
};

/* So many options at most: texts, spans and those that are read one by one. */
#define OPTIONS_MAX (COUNT_OF(texts) + COUNT_OF(spans) + 8)

static char **text_at(struct gateway_settings *settings, const struct text_rule *rule)
{
    return (char **)(void *)((char *)settings + rule->offset);
}

static void free_file(cfg_t **file)
{
    if (*file)
        cfg_free(*file);
}

static bool check_text(const struct text_rule *rule, const char *value, struct error *err)
{
    bool given = value && *value;

    switch (rule->rule) {
    case A_PATH:
    case A_PATH_NEEDED:
        if (given && (*value != '/' || strpbrk(value, "'%\\\n")))
            return fail(err, ERROR_INVALID,
                        "%s = \"%.80s\" is no absolute path without quotes, per cent signs and "
                        "backslashes",
                        rule->name, value);
        break;
    case A_NAME:
    case A_NAME_NEEDED:
        if (given && !parse_name(value, "name", 64, err))
            return fail_in(err, "%s", rule->name);
        break;
    case NEEDED:
    case ANY:
        break;
    }
    return given || rule->rule == ANY || rule->rule == A_PATH || rule->rule == A_NAME ||
           fail(err, ERROR_INVALID, "%s is not set", rule->name);
}

static bool read_texts(cfg_t *file, struct gateway_settings *settings, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *value = cfg_getstr(file, texts[i].name);

        if (!check_text(&texts[i], value, err))
            return false;
        if (value && *value)
            *text_at(settings, &texts[i]) = memory_copy(value);
    }
    if (!settings->prefix)
        settings->prefix = memory_copy("");
    return settings_check_endpoint("scheduler", settings->scheduler, err);
}

static bool read_spans(cfg_t *file, struct gateway_settings *settings, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(spans); i++)
        if (!settings_read_span(&spans[i], cfg_getstr(file, spans[i].name), settings, err))
            return false;
    return true;
}

static bool read_key(cfg_t *file, struct gateway_settings *settings, struct error *err)
{
    const char *path = cfg_getstr(file, "scheduler-key-file");

    if (!settings->scheduler_key && !path)
        return fail(err, ERROR_INVALID,
                    "scheduler-key (or scheduler-key-file) is not set: the gateway must know whom "
                    "it obeys");
    if (!settings->scheduler_key)
        return agent_settings_read_key(path, &settings->scheduler_key, err) ||
               fail_in(err, "scheduler-key-file");
    return key_text_is_valid(settings->scheduler_key) ||
           fail(err, ERROR_INVALID, "scheduler-key is not a public key: 40 characters of Z85");
}

static bool read_count(cfg_t *file, const char *name, uint32_t most, uint32_t *ret_count,
                       struct error *err)
{
    long value = cfg_getint(file, name);

    if (value < 1 || value > (long)most)
        return fail(err, ERROR_INVALID, "%s = %ld is not between 1 and %u", name, value, most);
    *ret_count = (uint32_t)value;
    return true;
}

static bool read_rest(cfg_t *file, struct gateway_settings *settings, struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *names = NULL;
    const char *memory = cfg_getstr(file, "memory");
    const char *level = cfg_getstr(file, "log-level");

    if (!read_count(file, "most-nodes", GATEWAY_NODES_MAX, &settings->most_nodes, err) ||
        !read_count(file, "cores", IDSET_MAX - 1, &settings->cores, err))
        return false;
    if (memory && !parse_size(memory, 1 << 20, &settings->memory_bytes, err))
        return fail_in(err, "memory");
    if (level && !log_level_parse(level, &settings->log_level, err))
        return fail_in(err, "log-level");
    settings->sacct = cfg_getbool(file, "sacct");
    names = hostlist_parse(settings->nodes ? settings->nodes : "", err);
    return names || fail_in(err, "nodes");
}

static bool read_file(struct gateway_settings *settings, const char *path, struct error *err)
{
    cfg_opt_t options[OPTIONS_MAX];
    CLEANUP(free_file) cfg_t *file = NULL;
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        options[count++] = (cfg_opt_t)CFG_STR(texts[i].name, texts[i].otherwise, CFGF_NONE);
    for (size_t i = 0; i < COUNT_OF(spans); i++)
        options[count++] = (cfg_opt_t)CFG_STR(spans[i].name, spans[i].otherwise, CFGF_NONE);
    options[count++] = (cfg_opt_t)CFG_STR("scheduler-key-file", NULL, CFGF_NONE);
    options[count++] = (cfg_opt_t)CFG_STR("memory", NULL, CFGF_NONE);
    options[count++] = (cfg_opt_t)CFG_STR("log-level", NULL, CFGF_NONE);
    options[count++] = (cfg_opt_t)CFG_INT("most-nodes", GATEWAY_NODES_MAX, CFGF_NONE);
    options[count++] = (cfg_opt_t)CFG_INT("cores", IDSET_MAX - 1, CFGF_NONE);
    options[count++] = (cfg_opt_t)CFG_BOOL("sacct", cfg_false, CFGF_NONE);
    options[count] = (cfg_opt_t)CFG_END();
    file = cfg_init(options, CFGF_NONE);
    if (!settings_parse(file, path, err))
        return false;
    return (read_texts(file, settings, err) && read_spans(file, settings, err) &&
            read_key(file, settings, err) && read_rest(file, settings, err)) ||
           fail_in(err, "%s", path);
}

bool gateway_settings_read(struct gateway_settings *settings, const char *path, struct error *err)
{
    *settings = (struct gateway_settings){.log_level = LOG_INFO};
    if (read_file(settings, path, err))
        return true;
    gateway_settings_clear(settings);
    return false;
}

void gateway_settings_clear(struct gateway_settings *settings)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        free(*text_at(settings, &texts[i]));
    *settings = (struct gateway_settings){0};
}
