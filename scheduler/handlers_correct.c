/* handlers_correct.c - refunds, transfers and ends of grants, and the list of grants
 *
 * Each is a new entry in the books with who, when and why in the audit log. */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "scheduler/authority.h"
#include "scheduler/core/job_state.h"
#include "scheduler/filter.h"
#include "scheduler/foresee.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool check_reason(const char *reason, struct error *err)
{
    if (*reason == '\0')
        return fail(err, ERROR_INVALID, "a correction of the books needs a reason");
    return reason_fits(reason, err);
}

/* --- Refund --------------------------------------------------------------------------------------------- */

/* What is left of a job's charge.  Refunds that are not committed yet are not in the store's
 * row: from the first refund of a job on, its rest is kept here. */
static bool find_charge(struct service *service, uint64_t job, struct arena *keep,
                        struct job_row *ret_row, int64_t **ret_left, struct error *err)
{
    struct store *store = service->outside.store;
    struct row row = {.kind = ROW_JOB, .job.id = (int64_t)job};
    int64_t *left = table_get_number(service->refundable, job);
    bool found = false;

    if (job > INT64_MAX || !store->find(store, &row, keep, &found, err))
        return job > INT64_MAX ? fail(err, ERROR_NOT_FOUND, "no job %" PRIu64, job) : false;
    if (!found)
        return fail(err, ERROR_NOT_FOUND, "no job %" PRIu64, job);
    if (!job_state_is_final((enum job_state)row.job.state))
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " has not ended: nothing is charged yet",
                    job);
    if (!left) {
        left = NEW(int64_t);
        *left = row.job.charged_micro;
        table_put_number(service->refundable, job, left);
    }
    *ret_row = row.job;
    *ret_left = left;
    return true;
}

static bool check_refund(const Wire__Refund *wire, int64_t left, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    print_amount(left, &text);
    if (wire->amount < 0)
        return fail(err, ERROR_INVALID, "a refund is above zero");
    if (left == 0)
        return fail(err, ERROR_CONFLICT,
                    "job %" PRIu64 ": nothing was charged, or all of it is "
                    "refunded",
                    wire->job);
    if (wire->amount > left)
        return fail(err, ERROR_EXHAUSTED, "job %" PRIu64 ": only %s SU are left of its charge",
                    wire->job, text.bytes);
    return check_reason(wire->reason, err);
}

static bool on_refund(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                      struct error *err)
{
    struct service *service = owner;
    const Wire__Refund *wire = ask->envelope->refund;
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);
    struct event event = {.kind = EVENT_REFUNDED, .by = ask->principal->name};
    struct row row = {.kind = ROW_JOB};
    int64_t *left = NULL;

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!find_charge(service, wire->job, keep, &row.job, &left, err) ||
        !check_refund(wire, *left, err))
        return false;
    event.refund = (struct refund){
        .id = (uint64_t)service->marks.last_txn + 1,
        .job = wire->job,
        .project = row.job.project,
        .amount_micro = wire->amount ? wire->amount : *left,
    };
    *left -= event.refund.amount_micro;
    row.job.charged_micro = *left;
    group_put(service, &row);
    service_step(service, &event);
    audit(service, ask->principal->name, "refund", "job %" PRIu64 " amount=%" PRId64 " reason=%s",
          wire->job, event.refund.amount_micro, wire->reason);
    log_info("job=%" PRIu64 " refunded by=%s", wire->job, ask->principal->name);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

/* --- GrantChange ---------------------------------------------------------------------------------------- */

static struct grant grant_named(const struct grant_row *row)
{
    return (struct grant){.id = (uint64_t)row->id,
                          .institution = row->institution,
                          .project = *row->project ? row->project : NULL};
}

static bool check_change(struct service *service, const struct ask *ask,
                         const struct grant_row *row, int64_t left, struct error *err)
{
    const Wire__GrantChange *wire = ask->envelope->grant_change;

    if (*row->project == '\0' && !(ask->principal->roles & ROLE_OPERATOR))
        return deny(service, ask, err,
                    "only the network's operator changes grants of institutions");
    if (!may_manage_institution(ask->principal, row->institution))
        return deny(service, ask, err, "you do not manage institution %s", row->institution);
    if (*wire->project && *row->project == '\0')
        return fail(err, ERROR_INVALID,
                    "grant %" PRIu64 " is the institution's: what is moved is "
                    "a project's",
                    wire->grant);
    if (wire->amount < 0)
        return fail(err, ERROR_INVALID, "an amount is above zero");
    if (wire->carry_until_us && *wire->project)
        return fail(err, ERROR_INVALID, "a grant is moved or carried over, not both at once");
    if (wire->carry_until_us && wire->carry_until_us <= service->now_us)
        return fail(err, ERROR_INVALID, "a grant is carried over to a time to come");
    if (wire->carry_until_us && wire->amount > left)
        return fail(err, ERROR_EXHAUSTED, "grant %" PRIu64 " has less left than that", wire->grant);
    if (*wire->project == '\0' && wire->amount && !wire->carry_until_us)
        return fail(err, ERROR_INVALID, "a grant is ended whole: no amount");
    if (left == 0)
        return fail(err, ERROR_CONFLICT, "grant %" PRIu64 " has ended, or all of it is used",
                    wire->grant);
    return check_reason(wire->reason, err);
}

