/* handlers_limits.c - limits set, taken away and shown; qualities of service shown */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "scheduler/authority.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MOST   64
#define ROWS_MOST   8000
#define LIMITS_MOST 64 /* of one request */

static char *text(const char *from)
{
    return (char *)(uintptr_t)(from ? from : "");
}

/* "a/b" in two. */
struct pair {
    char first[NAME_MOST + 1];
    const char *second; /* NULL: there is no '/' */
};

static struct pair split(const char *name)
{
    const char *slash = strchr(name, '/');
    struct pair pair = {.second = slash ? slash + 1 : NULL};
    size_t length = slash ? (size_t)(slash - name) : strlen(name);

    snprintf(pair.first, sizeof(pair.first), "%.*s", (int)(length < 65 ? length : 65), name);
    return pair;
}

/* --- LimitSet ----------------------------------------------------------------------------------------- */

static bool has_partition(const struct service *service, const struct pair *pair)
{
    const struct cluster *cluster =
        inventory_find_cluster(core_inventory(service->core), pair->first);

    return cluster && pair->second && *pair->second &&
           cluster_find_partition(cluster, pair->second);
}

static bool exists(const struct service *service, enum limit_of of, const char *name)
{
    struct pair pair = split(name);

    switch (of) {
    case LIMIT_OF_NETWORK:
        return *name == '\0';
    case LIMIT_OF_INSTITUTION:
        return has_institution(service, name);
    case LIMIT_OF_PROJECT:
        return ledger_institution_of(core_ledger(service->core), name) != NULL;
    case LIMIT_OF_MEMBER:
        return pair.second && people_membership(service->people, pair.second, pair.first);
    case LIMIT_OF_USER:
        return people_find(service->people, name, false) != NULL;
    case LIMIT_OF_QOS:
        return qos_find(core_qoses(service->core), name) != NULL;
    case LIMIT_OF_CLUSTER:
    case LIMIT_OF_LENT:
        return inventory_find_cluster(core_inventory(service->core), name) != NULL;
    case LIMIT_OF_PARTITION:
    default:
        return has_partition(service, &pair);
    }
}

/* What is inside an institution is its manager's too, what is on a cluster its administrator's. */
static bool may_set(const struct service *service, const struct principal *principal,
                    enum limit_of of, const char *name)
{
    struct pair pair = split(name);
    const char *institution = ledger_institution_of(core_ledger(service->core), pair.first);

    if (principal->roles & ROLE_OPERATOR)
        return true;
    if (of == LIMIT_OF_PROJECT || of == LIMIT_OF_MEMBER)
        return institution && may_manage_institution(principal, institution);
    return limit_is_of_place(of) && may_manage_cluster(principal, pair.first);
}

static bool read_amount(const Wire__LimitAmount *wire, struct limit *limit, struct error *err)
{
    limit->amount = LIMIT_NONE;
    return limit_what_parse(wire->what, &limit->what, err) &&
           (*wire->amount == '\0' ||
            limit_amount_parse(limit->what, wire->amount, &limit->amount, err) ||
            fail_in(err, "%s", wire->what)) &&
           limit_check(limit, err);
}

static bool check_texts(const Wire__LimitSet *wire, struct error *err)
{
    if (wire->n_limits == 0 || wire->n_limits > LIMITS_MOST)
        return fail(err, ERROR_INVALID, "%zu limits; 1 to %d are possible", wire->n_limits,
                    LIMITS_MOST);
    if (*wire->reason == '\0')
        return fail(err, ERROR_INVALID, "a limit needs a reason");
    return reason_fits(wire->reason, err);
}

/* All of them, before any is set. */
static bool read_set(struct service *service, const struct ask *ask, struct limit *limits,
                     struct error *err)
{
    const Wire__LimitSet *wire = ask->envelope->limit_set;
    struct limit limit = {.name = wire->name};

    if (!check_texts(wire, err) || !limit_of_parse(wire->scope, &limit.of, err) ||
        !limit_form_parse(wire->form, &limit.form, err))
        return false;
    if (!may_set(service, ask->principal, limit.of, wire->name))
        return deny(service, ask, err, "limits of %s %.64s are not yours to set", wire->scope,
                    wire->name);
    if (!exists(service, limit.of, wire->name))
        return fail(err, ERROR_NOT_FOUND, "no %s %.130s", wire->scope, wire->name);
    for (size_t i = 0; i < wire->n_limits; i++) {
        if (!read_amount(wire->limits[i], &limit, err))
            return false;
        limits[i] = limit;
    }
    return true;
}

static struct row row_of(const struct service *service, const struct ask *ask,
                         const struct limit *limit)
{
    return (struct row){
        .kind = ROW_LIMIT,
        .limit = {.scope = limit_of_name(limit->of),
                  .name = limit->name,
                  .form = limit_form_name(limit->form),
                  .what = limit_what_name(limit->what),
                  .amount = limit->amount,
                  .reason = ask->envelope->limit_set->reason,
                  .made_by = ask->principal->name,
                  .made_us = service->now_us},
    };
}

