/* libvirt_host.c - a provider over libvirt's library itself */

#include "scheduler/cloud/libvirt_host.h"

#include "base/buffer.h"
#include "scheduler/cloud/libvirt_domain.h"
#include "scheduler/cloud/libvirt_host_inside.h"

#include <inttypes.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024

void domain_freep(virDomainPtr *place)
{
    if (*place)
        virDomainFree(*place);
}

void storage_freep(virStoragePoolPtr *place)
{
    if (*place)
        virStoragePoolFree(*place);
}

void volume_freep(virStorageVolPtr *place)
{
    if (*place)
        virStorageVolFree(*place);
}

void stream_freep(virStreamPtr *place)
{
    if (*place)
        virStreamFree(*place);
}

/* --- errors ------------------------------------------------------------------------------------- */

/* What is not here may pass: UNAVAILABLE. */
static enum error_code code_of(int code)
{
    static const struct {
        int code;
        enum error_code is;
    } codes[] = {
        {VIR_ERR_NO_DOMAIN,          ERROR_NOT_FOUND},
        {VIR_ERR_NO_NETWORK,         ERROR_NOT_FOUND},
        {VIR_ERR_NO_STORAGE_POOL,    ERROR_NOT_FOUND},
        {VIR_ERR_AUTH_FAILED,        ERROR_DENIED   },
        {VIR_ERR_AUTH_CANCELLED,     ERROR_DENIED   },
        {VIR_ERR_AUTH_UNAVAILABLE,   ERROR_DENIED   },
        {VIR_ERR_ACCESS_DENIED,      ERROR_DENIED   },
        {VIR_ERR_OPERATION_DENIED,   ERROR_DENIED   },
        {VIR_ERR_NO_MEMORY,          ERROR_EXHAUSTED},
        {VIR_ERR_XML_ERROR,          ERROR_INVALID  },
        {VIR_ERR_XML_DETAIL,         ERROR_INVALID  },
        {VIR_ERR_CONFIG_UNSUPPORTED, ERROR_INVALID  },
        {VIR_ERR_NO_SUPPORT,         ERROR_INVALID  },
        {VIR_ERR_INVALID_ARG,        ERROR_INVALID  },
    };

    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (codes[i].code == code)
            return codes[i].is;
    return ERROR_UNAVAILABLE;
}

bool fail_libvirt(struct error *err, const char *what)
{
    const virError *last = virGetLastError();
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_add_escaped(&text, last && last->message ? last->message : "it does not say why");
    return fail(err, last ? code_of(last->code) : ERROR_UNAVAILABLE, "%s: %.180s", what,
                text.bytes);
}

/* The library would print them. */
static void on_error(void *owner, virErrorPtr error)
{
    (void)owner;
    (void)error;
}

bool host_connect(struct libvirt_host *host, struct error *err)
{
    if (host->connection && virConnectIsAlive(host->connection) == 1)
        return true;
    if (host->connection)
        virConnectClose(host->connection);
    host->connection = virConnectOpen(host->settings->url);
    if (host->connection)
        return true;
    fail_libvirt(err, host->settings->url);
    if (err->code != ERROR_DENIED)
        err->code = ERROR_UNAVAILABLE; /* a host that is not there may come back */
    return false;
}

/* --- domains ------------------------------------------------------------------------------------ */

bool domains_list(const struct libvirt_host *host, struct domains *ret_domains, struct error *err)
{
    ret_domains->count = virConnectListAllDomains(host->connection, &ret_domains->all, 0);
    if (ret_domains->count >= 0)
        return true;
    *ret_domains = (struct domains){0};
    return fail_libvirt(err, "the host's domains");
}

void domains_clear(struct domains *domains)
{
    for (int i = 0; i < domains->count; i++)
        virDomainFree(domains->all[i]);
    free(domains->all);
}

/* Its node's name; NULL: it is none of the pool's. */
static const char *node_of(const struct libvirt_host *host, virDomainPtr domain)
{
    const char *mark = host->settings->mark, *name = virDomainGetName(domain);
    size_t length = strlen(mark);
    CLEANUP(memory_freep) char *element = NULL;
    const char *text;

    if (strncmp(name, mark, length) != 0 || name[length] != '.')
        return NULL;
    element = virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, LIBVIRT_MARK_URI, 0);
    text = element ? strchr(element, '>') : NULL;
    if (!text || strncmp(text + 1, mark, length) != 0 || text[1 + length] != '<')
        return NULL;
    return name + length + 1;
}

static enum server_state state_of(int state, int reason)
{
    static const enum server_state states[] = {
        [VIR_DOMAIN_NOSTATE] = SERVER_BUILDING, [VIR_DOMAIN_RUNNING] = SERVER_ACTIVE,
        [VIR_DOMAIN_BLOCKED] = SERVER_ACTIVE,   [VIR_DOMAIN_PAUSED] = SERVER_OFF,
        [VIR_DOMAIN_SHUTDOWN] = SERVER_OFF,     [VIR_DOMAIN_SHUTOFF] = SERVER_OFF,
        [VIR_DOMAIN_CRASHED] = SERVER_BROKEN,   [VIR_DOMAIN_PMSUSPENDED] = SERVER_OFF,
    };