static void put_moved(struct service *service, const struct ask *ask, const struct grant *grant)
{
    const struct row row = {
        .kind = ROW_GRANT,
        .grant = {.id = (int64_t)grant->id,
                  .institution = grant->institution,
                  .project = grant->project ? grant->project : "",
                  .amount = grant->amount_micro,
                  .start_us = grant->start_us,
                  .end_us = grant->end_us,
                  .reason = ask->envelope->grant_change->reason,
                  .made_by = ask->principal->name,
                  .made_us = service->now_us},
    };

    group_put(service, &row);
    people_put_grant(service->people, &row.grant);
}

/* Tried on a copy first: what the core is told always applies. */
static bool try_transfer(struct service *service, struct transfer *transfer, struct error *err)
{
    CLEANUP(ledger_freep) struct ledger *copy = ledger_copy(core_ledger(service->core));
    struct transfer tried = *transfer;
    struct txn ignored;

    if (!ledger_transfer(copy, &tried, service->now_us, &ignored, err))
        return false;
    transfer->to.start_us = tried.to.start_us;
    transfer->to.end_us = tried.to.end_us;
    return true;
}

static struct transfer transfer_asked(const struct service *service, const struct ask *ask,
                                      const struct grant_row *row, int64_t left)
{
    const Wire__GrantChange *wire = ask->envelope->grant_change;

    return (struct transfer){
        .from = wire->grant,
        .from_project = row->project,
        .to = {.id = (uint64_t)service->marks.last_grant + 1,
               .institution = row->institution,
               .project = wire->project,
               .amount_micro = wire->amount ? wire->amount : left},
    };
}

static bool transfer(struct service *service, const struct ask *ask, const struct grant_row *row,
                     int64_t left, struct error *err)
{
    const Wire__GrantChange *wire = ask->envelope->grant_change;
    struct event event = {.kind = EVENT_TRANSFERRED, .by = ask->principal->name};

    event.transfer = transfer_asked(service, ask, row, left);
    if (!try_transfer(service, &event.transfer, err))
        return false;
    service->marks.last_grant++;
    put_moved(service, ask, &event.transfer.to);
    service_step(service, &event);
    audit(service, ask->principal->name, "grant-transfer",
          "%" PRIu64 " to %s as %" PRIu64 " amount=%" PRId64 " reason=%s", wire->grant,
          wire->project, event.transfer.to.id, event.transfer.to.amount_micro, wire->reason);
    return true;
}

static void end_grant(struct service *service, const struct ask *ask, const struct grant_row *row,
                      int64_t left)
{
    struct event event = {
        .kind = EVENT_GRANT_ENDED, .by = ask->principal->name, .grant = grant_named(row)};

    service_step(service, &event);
    audit(service, ask->principal->name, "grant-end", "%" PRIu64 " left=%" PRId64 " reason=%s",
          event.grant.id, left, ask->envelope->grant_change->reason);
}

/* What is left of a grant, or a part of it, until another time: by ending it, and granting anew. */
static struct grant carried_grant(const struct service *service, const struct ask *ask,
                                  const struct grant_row *row, int64_t left)
{
    const Wire__GrantChange *wire = ask->envelope->grant_change;
    struct grant grant = grant_named(row);

    grant.id = (uint64_t)service->marks.last_grant + 1;
    grant.amount_micro = wire->amount ? wire->amount : left;
    grant.start_us = row->start_us > service->now_us ? row->start_us : service->now_us;
    grant.end_us = wire->carry_until_us;
    return grant;
}

static void carry_over(struct service *service, const struct ask *ask, const struct grant_row *row,
                       int64_t left)
{
    struct event event = {.kind = EVENT_GRANTED, .by = ask->principal->name};

    event.grant = carried_grant(service, ask, row, left);
    service->marks.last_grant++;
    end_grant(service, ask, row, left);
    put_moved(service, ask, &event.grant);
    service_step(service, &event);
    audit(service, ask->principal->name, "grant-carry",
          "%" PRId64 " as %" PRIu64 " amount=%" PRId64 " until=%" PRId64 " reason=%s", row->id,
          event.grant.id, event.grant.amount_micro, event.grant.end_us,
          ask->envelope->grant_change->reason);
}

