/* handlers_keys.c - one-time tokens, enrolment, keys listed and revoked */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "base/random.h"
#include "scheduler/authority.h"
#include "scheduler/token.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_LIFE_MOST (7 * US_PER_DAY)
#define NODE_NAME_MAX   255

/* --- TokenCreate -------------------------------------------------------------------------------------- */

/* What a kind of principal is, when nothing more is asked for, and what it may be at most. */
static const struct {
    const char *name;
    bool is_node;
    unsigned plain;
    unsigned most;
} kinds[] = {
    {"user",    false, ROLE_USER,
     ROLE_USER | ROLE_MANAGER | ROLE_CLUSTER | ROLE_OPERATOR | ROLE_AUDITOR},
    {"node",    true,  ROLE_AGENT,      ROLE_AGENT                         },
    {"service", false, ROLE_ACCOUNTING, ROLE_ACCOUNTING | ROLE_AUDITOR     },
};

static bool fail_role(const char *name, struct error *err)
{
    const char *names[ROLE_COUNT + 1] = {NULL};
    const char *nearest;

    for (unsigned i = 0; i < ROLE_COUNT; i++)
        names[i] = role_name((enum role)(1u << i));
    nearest = nearest_name(name, names);
    if (nearest)
        return fail(err, ERROR_INVALID, "no role %.40s; did you mean %s?", name, nearest);
    return fail(err, ERROR_INVALID,
                "no role %.40s: there are researcher, institution-manager, cluster-admin, operator "
                "and auditor",
                name);
}

static bool read_roles(const Wire__TokenCreate *wire, size_t kind, unsigned *ret_roles,
                       struct error *err)
{
    unsigned roles = 0;

    for (size_t i = 0; i < wire->n_roles; i++) {
        enum role role = role_parse(wire->roles[i]);

        if (!role)
            return fail_role(wire->roles[i], err);
        if (!(role & kinds[kind].most))
            return fail(err, ERROR_INVALID, "a %s cannot be %s", kinds[kind].name, role_name(role));
        roles |= role;
    }
    *ret_roles = roles ? roles : kinds[kind].plain;
    return true;
}

static bool check_places(struct service *service, const Wire__TokenCreate *wire, unsigned roles,
                         struct error *err)
{
    const struct inventory *inventory = core_inventory(service->core);
    const struct ledger *ledger = core_ledger(service->core);
    struct balance balance;

    if (roles & (ROLE_AGENT | ROLE_CLUSTER) && *wire->cluster == '\0')
        return fail(err, ERROR_INVALID, "name the cluster that %.64s is for: --cluster NAME",
                    wire->name);
    if (*wire->cluster && !inventory_find_cluster(inventory, wire->cluster))
        return fail(err, ERROR_NOT_FOUND, "no cluster %.64s in the scheduler's configuration",
                    wire->cluster);
    if (roles & ROLE_MANAGER && *wire->institution == '\0')
        return fail(err, ERROR_INVALID,
                    "name the institution that %.64s is to manage: --institution NAME", wire->name);
    if (*wire->cluster && !(roles & (ROLE_AGENT | ROLE_CLUSTER)))
        return fail(err, ERROR_INVALID, "only a node or a cluster-admin has a cluster");
    if (*wire->institution && !(roles & ROLE_MANAGER))
        return fail(err, ERROR_INVALID,
                    "only an institution-manager has an institution: researchers are of those "
                    "that their projects are of");
    if (*wire->institution &&
        !ledger_balance(ledger, wire->institution, NULL, service->now_us, &balance))
        return fail(err, ERROR_NOT_FOUND, "no institution %.64s", wire->institution);
    return true;
}

static bool check_token(struct service *service, const struct ask *ask, size_t kind,
                        unsigned *ret_roles, struct error *err)
{
    const Wire__TokenCreate *wire = ask->envelope->token_create;
    bool is_node = kinds[kind].is_node;

    if (!parse_name(wire->name, is_node ? "node name" : "name",
                    is_node ? NODE_NAME_MAX : LEDGER_NAME_MAX, err) ||
        (!is_node && !check_not_erased(service, wire->name, err)))
        return false;
    if (wire->life_us < 0 || wire->life_us > TOKEN_LIFE_MOST)
        return fail(err, ERROR_INVALID, "a token lives 7 days at most");
    return read_roles(wire, kind, ret_roles, err) && check_places(service, wire, *ret_roles, err);
}

