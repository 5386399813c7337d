/* settings.c - what tequio-agent.conf says */

#include "agent/settings.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/hostlist.h"
#include "base/idset.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/settings.h"
#include "base/socket.h"

#include <confuse.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_FILE_MAX    4096
#define GPU_TYPES_MAX   4 /* of one node, as the scheduler counts them */
#define GPU_COUNT_MAX   256
#define HEALTH_EVERY_US (5 * US_PER_MINUTE)

#define PROCESSES_PER_CORE 1024
#define PROCESSES_MOST     1000000

/* As libconfuse gives it, before it is checked and completed. */
struct raw {
    char *scheduler_key_file;
    char *binding;
    char *host_name;
    char *reserved_memory;
    char *memory;
    char *log_level;
    char *health_interval;
    char *stage_bytes;
    char *stage_silence;
    long reserved_cores;
    long processes_per_core;
};

static void free_file(cfg_t **file)
{
    if (*file)
        cfg_free(*file);
}

static void free_raw(struct raw *raw)
{
    free(raw->scheduler_key_file);
    free(raw->binding);
    free(raw->host_name);
    free(raw->reserved_memory);
    free(raw->memory);
    free(raw->log_level);
    free(raw->health_interval);
    free(raw->stage_bytes);
    free(raw->stage_silence);
}

/* --- checks while reading: they can name the line -------------------------------------------- */

static int check_endpoint(cfg_t *file, cfg_opt_t *option)
{
    struct error err;

    if (settings_check_endpoints(cfg_opt_name(option), cfg_opt_getnstr(option, 0), &err))
        return 0;
    cfg_error(file, "%s", err.text);
    return -1;
}

static int check_local(cfg_t *file, cfg_opt_t *option)
{
    if (check_endpoint(file, option) != 0)
        return -1;
    if (strncmp(cfg_opt_getnstr(option, 0), "ipc:///", 7) == 0)
        return 0;
    cfg_error(file, "local must be ipc:///PATH: it is for processes on this machine");
    return -1;
}

static int check_key(cfg_t *file, cfg_opt_t *option)
{
    if (key_text_is_valid(cfg_opt_getnstr(option, 0)))
        return 0;
    cfg_error(file, "%s is not a public key: 40 characters of Z85", cfg_opt_name(option));
    return -1;
}

static int check_path(cfg_t *file, cfg_opt_t *option)
{
    const char *path = cfg_opt_getnstr(option, 0);

    if (path && *path == '/')
        return 0;
    cfg_error(file, "%s = \"%s\" is no absolute path", cfg_opt_name(option), path ? path : "");
    return -1;
}

static int check_cores(cfg_t *file, cfg_opt_t *option)
{
    long value = cfg_opt_getnint(option, 0);

    if (value >= 0 && value < (long)IDSET_MAX)
        return 0;
    cfg_error(file, "reserved-cores = %ld is not between 0 and %u", value, IDSET_MAX - 1);
    return -1;
}

static int check_processes(cfg_t *file, cfg_opt_t *option)
{
    long value = cfg_opt_getnint(option, 0);

    if (value >= 0 && value <= PROCESSES_MOST)
        return 0;
    cfg_error(file, "processes-per-core = %ld is not between 0 and %d", value, PROCESSES_MOST);
    return -1;
}

static void set_checks(cfg_t *file)
{
    static const char *const paths[] = {
        "scheduler-key-file", "key-file",        "state-directory", "token-file", "launcher",
        "launcher-program",   "launcher-config", "spool",           "libexec",    "health-check",
        "vm-images",
    };

    cfg_set_validate_func(file, "scheduler", check_endpoint);
    cfg_set_validate_func(file, "scheduler-key", check_key);
    cfg_set_validate_func(file, "local", check_local);
    cfg_set_validate_func(file, "reserved-cores", check_cores);
    cfg_set_validate_func(file, "processes-per-core", check_processes);
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        cfg_set_validate_func(file, paths[i], check_path);
}

