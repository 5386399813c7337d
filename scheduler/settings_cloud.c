/* settings_cloud.c - clouds that make nodes on demand, from the configuration */

#include "scheduler/settings_inside.h"

#include "base/hostlist.h"
#include "base/parse.h"
#include "base/settings.h"
#include "scheduler/cloud/libvirt_domain.h"

#include <assert.h>
#include <confuse.h>
#include <stdlib.h>
#include <string.h>

#define CLOUDS_MOST  64
#define SERVERS_MOST 4096
#define VCPUS_MOST   65536
#define MEMORY_LEAST (UINT64_C(16) << 20)
#define MEMORY_MOST  (UINT64_C(1) << 50)
#define MIB          (UINT64_C(1) << 20)

enum { OPENSTACK = 1, LIBVIRT = 2, ALL = OPENSTACK | LIBVIRT };

static const struct {
    const char *name;
    unsigned kind;
} kinds[] = {
    {"openstack", OPENSTACK},
    {"libvirt",   LIBVIRT  },
};

/* Of which kinds it is, and which must have it. */
static const struct text_rule {
    const char *name;
    size_t offset;
    unsigned of, needed;
    const char *otherwise;
} texts[] = {
    {"cluster",    offsetof(struct cloud_settings, cluster),                  ALL,       ALL,       NULL       },
    {"nodes",      offsetof(struct cloud_settings, nodes),                    ALL,       ALL,       NULL       },
    {"scheduler",  offsetof(struct cloud_settings, scheduler),                ALL,       ALL,       NULL       },
    {"user-data",  offsetof(struct cloud_settings, user_data),                ALL,       0,         NULL       },
    {"provider",   offsetof(struct cloud_settings, provider.kind),            ALL,       ALL,       "openstack"},
    {"network",    offsetof(struct cloud_settings, provider.network),         ALL,       ALL,       "auto"     },
    {"image",      offsetof(struct cloud_settings, provider.image),           ALL,       OPENSTACK, NULL       },
    {"url",        offsetof(struct cloud_settings, provider.url),             OPENSTACK, OPENSTACK, NULL       },
    {"credential", offsetof(struct cloud_settings, provider.credential_file), OPENSTACK, OPENSTACK,
     NULL                                                                                                      },
    {"flavor",     offsetof(struct cloud_settings, provider.flavor),          OPENSTACK, OPENSTACK, NULL       },
    {"region",     offsetof(struct cloud_settings, provider.region),          OPENSTACK, 0,         NULL       },
    {"zone",       offsetof(struct cloud_settings, provider.zone),            OPENSTACK, 0,         NULL       },
    {"ca-file",    offsetof(struct cloud_settings, provider.ca_file),         OPENSTACK, 0,         NULL       },
    {"uri",        offsetof(struct cloud_settings, provider.url),             LIBVIRT,   LIBVIRT,   NULL       },
    {"hypervisor", offsetof(struct cloud_settings, provider.hypervisor),      LIBVIRT,   LIBVIRT,   "kvm"      },
    {"kernel",     offsetof(struct cloud_settings, provider.kernel),          LIBVIRT,   0,         NULL       },
    {"initrd",     offsetof(struct cloud_settings, provider.initrd),          LIBVIRT,   0,         NULL       },
    {"arguments",  offsetof(struct cloud_settings, provider.arguments),       LIBVIRT,   0,         NULL       },
    {"storage",    offsetof(struct cloud_settings, provider.storage),         LIBVIRT,   LIBVIRT,   "default"  },
    {"program",    offsetof(struct cloud_settings, provider.program),         LIBVIRT,   LIBVIRT,
     PKGLIBEXECDIR "/tequio-libvirt"                                                                           },
};

static const struct settings_span spans[] = {
    {"boot-limit", offsetof(struct cloud_settings, boot_limit_us),       US_PER_SECOND, US_PER_DAY,
     "15m"                                                                                                     },
    {"idle",       offsetof(struct cloud_settings, idle_us),             US_PER_SECOND, 366 * US_PER_DAY, "10m"},
    {"look",       offsetof(struct cloud_settings, look_us),             100000,        US_PER_HOUR,      "10s"},
    {"timeout",    offsetof(struct cloud_settings, provider.timeout_us), US_PER_SECOND, US_PER_HOUR,
     "1m"                                                                                                      },
};

static char **text_at(struct cloud_settings *cloud, const struct text_rule *rule)
{
    return (char **)(void *)((char *)cloud + rule->offset);
}

