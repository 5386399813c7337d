/* provider.c - the kinds of providers */

#include "scheduler/cloud/provider.h"

#include "scheduler/cloud/openstack.h"

#include <string.h>

static const struct {
    const char *kind;
    struct provider *(*open)(const struct provider_settings *settings, struct error *err);
} kinds[] = {
    {"openstack", openstack_open},
};

struct provider *provider_open(const struct provider_settings *settings, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].kind, settings->kind) == 0)
            return kinds[i].open(settings, err);
    fail(err, ERROR_INVALID, "provider = \"%.40s\" is none that is known: \"openstack\" is",
         settings->kind);
    return NULL;
}

void provider_free(struct provider *provider)
{
    if (provider)
        provider->free(provider);
}
