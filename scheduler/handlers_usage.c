/* handlers_usage.c - what was used, what is left */

#include "scheduler/service_inside.h"

#include "scheduler/authority.h"
#include "scheduler/core/request.h"
#include "scheduler/filter.h"
#include "scheduler/queued.h"
#include "scheduler/sealing.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 8000 /* of one answer */

/* --- UsageAsk: summed up on the other thread ------------------------------------------------------------ */

enum { BY_INSTITUTION = 1 << 0, BY_PROJECT = 1 << 1, BY_USER = 1 << 2, BY_CLUSTER = 1 << 3 };

/* A project has one institution, and a person is shown with each project. */
static const struct {
    const char *name;
    unsigned by;
} groupings[] = {
    {"institution", BY_INSTITUTION                       },
    {"project",     BY_INSTITUTION | BY_PROJECT          },
    {"user",        BY_INSTITUTION | BY_PROJECT | BY_USER},
    {"cluster",     BY_CLUSTER                           },
};

struct usage_question {
    const char *institution, *project, *user; /* "" = any */
    int64_t since_us, until_us;
    unsigned by;
    struct scope scope;
    struct arena *arena;
    struct table *groups; /* Wire__UsageRow by its names */
    struct openings *openings;
    struct buffer key;
    Wire__UsageTable *table;
    bool full;
};

static Wire__UsageRow *group_of(struct usage_question *question, const struct txn_row *usage,
                                const char *user)
{
    Wire__UsageRow *row;

    buffer_reset(&question->key);
    buffer_print(
        &question->key, "%s/%s/%s/%s", question->by & BY_INSTITUTION ? usage->institution : "",
        question->by & BY_PROJECT ? usage->project : "", question->by & BY_USER ? user : "",
        question->by & BY_CLUSTER ? usage->cluster : "");
    row = table_get_text(question->groups, question->key.bytes);
    if (row || question->table->n_rows == ROWS_MAX)
        return row;
    row = ARENA_NEW(question->arena, Wire__UsageRow);
    wire__usage_row__init(row);
    if (question->by & BY_INSTITUTION)
        row->institution = arena_copy_utf8(question->arena, usage->institution);
    if (question->by & BY_PROJECT)
        row->project = arena_copy_utf8(question->arena, usage->project);
    if (question->by & BY_USER)
        row->user = arena_copy_utf8(question->arena, user);
    if (question->by & BY_CLUSTER)
        row->cluster = arena_copy_utf8(question->arena, usage->cluster);
    table_put_text(question->groups, question->key.bytes, row);
    question->table->rows[question->table->n_rows++] = row;
    return row;
}

static bool on_usage_row(void *owner, const struct row *row, bool good)
{
    struct usage_question *question = owner;
    const struct txn_row *usage = &row->txn;
    const char *user = openings_name(question->openings, usage->user);
    Wire__UsageRow *sum;

    if (!good || !is_or_any(question->institution, usage->institution) ||
        !is_or_any(question->project, usage->project) || !is_or_any(question->user, user) ||
        !scope_covers(&question->scope, user, usage->project, usage->institution, usage->cluster))
        return true;
    sum = group_of(question, usage, user);
    if (!sum) {
        question->full = true;
        return false;
    }
    sum->jobs++;
    sum->core_us += usage->wall_us * usage->cores;
    sum->cpu_used_us += usage->cpu_used_us;
    sum->charged += usage->charged;
    sum->waived += usage->waived;
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    const Wire__UsageRow *first = *(Wire__UsageRow *const *)a;
    const Wire__UsageRow *second = *(Wire__UsageRow *const *)b;
    int order = strcmp(first->cluster, second->cluster);

    if (order == 0)
        order = strcmp(first->institution, second->institution);
    if (order == 0)
        order = strcmp(first->project, second->project);
    return order ? order : strcmp(first->user, second->user);
}

/* As of one moment: a seal that came in between would be shown as such. */
static bool sum_up(struct store *store, struct usage_question *question, struct error *err)
{
    CLEANUP(openings_freep) struct openings *openings = openings_read(store, LANE_SLOW, err);
    const struct query query = {
        .kind = *question->institution ? QUERY_USAGE_OF : QUERY_USAGE,
        .lane = LANE_SLOW,
        .text = *question->institution ? question->institution : NULL,
        .from = question->since_us,
        .until = question->until_us,
    };

    question->openings = openings;
    return openings && store->query(store, &query, on_usage_row, question, err);
}

