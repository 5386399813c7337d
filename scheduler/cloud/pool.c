/* pool.c - nodes that are servers made on demand */

#include "scheduler/cloud/pool.h"

#include "base/parse.h"
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SHUT_LEAST_US  (60 * US_PER_SECOND)
#define SHUT_MOST_US   US_PER_HOUR
#define QUIET_LEAST_US US_PER_SECOND
#define QUIET_MOST_US  (60 * US_PER_SECOND)
#define CALM_LISTS     30   /* as seldom when nothing happens */
#define TRIED_BEFORE   (-1) /* perhaps, and perhaps just before the start */

#define REMOVALS_MOST 64 /* noted at a time; the next list tells of the others again */

struct removal {
    char id[SERVER_ID_SIZE];
    uint64_t durable; /* when the store has come so far */
};

struct pool {
    struct pool_settings settings;
    struct pool_watcher watcher;
    struct pool_member *members;
    size_t count;
    struct table *by_name;
    struct removal removals[REMOVALS_MOST];
    size_t removal_count;
    bool last_was_list;
    int64_t listed_us;      /* the last list that was answered was asked for then; 0: none yet */
    int64_t quiet_until_us; /* the cloud is left alone */
    int64_t quiet_us;       /* how long the last time */
    int64_t shut_until_us;  /* no room there */
    int64_t boot_us;        /* learnt; 0: nothing yet */
};

const char *pool_state_name(enum pool_state state)
{
    static const char *const names[POOL_STATE_COUNT] = {"off", "asked", "booting", "up",
                                                        "retiring"};

    return names[state];
}

struct pool *pool_new(const struct hostlist *names, const struct pool_settings *settings,
                      const struct pool_watcher *watcher)
{
    struct pool *pool = NEW(struct pool);

    pool->settings = *settings;
    pool->watcher = *watcher;
    pool->count = hostlist_count(names);
    pool->members = NEW_ARRAY(struct pool_member, pool->count);
    pool->by_name = table_new();
    for (size_t i = 0; i < pool->count; i++) {
        pool->members[i].name = memory_copy(hostlist_at(names, i));
        table_put_text(pool->by_name, pool->members[i].name, &pool->members[i]);
    }
    return pool;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->count; i++)
        free(pool->members[i].name);
    free(pool->members);
    table_free(pool->by_name);
    free(pool);
}

static struct pool_member *seek(const struct pool *pool, const char *name)
{
    return table_get_text(pool->by_name, name);
}

bool pool_restore(struct pool *pool, const struct pool_member *stored)
{
    struct pool_member *member = seek(pool, stored->name);

    if (!member || stored->state >= POOL_STATE_COUNT)
        return false;
    member->state = stored->state;
    member->failures = stored->failures;
    member->since_us = stored->since_us;
    member->shut_until_us = stored->shut_until_us;
    memory_put_text(member->id, sizeof(member->id), stored->id);
    memory_put_text(member->fault, sizeof(member->fault), stored->fault);
    if (member->state == POOL_ASKED)
        member->tried_us = TRIED_BEFORE;
    return true;
}

size_t pool_count(const struct pool *pool)
{
    return pool->count;
}

const struct pool_member *pool_member(const struct pool *pool, size_t index)
{
    assert(index < pool->count);
    return &pool->members[index];
}

const struct pool_member *pool_find(const struct pool *pool, const char *name)
{
    return seek(pool, name);
}

int64_t pool_boot_us(const struct pool *pool)
{
    return pool->boot_us ? pool->boot_us : pool->settings.boot_limit_us / 4;
}

/* --- from state to state ------------------------------------------------------------------------- */

static struct pool_member *own(const struct pool *pool, const struct pool_member *member)
{
    return &pool->members[member - pool->members];
}

static void enter(struct pool *pool, struct pool_member *member, enum pool_state state,
                  int64_t now_us)
{
    member->state = state;
    member->since_us = now_us;
    if (state == POOL_OFF || state == POOL_ASKED) {
        member->id[0] = '\0';
        member->known_us = 0;
        member->tried_us = 0;
    }
    member->durable = pool->watcher.save(pool->watcher.owner, member);
}

static void say(const struct pool *pool, const struct pool_member *member, const char *text)
{
    pool->watcher.say(pool->watcher.owner, member->name, text);
}

/* Left alone for a minute, two, four … an hour. */
static void note_failure(struct pool *pool, struct pool_member *member, const char *fault,
                         int64_t now_us)
{
    int64_t shut_us = SHUT_LEAST_US;

    for (uint32_t i = 0; i < member->failures && shut_us < SHUT_MOST_US; i++)
        shut_us *= 2;
    member->failures++;
    member->shut_until_us = now_us + (shut_us < SHUT_MOST_US ? shut_us : SHUT_MOST_US);
    memory_put_text(member->fault, sizeof(member->fault), fault);
    say(pool, member, member->fault);
}

bool pool_may_want(const struct pool *pool, const struct pool_member *member, int64_t now_us)
{
    return member->state == POOL_OFF && member->shut_until_us <= now_us &&
           pool->shut_until_us <= now_us;
}

