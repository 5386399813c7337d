/* provider.c - the kinds of providers */

#include "scheduler/cloud/provider.h"

#include "scheduler/cloud/libvirt.h"
#include "scheduler/cloud/openstack.h"

#include <string.h>

/* `places`: it says itself where on the host a server goes. */
static const struct {
    const char *kind;
    struct provider *(*open)(const struct provider_settings *settings, struct error *err);
    bool places;
} kinds[] = {
    {"openstack", openstack_open, false},
    {"libvirt",   libvirt_open,   true },
};

struct provider *provider_open(const struct provider_settings *settings, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].kind, settings->kind) == 0)
            return kinds[i].open(settings, err);
    fail(err, ERROR_INVALID, "provider = \"%.40s\" is none that is known", settings->kind);
    return NULL;
}

bool provider_in_turn(const struct provider_settings *one, const struct provider_settings *other)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].kind, one->kind) == 0)
            return kinds[i].places && strcmp(other->kind, one->kind) == 0 &&
                   strcmp(other->url, one->url) == 0;
    return false;
}

void provider_free(struct provider *provider)
{
    if (provider)
        provider->free(provider);
}