static struct token_maker maker_of(const struct service *service, const struct ask *ask)
{
    return (struct token_maker){ask->principal, is_local_operator_uid(service, ask->to.uid)};
}

void token_put(struct service *service, const struct token_row *token)
{
    const struct row row = {.kind = ROW_TOKEN, .token = *token};

    people_put_token(service->people, token);
    group_put(service, &row);
}

/* The token itself is not even in the stored answer: a request sent again gets a new one. */
static bool on_token_create(void *owner, struct ask *ask, Wire__Envelope *answer,
                            struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const Wire__TokenCreate *wire = ask->envelope->token_create;
    int64_t life_us = wire->life_us ? wire->life_us : service->settings->token_life_us;
    uint8_t *token = arena_get(keep, 1, TOKEN_BYTES);
    const struct token_maker maker = maker_of(service, ask);
    struct digest digest;
    struct token_row row;
    struct error why;
    Wire__TokenCreated *created;
    unsigned roles = 0;
    size_t kind = 0;

    while (kind < COUNT_OF(kinds) && strcmp(kinds[kind].name, wire->kind) != 0)
        kind++;
    if (kind == COUNT_OF(kinds))
        return fail(err, ERROR_INVALID, "kind %.20s is not user, node or service", wire->kind);
    if (!check_token(service, ask, kind, &roles, err))
        return false;
    random_fill(token, TOKEN_BYTES);
    digest = digest_of(token, TOKEN_BYTES);
    row = (struct token_row){
        .digest = {digest.bytes, DIGEST_SIZE},
        .name = wire->name,
        .is_node = kinds[kind].is_node,
        .institution = wire->institution,
        .cluster = wire->cluster,
        .roles = roles,
        .until_us = service->now_us + life_us,
        .made_by = ask->principal->name,
    };
    if (!token_may_be_made(service, &maker, &row, &why))
        return deny(service, ask, err, "%s", why.text);
    token_put(service, &row);
    audit(service, ask->principal->name, "token-create", "%s %s cluster=%s institution=%s",
          wire->kind, wire->name, wire->cluster, wire->institution);
    created = ANSWER(answer, keep, Wire__TokenCreated, wire__token_created, token_created,
                     WIRE__ENVELOPE__BODY_TOKEN_CREATED);
    created->token = (ProtobufCBinaryData){TOKEN_BYTES, token};
    created->until_us = row.until_us;
    return true;
}

/* --- KeyList ------------------------------------------------------------------------------------------------ */

static bool shares_project(const struct service *service, const char *user, const char *institution)
{
    const struct person *person = people_find(service->people, user, false);
    const struct ledger *ledger = core_ledger(service->core);

    for (const struct membership *each = person ? person->memberships : NULL; each;
         each = each->next) {
        const char *of = ledger_institution_of(ledger, each->project);

        if (of && strcmp(of, institution) == 0)
            return true;
    }
    return false;
}

static bool may_see_key(const struct service *service, const struct principal *asker,
                        const struct public_key_row *key)
{
    const struct principal *owner = identities_find(service->identities, key->name, key->is_node);

    if (asker->roles & (ROLE_OPERATOR | ROLE_AUDITOR))
        return true;
    if (key->is_node)
        return owner && owner->cluster && may_manage_cluster(asker, owner->cluster);
    if (strcmp(key->name, asker->name) == 0)
        return true;
    return asker->roles & ROLE_MANAGER && asker->institution &&
           shares_project(service, key->name, asker->institution);
}

static Wire__KeyView *show_key(const struct service *service, const struct public_key_row *key,
                               struct arena *keep)
{
    const struct principal *owner = identities_find(service->identities, key->name, key->is_node);
    Wire__KeyView *view = ARENA_NEW(keep, Wire__KeyView);

    wire__key_view__init(view);
    view->public_key = arena_copy(keep, key->public_key);
    view->principal = arena_copy(keep, key->name);
    view->roles = ARENA_NEW_ARRAY(keep, char *, 8);
    for (unsigned role = 1; owner && role & ROLE_ANYBODY; role <<= 1)
        if (owner->roles & role)
            view->roles[view->n_roles++] = (char *)(uintptr_t)role_name((enum role)role);
    view->enrolled_us = key->enrolled_us;
    view->enrolled_by = arena_copy(keep, key->enrolled_by);
    view->revoked_us = key->revoked_us;
    view->revoked_by = arena_copy(keep, key->revoked_by);
    return view;
}