void pool_want(struct pool *pool, const struct pool_member *member, int64_t now_us)
{
    assert(member->state == POOL_OFF);
    enter(pool, own(pool, member), POOL_ASKED, now_us);
}

void pool_unwant(struct pool *pool, const struct pool_member *member, int64_t now_us)
{
    if (member->state == POOL_ASKED && !member->tried_us)
        enter(pool, own(pool, member), POOL_OFF, now_us);
}

/* Its agent can be faster than the answer to the order. */
void pool_joined(struct pool *pool, const struct pool_member *joined, int64_t now_us)
{
    struct pool_member *member = own(pool, joined);
    int64_t took_us = now_us - member->since_us;

    if (member->state != POOL_ASKED && member->state != POOL_BOOTING)
        return;
    if (member->state == POOL_BOOTING && took_us > 0)
        pool->boot_us = pool->boot_us ? (3 * pool->boot_us + took_us) / 4 : took_us;
    member->failures = 0;
    member->shut_until_us = 0;
    member->fault[0] = '\0';
    if (member->state == POOL_BOOTING)
        enter(pool, member, POOL_UP, now_us);
}

static void add_removal(struct pool *pool, const char *id, uint64_t durable)
{
    for (size_t i = 0; i < pool->removal_count; i++)
        if (strcmp(pool->removals[i].id, id) == 0)
            return;
    if (pool->removal_count == REMOVALS_MOST)
        return;
    pool->removals[pool->removal_count].durable = durable;
    memory_put_text(pool->removals[pool->removal_count++].id, SERVER_ID_SIZE, id);
}

void pool_retire(struct pool *pool, const struct pool_member *retired, int64_t now_us)
{
    struct pool_member *member = own(pool, retired);

    assert(member->state == POOL_UP || member->state == POOL_BOOTING);
    enter(pool, member, POOL_RETIRING, now_us);
    add_removal(pool, member->id, member->durable);
}

/* --- what the cloud lists -------------------------------------------------------------------------- */

/* It runs no more, or never did. */
static void give_up(struct pool *pool, struct pool_member *member, const struct server *server,
                    int64_t now_us)
{
    char text[SERVER_FAULT_SIZE];

    snprintf(text, sizeof(text), "%s%.120s",
             server->state == SERVER_OFF ? "the server was shut down" : "the server failed: ",
             server->state == SERVER_OFF ? "" : server->fault);
    note_failure(pool, member, text, now_us);
    if (server->no_room)
        pool->shut_until_us = member->shut_until_us;
    pool->watcher.lost(pool->watcher.owner, member);
    pool_retire(pool, member, now_us);
}

static void look_at_server(struct pool *pool, const struct server *server, int64_t now_us)
{
    struct pool_member *member = seek(pool, server->name);
    bool is_known = member && strcmp(member->id, server->id) == 0;

    if (is_known)
        member->seen = true;
    if (server->state == SERVER_GOING)
        return;
    if (member && member->state == POOL_ASKED && !member->id[0]) {
        memory_put_text(member->id, sizeof(member->id), server->id);
        member->known_us = now_us;
        member->seen = true;
        enter(pool, member, POOL_BOOTING, now_us);
        is_known = true;
    }
    if (!is_known || member->state == POOL_OFF) {
        pool->watcher.say(pool->watcher.owner, server->name,
                          "there is a server that nobody asked for: removing it");
        add_removal(pool, server->id, 0);
        return;
    }
    if (member->state == POOL_RETIRING)
        add_removal(pool, server->id, member->durable);
    else if (server->state == SERVER_BROKEN || server->state == SERVER_OFF)
        give_up(pool, member, server, now_us);
}

static void look_for_missing(struct pool *pool, struct pool_member *member, int64_t asked_us,
                             int64_t now_us)
{
    bool was_known = member->id[0] && member->known_us < asked_us && !member->seen;

    switch (member->state) {
    case POOL_ASKED:
        if (member->tried_us == TRIED_BEFORE)
            member->tried_us = asked_us;
        if (member->tried_us && member->tried_us + pool->settings.settle_us <= asked_us)
            member->tried_us = 0; /* it was not made: once more */
        return;
    case POOL_BOOTING:
    case POOL_UP:
        if (!was_known)
            return;
        note_failure(pool, member, "the server is gone, and it was not us", now_us);
        pool->watcher.lost(pool->watcher.owner, member);
        enter(pool, member, POOL_OFF, now_us);
        return;
    case POOL_RETIRING:
        if (!was_known)
            return;
        pool->watcher.lost(pool->watcher.owner, member);
        enter(pool, member, POOL_OFF, now_us);
        return;
    case POOL_OFF:
    case POOL_STATE_COUNT:
        return;
    }
}

void pool_listed(struct pool *pool, const struct server_list *list, int64_t asked_us,
                 int64_t now_us)
{
    pool->listed_us = asked_us;
    pool->quiet_us = 0;
    for (size_t i = 0; i < pool->count; i++)
        pool->members[i].seen = false;
    for (size_t i = 0; i < list->count; i++)
        look_at_server(pool, &list->all[i], now_us);
    for (size_t i = 0; i < pool->count; i++)
        look_for_missing(pool, &pool->members[i], asked_us, now_us);
}

