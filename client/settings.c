/* settings.c - client.conf: where the scheduler is, and whose key it must have */

#include "client/settings.h"

#include "base/settings.h"
#include "base/socket.h"
#include "client/text.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_LEAST_S = 1, TIMEOUT_MOST_S = 3600 };

static void free_settings(cfg_t **file)
{
    if (*file)
        cfg_free(*file);
}

static int check_timeout(cfg_t *file, cfg_opt_t *option)
{
    long value = cfg_opt_getnint(option, 0);

    if (value >= TIMEOUT_LEAST_S && value <= TIMEOUT_MOST_S)
        return 0;
    cfg_error(file, "timeout = %ld is not between %d and %d seconds", value, TIMEOUT_LEAST_S,
              TIMEOUT_MOST_S);
    return -1;
}

static int check_endpoint(cfg_t *file, cfg_opt_t *option)
{
    struct error err;

    if (settings_check_endpoints(cfg_opt_name(option), cfg_opt_getnstr(option, 0), &err))
        return 0;
    cfg_error(file, "%s", err.text);
    return -1;
}

static int check_key(cfg_t *file, cfg_opt_t *option)
{
    if (key_text_is_valid(cfg_opt_getnstr(option, 0)))
        return 0;
    cfg_error(file, "%s is not a public key: 40 characters of Z85", cfg_opt_name(option));
    return -1;
}

/* A file that is not there is no mistake; anything else that cannot be read is. */
static bool read_file(struct client_settings *settings, const char *path, struct error *err)
{
    cfg_opt_t options[] = {
        CFG_SIMPLE_STR("server", &settings->server),
        CFG_SIMPLE_STR("server-key", &settings->server_key),
        CFG_SIMPLE_STR("key-file", &settings->key_file),
        CFG_SIMPLE_STR("accounting", &settings->accounting),
        CFG_SIMPLE_STR("accounting-key", &settings->accounting_key),
        CFG_SIMPLE_INT("timeout", &settings->timeout_s),
        CFG_END(),
    };
    CLEANUP(free_settings) cfg_t *file = NULL;

    if (access(path, F_OK) != 0)
        return true;
    file = cfg_init(options, CFGF_NONE);
    cfg_set_validate_func(file, "server", check_endpoint);
    cfg_set_validate_func(file, "accounting", check_endpoint);
    cfg_set_validate_func(file, "server-key", check_key);
    cfg_set_validate_func(file, "accounting-key", check_key);
    cfg_set_validate_func(file, "timeout", check_timeout);
    return settings_parse(file, path, err);
}

char *client_settings_path(const char *name, struct error *err)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");

    if (config && *config == '/')
        return memory_format("%s/tequio/%s", config, name);
    if (home && *home == '/')
        return memory_format("%s/.config/tequio/%s", home, name);
    fail(err, ERROR_INVALID, _("HOME is not set, so there is no place for %s: set HOME"), name);
    return NULL;
}

bool client_settings_read(struct client_settings *settings, struct error *err)
{
    struct error ignored;
    CLEANUP(memory_freep) char *own = client_settings_path("client.conf", &ignored);

    *settings = (struct client_settings){
        .server = memory_copy("ipc://" RUNSTATEDIR "/tequio/scheduler.sock"),
        .accounting = memory_copy("ipc://" RUNSTATEDIR "/tequio/accounting.sock"),
        .timeout_s = 30,
    };
    if (!read_file(settings, SYSCONFDIR "/tequio/client.conf", err) ||
        (own && !read_file(settings, own, err))) {
        client_settings_clear(settings);
        return false;
    }
    return true;
}

void client_settings_clear(struct client_settings *settings)
{
    free(settings->server);
    free(settings->server_key);
    free(settings->key_file);
    free(settings->accounting);
    free(settings->accounting_key);
    *settings = (struct client_settings){0};
}
