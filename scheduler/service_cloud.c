/* service_cloud.c - the service's door for nodes that are made on demand */

#include "scheduler/service_cloud.h"

#include "base/log.h"
#include "base/parse.h"
#include "base/random.h"
#include "scheduler/service_inside.h"
#include "scheduler/token.h"

#include <string.h>

int64_t service_now(struct service *service)
{
    service_tick(service);
    return service->now_us;
}

uint64_t service_durable(const struct service *service)
{
    return service->commits;
}

uint64_t service_open_group(const struct service *service)
{
    return service->commits + (service->committing ? 2 : 1);
}

bool service_is_ending(const struct service *service)
{
    return service->stopping || service->failure.code != ERROR_NONE;
}

/* --- rows -------------------------------------------------------------------------------------- */

struct reader {
    stored_server_fn *on_server;
    void *owner;
    bool bad;
};

static bool read_server(void *owner, const struct row *row, bool good)
{
    struct reader *reader = owner;
    const struct server_row *server = &row->server;
    struct pool_member member = {
        .name = (char *)(uintptr_t)server->name,
        .state = (enum pool_state)server->state,
        .failures = (uint32_t)server->failures,
        .since_us = server->since_us,
        .shut_until_us = server->shut_until_us,
    };

    reader->bad = reader->bad || !good;
    if (reader->bad)
        return false;
    memory_put_text(member.id, sizeof(member.id), server->id);
    memory_put_text(member.fault, sizeof(member.fault), server->fault);
    reader->on_server(reader->owner, &member);
    return true;
}

bool service_each_server(struct service *service, stored_server_fn *on_server, void *owner,
                         struct error *err)
{
    const struct query query = {.kind = QUERY_ALL, .row = ROW_SERVER};
    struct reader reader = {on_server, owner, false};
    struct store *store = service->outside.store;

    if (!store->query(store, &query, read_server, &reader, err))
        return false;
    return !reader.bad ||
           fail(err, ERROR_IO,
                "a row of table server was changed by something else than tequio-scheduler: "
                "--check-store tells which");
}

void service_save_server(struct service *service, const char *cluster,
                         const struct pool_member *member)
{
    const struct row row = {
        .kind = ROW_SERVER,
        .server = {.name = member->name,
                   .cluster = cluster,
                   .state = (int64_t)member->state,
                   .id = member->id,
                   .fault = member->fault,
                   .failures = member->failures,
                   .since_us = member->since_us,
                   .shut_until_us = member->shut_until_us},
    };

    group_put(service, &row);
}

/* --- nodes ------------------------------------------------------------------------------------- */

/* It joins and is lost in one instant, so that nothing is started there. */
void service_introduce_node(struct service *service, const char *name, const char *cluster,
                            const struct server_size *size)
{
    service_step(service, &(struct event){
                              .kind = EVENT_NODE_JOINED,
                              .more = true,
                              .node = {.name = name,
                                       .cluster = cluster,
                                       .boot_id = "",
                                       .cores = size->cores,
                                       .threads = size->cores,
                                       .packages = 1,
                                       .numa_nodes = 1,
                                       .memory_bytes = size->memory_bytes},
    });
    service_change_node(service, EVENT_NODE_LOST, name, NULL, NULL);
}

void service_change_node(struct service *service, enum event_kind kind, const char *name,
                         const char *by, const char *reason)
{
    service_step(service, &(struct event){
                              .kind = kind, .by = by, .node_change = {name, reason}
    });
}

static void revoke_keys(struct service *service, const char *name, const char *by)
{
    const struct public_key_row *key;

    for (size_t place = 0; (key = people_next_key(service->people, &place));)
        if (key->is_node && key->revoked_us == 0 && strcmp(key->name, name) == 0)
            key_revoke(service, key, by, "another server takes its place");
}

void service_admit_node(struct service *service, const char *name, const char *cluster,
                        const char *by, int64_t life_us, char ret_token[SERVICE_TOKEN_SIZE])
{
    uint8_t token[TOKEN_BYTES];
    CLEANUP(buffer_clear) struct buffer text;
    struct digest digest;

    buffer_init(&text);
    revoke_keys(service, name, by);
    random_fill(token, sizeof(token));
    digest = digest_of(token, sizeof(token));
    token_put(service, &(struct token_row){
                           .digest = {digest.bytes, DIGEST_SIZE},
                           .name = name,
                           .is_node = true,
                           .institution = "",
                           .cluster = cluster,
                           .roles = ROLE_AGENT,
                           .until_us = service->now_us + life_us,
                           .made_by = by,
    });
    hex_print(token, sizeof(token), &text);
    memory_put_text(ret_token, SERVICE_TOKEN_SIZE, text.bytes);
    memory_wipe(text.bytes, text.length);
    memory_wipe(token, sizeof(token));
    audit(service, by, "token-create", "node %s cluster=%s institution=", name, cluster);
}

void service_set_node_note(struct service *service, node_note_fn *note, void *owner)
{
    service->node_note = note;
    service->node_note_owner = owner;
}

void service_set_cloud_boot(struct service *service, cloud_boot_fn *boot, void *owner)
{
    service->cloud_boot = boot;
    service->cloud_boot_owner = owner;
}

int64_t service_cloud_boot(const struct service *service, const struct cluster *cluster)
{
    return service->cloud_boot ? service->cloud_boot(service->cloud_boot_owner, cluster) : 0;
}