/* --- orders ---------------------------------------------------------------------------------------- */

static void give_up_late(struct pool *pool, int64_t now_us)
{
    for (size_t i = 0; i < pool->count; i++) {
        struct pool_member *member = &pool->members[i];

        if (member->state != POOL_BOOTING ||
            now_us - member->since_us < pool->settings.boot_limit_us)
            continue;
        note_failure(pool, member, "the server is there, but its agent never came", now_us);
        pool_retire(pool, member, now_us);
    }
}

static bool something_happens(const struct pool *pool)
{
    for (size_t i = 0; i < pool->count; i++)
        if (pool->members[i].state != POOL_OFF && pool->members[i].state != POOL_UP)
            return true;
    return pool->removal_count > 0;
}

static struct pool_order order_to_remove(const struct pool *pool, uint64_t durable)
{
    struct pool_order order = {.kind = POOL_NOTHING};

    for (size_t i = 0; i < pool->removal_count && order.kind == POOL_NOTHING; i++) {
        if (pool->removals[i].durable > durable)
            continue;
        order.kind = POOL_REMOVE;
        memory_put_text(order.id, sizeof(order.id), pool->removals[i].id);
    }
    return order;
}

static struct pool_order order_to_make(struct pool *pool, uint64_t durable, int64_t now_us)
{
    struct pool_order order = {.kind = POOL_NOTHING};

    for (size_t i = 0; i < pool->count && order.kind == POOL_NOTHING; i++) {
        struct pool_member *member = &pool->members[i];

        if (member->state != POOL_ASKED || member->tried_us || member->durable > durable)
            continue;
        member->tried_us = now_us;
        order.kind = POOL_MAKE;
        memory_put_text(order.name, sizeof(order.name), member->name);
    }
    return order;
}

static struct pool_order order_to_change(struct pool *pool, uint64_t durable, int64_t now_us)
{
    struct pool_order order = order_to_remove(pool, durable);

    return order.kind == POOL_NOTHING ? order_to_make(pool, durable, now_us) : order;
}

/* Lists and changes take turns, so that a slow cloud is not only asked what it has. */
struct pool_order pool_next(struct pool *pool, uint64_t durable, int64_t now_us)
{
    struct pool_order order = {.kind = POOL_NOTHING};
    int64_t every_us = pool->settings.list_us, list_us;

    if (pool->listed_us)
        give_up_late(pool, now_us);
    if (now_us < pool->quiet_until_us)
        return order;
    if (!something_happens(pool))
        every_us *= CALM_LISTS;
    list_us = pool->listed_us + every_us;
    if (pool->listed_us && (pool->last_was_list || now_us < list_us))
        order = order_to_change(pool, durable, now_us);
    if (order.kind == POOL_NOTHING && (!pool->listed_us || now_us >= list_us))
        order.kind = POOL_LIST;
    pool->last_was_list = order.kind == POOL_LIST;
    return order;
}

void pool_made(struct pool *pool, const struct pool_order *order, const char *id, int64_t now_us)
{
    struct pool_member *member = seek(pool, order->name);

    pool->quiet_us = 0;
    memory_put_text(member->id, sizeof(member->id), id);
    member->known_us = now_us;
    enter(pool, member, POOL_BOOTING, now_us);
}

void pool_removed(struct pool *pool, const struct pool_order *order)
{
    pool->quiet_us = 0;
    for (size_t i = 0; i < pool->removal_count; i++)
        if (strcmp(pool->removals[i].id, order->id) == 0) {
            pool->removals[i] = pool->removals[--pool->removal_count];
            return;
        }
}

/* The cloud does not answer, or is busy: a second, two, four … a minute, or as it says. */
static void keep_quiet(struct pool *pool, int64_t wait_us, int64_t now_us)
{
    pool->quiet_us = pool->quiet_us ? 2 * pool->quiet_us : QUIET_LEAST_US;
    if (pool->quiet_us > QUIET_MOST_US)
        pool->quiet_us = QUIET_MOST_US;
    pool->quiet_until_us = now_us + (wait_us > pool->quiet_us ? wait_us : pool->quiet_us);
}

void pool_failed(struct pool *pool, const struct pool_order *order, const struct error *err,
                 int64_t wait_us, int64_t now_us)
{
    struct pool_member *member = order->kind == POOL_MAKE ? seek(pool, order->name) : NULL;

    keep_quiet(pool, wait_us, now_us);
    if (!member || err->code == ERROR_UNAVAILABLE) {
        pool->watcher.say(pool->watcher.owner, order->name, err->text);
        return; /* made or not: the next list will tell */
    }
    note_failure(pool, member, err->text, now_us);
    if (err->code == ERROR_EXHAUSTED)
        pool->shut_until_us = member->shut_until_us;
    enter(pool, member, POOL_OFF, now_us);
}
