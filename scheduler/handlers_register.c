/* handlers_register.c - who and what is registered: shown, changed, ended
 *
 * A network's operator changes institutions, an institution's manager its projects and people, a
 * project's manager who is in it. */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "scheduler/authority.h"
#include "scheduler/filter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 256
#define ROWS_MAX 20000

/* --- RegisterAsk ---------------------------------------------------------------------------------------- */

struct listing {
    struct service *service;
    const struct principal *principal;
    const Wire__RegisterAsk *wire;
    Wire__RegisterTable *table;
    struct arena *keep;
    bool full;
};

static bool sees_all(const struct listing *listing)
{
    return listing->principal->roles & (ROLE_OPERATOR | ROLE_AUDITOR | ROLE_ACCOUNTING);
}

static void show_roles(const struct listing *listing, const char *user, Wire__RegisterRow *row)
{
    const struct principal *principal = identities_find(listing->service->identities, user, false);

    row->roles = ARENA_NEW_ARRAY(listing->keep, char *, ROLE_COUNT);
    for (unsigned role = 1; principal && role & ROLE_ANYBODY; role <<= 1)
        if (principal->roles & role)
            row->roles[row->n_roles++] = (char *)(uintptr_t)role_name((enum role)role);
}

/* NULL when it has ended and that was not asked for. */
static Wire__RegisterRow *add_row(struct listing *listing, const char *what, const char *name)
{
    const struct closing_row *closing = register_end(listing->service, what, name);
    Wire__RegisterRow *row;

    if (closing && closing->until_us <= listing->service->now_us && !listing->wire->ended)
        return NULL;
    if (listing->table->n_rows == ROWS_MAX) {
        listing->full = true;
        return NULL;
    }
    row = ARENA_NEW(listing->keep, Wire__RegisterRow);
    wire__register_row__init(row);
    if (closing) {
        row->until_us = closing->until_us;
        row->ended_by = arena_copy(listing->keep, closing->made_by);
        row->reason = arena_copy_utf8(listing->keep, closing->reason);
    }
    listing->table->rows[listing->table->n_rows++] = row;
    return row;
}

static void list_institutions(struct listing *listing)
{
    const struct row *row;

    for (size_t place = 0; (row = given_next(listing->service->given, &place));) {
        const struct institution_row *institution = &row->institution;
        Wire__RegisterRow *shown;

        if (row->kind != ROW_INSTITUTION ||
            !is_or_any(listing->wire->institution, institution->name) ||
            !(shown = add_row(listing, "institution", institution->name)))
            continue;
        shown->institution = arena_copy(listing->keep, institution->name);
        shown->title = arena_copy_utf8(listing->keep, institution->title);
        shown->ror = arena_copy_utf8(listing->keep, institution->ror);
        shown->made_us = institution->made_us;
    }
}

static bool may_see_project(const struct listing *listing, const struct project_row *project)
{
    return sees_all(listing) || may_manage_institution(listing->principal, project->institution) ||
           people_membership(listing->service->people, listing->principal->name, project->name);
}

static void list_projects(struct listing *listing)
{
    const struct row *row;

    for (size_t place = 0; (row = given_next(listing->service->given, &place));) {
        const struct project_row *project = &row->project;
        Wire__RegisterRow *shown;

        if (row->kind != ROW_PROJECT ||
            !is_or_any(listing->wire->institution, project->institution) ||
            !is_or_any(listing->wire->project, project->name) ||
            !may_see_project(listing, project) ||
            !(shown = add_row(listing, "project", project->name)))
            continue;
        shown->institution = arena_copy(listing->keep, project->institution);
        shown->project = arena_copy(listing->keep, project->name);
        shown->title = arena_copy_utf8(listing->keep, project->title);
        shown->made_us = project->made_us;
    }
}

/* People see themselves, managers who is in what they manage. */
static bool may_see_member(const struct listing *listing, const char *user, const char *project,
                           const char *institution)
{
    return sees_all(listing) || strcmp(listing->principal->name, user) == 0 ||
           may_manage_project(listing->service->people, listing->principal, project, institution);
}

static void list_member(struct listing *listing, const char *user,
                        const struct membership *membership)
{
    struct service *service = listing->service;
    const char *institution =
        ledger_institution_of(core_ledger(service->core), membership->project);
    Wire__RegisterRow *row;

    if (!institution || !is_or_any(listing->wire->institution, institution) ||
        !is_or_any(listing->wire->project, membership->project) ||
        !may_see_member(listing, user, membership->project, institution) ||
        !(row = add_row(listing, "member", register_member(service, user, membership->project))))
        return;
    row->institution = arena_copy(listing->keep, institution);
    row->project = arena_copy(listing->keep, membership->project);
    row->user = arena_copy(listing->keep, user);
    row->manager = membership->manager;
    row->made_us = membership->from_us;
    show_roles(listing, user, row);
}

