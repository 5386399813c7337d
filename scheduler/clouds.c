/* clouds.c - pools of servers, kept as large as the waiting jobs make it worth while */

#include "scheduler/clouds_inside.h"

#include "base/file.h"
#include "base/log.h"
#include "base/parse.h"
#include "scheduler/cloud/user_data.h"
#include "scheduler/token.h"

#include <stdlib.h>
#include <string.h>

#define TICK_US          (US_PER_SECOND / 2)
#define MEASURE_AGAIN_US (60 * US_PER_SECOND)
#define TEMPLATE_MAX     32768
#define KERNEL_SHARE     16 /* of a flavour's memory a sixteenth is not for jobs, as far as is known */

/* --- the pool's watcher -------------------------------------------------------------------------- */

static uint64_t on_save(void *owner, const struct pool_member *member)
{
    struct cloud *cloud = owner;
    struct service *service = cloud->clouds->service;

    service_save_server(service, cloud->settings->cluster, member);
    log_info("node=%s cloud=%s server is %s", member->name, cloud->settings->name,
             pool_state_name(member->state));
    return service_open_group(service);
}

static void on_lost(void *owner, const struct pool_member *member)
{
    struct cloud *cloud = owner;

    service_change_node(cloud->clouds->service, EVENT_NODE_LOST, member->name, cloud->by,
                        "its server is gone");
}

static void on_say(void *owner, const char *name, const char *text)
{
    struct cloud *cloud = owner;

    log_warning("cloud=%s%s%s: %s", cloud->settings->name, *name ? " node=" : "", name, text);
}

/* --- what is asked of the cloud ------------------------------------------------------------------ */

/* On the worker's thread. */
static void ask(void *owner)
{
    struct cloud *cloud = owner;
    struct provider *provider = cloud->provider;

    if (cloud->asked == ASK_MEASURE)
        cloud->good = provider->measure(provider, &cloud->size, &cloud->err);
    else if (cloud->order.kind == POOL_LIST)
        cloud->good = provider->list(provider, &cloud->list, &cloud->err);
    else if (cloud->order.kind == POOL_MAKE)
        cloud->good = provider->make(provider, cloud->order.name, cloud->user_data.bytes, cloud->id,
                                     &cloud->err);
    else
        cloud->good = provider->remove(provider, cloud->order.id, &cloud->err);
}

static void on_measured(struct cloud *cloud, int64_t now_us)
{
    struct service *service = cloud->clouds->service;
    const struct inventory *inventory = core_inventory(service_core(service));

    cloud->measure_us = now_us + MEASURE_AGAIN_US;
    if (!cloud->good) {
        on_say(cloud, "", cloud->err.text);
        return;
    }
    cloud->measure_us = INT64_MAX;
    cloud->size.memory_bytes -= cloud->size.memory_bytes / KERNEL_SHARE;
    for (size_t i = 0; i < pool_count(cloud->pool); i++) {
        const char *name = pool_member(cloud->pool, i)->name;

        if (!inventory_find_node(inventory, name))
            service_introduce_node(service, name, cloud->settings->cluster, &cloud->size);
    }
}

static void on_ordered(struct cloud *cloud, int64_t now_us)
{
    const struct pool_order *order = &cloud->order;

    if (!cloud->good)
        pool_failed(cloud->pool, order, &cloud->err, cloud->provider->wait_us(cloud->provider),
                    now_us);
    else if (order->kind == POOL_LIST)
        pool_listed(cloud->pool, &cloud->list, cloud->asked_us, now_us);
    else if (order->kind == POOL_MAKE)
        pool_made(cloud->pool, order, cloud->id, now_us);
    else
        pool_removed(cloud->pool, order);
}

static void give_next(struct cloud *cloud);

static void on_asked(void *owner)
{
    struct cloud *cloud = owner;
    struct service *service = cloud->clouds->service;

    cloud->busy = false;
    memory_wipe(cloud->user_data.bytes, cloud->user_data.length);
    if (service_is_ending(service))
        return;
    if (cloud->asked == ASK_MEASURE)
        on_measured(cloud, service_now(service));
    else
        on_ordered(cloud, service_now(service));
    give_next(cloud);
}

static void print_user_data(struct cloud *cloud)
{
    char token[SERVICE_TOKEN_SIZE];
    const struct user_data data = {
        .node = cloud->order.name,
        .cluster = cloud->settings->cluster,
        .scheduler = cloud->settings->scheduler,
        .scheduler_key = cloud->clouds->scheduler_key,
        .token = token,
    };

    service_admit_node(cloud->clouds->service, cloud->order.name, cloud->settings->cluster,
                       cloud->by, cloud->settings->boot_limit_us, token);
    buffer_reset(&cloud->user_data);
    user_data_print(cloud->template, &data, &cloud->user_data);
    memory_wipe(token, sizeof(token));
}

static void give(struct cloud *cloud, enum ask_kind kind, int64_t now_us)
{
    cloud->asked = kind;
    cloud->asked_us = now_us;
    cloud->list.count = 0;
    if (kind == ASK_ORDER && cloud->order.kind == POOL_MAKE)
        print_user_data(cloud);
    cloud->busy = true;
    worker_give(cloud->worker, ask, on_asked, cloud);
}