void settings_add_clouds(cfg_opt_t *options, size_t *count, cfg_opt_t *cloud)
{
    size_t i = 0;

    static_assert(COUNT_OF(texts) + 3 + COUNT_OF(spans) < SETTINGS_CLOUD_OPTIONS, "room for all");
    for (size_t j = 0; j < COUNT_OF(texts); j++)
        cloud[i++] = (cfg_opt_t)CFG_STR(texts[j].name, NULL, CFGF_NONE);
    cloud[i++] = (cfg_opt_t)CFG_STR("vcpus", NULL, CFGF_NONE);
    cloud[i++] = (cfg_opt_t)CFG_STR("memory", NULL, CFGF_NONE);
    cloud[i++] = (cfg_opt_t)CFG_STR("pin", NULL, CFGF_NONE);
    for (size_t j = 0; j < COUNT_OF(spans); j++)
        cloud[i++] = (cfg_opt_t)CFG_STR(spans[j].name, spans[j].otherwise, CFGF_NONE);
    cloud[i] = (cfg_opt_t)CFG_END();
    options[(*count)++] =
        (cfg_opt_t)CFG_SEC("cloud", cloud, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
}

/* --- what each kind has -------------------------------------------------------------------------- */

static bool fail_other_kind(const struct cloud_settings *cloud, const char *name, struct error *err)
{
    return fail(err, ERROR_INVALID, "cloud %s: %s means nothing to provider = \"%s\"", cloud->name,
                name, cloud->provider.kind);
}

/* The provider's kind decides of the others; 0 with *err: there is no such. */
static unsigned read_kind(cfg_t *section, const struct cloud_settings *cloud, struct error *err)
{
    const char *value = cfg_getstr(section, "provider");

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (!value || strcmp(kinds[i].name, value) == 0)
            return kinds[i].kind;
    fail(err, ERROR_INVALID, "cloud %s: provider = \"%.40s\" is neither openstack nor libvirt",
         cloud->name, value);
    return 0;
}

static bool read_texts(cfg_t *section, struct cloud_settings *cloud, unsigned kind,
                       struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *value = cfg_getstr(section, texts[i].name);

        if (!value && (texts[i].of & kind))
            value = texts[i].otherwise;
        if (value && *value && !(texts[i].of & kind))
            return fail_other_kind(cloud, texts[i].name, err);
        if (value && *value)
            *text_at(cloud, &texts[i]) = memory_copy(value);
        else if (texts[i].needed & kind)
            return fail(err, ERROR_INVALID, "cloud %s: %s is missing", cloud->name, texts[i].name);
    }
    return true;
}

static bool read_pin(const char *value, struct cloud_settings *cloud, struct error *err)
{
    int pin = value ? cfg_parse_boolean(value) : 1;

    if (pin < 0)
        return fail(err, ERROR_INVALID, "cloud %s: pin = \"%.40s\" is neither true nor false",
                    cloud->name, value);
    cloud->provider.pin = pin;
    return true;
}

/* A flavour of OpenStack has them in the cloud. */
static bool read_size(cfg_t *section, struct cloud_settings *cloud, unsigned kind,
                      struct error *err)
{
    static const char *const names[] = {"vcpus", "memory", "pin"};
    const char *vcpus = cfg_getstr(section, "vcpus"), *memory = cfg_getstr(section, "memory");
    struct provider_settings *provider = &cloud->provider;

    if (kind != LIBVIRT) {
        for (size_t i = 0; i < COUNT_OF(names); i++)
            if (cfg_getstr(section, names[i]))
                return fail_other_kind(cloud, names[i], err);
        return true;
    }
    if (!vcpus || !memory)
        return fail(err, ERROR_INVALID, "cloud %s: %s is missing", cloud->name,
                    vcpus ? "memory" : "vcpus");
    if (!parse_u32(vcpus, 1, VCPUS_MOST, &provider->vcpus, err))
        return fail_in(err, "cloud %s: vcpus", cloud->name);
    if (!parse_size(memory, MIB, &provider->memory_bytes, err))
        return fail_in(err, "cloud %s: memory", cloud->name);
    if (provider->memory_bytes < MEMORY_LEAST || provider->memory_bytes > MEMORY_MOST)
        return fail(err, ERROR_INVALID, "cloud %s: memory = %.40s is too little or too much",
                    cloud->name, memory);
    return read_pin(cfg_getstr(section, "pin"), cloud, err);
}

static bool read_spans(cfg_t *section, struct cloud_settings *cloud, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(spans); i++)
        if (!settings_read_span(&spans[i], cfg_getstr(section, spans[i].name), cloud, err))
            return fail_in(err, "cloud %s", cloud->name);
    return true;
}

static bool has_cluster(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->cluster_count; i++)
        if (strcmp(settings->clusters[i].name, name) == 0)
            return true;
    return false;
}

/* A name is one node's, whichever cloud it is of. */
static bool check_names(const struct settings *settings, const struct cloud_settings *cloud,
                        struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *names = hostlist_parse(cloud->nodes, err);

    if (!names)
        return fail_in(err, "cloud %s: nodes", cloud->name);
    if (hostlist_count(names) == 0 || hostlist_count(names) > SERVERS_MOST)
        return fail(err, ERROR_INVALID, "cloud %s: nodes has %zu names; 1 to %d are possible",
                    cloud->name, hostlist_count(names), SERVERS_MOST);
    for (const struct cloud_settings *other = settings->clouds; other < cloud; other++) {
        CLEANUP(hostlist_freep) struct hostlist *theirs = hostlist_parse(other->nodes, err);

        for (size_t i = 0; i < hostlist_count(names); i++)
            if (hostlist_has(theirs, hostlist_at(names, i)))
                return fail(err, ERROR_INVALID, "node %s is of cloud %s and of cloud %s",
                            hostlist_at(names, i), other->name, cloud->name);
    }
    return true;
}

