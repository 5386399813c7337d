/* settings.c - the configuration of tequio-accounting */

#include "accounting/settings.h"

#include "accounting/settings_notices.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/settings.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

DEFINE_CLEANUP(cfg_t *, cfg_free)

static bool check(const struct accounting_settings *settings, struct error *err)
{
    enum log_level level;

    if (*settings->listen && !settings_check_endpoint("listen", settings->listen, err))
        return false;
    if (*settings->listen_local &&
        !settings_check_endpoint("listen-local", settings->listen_local, err))
        return false;
    if (!*settings->listen && !*settings->listen_local)
        return fail(err, ERROR_INVALID, "neither listen nor listen-local is set: nobody could ask");
    if (strchr(settings->zone, '.') || *settings->zone == '/' || !*settings->zone)
        return fail(err, ERROR_INVALID, "zone = '%s' is not a name like America/Mexico_City",
                    settings->zone);
    return log_level_parse(settings->log_level, &level, err);
}

/* A zone that is not installed would count in UTC without a word. */
static bool check_zone(const char *zone, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("/usr/share/zoneinfo/%s", zone);

    if (strcmp(zone, "UTC") == 0 || access(path, R_OK) == 0)
        return true;
    return fail(err, ERROR_NOT_FOUND, "zone = '%s' is not installed (%s): install tzdata", zone,
                path);
}

bool accounting_settings_read(struct accounting_settings *settings, const char *path,
                              struct error *err)
{
    cfg_bool_t local_operators = cfg_true;
    char thresholds[] = "{50, 80, 95, 100}"; /* libconfuse wants it writable */
    cfg_opt_t notice[] = {
        CFG_STR("mail", "", CFGF_NONE),
        CFG_STR("webhook", "", CFGF_NONE),
        CFG_END(),
    };
    cfg_opt_t options[] = {
        CFG_SIMPLE_STR("database", &settings->database),
        CFG_SIMPLE_STR("state-directory", &settings->state_directory),
        CFG_SIMPLE_STR("listen", &settings->listen),
        CFG_SIMPLE_STR("listen-local", &settings->listen_local),
        CFG_SIMPLE_STR("key-file", &settings->key_file),
        CFG_SIMPLE_STR("signing-key-file", &settings->signing_key_file),
        CFG_SIMPLE_BOOL("local-operators", &local_operators),
        CFG_SIMPLE_STR("zone", &settings->zone),
        CFG_SIMPLE_STR("log-level", &settings->log_level),
        CFG_INT_LIST("notice-thresholds", thresholds, CFGF_NONE),
        CFG_STR("notice-interval", "1m", CFGF_NONE),
        CFG_STR("notice-retry", "1m", CFGF_NONE),
        CFG_SIMPLE_STR("notice-sendmail", &settings->sendmail),
        CFG_SIMPLE_STR("notice-from", &settings->notice_from),
        CFG_SEC("notice", notice, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_END(),
    };
    CLEANUP(cfg_freep) cfg_t *file = NULL;

    *settings = (struct accounting_settings){
        .database = memory_copy(LOCALSTATEDIR "/lib/tequio/scheduler/tequio.db"),
        .state_directory = memory_copy(LOCALSTATEDIR "/lib/tequio/accounting"),
        .listen = memory_copy(""),
        .listen_local = memory_copy("ipc://" RUNSTATEDIR "/tequio/accounting.sock"),
        .key_file = memory_copy(LOCALSTATEDIR "/lib/tequio/accounting/transport.key"),
        .signing_key_file = memory_copy(LOCALSTATEDIR "/lib/tequio/accounting/signing.key"),
        .zone = memory_copy("America/Mexico_City"),
        .log_level = memory_copy("info"),
        .sendmail = memory_copy("/usr/sbin/sendmail"),
        .notice_from = memory_copy("tequio@localhost"),
    };
    file = cfg_init(options, CFGF_NONE);
    if (settings_parse(file, path, err) && (check(settings, err) || fail_in(err, "%s", path)) &&
        (check_zone(settings->zone, err) || fail_in(err, "%s", path)) &&
        (settings_take_notices(file, settings, err) || fail_in(err, "%s", path))) {
        settings->local_operators = local_operators == cfg_true;
        return true;
    }
    accounting_settings_clear(settings);
    return false;
}

void accounting_settings_clear(struct accounting_settings *settings)
{
    free(settings->database);
    free(settings->state_directory);
    free(settings->listen);
    free(settings->listen_local);
    free(settings->key_file);
    free(settings->signing_key_file);
    free(settings->zone);
    free(settings->log_level);
    settings_clear_notices(settings);
    *settings = (struct accounting_settings){0};
}
