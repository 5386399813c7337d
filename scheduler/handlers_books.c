/* handlers_books.c - institutions, projects, people and grants are added; usage and quota are read */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "scheduler/authority.h"
#include "scheduler/foresee.h"

#include <inttypes.h>
#include <string.h>

#define TITLE_MAX 200
#define UIDS_MAX  64

/* --- what is added -------------------------------------------------------------------------------------- */

static bool check_title(const char *title, struct error *err)
{
    if (strlen(title) <= TITLE_MAX)
        return true;
    return fail(err, ERROR_INVALID, "the title has %zu bytes; %d are the most", strlen(title),
                TITLE_MAX);
}

bool has_institution(const struct service *service, const char *name)
{
    struct balance ignored;

    return ledger_balance(core_ledger(service->core), name, NULL, service->now_us, &ignored);
}

static bool on_institution_add(void *owner, struct ask *ask, Wire__Envelope *answer,
                               struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const Wire__InstitutionAdd *wire = ask->envelope->institution_add;
    struct row row = {.kind = ROW_INSTITUTION};
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!parse_name(wire->name, "institution name", LEDGER_NAME_MAX, err) ||
        !check_title(wire->title, err))
        return false;
    if (strlen(wire->ror) > TITLE_MAX)
        return fail(err, ERROR_INVALID, "the ROR id is too long");
    if (has_institution(service, wire->name))
        return fail(err, ERROR_CONFLICT, "institution %s exists already", wire->name);
    row.institution = (struct institution_row){
        .name = wire->name, .title = wire->title, .ror = wire->ror, .made_us = service->now_us};
    group_put(service, &row);
    given_put(service->given, &row);
    service_step(service, &(struct event){.kind = EVENT_INSTITUTION_ADDED,
                                          .by = ask->principal->name,
                                          .books = {.institution = wire->name}});
    audit(service, ask->principal->name, "institution-add", "%s", wire->name);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

static bool check_project(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__ProjectAdd *wire = ask->envelope->project_add;
    const struct ledger *ledger = core_ledger(service->core);

    if (!parse_name(wire->name, "project name", LEDGER_NAME_MAX, err) ||
        !check_title(wire->title, err))
        return false;
    if (!has_institution(service, wire->institution))
        return fail(err, ERROR_NOT_FOUND, "no institution %.64s", wire->institution);
    if (!may_manage_institution(ask->principal, wire->institution))
        return deny(service, ask, err, "you do not manage institution %.64s", wire->institution);
    if (ledger_institution_of(ledger, wire->name))
        return fail(err, ERROR_CONFLICT, "project %s exists already", wire->name);
    return true;
}

static bool on_project_add(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                           struct error *err)
{
    struct service *service = owner;
    const Wire__ProjectAdd *wire = ask->envelope->project_add;
    struct row row = {.kind = ROW_PROJECT};
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!check_project(service, ask, err))
        return false;
    row.project = (struct project_row){.name = wire->name,
                                       .institution = wire->institution,
                                       .title = wire->title,
                                       .made_us = service->now_us};
    group_put(service, &row);
    given_put(service->given, &row);
    service_step(service, &(struct event){
                              .kind = EVENT_PROJECT_ADDED,
                              .by = ask->principal->name,
                              .books = {.institution = wire->institution, .project = wire->name}
    });
    audit(service, ask->principal->name, "project-add", "%s of %s", wire->name, wire->institution);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

/* --- UserAdd ---------------------------------------------------------------------------------------------- */

static bool check_uids(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__UserAdd *wire = ask->envelope->user_add;

    if (wire->n_local_uids > UIDS_MAX)
        return fail(err, ERROR_INVALID, "%zu uids; %d are the most", wire->n_local_uids, UIDS_MAX);
    if (wire->n_local_uids && !(ask->principal->roles & ROLE_OPERATOR))
        return deny(service, ask, err, "only an operator says who a local uid is");
    for (size_t i = 0; i < wire->n_local_uids; i++) {
        const char *bound = people_of_uid(service->people, wire->local_uids[i]);

        if (wire->local_uids[i] == (uint32_t)-1)
            return fail(err, ERROR_INVALID, "uid %" PRIu32 " stands for nobody",
                        wire->local_uids[i]);
        if (bound && strcmp(bound, wire->name) != 0)
            return fail(err, ERROR_CONFLICT, "uid %" PRIu32 " belongs to %s already",
                        wire->local_uids[i], bound);
    }
    return true;
}

