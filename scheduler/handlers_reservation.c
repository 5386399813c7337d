/* handlers_reservation.c - advance reservations and maintenance, shown, made and removed */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "scheduler/authority.h"

#include <inttypes.h>
#include <string.h>

static char *text(const char *from)
{
    return (char *)(uintptr_t)(from ? from : "");
}

/* --- ReservationAsk ----------------------------------------------------------------------------------- */

static void note_giver(const struct service *service, const struct window *window,
                       Wire__ReservationView *view, struct arena *keep)
{
    const struct row key = {.kind = ROW_WINDOW, .window = {.name = window->facts.name}};
    const struct row *given = given_find(service->given, &key);

    if (!given)
        return;
    view->reason = arena_copy_utf8(keep, given->window.reason);
    view->made_by = arena_copy(keep, given->window.made_by);
    view->made_us = given->window.made_us;
}

static Wire__ReservationView *show_window(const struct service *service,
                                          const struct window *window, struct arena *keep)
{
    const struct window_facts *facts = &window->facts;
    Wire__ReservationView *view = ARENA_NEW(keep, Wire__ReservationView);
    const char *state = window->until_us == 0                   ? "over"
                        : window_is_on(window, service->now_us) ? "active"
                                                                : "waiting";

    wire__reservation_view__init(view);
    view->name = arena_copy(keep, facts->name);
    view->cluster = arena_copy(keep, facts->cluster);
    view->nodes = arena_copy(keep, facts->nodes);
    view->start_us = facts->start_us;
    view->end_us = facts->end_us;
    view->repeat = (Wire__ReservationRepeat)facts->repeat;
    view->maintenance = facts->maintenance;
    view->users = arena_copy(keep, facts->users);
    view->projects = arena_copy(keep, facts->projects);
    view->institutions = arena_copy(keep, facts->institutions);
    view->state = text(state);
    view->from_us = window->from_us;
    view->until_us = window->until_us;
    view->node_count = (uint32_t)hostlist_count(window->nodes);
    note_giver(service, window, view, keep);
    return view;
}

static bool on_reservation_ask(void *owner, struct ask *ask, Wire__Envelope *answer,
                               struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const char *name = ask->envelope->reservation_ask->name;
    const struct window *window;
    Wire__ReservationTable *table;
    size_t place = 0;

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    if (*name && !core_window(service->core, name))
        return fail(err, ERROR_NOT_FOUND, "no reservation %.64s", name);
    table = ANSWER(answer, keep, Wire__ReservationTable, wire__reservation_table, reservation_table,
                   WIRE__ENVELOPE__BODY_RESERVATION_TABLE);
    table->rows = ARENA_NEW_ARRAY(keep, Wire__ReservationView *, WINDOW_COUNT_MAX + 1);
    while ((window = core_window_next(service->core, &place)))
        if (!*name || strcmp(window->facts.name, name) == 0)
            table->rows[table->n_rows++] = show_window(service, window, keep);
    return true;
}

/* --- ReservationSet ----------------------------------------------------------------------------------- */

static bool check_cluster(struct service *service, const struct ask *ask, const char *cluster,
                          struct error *err)
{
    if (!inventory_find_cluster(core_inventory(service->core), cluster))
        return fail(err, ERROR_NOT_FOUND, "no cluster %.64s", cluster);
    if (!may_manage_cluster(ask->principal, cluster))
        return deny(service, ask, err, "you do not administer cluster %.64s", cluster);
    return true;
}

/* Where there is only one cluster it need not be named. */
static const char *cluster_of(const struct service *service, const Wire__ReservationSet *wire)
{
    const struct inventory *inventory = core_inventory(service->core);

    if (*wire->cluster || inventory_cluster_count(inventory) != 1)
        return wire->cluster;
    return inventory_cluster(inventory, 0)->name;
}

/* Whose it was and whose it is to be: both are the asker's to manage. */
static bool check_set(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__ReservationSet *wire = ask->envelope->reservation_set;
    const struct window *window = core_window(service->core, wire->name);

    if (wire->create && window)
        return fail(err, ERROR_CONFLICT, "there is a reservation %.64s already: update it",
                    wire->name);
    if (!wire->create && !window)
        return fail(err, ERROR_NOT_FOUND, "no reservation %.64s", wire->name);
    if ((window && !check_cluster(service, ask, window->facts.cluster, err)) ||
        !check_cluster(service, ask, cluster_of(service, wire), err))
        return false;
    if ((unsigned)wire->repeat >= WINDOW_REPEAT_COUNT)
        return fail(err, ERROR_INVALID, "there is no repeat %d", (int)wire->repeat);
    if (wire->start_us < 0)
        return fail(err, ERROR_INVALID, "the reservation begins before 1970");
    return reason_fits(wire->reason, err);
}

static bool check_names(const char *list, const char *what, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(list);
    char *rest = copy, *name;

    while (*list && (name = strsep(&rest, ",")))
        if (!parse_name(name, what, LEDGER_NAME_MAX, err))
            return false;
    return true;
}