static void list_users(struct listing *listing)
{
    const struct person *person;

    for (size_t place = 0; (person = people_next_person(listing->service->people, &place));)
        if (is_or_any(listing->wire->user, person->row.name))
            for (const struct membership *each = person->memberships; each; each = each->next)
                list_member(listing, person->row.name, each);
}

static int compare_rows(const void *a, const void *b)
{
    const Wire__RegisterRow *first = *(Wire__RegisterRow *const *)a;
    const Wire__RegisterRow *second = *(Wire__RegisterRow *const *)b;
    int order = strcmp(first->institution, second->institution);

    if (order == 0)
        order = strcmp(first->project, second->project);
    return order ? order : strcmp(first->user, second->user);
}

static const struct {
    const char *what;
    void (*list)(struct listing *listing);
} lists[] = {
    {"institution", list_institutions},
    {"project",     list_projects    },
    {"user",        list_users       },
};

static bool on_register_ask(void *owner, struct ask *ask, Wire__Envelope *answer,
                            struct arena *keep, struct error *err)
{
    struct listing listing = {.service = owner,
                              .principal = ask->principal,
                              .wire = ask->envelope->register_ask,
                              .keep = keep};
    size_t kind = 0;

    if (!service_paces(listing.service, ask, PACE_QUERY, err))
        return false;
    while (kind < COUNT_OF(lists) && strcmp(lists[kind].what, listing.wire->what) != 0)
        kind++;
    if (kind == COUNT_OF(lists))
        return fail(err, ERROR_INVALID, "%.20s is not institution, project or user",
                    listing.wire->what);
    listing.table = ANSWER(answer, keep, Wire__RegisterTable, wire__register_table, register_table,
                           WIRE__ENVELOPE__BODY_REGISTER_TABLE);
    listing.table->rows = ARENA_NEW_ARRAY(keep, Wire__RegisterRow *, ROWS_MAX);
    lists[kind].list(&listing);
    if (listing.full)
        return fail(err, ERROR_EXHAUSTED,
                    "more than %d lines: ask for one institution, project or user", ROWS_MAX);
    if (listing.table->n_rows)
        qsort(listing.table->rows, listing.table->n_rows, sizeof(*listing.table->rows),
              compare_rows);
    return true;
}

/* --- RegisterChange ------------------------------------------------------------------------------------- */

static bool check_texts(const Wire__RegisterChange *wire, struct error *err)
{
    if (*wire->reason == '\0')
        return fail(err, ERROR_INVALID, "a change of the register needs a reason");
    if (strlen(wire->reason) > TEXT_MAX || strlen(wire->title) > TEXT_MAX ||
        strlen(wire->ror) > TEXT_MAX)
        return fail(err, ERROR_INVALID, "a text has more than %d bytes", TEXT_MAX);
    if (wire->until_us < -1)
        return fail(err, ERROR_INVALID, "an end cannot lie before 1970");
    return true;
}

static void put_end(struct service *service, const struct ask *ask, const char *what,
                    const char *name)
{
    const Wire__RegisterChange *wire = ask->envelope->register_change;
    const struct row row = {
        .kind = ROW_CLOSING,
        .closing = {.what = what,
                    .name = name,
                    .until_us = wire->until_us == -1 ? 0 : wire->until_us,
                    .reason = wire->reason,
                    .made_by = ask->principal->name,
                    .made_us = service->now_us},
    };

    if (wire->until_us == 0)
        return;
    group_put(service, &row);
    register_close(service, &row);
}