static bool check_user(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__UserAdd *wire = ask->envelope->user_add;
    const struct principal *there = identities_find(service->identities, wire->name, false);
    const char *institution = ledger_institution_of(core_ledger(service->core), wire->project);

    if (!parse_name(wire->name, "user name", LEDGER_NAME_MAX, err) ||
        !check_not_erased(service, wire->name, err))
        return false;
    if (!institution)
        return fail(err, ERROR_NOT_FOUND, "no project %.64s", wire->project);
    if (!may_manage_project(service->people, ask->principal, wire->project, institution))
        return deny(service, ask, err, "project %.64s belongs to %s, which you do not manage",
                    wire->project, institution);
    if (wire->manager && !may_manage_institution(ask->principal, institution))
        return deny(service, ask, err, "only a manager of %s says who manages a project",
                    institution);
    if (!may_manage_institution(ask->principal, institution) &&
        !(there && there->roles & ROLE_USER))
        return deny(service, ask, err,
                    "%s is no researcher of the network yet: a manager of %s adds people",
                    wire->name, institution);
    if (there && there->roles & ROLE_OPERATOR && !(ask->principal->roles & ROLE_OPERATOR))
        return deny(service, ask, err, "%s has more rights than you", wire->name);
    return check_uids(service, ask, err);
}

static void put_user(struct service *service, const struct ask *ask)
{
    const Wire__UserAdd *wire = ask->envelope->user_add;
    const struct person *there = people_find(service->people, wire->name, false);
    struct row row = {
        .kind = ROW_PRINCIPAL,
        .principal = {.name = wire->name,
                      .institution = "",
                      .cluster = "",
                      .roles = ROLE_USER,
                      .made_us = service->now_us,
                      .made_by = ask->principal->name},
    };

    if (there && there->row.roles & ROLE_USER)
        return;
    if (there) {
        row.principal = there->row;
        row.principal.roles |= ROLE_USER;
    }
    group_put(service, &row);
    identify(service, people_put(service->people, &row.principal));
}

/* Somebody who was in the project before is in it again. */
static void reopen(struct service *service, const struct ask *ask, const char *member)
{
    const struct row row = {
        .kind = ROW_CLOSING,
        .closing = {.what = "member",
                    .name = member,
                    .reason = "added again",
                    .made_by = ask->principal->name,
                    .made_us = service->now_us},
    };

    if (!register_end(service, "member", member))
        return;
    group_put(service, &row);
    register_close(service, &row);
}

static void put_member(struct service *service, const Wire__UserAdd *wire)
{
    const struct row row = {
        .kind = ROW_MEMBER,
        .member = {.user = wire->name,
                   .project = wire->project,
                   .manager = wire->manager,
                   .from_us = service->now_us},
    };

    group_put(service, &row);
    people_join(service->people, &row.member);
}

static bool put_uids(struct service *service, const Wire__UserAdd *wire, struct error *err)
{
    for (size_t i = 0; i < wire->n_local_uids; i++) {
        uint32_t uid = wire->local_uids[i];

        if (!bind_local_uid(service, uid, wire->name, err))
            return false;
        group_put(service,
                  &(struct row){
                      .kind = ROW_LOCAL_UID, .local_uid = {.uid = uid, .name = wire->name}
        });
    }
    return true;
}

static bool on_user_add(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                        struct error *err)
{
    struct service *service = owner;
    const Wire__UserAdd *wire = ask->envelope->user_add;
    /* The asker's own principal may change under its feet. */
    CLEANUP(memory_freep) char *by = memory_copy(ask->principal->name);
    CLEANUP(memory_freep) char *member = memory_format("%s/%s", wire->name, wire->project);
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!check_user(service, ask, err))
        return false;
    put_user(service, ask);
    put_member(service, wire);
    reopen(service, ask, member);
    if (!put_uids(service, wire, err))
        return false;
    audit(service, by, "user-add", "%s to %s%s uids=%zu", wire->name, wire->project,
          wire->manager ? " as manager" : "", wire->n_local_uids);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

/* --- GrantAdd ------------------------------------------------------------------------------------------------ */

static bool may_grant(struct service *service, const struct ask *ask, const char *institution,
                      struct error *err)
{
    const Wire__GrantAdd *wire = ask->envelope->grant_add;

    if (*wire->project == '\0' && !(ask->principal->roles & ROLE_OPERATOR))
        return deny(service, ask, err,
                    "only the network's operator grants to an institution; you may divide what "
                    "it has among its projects");
    if (!may_manage_institution(ask->principal, institution))
        return deny(service, ask, err, "you do not manage institution %.64s", institution);
    return true;
}

