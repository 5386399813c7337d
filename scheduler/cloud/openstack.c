/* openstack.c - a provider over OpenStack's Nova */

#include "scheduler/cloud/openstack.h"

#include "base/base64.h"
#include "base/parse.h"
#include "scheduler/cloud/openstack_session.h"

#include <stdlib.h>
#include <string.h>

#define PAGES_MAX      1000
#define FAULTS_MOST    16    /* asked for with one list */
#define USER_DATA_MAX  65535 /* Nova's limit, of base64 */
#define MIB            (UINT64_C(1) << 20)
#define MEMORY_MIB_MAX (UINT64_C(1) << 30)
#define CORES_MOST     65536

struct openstack {
    struct provider provider;
    const struct provider_settings *settings;
    struct openstack_session *session;
    char flavor_id[SERVER_ID_SIZE]; /* "" : not asked for yet */
    char image_id[SERVER_ID_SIZE];
};

/* --- what the configuration names ---------------------------------------------------------------- */

/* It becomes part of paths. */
static bool put_id(char id[SERVER_ID_SIZE], const char *text, struct error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_";
    size_t length = strlen(text);

    if (length == 0 || length >= SERVER_ID_SIZE || strspn(text, allowed) != length)
        return fail(err, ERROR_UNAVAILABLE, "the cloud gives \"%.64s\" as an id", text);
    memory_put_text(id, SERVER_ID_SIZE, text);
    return true;
}

static bool is_named(const json_t *object, const char *wanted)
{
    return strcmp(json_text_at(object, "name"), wanted) == 0 ||
           strcmp(json_text_at(object, "id"), wanted) == 0;
}

/* The one of that name or id in a list under `key`; borrowed, NULL: none. */
static const json_t *find_named(const json_t *root, const char *key, const char *wanted)
{
    size_t i;
    json_t *object;

    json_array_foreach(json_object_get(root, key), i, object)
    {
        if (is_named(object, wanted))
            return object;
    }
    return NULL;
}

static bool on_measure(struct provider *provider, struct server_size *ret_size, struct error *err)
{
    struct openstack *own = CONTAINER_OF(provider, struct openstack, provider);
    CLEANUP(json_freep) json_t *root = NULL;
    const char *wanted = own->settings->flavor;
    const json_t *flavor;
    json_int_t cores, memory_mib;

    if (!openstack_ask(own->session,
                       &(struct openstack_question){OPENSTACK_COMPUTE, "GET",
                                                    "/flavors/detail?limit=1000", NULL},
                       &root, err))
        return false;
    flavor = find_named(root, "flavors", wanted);
    if (!flavor)
        return fail(err, ERROR_NOT_FOUND, "the cloud has no flavour %.80s", wanted);
    cores = json_integer_value(json_object_get(flavor, "vcpus"));
    memory_mib = json_integer_value(json_object_get(flavor, "ram"));
    if (cores < 1 || cores > CORES_MOST || memory_mib < 1 || (uint64_t)memory_mib > MEMORY_MIB_MAX)
        return fail(err, ERROR_INVALID, "flavour %.80s: %lld cores and %lld MiB make no sense",
                    wanted, (long long)cores, (long long)memory_mib);
    *ret_size = (struct server_size){(uint32_t)cores, (uint64_t)memory_mib * MIB};
    return put_id(own->flavor_id, json_text_at(flavor, "id"), err);
}

/* Of several that have the name it is the newest, as the service sorts them. */
static bool find_image(struct openstack *own, struct error *err)
{
    CLEANUP(json_freep) json_t *root = NULL;
    const char *wanted = own->settings->image;
    const json_t *image;

    if (!openstack_ask(own->session,
                       &(struct openstack_question){OPENSTACK_IMAGE, "GET",
                                                    "/v2/images?limit=1000&sort=created_at:desc",
                                                    NULL},
                       &root, err))
        return false;
    image = find_named(root, "images", wanted);
    if (!image)
        return fail(err, ERROR_NOT_FOUND, "the cloud has no image %.80s", wanted);
    return put_id(own->image_id, json_text_at(image, "id"), err);
}

/* --- servers ------------------------------------------------------------------------------------ */