static bool read_usage(struct reading *reading, struct error *err)
{
    struct usage_question *question = reading->question;
    CLEANUP(table_freep) struct table *groups = table_new();
    struct store *store = reading->store;
    bool good;

    question->groups = groups;
    question->arena = reading->arena;
    buffer_init(&question->key);
    question->table = ANSWER(&reading->answer, reading->arena, Wire__UsageTable, wire__usage_table,
                             usage_table, WIRE__ENVELOPE__BODY_USAGE_TABLE);
    question->table->rows = ARENA_NEW_ARRAY(reading->arena, Wire__UsageRow *, ROWS_MAX);
    question->table->since_us = question->since_us;
    question->table->until_us = question->until_us;
    if (store->hold_still && !store->hold_still(store, err))
        return false;
    good = sum_up(store, question, err);
    if (store->go_on)
        store->go_on(store);
    buffer_clear(&question->key);
    qsort(question->table->rows, question->table->n_rows, sizeof(*question->table->rows),
          compare_rows);
    if (good && question->full)
        return fail(err, ERROR_EXHAUSTED,
                    "more than %d lines: ask for one institution, project "
                    "or user, or a shorter time",
                    ROWS_MAX);
    return good;
}

/* "cluster,project": words with commas; "" is by institution. */
static bool read_grouping(const char *text, unsigned *ret_by, struct error *err)
{
    unsigned by = *text ? 0 : BY_INSTITUTION;

    while (*text) {
        size_t length = strcspn(text, ","), i = 0;

        while (i < COUNT_OF(groupings) && (strlen(groupings[i].name) != length ||
                                           memcmp(groupings[i].name, text, length) != 0))
            i++;
        if (i == COUNT_OF(groupings))
            return fail(err, ERROR_INVALID,
                        "usage by %.20s: by institution, project, user or cluster, or several of "
                        "them with commas",
                        text);
        by |= groupings[i].by;
        text += length + (text[length] == ',');
    }
    *ret_by = by;
    return true;
}

static bool on_usage_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    const Wire__UsageAsk *wire = ask->envelope->usage_ask;
    struct arena *arena;
    struct usage_question *question;
    unsigned by = BY_INSTITUTION;

    (void)answer;
    (void)keep;
    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    if (!read_grouping(wire->by, &by, err))
        return false;
    if (wire->since_us < 0 || wire->until_us < 0 ||
        (wire->until_us && wire->until_us <= wire->since_us))
        return fail(err, ERROR_INVALID, "the time span ends before it begins");
    arena = arena_new();
    question = ARENA_NEW(arena, struct usage_question);
    question->institution = arena_copy(arena, wire->institution);
    question->project = arena_copy(arena, wire->project);
    question->user = arena_copy(arena, wire->user);
    question->since_us = wire->since_us;
    question->until_us = wire->until_us ? wire->until_us : INT64_MAX;
    question->by = by;
    question->scope = scope_of(service->people, ask->principal, arena);
    reads_note(service, &question->scope, "usage",
               &(struct read_of){wire->user, wire->project, wire->institution});
    return reading_start(service, ask, arena, read_usage, question, err);
}

/* --- QuotaAsk ---------------------------------------------------------------------------------------------- */

struct quota {
    struct service *service;
    const struct principal *principal;
    const Wire__QuotaAsk *wire;
    Wire__QuotaTable *table;
    struct arena *keep;
    size_t capacity;
};

static void add_line(struct quota *quota, Wire__QuotaRow *row)
{
    Wire__QuotaTable *table = quota->table;

    if (table->n_rows == quota->capacity) {
        size_t capacity = quota->capacity ? 2 * quota->capacity : 64;
        Wire__QuotaRow **more = ARENA_NEW_ARRAY(quota->keep, Wire__QuotaRow *, capacity);

        if (table->n_rows)
            memcpy(more, table->rows, table->n_rows * sizeof(*more));
        table->rows = more;
        quota->capacity = capacity;
    }
    table->rows[table->n_rows++] = row;
}

static bool may_see_institution(const struct quota *quota, const char *institution)
{
    return quota->principal->roles & (ROLE_AUDITOR | ROLE_ACCOUNTING) ||
           may_manage_institution(quota->principal, institution);
}

static bool may_see_project(const struct quota *quota, const char *institution, const char *project)
{
    return may_see_institution(quota, institution) ||
           people_membership(quota->service->people, quota->principal->name, project);
}