/* --- and afterwards -------------------------------------------------------------------------- */

static bool read_choice(const char *name, const char *text, const char *yes, const char *no,
                        bool *ret_value, struct error *err)
{
    if (strcmp(text, yes) != 0 && strcmp(text, no) != 0)
        return fail(err, ERROR_INVALID, "%s = \"%.60s\": write \"%s\" or \"%s\"", name, text, yes,
                    no);
    *ret_value = strcmp(text, yes) == 0;
    return true;
}

static bool read_memory(const char *name, const char *text, uint64_t *ret_bytes, struct error *err)
{
    if (!text || strcmp(text, "0") == 0)
        return true;
    return parse_size(text, 1 << 20, ret_bytes, err) || fail_in(err, "%s", name);
}

bool agent_settings_read_key(const char *path, char **ret_key, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    const char *key;
    size_t size;

    buffer_init(&text);
    if (!file_read(path, KEY_FILE_MAX, &text, err))
        return false;
    key = text.bytes + strspn(text.bytes, " \t\r\n");
    if (strncmp(key, "public", 6) == 0)
        key += strcspn(key, "=\n");
    key += strspn(key, "= \t\"");
    size = strcspn(key, " \t\r\n\"");
    text.bytes[(size_t)(key - text.bytes) + size] = '\0';
    if (!key_text_is_valid(key))
        return fail(err, ERROR_INVALID, "%s holds no public key of a scheduler", path);
    *ret_key = memory_copy(key);
    return true;
}

static void set_default(char **place, char *value)
{
    if (*place)
        free(value);
    else
        *place = value;
}

static char *host_name(void)
{
    char name[256] = "";

    if (gethostname(name, sizeof(name) - 1) != 0 || !*name)
        return memory_copy("localhost");
    name[strcspn(name, ".")] = '\0';
    return memory_copy(name);
}

static void complete(struct agent_settings *settings)
{
    set_default(&settings->node, host_name());
    set_default(&settings->state_directory, memory_copy(LOCALSTATEDIR "/lib/tequio/agent"));
    set_default(&settings->key_file, memory_format("%s/agent.key", settings->state_directory));
    set_default(&settings->spool, memory_format("%s/spool", settings->state_directory));
    set_default(&settings->local, memory_format("ipc://%s/agent.sock", settings->state_directory));
    set_default(&settings->launcher_program, memory_copy(SBINDIR "/tequio-launcher"));
    set_default(&settings->libexec, memory_copy(PKGLIBEXECDIR));
    if (!settings->topology || !*settings->topology) {
        free(settings->topology);
        settings->topology = memory_copy("machine");
    }
}

static bool check_node(const char *node, struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_new();

    return (parse_name(node, "node name", 64, err) && hostlist_add(list, node, err)) ||
           fail_in(err, "node");
}

static bool check_protocols(const char *protocols, struct error *err)
{
    static const char known[] = ",https,http,sftp,file,";
    CLEANUP(memory_freep) char *copy = protocols ? memory_copy(protocols) : NULL;
    char *rest = copy, *name;

    while (protocols && (name = strsep(&rest, ","))) {
        CLEANUP(memory_freep) char *whole = memory_format(",%s,", name);

        if (!*name || !strstr(known, whole))
            return fail(err, ERROR_INVALID,
                        "stage-protocols = \"%.60s\": write some of https,http,sftp,file",
                        protocols);
    }
    return true;
}

/* What jobs may bring and carry away. */
static bool check_stages(struct agent_settings *settings, const struct raw *raw, struct error *err)
{
    int64_t silence_us = 0;

    if (!check_protocols(settings->stage_protocols, err) ||
        !read_memory("stage-size", raw->stage_bytes, &settings->stage_bytes, err))
        return false;
    if (raw->stage_silence && (!parse_duration(raw->stage_silence, &silence_us, err) ||
                               silence_us < US_PER_SECOND || silence_us > US_PER_DAY))
        return fail(err, ERROR_INVALID, "stage-silence = \"%.60s\": write 1s to 1 day, as in 60s",
                    raw->stage_silence);
    settings->stage_silence_s = (uint32_t)(silence_us / US_PER_SECOND);
    return true;
}