static enum server_state state_of(const char *status)
{
    static const struct {
        const char *status;
        enum server_state state;
    } states[] = {
        {"ACTIVE",            SERVER_ACTIVE},
        {"ERROR",             SERVER_BROKEN},
        {"DELETED",           SERVER_GOING },
        {"SOFT_DELETED",      SERVER_GOING },
        {"SHUTOFF",           SERVER_OFF   },
        {"SUSPENDED",         SERVER_OFF   },
        {"PAUSED",            SERVER_OFF   },
        {"SHELVED",           SERVER_OFF   },
        {"SHELVED_OFFLOADED", SERVER_OFF   },
    };

    for (size_t i = 0; i < COUNT_OF(states); i++)
        if (strcmp(states[i].status, status) == 0)
            return states[i].state;
    return SERVER_BUILDING; /* BUILD, REBOOT and whatever passes */
}

static void take_fault(const json_t *object, struct server *server)
{
    const char *fault = json_text_at(json_object_get(object, "fault"), "message");

    memory_put_text(server->fault, sizeof(server->fault), fault);
    server->no_room = strstr(fault, "No valid host") != NULL;
}

static bool take_server(const json_t *object, struct server_list *list, struct error *err)
{
    const char *name = json_text_at(object, "name");
    struct server *server;

    if (strlen(name) >= SERVER_NAME_SIZE || list->count == SERVERS_MAX)
        return fail(err, ERROR_UNAVAILABLE, "the cloud lists more, or longer names, than can be");
    server = server_list_add(list);
    memory_put_text(server->name, sizeof(server->name), name);
    take_fault(object, server);
    server->state = state_of(json_text_at(object, "status"));
    if (strcmp(json_text_at(object, "OS-EXT-STS:task_state"), "deleting") == 0)
        server->state = SERVER_GOING;
    return put_id(server->id, json_text_at(object, "id"), err);
}

/* A server that got no host is listed without its fault; asked for alone it tells.  What cannot be
 * asked is not known: it is as broken without. */
static void ask_faults(struct openstack *own, struct server_list *list)
{
    unsigned asked = 0;

    for (size_t i = 0; i < list->count && asked < FAULTS_MOST; i++) {
        struct server *server = &list->all[i];
        CLEANUP(memory_freep) char *path = NULL;
        CLEANUP(json_freep) json_t *root = NULL;
        struct error ignored;

        if (server->state != SERVER_BROKEN || server->fault[0])
            continue;
        asked++;
        path = memory_format("/servers/%s", server->id);
        if (openstack_ask(own->session,
                          &(struct openstack_question){OPENSTACK_COMPUTE, "GET", path, NULL}, &root,
                          &ignored))
            take_fault(json_object_get(root, "server"), server);
    }
}

/* Does another page follow? */
static bool has_more(const json_t *root)
{
    size_t i;
    json_t *link;

    json_array_foreach(json_object_get(root, "servers_links"), i, link)
    {
        if (strcmp(json_text_at(link, "rel"), "next") == 0)
            return true;
    }
    return false;
}

/* In pages, as many at a time as the service likes; `marker` is the last one's id. */
static bool list_pages(const struct openstack *own, struct server_list *ret_list, struct error *err)
{

    for (unsigned page = 0; page < PAGES_MAX; page++) {
        CLEANUP(json_freep) json_t *root = NULL;
        const char *marker = ret_list->count ? ret_list->all[ret_list->count - 1].id : NULL;
        CLEANUP(memory_freep)
        char *path = memory_format("/servers/detail?tags=%s%s%s", own->settings->mark,
                                   marker ? "&marker=" : "", marker ? marker : "");
        size_t i;
        json_t *object;

        if (!openstack_ask(own->session,
                           &(struct openstack_question){OPENSTACK_COMPUTE, "GET", path, NULL},
                           &root, err))
            return false;
        if (!json_is_array(json_object_get(root, "servers")))
            return fail(err, ERROR_UNAVAILABLE, "compute answers with no list of servers");
        json_array_foreach(json_object_get(root, "servers"), i, object)
        {
            if (!take_server(object, ret_list, err))
                return false;
        }
        if (!has_more(root))
            return true;
    }
    return fail(err, ERROR_UNAVAILABLE, "the cloud's list of servers has no end");
}