static bool fail_institution(const struct service *service, const char *name, struct error *err)
{
    CLEANUP(memory_freep) const char **names = NULL;
    const struct row *row;
    const char *nearest;
    size_t count = 0;

    for (size_t place = 0; (row = given_next(service->given, &place));) {
        if (row->kind != ROW_INSTITUTION)
            continue;
        names = memory_resize(names, count + 2, sizeof(*names));
        names[count++] = row->institution.name;
        names[count] = NULL;
    }
    nearest = names ? nearest_name(name, names) : NULL;
    return fail(err, ERROR_NOT_FOUND, "no institution %.64s%s%s%s", name,
                nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* What runs on its budget is charged to it: the books are not closed under it. */
static bool check_holds(const struct service *service, const char *name, int64_t until_us,
                        struct error *err)
{
    struct balance balance;

    if (until_us <= 0 || until_us > service->now_us + US_PER_MINUTE ||
        !ledger_balance(core_ledger(service->core), name, NULL, service->now_us, &balance) ||
        balance.held_micro == 0)
        return true;
    return fail(err, ERROR_CONFLICT,
                "jobs of %.64s run on its budget: cancel them first, or give a later --end", name);
}

static bool change_institution(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__RegisterChange *wire = ask->envelope->register_change;
    const struct row key = {.kind = ROW_INSTITUTION, .institution = {.name = wire->name}};
    const struct row *there = given_find(service->given, &key);
    struct row row;

    if (!there)
        return fail_institution(service, wire->name, err);
    if (!may_manage_institution(ask->principal, wire->name))
        return deny(service, ask, err, "you do not manage institution %.64s", wire->name);
    if (wire->until_us && !(ask->principal->roles & ROLE_OPERATOR))
        return deny(service, ask, err, "only the network's operator ends an institution");
    if (!check_holds(service, wire->name, wire->until_us, err))
        return false;
    row = *there;
    if (*wire->title)
        row.institution.title = wire->title;
    if (*wire->ror)
        row.institution.ror = wire->ror;
    if (*wire->title || *wire->ror) {
        group_put(service, &row);
        given_put(service->given, &row);
    }
    put_end(service, ask, "institution", wire->name);
    return true;
}

static bool change_project(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__RegisterChange *wire = ask->envelope->register_change;
    const struct row key = {.kind = ROW_PROJECT, .project = {.name = wire->name}};
    const struct row *there = given_find(service->given, &key);
    struct row row;

    if (!there)
        return fail(err, ERROR_NOT_FOUND, "no project %.64s", wire->name);
    if (!may_manage_institution(ask->principal, there->project.institution))
        return deny(service, ask, err, "project %.64s belongs to %s, which you do not manage",
                    wire->name, there->project.institution);
    if (*wire->ror)
        return fail(err, ERROR_INVALID, "a project has no ROR id");
    row = *there;
    row.project.title = wire->title;
    if (*wire->title) {
        group_put(service, &row);
        given_put(service->given, &row);
    }
    put_end(service, ask, "project", wire->name);
    return true;
}

static bool check_user_change(struct service *service, const struct ask *ask,
                              const struct membership *membership, struct error *err)
{
    const Wire__RegisterChange *wire = ask->envelope->register_change;
    const char *institution = ledger_institution_of(core_ledger(service->core), wire->project);

    if (!institution)
        return fail(err, ERROR_NOT_FOUND, "no project %.64s", wire->project);
    if (!may_manage_project(service->people, ask->principal, wire->project, institution))
        return deny(service, ask, err, "you manage neither project %.64s nor %s", wire->project,
                    institution);
    if (!membership)
        return fail(err, ERROR_NOT_FOUND, "%.64s is not in project %.64s", wire->name,
                    wire->project);
    if ((wire->manager || membership->manager) &&
        !may_manage_institution(ask->principal, institution))
        return deny(service, ask, err, "only a manager of %s changes who manages a project",
                    institution);
    if (*wire->title || *wire->ror)
        return fail(err, ERROR_INVALID, "a person has no title or ROR id here");
    return true;
}

static bool change_user(struct service *service, const struct ask *ask, struct error *err)
{
    const Wire__RegisterChange *wire = ask->envelope->register_change;
    struct membership *membership =
        people_any_membership(service->people, wire->name, wire->project);
    CLEANUP(memory_freep) char *name = NULL;

    if (!check_user_change(service, ask, membership, err) ||
        !check_not_erased(service, wire->name, err))
        return false;
    if (wire->manager) {
        membership->manager = wire->manager == WIRE__SETTING__SETTING_YES;
        group_put(service, &(struct row){
                               .kind = ROW_MEMBER,
                               .member = {.user = wire->name,
                                          .project = membership->project,
                                          .manager = membership->manager,
                                          .from_us = membership->from_us}
        });
    }
    name = memory_format("%s/%s", wire->name, wire->project);
    put_end(service, ask, "member", name);
    return true;
}

static const struct {
    const char *what;
    bool (*change)(struct service *service, const struct ask *ask, struct error *err);
} changes[] = {
    {"institution", change_institution},
    {"project",     change_project    },
    {"user",        change_user       },
};

static bool on_register_change(void *owner, struct ask *ask, Wire__Envelope *answer,
                               struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const Wire__RegisterChange *wire = ask->envelope->register_change;
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);
    size_t kind = 0;

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    while (kind < COUNT_OF(changes) && strcmp(changes[kind].what, wire->what) != 0)
        kind++;
    if (kind == COUNT_OF(changes))
        return fail(err, ERROR_INVALID, "%.20s is not institution, project or user", wire->what);
    if (!check_texts(wire, err))
        return false;
    if (*wire->title == '\0' && *wire->ror == '\0' && wire->manager == 0 && wire->until_us == 0)
        return fail(err, ERROR_INVALID, "nothing is to be changed");
    if (!changes[kind].change(service, ask, err))
        return false;
    audit(service, ask->principal->name, "register-change",
          "%s %s project=%s title=%s ror=%s manager=%d until=%" PRId64 " reason=%s", wire->what,
          wire->name, wire->project, wire->title, wire->ror, (int)wire->manager, wire->until_us,
          wire->reason);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

const struct handler register_handlers[] = {
    {WIRE__ENVELOPE__BODY_REGISTER_ASK,    ROLE_PEOPLE | ROLE_ACCOUNTING,            on_register_ask},
    {WIRE__ENVELOPE__BODY_REGISTER_CHANGE, ROLE_USER | ROLE_MANAGER | ROLE_OPERATOR,
     on_register_change                                                                             },
    {0,                                    0,                                        NULL           },
};
