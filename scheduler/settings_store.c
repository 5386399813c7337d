/* settings_store.c - where the truth is kept; from the configuration */

#include "scheduler/settings_inside.h"

#include "base/parse.h"
#include "base/postgres.h"
#include "scheduler/store.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_LEAST_US (2 * US_PER_SECOND)
#define LEASE_MOST_US  (10 * US_PER_MINUTE)

void settings_add_store(struct cfg_opt_t *options, size_t *count)
{
    options[(*count)++] = (cfg_opt_t)CFG_STR("state-directory", NULL, CFGF_NONE);
    options[(*count)++] = (cfg_opt_t)CFG_STR("store", NULL, CFGF_NONE);
    options[(*count)++] = (cfg_opt_t)CFG_STR("store-lease", NULL, CFGF_NONE);
}

static bool read_lease(const char *text, int64_t *ret_lease_us, struct error *err)
{
    *ret_lease_us = STORE_LEASE_US;
    if (text && !parse_duration(text, ret_lease_us, err))
        return fail_in(err, "store-lease");
    return (*ret_lease_us >= LEASE_LEAST_US && *ret_lease_us <= LEASE_MOST_US) ||
           fail(err, ERROR_INVALID, "store-lease = %.40s is not between 2s and 10m", text);
}

/* A password may be in it: it is never shown. */
bool settings_read_store(struct cfg_t *file, struct settings *settings, struct error *err)
{
    const char *directory = cfg_getstr(file, "state-directory");
    const char *store = cfg_getstr(file, "store");

    if (directory) {
        free(settings->state_directory);
        settings->state_directory = memory_copy(directory);
    }
    if (store && strncmp(store, POSTGRES_PREFIX, strlen(POSTGRES_PREFIX)) != 0)
        return fail(err, ERROR_INVALID,
                    "store must begin with " POSTGRES_PREFIX
                    ", as in postgresql://tequio@db.example"
                    ".org/tequio; without it the database is a file in the state directory");
    settings->store = store ? memory_copy(store) : NULL;
    return read_lease(cfg_getstr(file, "store-lease"), &settings->store_lease_us, err);
}

void settings_clear_store(struct settings *settings)
{
    free(settings->state_directory);
    if (settings->store)
        memory_wipe(settings->store, strlen(settings->store));
    free(settings->store);
}