/* On a copy of the ledger, so that it can be told what would come of it. */
static bool try_change(const struct service *service, const struct ask *ask,
                       const struct grant_row *row, int64_t left, struct ledger *copy,
                       struct error *err)
{
    const Wire__GrantChange *wire = ask->envelope->grant_change;
    const struct grant grant = grant_named(row);
    struct transfer moved = transfer_asked(service, ask, row, left);
    struct grant carried = carried_grant(service, ask, row, left);
    struct txn ignored;

    if (*wire->project)
        return ledger_transfer(copy, &moved, service->now_us, &ignored, err);
    return ledger_end_grant(copy, &grant, service->now_us, &ignored, err) &&
           (!wire->carry_until_us || ledger_grant(copy, &carried, service->now_us, &ignored, err));
}

static bool on_grant_change(void *owner, struct ask *ask, Wire__Envelope *answer,
                            struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const Wire__GrantChange *wire = ask->envelope->grant_change;
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);
    const struct grant_row *row;
    struct grant grant;
    int64_t left = 0;

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    row = people_find_grant(service->people, wire->grant);
    if (!row)
        return fail(err, ERROR_NOT_FOUND, "no grant %" PRIu64, wire->grant);
    grant = grant_named(row);
    ledger_grant_left(core_ledger(service->core), &grant, service->now_us, &left);
    if (!check_change(service, ask, row, left, err))
        return false;
    if (wire->dry_run) {
        CLEANUP(ledger_freep) struct ledger *copy = ledger_copy(core_ledger(service->core));

        if (!try_change(service, ask, row, left, copy, err))
            return false;
        foresee(service, copy, answer, keep);
        return true;
    }
    if (wire->carry_until_us)
        carry_over(service, ask, row, left);
    else if (*wire->project == '\0')
        end_grant(service, ask, row, left);
    else if (!transfer(service, ask, row, left, err))
        return false;
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

/* --- GrantsAsk ------------------------------------------------------------------------------------------ */

static bool may_see_grant(const struct service *service, const struct principal *principal,
                          const struct grant_row *grant)
{
    return principal->roles & (ROLE_AUDITOR | ROLE_ACCOUNTING) ||
           may_manage_institution(principal, grant->institution) ||
           (*grant->project && people_membership(service->people, principal->name, grant->project));
}

static Wire__GrantRow *show_grant(const struct service *service, const struct grant_row *row,
                                  struct arena *keep)
{
    Wire__GrantRow *shown = ARENA_NEW(keep, Wire__GrantRow);
    const struct grant grant = grant_named(row);

    wire__grant_row__init(shown);
    shown->id = (uint64_t)row->id;
    shown->institution = arena_copy(keep, row->institution);
    shown->project = arena_copy(keep, row->project);
    shown->amount = row->amount;
    ledger_grant_left(core_ledger(service->core), &grant, service->now_us, &shown->left);
    shown->start_us = row->start_us;
    shown->end_us = row->end_us;
    shown->reason = arena_copy_utf8(keep, row->reason);
    shown->made_by = arena_copy(keep, row->made_by);
    shown->made_us = row->made_us;
    return shown;
}

static int compare_grants(const void *a, const void *b)
{
    const Wire__GrantRow *first = *(Wire__GrantRow *const *)a;
    const Wire__GrantRow *second = *(Wire__GrantRow *const *)b;

    return (first->id > second->id) - (first->id < second->id);
}

static bool on_grants_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                          struct error *err)
{
    struct service *service = owner;
    const Wire__GrantsAsk *wire = ask->envelope->grants_ask;
    const struct grant_row *row;
    Wire__GrantTable *table;
    size_t count = 0;

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    for (size_t place = 0; people_next_grant(service->people, &place);)
        count++;
    table = ANSWER(answer, keep, Wire__GrantTable, wire__grant_table, grant_table,
                   WIRE__ENVELOPE__BODY_GRANT_TABLE);
    table->rows = ARENA_NEW_ARRAY(keep, Wire__GrantRow *, count ? count : 1);
    for (size_t place = 0; (row = people_next_grant(service->people, &place));)
        if (is_or_any(wire->institution, row->institution) &&
            is_or_any(wire->project, row->project) && may_see_grant(service, ask->principal, row))
            table->rows[table->n_rows++] = show_grant(service, row, keep);
    if (table->n_rows)
        qsort(table->rows, table->n_rows, sizeof(*table->rows), compare_grants);
    return true;
}

const struct handler correct_handlers[] = {
    {WIRE__ENVELOPE__BODY_REFUND,       ROLE_OPERATOR,                 on_refund      },
    {WIRE__ENVELOPE__BODY_GRANT_CHANGE, ROLE_MANAGER | ROLE_OPERATOR,  on_grant_change},
    {WIRE__ENVELOPE__BODY_GRANTS_ASK,   ROLE_PEOPLE | ROLE_ACCOUNTING, on_grants_ask  },
    {0,                                 0,                             NULL           },
};