static void set_limit(struct service *service, const struct ask *ask, const struct limit *limit)
{
    const Wire__LimitSet *wire = ask->envelope->limit_set;
    const struct row row = row_of(service, ask, limit);
    CLEANUP(buffer_clear) struct buffer amount;

    buffer_init(&amount);
    if (limit->amount == LIMIT_NONE) {
        batch_add(&service->open->batch, WRITE_REMOVE, &row);
        given_remove(service->given, &row);
        buffer_add_text(&amount, "none");
    } else {
        group_put(service, &row);
        given_put(service->given, &row);
        limit_amount_print(limit->what, limit->amount, &amount);
    }
    service_step(
        service,
        &(struct event){.kind = EVENT_LIMIT_SET, .by = ask->principal->name, .limit_set = *limit});
    audit(service, ask->principal->name, "limit-set", "%s %s %s %s=%s reason=%s", wire->scope,
          wire->name, wire->form, limit_what_name(limit->what), amount.bytes, wire->reason);
}

static bool on_limit_set(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    const Wire__LimitSet *wire = ask->envelope->limit_set;
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);
    struct limit limits[LIMITS_MOST];

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!read_set(service, ask, limits, err))
        return false;
    for (size_t i = 0; i < wire->n_limits; i++)
        set_limit(service, ask, &limits[i]);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

/* --- LimitsAsk ---------------------------------------------------------------------------------------- */

struct listing {
    struct service *service;
    const struct principal *principal;
    const Wire__LimitsAsk *wire;
    Wire__LimitTable *table;
    struct arena *keep;
};

/* What is limited of people and projects is theirs to know, and their managers'. */
static bool may_see(const struct listing *listing, const struct holder *holder)
{
    const struct service *service = listing->service;
    const struct principal *principal = listing->principal;
    struct pair pair = split(holder->name);
    const char *institution = ledger_institution_of(core_ledger(service->core), pair.first);
    const struct membership *membership;

    if (principal->roles & (ROLE_OPERATOR | ROLE_AUDITOR | ROLE_ACCOUNTING))
        return true;
    if (holder->of == LIMIT_OF_USER)
        return strcmp(holder->name, principal->name) == 0;
    if (holder->of != LIMIT_OF_PROJECT && holder->of != LIMIT_OF_MEMBER)
        return true;
    if (institution && may_manage_institution(principal, institution))
        return true;
    membership = people_membership(service->people, principal->name, pair.first);
    if (!membership || holder->of == LIMIT_OF_PROJECT || membership->manager)
        return membership != NULL;
    return pair.second && strcmp(pair.second, principal->name) == 0;
}

static char *amount_text(const struct listing *listing, enum limit_what what, int64_t amount)
{
    CLEANUP(buffer_clear) struct buffer print;

    buffer_init(&print);
    limit_amount_print(what, amount, &print);
    return arena_copy(listing->keep, print.bytes);
}

static void show_limit(struct listing *listing, const struct holder *holder,
                       enum limit_source source, enum limit_form form, enum limit_what what)
{
    const struct core *core = listing->service->core;
    const struct limit limit = {holder->of, holder->name, form, what, 0};
    Wire__LimitRow *row = ARENA_NEW(listing->keep, Wire__LimitRow);
    struct row key = {.kind = ROW_LIMIT};
    const struct row *given;

    wire__limit_row__init(row);
    row->scope = text(limit_of_name(holder->of));
    row->name = holder->name;
    row->form = text(limit_form_name(form));
    row->what = text(limit_what_name(what));
    row->amount = amount_text(listing, what, holder->given[source][form][what]);
    row->configured = source == LIMIT_CONFIGURED;
    if (form == LIMIT_TOTAL)
        row->used = amount_text(
            listing, what, limits_used(core_limits(core), holder, what, listing->service->now_us));
    key.limit = (struct limit_row){.scope = row->scope,
                                   .name = limit.name,
                                   .form = row->form,
                                   .what = row->what,
                                   .reason = "",
                                   .made_by = ""};
    given = source == LIMIT_GIVEN ? given_find(listing->service->given, &key) : NULL;
    if (given) {
        row->reason = arena_copy_utf8(listing->keep, given->limit.reason);
        row->made_by = arena_copy(listing->keep, given->limit.made_by);
        row->made_us = given->limit.made_us;
    }
    listing->table->rows[listing->table->n_rows++] = row;
}

/* False: there are too many. */
static bool show_holder(struct listing *listing, const struct holder *holder)
{
    const unsigned each = LIMIT_SOURCE_COUNT * LIMIT_FORM_COUNT * LIMIT_WHAT_COUNT;

    if (listing->table->n_rows + each > ROWS_MOST)
        return false;
    for (unsigned i = 0; i < each; i++) {
        enum limit_source source = i % LIMIT_SOURCE_COUNT;
        enum limit_what what = i / LIMIT_SOURCE_COUNT % LIMIT_WHAT_COUNT;
        enum limit_form form = i / LIMIT_SOURCE_COUNT / LIMIT_WHAT_COUNT;

        if (holder->given[source][form][what] != LIMIT_NONE)
            show_limit(listing, holder, source, form, what);
    }
    return true;
}