static bool check_raw(struct agent_settings *settings, const struct raw *raw, struct error *err)
{
    bool described = strcmp(settings->topology, "machine") != 0;

    if (!settings->scheduler)
        return fail(err, ERROR_INVALID,
                    "scheduler is not set: the agents' address, "
                    "\"tcp://HOST:PORT\"");
    if (!settings->scheduler_key && !raw->scheduler_key_file)
        return fail(err, ERROR_INVALID,
                    "scheduler-key (or scheduler-key-file) is not set: the "
                    "agent must know whom it obeys");
    if (!settings->scheduler_key &&
        !agent_settings_read_key(raw->scheduler_key_file, &settings->scheduler_key, err))
        return fail_in(err, "scheduler-key-file");
    if (!read_choice("binding", raw->binding ? raw->binding : "cores", "cores", "none",
                     &settings->bind, err) ||
        !read_choice("host-name",
                     raw->host_name ? raw->host_name
                     : described    ? "node"
                                    : "machine",
                     "node", "machine", &settings->own_name, err) ||
        !read_memory("reserved-memory", raw->reserved_memory, &settings->reserved_memory_bytes,
                     err) ||
        !read_memory("memory", raw->memory, &settings->memory_bytes, err))
        return false;
    if (raw->log_level && !log_level_parse(raw->log_level, &settings->log_level, err))
        return fail_in(err, "log-level");
    settings->health_every_us = HEALTH_EVERY_US;
    if (raw->health_interval &&
        (!parse_duration(raw->health_interval, &settings->health_every_us, err) ||
         settings->health_every_us < US_PER_SECOND))
        return fail(err, ERROR_INVALID, "health-interval = \"%.60s\": write at least 1s, as in 5m",
                    raw->health_interval);
    settings->reserved_cores = (uint32_t)raw->reserved_cores;
    settings->processes_per_core = (uint32_t)raw->processes_per_core;
    return check_stages(settings, raw, err) && check_node(settings->node, err);
}

static bool read_gpus(cfg_t *file, struct agent_settings *settings, struct error *err)
{
    unsigned count = cfg_size(file, "gpu");

    settings->gpus = NEW_ARRAY(struct gpu_section, count);
    for (unsigned i = 0; i < count; i++) {
        cfg_t *section = cfg_getnsec(file, "gpu", i);
        struct gpu_section *gpu = &settings->gpus[settings->gpu_count++];
        long wanted = cfg_getint(section, "count");

        if (!parse_name(cfg_title(section), "type of GPU", sizeof(gpu->type) - 1, err))
            return false;
        if (count > GPU_TYPES_MAX || wanted < 1 || wanted > GPU_COUNT_MAX)
            return fail(err, ERROR_INVALID,
                        "gpu %s: count = %ld is not between 1 and %d, or there are more than %d "
                        "types",
                        cfg_title(section), wanted, GPU_COUNT_MAX, GPU_TYPES_MAX);
        snprintf(gpu->type, sizeof(gpu->type), "%s", cfg_title(section));
        gpu->count = (uint32_t)wanted;
        if (cfg_getstr(section, "files"))
            gpu->files = memory_copy(cfg_getstr(section, "files"));
    }
    return true;
}

static bool check_features(const char *features, struct error *err)
{
    CLEANUP(memory_freep) char *copy = features ? memory_copy(features) : NULL;
    char *rest = copy, *name;

    while (features && *features && (name = strsep(&rest, ",")))
        if (!parse_name(name, "feature", 64, err))
            return fail_in(err, "features");
    return true;
}