static bool on_list(struct provider *provider, struct server_list *ret_list, struct error *err)
{
    struct openstack *own = CONTAINER_OF(provider, struct openstack, provider);

    if (!list_pages(own, ret_list, err))
        return false;
    ask_faults(own, ret_list);
    return true;
}

static json_t *networks_of(const char *network)
{
    if (strcmp(network, "auto") == 0 || strcmp(network, "none") == 0)
        return json_string(network);
    return json_pack("[{s:s}]", "uuid", network);
}

static json_t *server_to_make(const struct openstack *own, const char *name, const char *user_data)
{
    CLEANUP(buffer_clear) struct buffer data;
    json_t *server;

    buffer_init(&data);
    base64_print(user_data, strlen(user_data), &data);
    server = json_pack("{s:s, s:s, s:s, s:o, s:s, s:b, s:[s]}", "name", name, "flavorRef",
                       own->flavor_id, "imageRef", own->image_id, "networks",
                       networks_of(own->settings->network), "user_data", data.bytes, "config_drive",
                       true, "tags", own->settings->mark);
    memory_wipe(data.bytes, data.length);
    if (own->settings->zone)
        json_object_set_new(server, "availability_zone", json_string(own->settings->zone));
    return json_pack("{s:o}", "server", server);
}

static bool on_make(struct provider *provider, const char *name, const char *user_data,
                    char ret_id[SERVER_ID_SIZE], struct error *err)
{
    struct openstack *own = CONTAINER_OF(provider, struct openstack, provider);
    CLEANUP(json_freep) json_t *body = NULL;
    CLEANUP(json_freep) json_t *root = NULL;
    struct server_size ignored;

    if (strlen(user_data) > USER_DATA_MAX / 4 * 3)
        return fail(err, ERROR_INVALID, "the user data has %zu bytes; %d are the most",
                    strlen(user_data), USER_DATA_MAX / 4 * 3);
    if (!own->flavor_id[0] && !on_measure(provider, &ignored, err))
        return false;
    if (!own->image_id[0] && !find_image(own, err))
        return false;
    body = server_to_make(own, name, user_data);
    if (!openstack_ask(own->session,
                       &(struct openstack_question){OPENSTACK_COMPUTE, "POST", "/servers", body},
                       &root, err)) {
        own->image_id[0] = '\0'; /* another may have its name by now */
        own->flavor_id[0] = '\0';
        return false;
    }
    return put_id(ret_id, json_text_at(json_object_get(root, "server"), "id"), err);
}

static bool on_remove(struct provider *provider, const char *id, struct error *err)
{
    struct openstack *own = CONTAINER_OF(provider, struct openstack, provider);
    CLEANUP(memory_freep) char *path = memory_format("/servers/%s", id);

    return openstack_ask(own->session,
                         &(struct openstack_question){OPENSTACK_COMPUTE, "DELETE", path, NULL},
                         NULL, err) ||
           err->code == ERROR_NOT_FOUND;
}

static int64_t on_wait(const struct provider *provider)
{
    const struct openstack *own = CONTAINER_OF(provider, const struct openstack, provider);

    return openstack_wait_us(own->session);
}

static void on_free(struct provider *provider)
{
    struct openstack *own = CONTAINER_OF(provider, struct openstack, provider);

    openstack_session_free(own->session);
    free(own);
}

struct provider *openstack_open(const struct provider_settings *settings, struct error *err)
{
    struct openstack *own;

    if (!settings->url || !settings->credential_file || !settings->image || !settings->flavor) {
        fail(err, ERROR_INVALID, "provider openstack needs url, credential, image and flavor");
        return NULL;
    }
    own = NEW(struct openstack);
    own->provider = (struct provider){
        .measure = on_measure,
        .list = on_list,
        .make = on_make,
        .remove = on_remove,
        .wait_us = on_wait,
        .free = on_free,
    };
    own->settings = settings;
    own->session = openstack_session_new(settings);
    return &own->provider;
}