/* project NULL: the institution's own line. */
static void show_budget(struct quota *quota, const char *institution, const char *project)
{
    const struct service *service = quota->service;
    const struct ledger *ledger = core_ledger(service->core);
    Wire__QuotaRow *row = ARENA_NEW(quota->keep, Wire__QuotaRow);
    struct balance balance;

    if (!ledger_balance(ledger, institution, project, service->now_us, &balance))
        return;
    wire__quota_row__init(row);
    row->institution = arena_copy(quota->keep, institution);
    row->project = arena_copy(quota->keep, project ? project : "");
    row->granted = balance.granted_micro;
    row->charged = balance.charged_micro;
    row->held = balance.held_micro;
    row->available = balance.available_micro;
    row->end_us = ledger_first_end(ledger, institution, project, service->now_us);
    row->queued = queued_amount(service->queued, institution, project);
    add_line(quota, row);
}

static bool on_institution(void *owner, const struct row *row, bool good)
{
    struct quota *quota = owner;
    const char *name = row->institution.name;

    if (good && is_or_any(quota->wire->institution, name) && *quota->wire->project == '\0' &&
        may_see_institution(quota, name))
        show_budget(quota, name, NULL);
    return true;
}

static void show_project(struct quota *quota, const char *institution, const char *project)
{
    if (is_or_any(quota->wire->institution, institution) &&
        is_or_any(quota->wire->project, project) && may_see_project(quota, institution, project))
        show_budget(quota, institution, project);
}

static bool on_project(void *owner, const struct row *row, bool good)
{
    if (good)
        show_project(owner, row->project.institution, row->project.name);
    return true;
}

/* Who sees no more than their own projects is not told by a walk over all. */
static bool sees_institutions(const struct principal *principal)
{
    return (principal->roles & (ROLE_AUDITOR | ROLE_ACCOUNTING | ROLE_OPERATOR | ROLE_MANAGER)) !=
           0;
}

static void show_own(struct quota *quota)
{
    const struct ledger *ledger = core_ledger(quota->service->core);
    const struct person *person =
        people_find(quota->service->people, quota->principal->name, false);

    for (const struct membership *own = person ? person->memberships : NULL; own; own = own->next) {
        const char *institution = ledger_institution_of(ledger, own->project);

        if (institution)
            show_project(quota, institution, own->project);
    }
}

/* Of all that was asked for, what they may see. */
static bool show_all(struct quota *quota, struct error *err)
{
    struct store *store = quota->service->outside.store;
    const struct query institutions = {.kind = QUERY_ALL, .row = ROW_INSTITUTION};
    const struct query projects = {.kind = QUERY_ALL, .row = ROW_PROJECT};
    const char *project = quota->wire->project;
    const char *institution;

    if (*project) {
        institution = ledger_institution_of(core_ledger(quota->service->core), project);
        if (institution)
            show_project(quota, institution, project);
        return true;
    }
    if (!sees_institutions(quota->principal)) {
        show_own(quota);
        return true;
    }
    return store->query(store, &institutions, on_institution, quota, err) &&
           store->query(store, &projects, on_project, quota, err);
}

static int compare_quotas(const void *a, const void *b)
{
    const Wire__QuotaRow *first = *(Wire__QuotaRow *const *)a;
    const Wire__QuotaRow *second = *(Wire__QuotaRow *const *)b;
    int order = strcmp(first->institution, second->institution);

    return order ? order : strcmp(first->project, second->project);
}

/* One text for what is not there and for what is not theirs to see. */
static bool fail_no_budget(const Wire__QuotaAsk *wire, struct error *err)
{
    if (*wire->project)
        return fail(err, ERROR_NOT_FOUND, "no project %.64s whose quota you may see",
                    wire->project);
    return fail(err, ERROR_NOT_FOUND, "no institution %.64s of whose quota you may see anything",
                wire->institution);
}

static bool on_quota_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    struct quota quota = {
        .service = service,
        .principal = ask->principal,
        .wire = ask->envelope->quota_ask,
        .keep = keep,
    };

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    quota.table = ANSWER(answer, keep, Wire__QuotaTable, wire__quota_table, quota_table,
                         WIRE__ENVELOPE__BODY_QUOTA_TABLE);
    queued_sum(service->queued, service->core, service->now_us);
    if (!show_all(&quota, err))
        return false;
    if (quota.table->n_rows == 0 && (*quota.wire->project || *quota.wire->institution))
        return fail_no_budget(quota.wire, err);
    if (quota.table->n_rows)
        qsort(quota.table->rows, quota.table->n_rows, sizeof(*quota.table->rows), compare_quotas);
    return true;
}

const struct handler usage_handlers[] = {
    {WIRE__ENVELOPE__BODY_USAGE_ASK, ROLE_PEOPLE | ROLE_ACCOUNTING, on_usage_ask},
    {WIRE__ENVELOPE__BODY_QUOTA_ASK, ROLE_PEOPLE | ROLE_ACCOUNTING, on_quota_ask},
    {0,                              0,                             NULL        },
};