static bool read_file(struct agent_settings *settings, struct raw *raw, const char *path,
                      struct error *err)
{
    cfg_opt_t gpu[] = {CFG_INT("count", 1, CFGF_NONE), CFG_STR("files", NULL, CFGF_NONE),
                       CFG_END()};
    cfg_opt_t options[] = {
        CFG_SIMPLE_STR("scheduler", &settings->scheduler),
        CFG_SIMPLE_STR("scheduler-key", &settings->scheduler_key),
        CFG_SIMPLE_STR("scheduler-key-file", &raw->scheduler_key_file),
        CFG_SIMPLE_STR("node", &settings->node),
        CFG_SIMPLE_STR("key-file", &settings->key_file),
        CFG_SIMPLE_STR("state-directory", &settings->state_directory),
        CFG_SIMPLE_STR("token-file", &settings->token_file),
        CFG_SIMPLE_STR("launcher", &settings->launcher),
        CFG_SIMPLE_STR("launcher-program", &settings->launcher_program),
        CFG_SIMPLE_STR("launcher-config", &settings->launcher_config),
        CFG_SIMPLE_STR("spool", &settings->spool),
        CFG_SIMPLE_STR("local", &settings->local),
        CFG_SIMPLE_STR("libexec", &settings->libexec),
        CFG_SIMPLE_STR("topology", &settings->topology),
        CFG_SIMPLE_STR("health-check", &settings->health_check),
        CFG_SIMPLE_STR("health-interval", &raw->health_interval),
        CFG_SIMPLE_STR("binding", &raw->binding),
        CFG_SIMPLE_STR("host-name", &raw->host_name),
        CFG_SIMPLE_INT("reserved-cores", &raw->reserved_cores),
        CFG_SIMPLE_INT("processes-per-core", &raw->processes_per_core),
        CFG_SIMPLE_STR("reserved-memory", &raw->reserved_memory),
        CFG_SIMPLE_STR("memory", &raw->memory),
        CFG_SIMPLE_STR("log-level", &raw->log_level),
        CFG_SIMPLE_STR("features", &settings->features),
        CFG_SIMPLE_STR("vm-images", &settings->vm_images),
        CFG_SIMPLE_STR("stage-protocols", &settings->stage_protocols),
        CFG_SIMPLE_STR("stage-size", &raw->stage_bytes),
        CFG_SIMPLE_STR("stage-silence", &raw->stage_silence),
        CFG_SEC("gpu", gpu, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_END(),
    };
    CLEANUP(free_file) cfg_t *file = cfg_init(options, CFGF_NONE);

    set_checks(file);
    return settings_parse(file, path, err) && read_gpus(file, settings, err) &&
           check_features(settings->features, err);
}

bool agent_settings_read(struct agent_settings *settings, const char *path, struct error *err)
{
    CLEANUP(free_raw) struct raw raw = {.processes_per_core = PROCESSES_PER_CORE};

    *settings = (struct agent_settings){.log_level = LOG_INFO};
    if (!read_file(settings, &raw, path, err)) {
        agent_settings_clear(settings);
        return false;
    }
    complete(settings);
    if (!check_raw(settings, &raw, err)) {
        agent_settings_clear(settings);
        return fail_in(err, "%s", path);
    }
    return true;
}

void agent_settings_clear(struct agent_settings *settings)
{
    free(settings->scheduler);
    free(settings->scheduler_key);
    free(settings->node);
    free(settings->key_file);
    free(settings->state_directory);
    free(settings->token_file);
    free(settings->launcher);
    free(settings->launcher_program);
    free(settings->launcher_config);
    free(settings->spool);
    free(settings->local);
    free(settings->libexec);
    free(settings->health_check);
    free(settings->topology);
    free(settings->features);
    free(settings->vm_images);
    free(settings->stage_protocols);
    for (uint32_t i = 0; i < settings->gpu_count; i++)
        free(settings->gpus[i].files);
    free(settings->gpus);
    *settings = (struct agent_settings){0};
}
