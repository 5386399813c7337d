/* identity.c - principals, their roles, and which key speaks for whom */

#include "proto/identity.h"

#include "base/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What a key stands for.  A revoked one stays here for ever: it must not be bound again. */
struct binding {
    const struct principal *principal; /* NULL: revoked before anybody had it */
    bool revoked;
};

struct identities {
    struct table *nodes;  /* name -> struct principal */
    struct table *people; /* the same; also services */
    struct table *keys;   /* Z85 text -> struct binding */
    struct table *uids;   /* uid -> struct principal */
    struct table *raised; /* uid -> struct raised */
    struct principal stranger;
};

/* Who speaks for a uid, with the roles that are the local socket's. */
struct raised {
    unsigned roles;
    struct principal principal;
};

static const struct {
    enum role role;
    const char *name;
} roles[] = {
    {ROLE_STRANGER,   "stranger"           },
    {ROLE_USER,       "researcher"         },
    {ROLE_MANAGER,    "institution-manager"},
    {ROLE_CLUSTER,    "cluster-admin"      },
    {ROLE_OPERATOR,   "operator"           },
    {ROLE_AUDITOR,    "auditor"            },
    {ROLE_AGENT,      "agent"              },
    {ROLE_ACCOUNTING, "accounting"         },
};

static_assert(COUNT_OF(roles) == ROLE_COUNT, "one row for each role");

const char *role_name(enum role role)
{
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (roles[i].role == role)
            return roles[i].name;
    return "unknown";
}

enum role role_parse(const char *text)
{
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (strcmp(roles[i].name, text) == 0)
            return roles[i].role;
    return (enum role)0;
}

static void make_tables(struct identities *identities)
{
    identities->nodes = table_new();
    identities->people = table_new();
    identities->keys = table_new();
    identities->uids = table_new();
    identities->raised = table_new();
}

struct identities *identities_new(void)
{
    struct identities *identities = NEW(struct identities);

    make_tables(identities);
    identities->stranger.name = memory_copy("");
    identities->stranger.roles = ROLE_STRANGER;
    return identities;
}

static void clear_principal(struct principal *principal)
{
    free(principal->name);
    free(principal->institution);
    free(principal->cluster);
}

static void free_principals(struct table *table)
{
    struct principal *principal;

    for (size_t place = 0; (principal = table_next(table, &place));) {
        clear_principal(principal);
        free(principal);
    }
    table_free(table);
}

static void free_raised(struct raised *raised)
{
    clear_principal(&raised->principal);
    free(raised);
}

static void free_tables(struct identities *identities)
{
    struct binding *binding;
    struct raised *raised;

    for (size_t place = 0; (binding = table_next(identities->keys, &place));)
        free(binding);
    for (size_t place = 0; (raised = table_next(identities->raised, &place));)
        free_raised(raised);
    table_free(identities->raised);
    table_free(identities->keys);
    table_free(identities->uids);
    free_principals(identities->nodes);
    free_principals(identities->people);
}

void identities_clear(struct identities *identities)
{
    free_tables(identities);
    make_tables(identities);
}

void identities_free(struct identities *identities)
{
    if (!identities)
        return;
    free_tables(identities);
    clear_principal(&identities->stranger);
    free(identities);
}

/* Texts that stay the same stay where they are: a handler may be changing the very principal
 * whose ask it answers. */
static void replace_text(char **place, const char *text)
{
    char *old = *place;

    if (old == text || (old && text && strcmp(old, text) == 0))
        return;
    *place = text ? memory_copy(text) : NULL;
    free(old);
}

const struct principal *identities_put(struct identities *identities,
                                       const struct principal *principal)
{
    struct table *table = principal->roles & ROLE_AGENT ? identities->nodes : identities->people;
    struct principal *kept;

    assert(*principal->name != '\0');
    assert(!(principal->roles & ~ROLE_ANYBODY) && !(principal->roles & ROLE_STRANGER));
    kept = table_get_text(table, principal->name);
    if (!kept) {
        kept = NEW(struct principal);
        kept->name = memory_copy(principal->name);
        table_put_text(table, kept->name, kept);
    }
    replace_text(&kept->institution, principal->institution);
    replace_text(&kept->cluster, principal->cluster);
    kept->roles = principal->roles;
    return kept;
}

