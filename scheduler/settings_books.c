/* settings_books.c - where reports are to be had, for those who enrol; from the configuration */

#include "scheduler/settings_inside.h"

#include "base/settings.h"
#include "base/socket.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>

void settings_add_books(struct cfg_opt_t *options, size_t *count)
{
    options[(*count)++] = (cfg_opt_t)CFG_STR("accounting", NULL, CFGF_NONE);
    options[(*count)++] = (cfg_opt_t)CFG_STR("accounting-key", NULL, CFGF_NONE);
}

/* Both or none: clients trust nobody whose key they do not know. */
bool settings_read_books(struct cfg_t *file, struct settings *settings, struct error *err)
{
    const char *address = cfg_getstr(file, "accounting");
    const char *key = cfg_getstr(file, "accounting-key");

    if (!address && !key)
        return true;
    if (!address || !key)
        return fail(err, ERROR_INVALID,
                    "accounting and accounting-key belong together: the address of "
                    "tequio-accounting, and what its transport.key.pub holds");
    if (strncmp(address, "tcp://", 6) != 0 || strchr(address, '*'))
        return fail(err, ERROR_INVALID,
                    "accounting = %.80s is not where others reach it, as in "
                    "tcp://books.example.org:7104",
                    address);
    if (!settings_check_endpoint("accounting", address, err))
        return false;
    if (!key_text_is_valid(key))
        return fail(err, ERROR_INVALID,
                    "accounting-key is not a public key: 40 characters of Z85, in ' because of "
                    "its $ and #");
    settings->books = memory_copy(address);
    settings->books_key = memory_copy(key);
    return true;
}

void settings_clear_books(struct settings *settings)
{
    free(settings->books);
    free(settings->books_key);
}

void settings_take_books(struct settings *settings, const struct settings *given)
{
    settings_clear_books(settings);
    settings->books = given->books ? memory_copy(given->books) : NULL;
    settings->books_key = given->books_key ? memory_copy(given->books_key) : NULL;
}