static bool check_url(const struct cloud_settings *cloud, struct error *err)
{
    const char *url = cloud->provider.url;

    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        return fail(err, ERROR_INVALID, "cloud %s: url = \"%.80s\" is no https:// address",
                    cloud->name, url);
    if (url[strlen(url) - 1] == '/')
        return fail(err, ERROR_INVALID, "cloud %s: url = \"%.80s\": without \"/\" at its end",
                    cloud->name, url);
    return true;
}

static bool check_host(const struct cloud_settings *cloud, struct error *err)
{
    const struct provider_settings *host = &cloud->provider;

    if (!strstr(host->url, "://"))
        return fail(err, ERROR_INVALID,
                    "cloud %s: uri = \"%.80s\" is none of libvirt's, as \"qemu:///system\"",
                    cloud->name, host->url);
    if (!libvirt_knows(host->hypervisor))
        return fail(err, ERROR_INVALID, "cloud %s: hypervisor = \"%.40s\" is neither kvm nor qemu",
                    cloud->name, host->hypervisor);
    if (!host->image && !host->kernel)
        return fail(err, ERROR_INVALID, "cloud %s: image or kernel is missing", cloud->name);
    if (!host->kernel && (host->initrd || host->arguments))
        return fail(err, ERROR_INVALID, "cloud %s: %s is of no use without kernel", cloud->name,
                    host->initrd ? "initrd" : "arguments");
    return true;
}

static bool read_cloud(cfg_t *section, const struct settings *settings,
                       struct cloud_settings *cloud, struct error *err)
{
    unsigned kind;

    cloud->name = memory_copy(cfg_title(section));
    if (!parse_name(cloud->name, "cloud name", SETTINGS_CLOUD_NAME_MAX, err))
        return false;
    kind = read_kind(section, cloud, err);
    if (kind == 0 || !read_texts(section, cloud, kind, err) ||
        !read_size(section, cloud, kind, err) || !read_spans(section, cloud, err) ||
        !(kind == LIBVIRT ? check_host : check_url)(cloud, err) ||
        !check_names(settings, cloud, err) ||
        !settings_check_endpoint("scheduler", cloud->scheduler, err))
        return false;
    if (!has_cluster(settings, cloud->cluster))
        return fail(err, ERROR_INVALID, "cloud %s: there is no cluster %.64s", cloud->name,
                    cloud->cluster);
    cloud->provider.mark = memory_format("tequio-%s-%s", settings->network, cloud->name);
    return true;
}

bool settings_read_clouds(cfg_t *file, struct settings *settings, struct error *err)
{
    unsigned count = cfg_size(file, "cloud");

    if (count > CLOUDS_MOST)
        return fail(err, ERROR_INVALID, "%u clouds; %d are the most", count, CLOUDS_MOST);
    settings->clouds = NEW_ARRAY(struct cloud_settings, count);
    for (unsigned i = 0; i < count; i++) {
        settings->cloud_count++;
        if (!read_cloud(cfg_getnsec(file, "cloud", i), settings, &settings->clouds[i], err))
            return false;
    }
    return true;
}

void settings_clear_clouds(struct settings *settings)
{
    for (size_t i = 0; i < settings->cloud_count; i++) {
        struct cloud_settings *cloud = &settings->clouds[i];

        free(cloud->name);
        free(cloud->provider.mark);
        for (size_t j = 0; j < COUNT_OF(texts); j++) {
            char **text = text_at(cloud, &texts[j]);

            free(*text);
            *text = NULL; /* two of the names share a place */
        }
    }
    free(settings->clouds);
}

bool settings_same_clouds(const struct settings *settings, const struct settings *given)
{
    if (settings->cloud_count != given->cloud_count)
        return false;
    for (size_t i = 0; i < given->cloud_count; i++) {
        struct cloud_settings *one = &settings->clouds[i], *other = &given->clouds[i];

        if (strcmp(one->name, other->name) != 0)
            return false;
        for (size_t j = 0; j < COUNT_OF(texts); j++)
            if (!settings_same_text(*text_at(one, &texts[j]), *text_at(other, &texts[j])))
                return false;
        if (one->provider.vcpus != other->provider.vcpus ||
            one->provider.memory_bytes != other->provider.memory_bytes ||
            one->provider.pin != other->provider.pin)
            return false;
        for (size_t j = 0; j < COUNT_OF(spans); j++)
            if (*settings_span_at(&spans[j], one) != *settings_span_at(&spans[j], other))
                return false;
    }
    return true;
}