static void give_next(struct cloud *cloud)
{
    struct service *service = cloud->clouds->service;
    int64_t now_us = service_now(service);

    if (cloud->busy)
        return;
    if (cloud->measure_us <= now_us) {
        give(cloud, ASK_MEASURE, now_us);
        return;
    }
    cloud->order = pool_next(cloud->pool, service_durable(service), now_us);
    if (cloud->order.kind != POOL_NOTHING)
        give(cloud, ASK_ORDER, now_us);
}

static void on_tick(void *owner)
{
    struct clouds *clouds = owner;

    if (service_is_ending(clouds->service))
        return;
    clouds_look(clouds);
    for (size_t i = 0; i < clouds->count; i++)
        give_next(&clouds->all[i]);
}

/* --- life ------------------------------------------------------------------------------------------ */

static bool read_template(struct cloud *cloud, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (!cloud->settings->user_data)
        return true;
    if (!file_read(cloud->settings->user_data, TEMPLATE_MAX, &text, err))
        return fail_in(err, "user-data");
    cloud->template = buffer_steal(&text);
    return true;
}

static struct worker *worker_of(struct cloud *cloud)
{
    for (const struct cloud *other = cloud->clouds->all; other < cloud; other++)
        if (provider_in_turn(&other->settings->provider, &cloud->settings->provider)) {
            cloud->shares = true;
            return other->worker;
        }
    return worker_new(cloud->clouds->loop);
}

static bool open_cloud(struct cloud *cloud, const struct cloud_settings *settings,
                       struct error *err)
{
    const struct pool_settings pool_settings = {
        .boot_limit_us = settings->boot_limit_us,
        .settle_us = 2 * settings->provider.timeout_us,
        .list_us = settings->look_us,
    };
    const struct pool_watcher watcher = {on_save, on_lost, on_say, cloud};
    CLEANUP(hostlist_freep) struct hostlist *names = hostlist_parse(settings->nodes, err);

    cloud->settings = settings;
    cloud->by = memory_format(TOKEN_MAKER_CLOUD "%s", settings->name);
    cloud->cluster = inventory_find_cluster(core_inventory(service_core(cloud->clouds->service)),
                                            settings->cluster);
    buffer_init(&cloud->user_data);
    if (!names || !read_template(cloud, err))
        return false;
    cloud->provider = provider_open(&settings->provider, err);
    if (!cloud->provider)
        return false;
    cloud->pool = pool_new(names, &pool_settings, &watcher);
    cloud->idle_since_us = NEW_ARRAY(int64_t, pool_count(cloud->pool));
    cloud->worker = worker_of(cloud);
    return true;
}

/* A server whose name no pool has any more is found by its mark, if its cloud is still there. */
static void on_stored(void *owner, const struct pool_member *member)
{
    const struct clouds *clouds = owner;

    for (size_t i = 0; i < clouds->count; i++)
        if (pool_restore(clouds->all[i].pool, member))
            return;
    if (member->state != POOL_OFF)
        log_warning("node=%s is in no cloud's nodes any more; its server %s may still be there",
                    member->name, member->id);
}

static bool begin(struct clouds *clouds, struct error *err)
{
    size_t members = 0;

    for (size_t i = 0; i < clouds->count; i++)
        members += pool_count(clouds->all[i].pool);
    clouds->nodes = NEW_ARRAY(struct wanted_node, members);
    clouds->members = NEW_ARRAY(struct listed, members);
    if (!service_each_server(clouds->service, on_stored, clouds, err))
        return false;
    service_set_node_note(clouds->service, clouds_note, clouds);
    service_set_cloud_boot(clouds->service, clouds_boot, clouds);
    clouds->tick = loop_watch_interval(clouds->loop, TICK_US, on_tick, clouds);
    return true;
}

struct clouds *clouds_new(struct loop *loop, struct service *service,
                          const struct settings *settings, const char *scheduler_key,
                          struct error *err)
{
    CLEANUP(clouds_freep) struct clouds *clouds = NEW(struct clouds);

    clouds->loop = loop;
    clouds->service = service;
    clouds->scheduler_key = scheduler_key;
    clouds->all = NEW_ARRAY(struct cloud, settings->cloud_count);
    for (size_t i = 0; i < settings->cloud_count; i++) {
        struct cloud *cloud = &clouds->all[clouds->count++];

        cloud->clouds = clouds;
        if (!open_cloud(cloud, &settings->clouds[i], err)) {
            fail_in(err, "cloud %s", settings->clouds[i].name);
            return NULL;
        }
    }
    if (clouds->count > 0 && !begin(clouds, err))
        return NULL;
    return STEAL(clouds);
}

void clouds_free(struct clouds *clouds)
{
    if (!clouds)
        return;
    if (clouds->count > 0)
        service_set_node_note(clouds->service, NULL, NULL);
    loop_unwatch(clouds->loop, clouds->tick);
    for (size_t i = 0; i < clouds->count; i++) {
        struct cloud *cloud = &clouds->all[i];

        if (!cloud->shares)
            worker_free(cloud->worker);
        pool_free(cloud->pool);
        provider_free(cloud->provider);
        server_list_clear(&cloud->list);
        buffer_clear(&cloud->user_data);
        free(cloud->idle_since_us);
        free(cloud->template);
        free(cloud->by);
    }
    free(clouds->nodes);
    free(clouds->members);
    free(clouds->all);
    free(clouds);
}
