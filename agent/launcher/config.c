/* config.c - the launcher's own settings */

#include "agent/launcher/config.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_SIZE_MAX = 1 << 22 };

enum setting_kind {
    SETTING_TEXT,
    SETTING_PROGRAM,
    SETTING_NUMBER,
    SETTING_SIZE,
    SETTING_TIME,
    SETTING_YES_NO
};

static const struct {
    const char *name;
    enum setting_kind kind;
    size_t place;
} settings[] = {
    {"socket",            SETTING_TEXT,    offsetof(struct config, socket)           },
    {"agent-user",        SETTING_TEXT,    offsetof(struct config, agent_user)       },
    {"spool",             SETTING_TEXT,    offsetof(struct config, spool)            },
    {"scratch",           SETTING_TEXT,    offsetof(struct config, scratch)          },
    {"powercap",          SETTING_TEXT,    offsetof(struct config, powercap)         },
    {"output-most",       SETTING_SIZE,    offsetof(struct config, output_most)      },
    {"least-uid",         SETTING_NUMBER,  offsetof(struct config, least_uid)        },
    {"cgroups",           SETTING_YES_NO,  offsetof(struct config, cgroups)          },
    {"no-new-privileges", SETTING_YES_NO,  offsetof(struct config, no_new_privileges)},
    {"prolog",            SETTING_PROGRAM, offsetof(struct config, prolog)           },
    {"epilog",            SETTING_PROGRAM, offsetof(struct config, epilog)           },
    {"prolog-limit",      SETTING_TIME,    offsetof(struct config, hook_limit_us)    },
};

static const struct {
    const char *name;
    int resource;
} limit_names[] = {
    {"as",      RLIMIT_AS     },
    {"core",    RLIMIT_CORE   },
    {"cpu",     RLIMIT_CPU    },
    {"data",    RLIMIT_DATA   },
    {"fsize",   RLIMIT_FSIZE  },
    {"memlock", RLIMIT_MEMLOCK},
    {"nofile",  RLIMIT_NOFILE },
    {"nproc",   RLIMIT_NPROC  },
    {"stack",   RLIMIT_STACK  },
};

void config_init(struct config *config)
{
    *config = (struct config){
        .agent_user = memory_copy("tequio"),
        .spool = memory_copy(CONFIG_SPOOL),
        .scratch = memory_copy(LOCALSTATEDIR "/spool/tequio"),
        .powercap = memory_copy("/sys/class/powercap"),
        .least_uid = 1000,
        .output_most = UINT64_C(1) << 30,
        .cgroups = true,
        .no_new_privileges = true,
        .hook_limit_us = 5 * US_PER_MINUTE,
    };
    /* A crashed rank of a large job would fill the user's quota. */
    config->limits[config->limit_count++] = (struct config_limit){RLIMIT_CORE, 0};
}

void config_clear(struct config *config)
{
    free(config->socket);
    free(config->agent_user);
    free(config->spool);
    free(config->scratch);
    free(config->powercap);
    free(config->prolog);
    free(config->epilog);
    for (size_t i = 0; i < config->map_count; i++) {
        free(config->maps[i].principal);
        free(config->maps[i].account);
    }
    free(config->maps);
    *config = (struct config){0};
}

/* It runs with the launcher's rights: nobody else may have written it. */
static bool check_program(const char *path, struct error *err)
{
    if (*path != '/')
        return fail(err, ERROR_INVALID, "write the program's absolute path");
    return file_check_private(path, false, err);
}

static bool set_value(void *place, enum setting_kind kind, const char *value, struct error *err)
{
    char **text = place;
    bool *yes_no = place;

    if (kind == SETTING_NUMBER)
        return parse_u32(value, 1, UINT32_MAX - 1, place, err);
    if (kind == SETTING_SIZE)
        return parse_size(value, 1, place, err);
    if (kind == SETTING_TIME)
        return parse_duration(value, place, err);
    if (kind == SETTING_YES_NO) {
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
            return fail(err, ERROR_INVALID, "say yes or no");
        *yes_no = strcmp(value, "yes") == 0;
        return true;
    }
    if (*value == '\0')
        return fail(err, ERROR_INVALID, "a value is missing");
    if (kind == SETTING_PROGRAM && !check_program(value, err))
        return false;
    free(*text);
    *text = memory_copy(value);
    return true;
}

