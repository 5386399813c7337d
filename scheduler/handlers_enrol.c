/* handlers_enrol.c - a key becomes somebody's, by a one-time token */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "scheduler/token.h"

#include <string.h>

static void fill_enrolled(struct service *service, const struct token_row *token,
                          Wire__Envelope *answer, struct arena *keep)
{
    const struct settings *settings = service->settings;
    const struct principal *principal =
        identities_find(service->identities, token->name, token->is_node);
    Wire__Enrolled *enrolled = ANSWER(answer, keep, Wire__Enrolled, wire__enrolled, enrolled,
                                      WIRE__ENVELOPE__BODY_ENROLLED);

    enrolled->principal = principal->name;
    enrolled->roles = ARENA_NEW_ARRAY(keep, char *, 8);
    for (unsigned role = 1; role & ROLE_ANYBODY; role <<= 1)
        if (principal->roles & role)
            enrolled->roles[enrolled->n_roles++] = (char *)(uintptr_t)role_name((enum role)role);
    if (settings->books) {
        enrolled->accounting = arena_copy(keep, settings->books);
        enrolled->accounting_key = arena_copy(keep, settings->books_key);
    }
}

static bool is_key_of(const struct public_key_row *key, const struct token_row *token)
{
    return key->revoked_us == 0 && strcmp(key->name, token->name) == 0 &&
           key->is_node == token->is_node;
}

/* The reply was lost and the same key asks again. */
static bool is_repeated(const struct service *service, const struct ask *ask,
                        const struct token_row *token)
{
    const struct public_key_row *key = people_find_key(service->people, ask->to.key);

    return key && token->used_us != 0 && key->enrolled_us == token->used_us &&
           is_key_of(key, token);
}

/* What whoever has the token may know is less than why. */
static bool check_enrolment(struct service *service, const struct ask *ask,
                            const struct token_row *token, struct error *err)
{
    const struct public_key_row *key = people_find_key(service->people, ask->to.key);
    struct error why;

    if (!token || token->until_us < service->now_us)
        return deny(service, ask, err, "this token is not (or no longer) good: ask for a new one");
    if (token->used_us)
        return deny(service, ask, err, "this token was used already: it is good for one key");
    if (key && !is_key_of(key, token))
        return fail(err, ERROR_CONFLICT, "this key belongs to %s already: make a new one",
                    key->name);
    if (token_may_be_used(service, token, &why))
        return true;
    log_warning("token of %s for %s %s: %s; nothing was enrolled", token->made_by,
                token->is_node ? "node" : "principal", token->name, why.text);
    return deny(service, ask, err,
                "this token is no longer good: who made it could not make it now; ask for a new "
                "one");
}

/* Made, or given the roles of the token besides those it has.  Which institution somebody
 * manages, and which cluster, changes with those roles alone. */
static void put_principal(struct service *service, const struct token_row *token)
{
    const struct person *there = people_find(service->people, token->name, token->is_node);
    struct row row = {
        .kind = ROW_PRINCIPAL,
        .principal = {.name = token->name,
                      .is_node = token->is_node,
                      .institution = token->institution,
                      .cluster = token->cluster,
                      .roles = token->roles,
                      .made_us = service->now_us,
                      .made_by = token->made_by},
    };

    if (there) {
        row.principal.roles |= there->row.roles;
        row.principal.made_us = there->row.made_us;
        row.principal.made_by = there->row.made_by;
        if (!(token->roles & ROLE_MANAGER))
            row.principal.institution = there->row.institution;
        if (!(token->roles & (ROLE_AGENT | ROLE_CLUSTER)))
            row.principal.cluster = there->row.cluster;
    }
    group_put(service, &row);
    identify(service, people_put(service->people, &row.principal));
}

/* A key that they have already was enrolled anew: so the same ask again has the same answer. */
static bool put_key(struct service *service, const struct ask *ask, const struct token_row *token,
                    struct error *err)
{
    struct row row = {
        .kind = ROW_PUBLIC_KEY,
        .public_key = {.public_key = ask->to.key,
                       .name = token->name,
                       .is_node = token->is_node,
                       .enrolled_us = service->now_us,
                       .enrolled_by = token->made_by,
                       .revoked_by = "",
                       .revoked_why = ""},
    };

    if (!identities_bind_key(service->identities, ask->to.key, token->name, token->is_node, err))
        return false;
    people_put_key(service->people, &row.public_key);
    group_put(service, &row);
    return true;
}

static bool on_enrol(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                     struct error *err)
{
    struct service *service = owner;
    const Wire__Enrol *wire = ask->envelope->enrol;
    const struct token_row *token;
    struct token_row used;
    struct digest digest;

    if (!check_room(service, ROOM_SCARCE, err))
        return false;
    if (wire->token.len != TOKEN_BYTES)
        return fail(err, ERROR_INVALID, "a token has %d bytes, this one %zu", TOKEN_BYTES,
                    wire->token.len);
    if (*ask->to.key == '\0' || strcmp(wire->public_key, ask->to.key) != 0)
        return deny(service, ask, err, "a key can only enrol itself, over tcp://");
    digest = digest_of(wire->token.data, wire->token.len);
    token = people_find_token(service->people, &digest);
    if (token && is_repeated(service, ask, token)) {
        fill_enrolled(service, token, answer, keep);
        return true;
    }
    if (!check_enrolment(service, ask, token, err))
        return false;
    put_principal(service, token);
    if (!put_key(service, ask, token, err))
        return false;
    used = *token;
    used.used_us = service->now_us;
    token_put(service, &used);
    audit(service, used.name, "enrol", "key %s by token of %s", ask->to.key, used.made_by);
    log_info("%s=%s enrolled", used.is_node ? "node" : "principal", used.name);
    fill_enrolled(service, &used, answer, keep);
    return true;
}

const struct handler enrol_handlers[] = {
    {WIRE__ENVELOPE__BODY_ENROL, ROLE_ANYBODY, on_enrol},
    {0,                          0,            NULL    },
};
