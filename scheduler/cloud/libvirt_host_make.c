/* libvirt_host_make.c - a domain on cores that no other has */

#include "base/random.h"
#include "scheduler/cloud/libvirt_domain.h"
#include "scheduler/cloud/libvirt_host_inside.h"
#include "scheduler/cloud/seed.h"

#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024

/* --- room --------------------------------------------------------------------------------------- */

/* What any of its virtual processors may run on. */
static struct idset *processors_of(virDomainPtr domain, int vcpus, int processors)
{
    size_t map_size = (size_t)VIR_CPU_MAPLEN(processors);
    CLEANUP(memory_freep)
    unsigned char *maps = memory_get((size_t)(vcpus > 0 ? vcpus : 1), map_size);
    struct idset *set = idset_new();
    int count =
        virDomainGetVcpuPinInfo(domain, vcpus, maps, (int)map_size, VIR_DOMAIN_AFFECT_CURRENT);

    for (int i = 0; i < count; i++)
        for (int j = 0; j < processors; j++)
            if (VIR_CPU_USABLE(maps, (int)map_size, i, j))
                idset_add(set, (uint32_t)j);
    return set;
}

/* One that has ended meanwhile has nothing. */
static void take_domain(struct libvirt_room *room, virDomainPtr domain)
{
    CLEANUP(idset_freep) struct idset *set = NULL;
    virDomainInfo info;

    if (virDomainIsActive(domain) != 1 || virDomainGetInfo(domain, &info) != 0)
        return;
    set = processors_of(domain, info.nrVirtCpu, (int)libvirt_room_processors(room));
    libvirt_room_take(room, set, (uint64_t)info.maxMem * KIB);
}

static bool find_place(const struct libvirt_host *host, struct libvirt_place *ret_place,
                       struct error *err)
{
    CLEANUP(memory_freep) char *text = virConnectGetCapabilities(host->connection);
    CLEANUP(libvirt_room_freep) struct libvirt_room *room = NULL;
    CLEANUP(domains_clear) struct domains domains = {0};

    if (!text)
        return fail_libvirt(err, "the host's cores");
    room = libvirt_room_read(text, err);
    if (!room || !domains_list(host, &domains, err))
        return false;
    for (int i = 0; i < domains.count; i++)
        take_domain(room, domains.all[i]);
    return libvirt_room_find(room, host->settings->vcpus, host->settings->memory_bytes, ret_place,
                             err);
}

/* --- the domain --------------------------------------------------------------------------------- */

/* RFC 4122, version 4. */
static void make_uuid(char ret_uuid[LIBVIRT_UUID_SIZE])
{
    unsigned char bytes[16];

    random_fill(bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    snprintf(ret_uuid, LIBVIRT_UUID_SIZE,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", bytes[0],
             bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8],
             bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]);
}

/* The next list tells of it. */
static bool check_name(const struct libvirt_host *host, const char *node, struct error *err)
{
    CLEANUP(memory_freep) char *name = memory_format("%s.%s", host->settings->mark, node);
    CLEANUP(domain_freep)
    virDomainPtr domain = virDomainLookupByName(host->connection, name);

    if (domain)
        return fail(err, ERROR_UNAVAILABLE, "there is a domain %.120s already", name);
    return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN || fail_libvirt(err, "the domain's name");
}

static bool says_no_memory(const char *text)
{
    return strstr(text, "annot allocate memory") || strstr(text, "annot set up guest memory");
}

/* Where the connection lives it is known that there is none: that is no reason to ask again. */
static bool fail_start(const struct libvirt_host *host, struct error *err)
{
    fail_libvirt(err, "starting the domain");
    if (err->code == ERROR_UNAVAILABLE && virConnectIsAlive(host->connection) == 1)
        err->code = says_no_memory(err->text) ? ERROR_EXHAUSTED : ERROR_INVALID;
    return false;
}

static bool start_domain(const struct libvirt_host *host, const struct libvirt_domain *domain,
                         struct error *err)
{
    CLEANUP(domain_freep) virDomainPtr started = NULL;
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    libvirt_domain_print(domain, &text);
    started = virDomainCreateXML(host->connection, text.bytes, 0);
    if (started)
        return true;
    fail_start(host, err);
    seed_remove(host, domain->uuid);
    return false;
}

static bool make_seed(const struct libvirt_host *host, const char *node, const char *user_data,
                      const char *uuid, char **ret_path, struct error *err)
{
    CLEANUP(memory_freep)
    char *meta_data = memory_format("instance-id: %s\nlocal-hostname: %s\n", uuid, node);
    CLEANUP(buffer_clear) struct buffer image;
    bool made;

    buffer_init(&image);
    seed_print(user_data, meta_data, &image);
    made = seed_make(host, uuid, &image, ret_path, err);
    memory_wipe(image.bytes, image.length);
    return made;
}

bool host_make(struct libvirt_host *host, const char *name, const char *user_data,
               char ret_id[SERVER_ID_SIZE], struct error *err)
{
    CLEANUP(libvirt_place_clear) struct libvirt_place place = {0};
    CLEANUP(memory_freep) char *seed = NULL;
    char uuid[LIBVIRT_UUID_SIZE];
    struct libvirt_domain domain = {.settings = host->settings, .node = name, .uuid = uuid};

    if (!check_name(host, name, err) || (host->settings->pin && !find_place(host, &place, err)))
        return false;
    make_uuid(uuid);
    if (!make_seed(host, name, user_data, uuid, &seed, err))
        return false;
    domain.seed = seed;
    domain.place = host->settings->pin ? &place : NULL;
    if (!start_domain(host, &domain, err))
        return false;
    memory_put_text(ret_id, SERVER_ID_SIZE, uuid);
    return true;
}