const struct principal *identities_find(const struct identities *identities, const char *name,
                                        bool is_node)
{
    return table_get_text(is_node ? identities->nodes : identities->people, name);
}

static const char *kind_name(bool is_node)
{
    return is_node ? "node" : "user or service";
}

bool identities_bind_key(struct identities *identities, const char *key, const char *name,
                         bool is_node, struct error *err)
{
    const struct principal *principal = identities_find(identities, name, is_node);
    struct binding *binding = table_get_text(identities->keys, key);

    if (!principal)
        return fail(err, ERROR_NOT_FOUND, "no %s %s to give a key to", kind_name(is_node), name);
    if (!key_text_is_valid(key))
        return fail(err, ERROR_INVALID, "the key of %s is not 40 characters of Z85", name);
    if (binding && binding->revoked)
        return fail(err, ERROR_DENIED, "the key of %s was revoked; make a new one", name);
    if (binding && binding->principal != principal)
        return fail(err, ERROR_CONFLICT, "this key belongs to %s already",
                    binding->principal->name);
    if (!binding) {
        binding = NEW(struct binding);
        binding->principal = principal;
        table_put_text(identities->keys, key, binding);
    }
    return true;
}

bool identities_bind_uid(struct identities *identities, uid_t uid, const char *name,
                         struct error *err)
{
    struct principal *principal = table_get_text(identities->people, name);
    const struct principal *bound = table_get_number(identities->uids, uid);

    if (!principal)
        return fail(err, ERROR_NOT_FOUND, "no user or service %s to give uid %" PRIu32 " to", name,
                    (uint32_t)uid);
    if (uid == (uid_t)-1)
        return fail(err, ERROR_INVALID, "uid %" PRIu32 " stands for nobody", (uint32_t)uid);
    if (bound && bound != principal)
        return fail(err, ERROR_CONFLICT, "uid %" PRIu32 " belongs to %s already", (uint32_t)uid,
                    bound->name);
    table_put_number(identities->uids, uid, principal);
    return true;
}

void identities_raise_uid(struct identities *identities, uid_t uid, unsigned more)
{
    struct raised *raised = table_get_number(identities->raised, uid);

    if (!raised) {
        raised = NEW(struct raised);
        table_put_number(identities->raised, uid, raised);
    }
    raised->roles = more; /* an ask of theirs may be under way: it is not freed */
}

void identities_unbind_uid(struct identities *identities, uid_t uid)
{
    table_remove_number(identities->uids, uid);
}

void identities_revoke_key(struct identities *identities, const char *key)
{
    struct binding *binding = table_get_text(identities->keys, key);

    if (!binding) {
        binding = NEW(struct binding);
        table_put_text(identities->keys, key, binding);
    }
    binding->revoked = true;
}

bool identities_admit(const struct identities *identities, const char *key)
{
    const struct binding *binding = table_get_text(identities->keys, key);

    return !binding || !binding->revoked;
}

static const struct principal *speaker_of(const struct identities *identities, uid_t uid)
{
    const struct principal *bound = table_get_number(identities->uids, uid);
    struct raised *raised = table_get_number(identities->raised, uid);

    if (!bound || !raised || raised->roles == 0)
        return bound;
    replace_text(&raised->principal.name, bound->name);
    replace_text(&raised->principal.institution, bound->institution);
    replace_text(&raised->principal.cluster, bound->cluster);
    raised->principal.roles = bound->roles | raised->roles;
    return &raised->principal;
}

const struct principal *identities_of(const struct identities *identities,
                                      const struct sender *sender)
{
    const struct principal *principal = NULL;
    const struct binding *binding;

    if (*sender->key) {
        binding = table_get_text(identities->keys, sender->key);
        if (binding && !binding->revoked)
            principal = binding->principal;
    } else if (sender->uid != (uid_t)-1) {
        principal = speaker_of(identities, sender->uid);
    }
    return principal ? principal : &identities->stranger;
}