static bool read_setting(struct config *config, const char *name, const char *value,
                         struct error *err)
{
    const char *names[COUNT_OF(settings) + 1] = {NULL};
    char shown[TEXT_SHOWN_SIZE];
    const char *near;

    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        names[i] = settings[i].name;
        if (strcmp(name, settings[i].name) != 0)
            continue;
        if (config->given & 1u << i)
            return fail(err, ERROR_INVALID, "%s is set twice", name);
        config->given |= 1u << i;
        return set_value((char *)config + settings[i].place, settings[i].kind, value, err) ||
               fail_in(err, "%s", name);
    }
    near = nearest_name(name, names);
    return fail(err, ERROR_INVALID, "no setting %s%s%s%s", text_show(name, shown),
                near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool read_map(struct config *config, const char *principal, const char *account,
                     struct error *err)
{
    if ((strcmp(principal, "*") != 0 && !parse_name(principal, "principal", 64, err)) ||
        !parse_name(account, "account", 64, err))
        return false;
    for (size_t i = 0; i < config->map_count; i++)
        if (strcmp(config->maps[i].principal, principal) == 0)
            return fail(err, ERROR_INVALID, "%s is mapped twice", principal);
    config->maps = memory_resize(config->maps, config->map_count + 1, sizeof(*config->maps));
    config->maps[config->map_count++] =
        (struct config_map){memory_copy(principal), memory_copy(account)};
    return true;
}

/* A later line for the same resource replaces the earlier one. */
static bool set_limit(struct config *config, int resource, rlim_t value)
{
    size_t i = 0;

    while (i < config->limit_count && config->limits[i].resource != resource)
        i++;
    config->limits[i] = (struct config_limit){resource, value};
    config->limit_count += i == config->limit_count;
    return true;
}

static bool read_limit(struct config *config, const char *name, const char *value,
                       struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];
    uint64_t number = RLIM_INFINITY;

    if (strcmp(value, "unlimited") != 0 && !parse_u64(value, 0, INT64_MAX, &number, err))
        return fail_in(err, "limit %s", name);
    for (size_t i = 0; i < COUNT_OF(limit_names); i++)
        if (strcmp(name, limit_names[i].name) == 0)
            return set_limit(config, limit_names[i].resource, (rlim_t)number);
    return fail(err, ERROR_INVALID,
                "no limit %s: there are as core cpu data fsize memlock nofile "
                "nproc stack",
                text_show(name, shown));
}

/* Cut the line into at most three words; the number of them, 4 if there are more. */
static int split_words(char *line, char *words[3])
{
    char *rest = NULL;
    int count = 0;

    for (char *word = strtok_r(line, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        if (count == 3)
            return 4;
        words[count++] = word;
    }
    return count;
}

static bool read_line(struct config *config, char *line, struct error *err)
{
    char *words[3] = {NULL};
    int count;

    line[strcspn(line, "#")] = '\0';
    count = split_words(line, words);
    if (count == 0)
        return true;
    if (count == 3 && strcmp(words[1], "=") == 0)
        return read_setting(config, words[0], words[2], err);
    if (count == 3 && strcmp(words[0], "map") == 0)
        return read_map(config, words[1], words[2], err);
    if (count == 3 && strcmp(words[0], "limit") == 0)
        return read_limit(config, words[1], words[2], err);
    return fail(err, ERROR_INVALID,
                "lines are `name = value`, `map PRINCIPAL ACCOUNT` or `limit NAME VALUE`");
}

bool config_read(struct config *config, const char *path, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;
    unsigned number = 0;
    char *rest;

    buffer_init(&text);
    /* Whoever can write it can become anybody. */
    if (!file_check_private(path, false, err) || !file_read(path, CONFIG_SIZE_MAX, &text, err))
        return false;
    if (strlen(text.bytes) != text.length)
        return fail(err, ERROR_INVALID, "%s: has a NUL byte", path);
    rest = text.bytes;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        number++;
        if (!read_line(config, line, err))
            return fail_in(err, "%s:%u", path, number);
    }
    return true;
}