static bool check_nobody_erased(const struct service *service, const char *users, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(users);
    char *rest = copy, *name;

    while ((name = strsep(&rest, ",")))
        if (!check_not_erased(service, name, err))
            return false;
    return true;
}

/* The nodes are chosen now, and stay the same. */
static bool read_facts(const struct service *service, const Wire__ReservationSet *wire,
                       struct buffer *nodes, struct window_facts *ret_facts, struct error *err)
{
    *ret_facts = (struct window_facts){
        .name = wire->name,
        .cluster = cluster_of(service, wire),
        .nodes = wire->nodes,
        .start_us = wire->start_us,
        .end_us = wire->end_us,
        .repeat = (enum window_repeat)wire->repeat,
        .maintenance = wire->maintenance,
        .users = wire->users,
        .projects = wire->projects,
        .institutions = wire->institutions,
    };
    if (!check_names(wire->users, "user name", err) ||
        !check_nobody_erased(service, wire->users, err) ||
        !check_names(wire->projects, "project name", err) ||
        !check_names(wire->institutions, "institution name", err))
        return false;
    if (!*wire->nodes) {
        if (!core_choose_nodes(service->core, ret_facts, *wire->partition ? wire->partition : NULL,
                               wire->node_count, nodes, err))
            return false;
        ret_facts->nodes = nodes->bytes;
    }
    return core_check_window(service->core, ret_facts, err);
}

static void put_window(struct service *service, const struct ask *ask,
                       const struct window_facts *facts)
{
    const struct row row = {
        .kind = ROW_WINDOW,
        .window = {.name = facts->name,
                   .cluster = facts->cluster,
                   .nodes = facts->nodes,
                   .start_us = facts->start_us,
                   .end_us = facts->end_us,
                   .repeat = (int64_t)facts->repeat,
                   .maintenance = facts->maintenance,
                   .users = facts->users,
                   .projects = facts->projects,
                   .institutions = facts->institutions,
                   .reason = ask->envelope->reservation_set->reason,
                   .made_by = ask->principal->name,
                   .made_us = service->now_us},
    };

    group_put(service, &row);
    given_put(service->given, &row);
}

static bool on_reservation_set(void *owner, struct ask *ask, Wire__Envelope *answer,
                               struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const Wire__ReservationSet *wire = ask->envelope->reservation_set;
    CLEANUP(buffer_clear) struct buffer nodes;
    struct event event = {.kind = EVENT_WINDOW_SET, .by = ask->principal->name};
    enum keyed keyed;

    buffer_init(&nodes);
    keyed = keyed_begin(service, ask, wire->key, &wire->base, err);
    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!check_set(service, ask, err) || !read_facts(service, wire, &nodes, &event.window, err))
        return false;
    put_window(service, ask, &event.window);
    service_step(service, &event);
    audit(service, ask->principal->name, "reservation-set",
          "%s cluster=%s nodes=%.120s start=%" PRId64 " end=%" PRId64 " repeat=%s%s users=%.60s"
          " projects=%.60s institutions=%.60s reason=%s",
          wire->name, event.window.cluster, event.window.nodes, wire->start_us, wire->end_us,
          window_repeat_name(event.window.repeat), wire->maintenance ? " maintenance" : "",
          wire->users, wire->projects, wire->institutions, wire->reason);
    log_info("reservation=%s cluster=%s nodes=%.200s set by=%s", wire->name, wire->cluster,
             event.window.nodes, ask->principal->name);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

/* --- ReservationRemove -------------------------------------------------------------------------------- */

static bool on_reservation_remove(void *owner, struct ask *ask, Wire__Envelope *answer,
                                  struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const Wire__ReservationRemove *wire = ask->envelope->reservation_remove;
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);
    const struct row row = {.kind = ROW_WINDOW, .window = {.name = wire->name}};
    const struct window *window;

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    window = core_window(service->core, wire->name);
    if (!window)
        return fail(err, ERROR_NOT_FOUND, "no reservation %.64s", wire->name);
    if (!check_cluster(service, ask, window->facts.cluster, err))
        return false;
    batch_add(&service->open->batch, WRITE_REMOVE, &row);
    given_remove(service->given, &row);
    service_step(service, &(struct event){
                              .kind = EVENT_WINDOW_REMOVED,
                              .by = ask->principal->name,
                              .window = {.name = wire->name},
                          });
    audit(service, ask->principal->name, "reservation-remove", "%s", wire->name);
    log_info("reservation=%s removed by=%s", wire->name, ask->principal->name);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

const struct handler reservation_handlers[] = {
    {WIRE__ENVELOPE__BODY_RESERVATION_ASK,    ROLE_PEOPLE | ROLE_ACCOUNTING, on_reservation_ask   },
    {WIRE__ENVELOPE__BODY_RESERVATION_SET,    ROLE_CLUSTER | ROLE_OPERATOR,  on_reservation_set   },
    {WIRE__ENVELOPE__BODY_RESERVATION_REMOVE, ROLE_CLUSTER | ROLE_OPERATOR,  on_reservation_remove},
    {0,                                       0,                             NULL                 },
};