static bool is_wanted(const struct listing *listing, const struct holder *holder)
{
    const Wire__LimitsAsk *wire = listing->wire;

    if (*wire->scope && strcmp(wire->scope, limit_of_name(holder->of)) != 0)
        return false;
    return *wire->name == '\0' || strcmp(wire->name, holder->name) == 0;
}

static int compare_rows(const void *a, const void *b)
{
    const Wire__LimitRow *first = *(Wire__LimitRow *const *)a;
    const Wire__LimitRow *second = *(Wire__LimitRow *const *)b;
    int order = strcmp(first->scope, second->scope);

    if (order == 0)
        order = strcmp(first->name, second->name);
    if (order == 0)
        order = strcmp(first->form, second->form);
    if (order == 0)
        order = strcmp(first->what, second->what);
    return order ? order : second->configured - first->configured;
}

static bool on_limits_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                          struct error *err)
{
    struct service *service = owner;
    struct listing listing = {
        .service = service,
        .principal = ask->principal,
        .wire = ask->envelope->limits_ask,
        .keep = keep,
    };
    const struct holder *holder;

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    listing.table = ANSWER(answer, keep, Wire__LimitTable, wire__limit_table, limit_table,
                           WIRE__ENVELOPE__BODY_LIMIT_TABLE);
    listing.table->rows = ARENA_NEW_ARRAY(keep, Wire__LimitRow *, ROWS_MOST);
    for (size_t place = 0; (holder = limits_next(core_limits(service->core), &place));)
        if (holder->has_any && is_wanted(&listing, holder) && may_see(&listing, holder) &&
            !show_holder(&listing, holder))
            return fail(err, ERROR_EXHAUSTED, "more than %d limits: ask for those of one scope",
                        ROWS_MOST);
    if (listing.table->n_rows)
        qsort(listing.table->rows, listing.table->n_rows, sizeof(*listing.table->rows),
              compare_rows);
    return true;
}

/* --- QosAsk ------------------------------------------------------------------------------------------- */

static bool is_mine(const struct service *service, const struct principal *principal,
                    const struct qos *qos)
{
    const struct person *person = people_find(service->people, principal->name, false);
    const struct membership *membership = person ? person->memberships : NULL;

    for (; membership; membership = membership->next) {
        struct qos_user who = {principal->name, membership->project, NULL};

        who.institution = text(ledger_institution_of(core_ledger(service->core), who.project));
        if (qos_admits(qos, &who))
            return true;
    }
    return false;
}

static Wire__QosRow *show_qos(const struct service *service, const struct ask *ask,
                              const struct qos *qos, struct arena *keep)
{
    Wire__QosRow *row = ARENA_NEW(keep, Wire__QosRow);

    wire__qos_row__init(row);
    row->name = qos->name;
    row->priority = qos->priority;
    row->usage_factor = 1 + qos->surcharge_ppm / 1e6;
    row->is_default = qos->is_default;
    row->no_reserve = qos->no_reserve;
    row->deny_on_limit = qos->deny_on_limit;
    row->preempts = qos->preempts;
    while (qos->preempts[row->n_preempts])
        row->n_preempts++;
    row->preempt_mode = text(qos_preempt_name(qos->preempt_mode));
    row->preempt_grace_us = qos->preempt_grace_us;
    row->preempt_exempt_us = qos->preempt_exempt_us;
    row->opportunistic = qos->opportunistic;
    row->mine = is_mine(service, ask->principal, qos);
    return row;
}

static bool on_qos_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                       struct error *err)
{
    struct service *service = owner;
    const struct qos_list *list = core_qoses(service->core);
    Wire__QosTable *table;

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    table = ANSWER(answer, keep, Wire__QosTable, wire__qos_table, qos_table,
                   WIRE__ENVELOPE__BODY_QOS_TABLE);
    table->rows = ARENA_NEW_ARRAY(keep, Wire__QosRow *, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        table->rows[table->n_rows++] = show_qos(service, ask, &list->all[i], keep);
    return true;
}

const struct handler limit_handlers[] = {
    {WIRE__ENVELOPE__BODY_LIMIT_SET,  ROLE_MANAGER | ROLE_CLUSTER | ROLE_OPERATOR, on_limit_set },
    {WIRE__ENVELOPE__BODY_LIMITS_ASK, ROLE_PEOPLE | ROLE_ACCOUNTING,               on_limits_ask},
    {WIRE__ENVELOPE__BODY_QOS_ASK,    ROLE_PEOPLE | ROLE_ACCOUNTING,               on_qos_ask   },
    {0,                               0,                                           NULL         },
};