static bool check_grant(struct service *service, const struct ask *ask, struct grant *grant,
                        struct error *err)
{
    const Wire__GrantAdd *wire = ask->envelope->grant_add;
    const char *of_project = ledger_institution_of(core_ledger(service->core), wire->project);

    if (*wire->project && !of_project)
        return fail(err, ERROR_NOT_FOUND, "no project %.64s", wire->project);
    if (of_project && *wire->institution && strcmp(wire->institution, of_project) != 0)
        return fail(err, ERROR_INVALID, "project %s belongs to %s, not to %.64s", wire->project,
                    of_project, wire->institution);
    if (!of_project && !has_institution(service, wire->institution))
        return fail(err, ERROR_NOT_FOUND, "no institution %.64s", wire->institution);
    if (wire->amount <= 0 || wire->amount > LEDGER_AMOUNT_MAX)
        return fail(err, ERROR_INVALID, "a grant is above zero, and 1,000,000,000,000 SU at most");
    if (wire->start_us < 0 || wire->end_us < 0)
        return fail(err, ERROR_INVALID, "a grant cannot start or end before 1970");
    if (!reason_fits(wire->reason, err))
        return false;
    grant->institution = of_project ? of_project : wire->institution;
    grant->project = of_project ? wire->project : NULL;
    grant->amount_micro = wire->amount;
    grant->start_us = wire->start_us ? wire->start_us : service->now_us;
    grant->end_us = wire->end_us;
    if (grant->end_us && grant->end_us <= grant->start_us)
        return fail(err, ERROR_INVALID, "a grant must end after it starts");
    return may_grant(service, ask, grant->institution, err);
}

static void put_grant(struct service *service, const struct ask *ask, const struct grant *grant)
{
    const struct row row = {
        .kind = ROW_GRANT,
        .grant = {.id = (int64_t)grant->id,
                  .institution = grant->institution,
                  .project = grant->project ? grant->project : "",
                  .amount = grant->amount_micro,
                  .start_us = grant->start_us,
                  .end_us = grant->end_us,
                  .reason = ask->envelope->grant_add->reason,
                  .made_by = ask->principal->name,
                  .made_us = service->now_us},
    };

    group_put(service, &row);
    people_put_grant(service->people, &row.grant);
}

static bool try_grant(struct service *service, const struct grant *grant, Wire__Envelope *answer,
                      struct arena *keep, struct error *err)
{
    CLEANUP(ledger_freep) struct ledger *copy = ledger_copy(core_ledger(service->core));
    struct grant tried = *grant;
    struct txn ignored;

    tried.id = (uint64_t)service->marks.last_grant + 1;
    if (!ledger_grant(copy, &tried, service->now_us, &ignored, err))
        return false;
    foresee(service, copy, answer, keep);
    return true;
}

static bool on_grant_add(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    const Wire__GrantAdd *wire = ask->envelope->grant_add;
    struct event event = {.kind = EVENT_GRANTED, .by = ask->principal->name};
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!check_grant(service, ask, &event.grant, err))
        return false;
    if (wire->dry_run)
        return try_grant(service, &event.grant, answer, keep, err);
    event.grant.id = (uint64_t)++service->marks.last_grant;
    put_grant(service, ask, &event.grant);
    service_step(service, &event);
    audit(service, ask->principal->name, "grant-add",
          "%" PRIu64 " %s/%s amount=%" PRId64 " reason=%s", event.grant.id, event.grant.institution,
          event.grant.project ? event.grant.project : "", event.grant.amount_micro, wire->reason);
    log_info("grant=%" PRIu64 " institution=%s project=%s by=%s", event.grant.id,
             event.grant.institution, event.grant.project ? event.grant.project : "",
             ask->principal->name);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

const struct handler book_handlers[] = {
    {WIRE__ENVELOPE__BODY_INSTITUTION_ADD, ROLE_OPERATOR,                            on_institution_add},
    {WIRE__ENVELOPE__BODY_PROJECT_ADD,     ROLE_MANAGER | ROLE_OPERATOR,             on_project_add    },
    {WIRE__ENVELOPE__BODY_USER_ADD,        ROLE_USER | ROLE_MANAGER | ROLE_OPERATOR, on_user_add       },
    {WIRE__ENVELOPE__BODY_GRANT_ADD,       ROLE_MANAGER | ROLE_OPERATOR,             on_grant_add      },
    {0,                                    0,                                        NULL              },
};