    if (state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_STARTING_UP)
        return SERVER_BUILDING;
    return state >= 0 && (size_t)state < COUNT_OF(states) ? states[state] : SERVER_BUILDING;
}

/* One that ended while it was looked at is not there. */
static bool take_domain(const struct libvirt_host *host, virDomainPtr domain,
                        struct server_list *list, struct error *err)
{
    const char *name = node_of(host, domain);
    char uuid[VIR_UUID_STRING_BUFLEN];
    struct server *server;
    int state, reason;

    if (!name || virDomainGetState(domain, &state, &reason, 0) != 0 ||
        virDomainGetUUIDString(domain, uuid) != 0)
        return true;
    if (strlen(name) >= SERVER_NAME_SIZE || list->count == SERVERS_MAX)
        return fail(err, ERROR_UNAVAILABLE,
                    "the host has more domains, or longer names, than "
                    "can be");
    server = server_list_add(list);
    server->state = state_of(state, reason);
    memory_put_text(server->name, sizeof(server->name), name);
    memory_put_text(server->id, sizeof(server->id), uuid);
    if (server->state == SERVER_BROKEN)
        memory_put_text(server->fault, sizeof(server->fault), "the guest has crashed");
    return true;
}

static bool on_list(struct provider *provider, struct server_list *ret_list, struct error *err)
{
    struct libvirt_host *host = CONTAINER_OF(provider, struct libvirt_host, provider);
    CLEANUP(domains_clear) struct domains domains = {0};

    if (!host_connect(host, err) || !domains_list(host, &domains, err))
        return false;
    for (int i = 0; i < domains.count; i++)
        if (!take_domain(host, domains.all[i], ret_list, err))
            return false;
    seeds_tidy(host, ret_list);
    return true;
}

/* A flavour that the host could never hold is a mistake of the configuration. */
static bool on_measure(struct provider *provider, struct server_size *ret_size, struct error *err)
{
    struct libvirt_host *host = CONTAINER_OF(provider, struct libvirt_host, provider);
    const struct provider_settings *settings = host->settings;
    virNodeInfo info;

    if (!host_connect(host, err))
        return false;
    if (virNodeGetInfo(host->connection, &info) != 0)
        return fail_libvirt(err, "the host's size");
    if (info.cpus < settings->vcpus || (uint64_t)info.memory * KIB < settings->memory_bytes)
        return fail(err, ERROR_INVALID,
                    "vcpus = %" PRIu32 ", memory = %" PRIu64
                    " MiB: the host has but %u processors and %lu MiB",
                    settings->vcpus, settings->memory_bytes >> 20, info.cpus, info.memory / KIB);
    *ret_size = (struct server_size){settings->vcpus, settings->memory_bytes};
    return true;
}

static bool on_make(struct provider *provider, const char *name, const char *user_data,
                    char ret_id[SERVER_ID_SIZE], struct error *err)
{
    struct libvirt_host *host = CONTAINER_OF(provider, struct libvirt_host, provider);

    return host_connect(host, err) && host_make(host, name, user_data, ret_id, err);
}

/* Somebody may have made it persistent meanwhile: then its definition stays without this. */
static bool end_domain(virDomainPtr domain, struct error *err)
{
    if (virDomainIsActive(domain) == 1 && virDomainDestroy(domain) != 0 &&
        virGetLastErrorCode() != VIR_ERR_NO_DOMAIN &&
        virGetLastErrorCode() != VIR_ERR_OPERATION_INVALID)
        return fail_libvirt(err, "ending the domain");
    if (virDomainIsPersistent(domain) == 1 && virDomainUndefine(domain) != 0)
        return fail_libvirt(err, "forgetting the domain");
    return true;
}

static bool on_remove(struct provider *provider, const char *id, struct error *err)
{
    struct libvirt_host *host = CONTAINER_OF(provider, struct libvirt_host, provider);
    CLEANUP(domain_freep) virDomainPtr domain = NULL;

    if (!host_connect(host, err))
        return false;
    domain = virDomainLookupByUUIDString(host->connection, id);
    if (!domain && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
        return fail_libvirt(err, "the domain");
    if (domain && !end_domain(domain, err))
        return false;
    seed_remove(host, id);
    return true;
}

static int64_t on_wait(const struct provider *provider)
{
    (void)provider; /* libvirt does not say */
    return 0;
}

static void on_free(struct provider *provider)
{
    struct libvirt_host *host = CONTAINER_OF(provider, struct libvirt_host, provider);

    if (host->connection)
        virConnectClose(host->connection);
    free(host);
}

struct provider *libvirt_host_open(const struct provider_settings *settings)
{
    struct libvirt_host *host = NEW(struct libvirt_host);

    virSetErrorFunc(NULL, on_error);
    host->provider = (struct provider){
        .measure = on_measure,
        .list = on_list,
        .make = on_make,
        .remove = on_remove,
        .wait_us = on_wait,
        .free = on_free,
    };
    host->settings = settings;
    return &host->provider;
}