static bool on_key_list(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                        struct error *err)
{
    struct service *service = owner;
    const char *wanted = ask->envelope->key_list->principal;
    const struct public_key_row *key;
    Wire__KeyListing *listing;
    size_t count = 0;

    (void)err;
    for (size_t place = 0; people_next_key(service->people, &place);)
        count++;
    listing = ANSWER(answer, keep, Wire__KeyListing, wire__key_listing, key_listing,
                     WIRE__ENVELOPE__BODY_KEY_LISTING);
    listing->keys = ARENA_NEW_ARRAY(keep, Wire__KeyView *, count + 1);
    for (size_t place = 0; (key = people_next_key(service->people, &place));)
        if ((*wanted == '\0' || strcmp(wanted, key->name) == 0) &&
            may_see_key(service, ask->principal, key))
            listing->keys[listing->n_keys++] = show_key(service, key, keep);
    return true;
}

/* --- KeyRevoke -------------------------------------------------------------------------------------------------- */

/* Seeing is not enough: an auditor sees all, a manager those who share one project. */
static bool is_theirs(const struct service *service, const struct principal *asker,
                      const struct public_key_row *key)
{
    if (asker->roles & ROLE_OPERATOR || (!key->is_node && strcmp(key->name, asker->name) == 0))
        return true;
    if (!may_see_key(service, asker, key))
        return false;
    return key->is_node || is_of_institution(service, key->name, asker->institution);
}

static bool may_revoke(struct service *service, const struct ask *ask,
                       const struct public_key_row *key, struct error *err)
{
    const struct token_maker maker = maker_of(service, ask);
    struct error why;

    if (!is_theirs(service, ask->principal, key))
        return deny(service, ask, err, "this key is not yours to revoke");
    return may_change_principal(service, &maker, key->name, key->is_node, &why) ||
           deny(service, ask, err, "%s", why.text);
}

void key_revoke(struct service *service, const struct public_key_row *key, const char *by,
                const char *reason)
{
    struct row row = {.kind = ROW_PUBLIC_KEY, .public_key = *key};
    struct peer *peer = key->is_node ? peers_find(service->peers, key->name) : NULL;

    row.public_key.revoked_us = service->now_us;
    row.public_key.revoked_by = by;
    row.public_key.revoked_why = reason;
    group_put(service, &row);
    people_put_key(service->people, &row.public_key);
    identities_revoke_key(service->identities, key->public_key);
    if (peer && strcmp(peer->to.key, key->public_key) == 0)
        peer->connected = false; /* no command goes there any more */
}

static bool on_key_revoke(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                          struct error *err)
{
    struct service *service = owner;
    const Wire__KeyRevoke *wire = ask->envelope->key_revoke;
    const struct public_key_row *key;
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    key = people_find_key(service->people, wire->public_key);
    if (!key)
        return fail(err, ERROR_NOT_FOUND, "no key %.44s is enrolled", wire->public_key);
    if (!reason_fits(wire->reason, err))
        return false;
    if (!may_revoke(service, ask, key, err))
        return false;
    if (key->revoked_us)
        return fail(err, ERROR_CONFLICT, "this key was revoked already by %s", key->revoked_by);
    key_revoke(service, key, ask->principal->name, wire->reason);
    audit(service, ask->principal->name, "key-revoke", "%s of %s reason=%s", key->public_key,
          key->name, wire->reason);
    log_info("key of %s revoked by=%s", key->name, ask->principal->name);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

const struct handler key_handlers[] = {
    {WIRE__ENVELOPE__BODY_TOKEN_CREATE, ROLE_MANAGER | ROLE_CLUSTER | ROLE_OPERATOR,
     on_token_create                                                                              },
    {WIRE__ENVELOPE__BODY_KEY_LIST,     ROLE_PEOPLE,                                 on_key_list  },
    {WIRE__ENVELOPE__BODY_KEY_REVOKE,   ROLE_PEOPLE,                                 on_key_revoke},
    {0,                                 0,                                           NULL         },
};
