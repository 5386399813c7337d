/* token.c - what a one-time token may give, and by whom it may be made */

#include "scheduler/token.h"

#include "scheduler/authority.h"
#include "scheduler/service_inside.h"

#include <string.h>

/* Somebody without a project yet is of the institution whose manager made them. */
static bool is_made_by_institution(const struct service *service, const struct person *person,
                                   const char *institution)
{
    const struct principal *maker =
        identities_find(service->identities, person->row.made_by, false);

    return maker && maker->roles & ROLE_MANAGER && maker->institution &&
           strcmp(maker->institution, institution) == 0;
}

bool is_of_institution(const struct service *service, const char *name, const char *institution)
{
    const struct person *person = people_find(service->people, name, false);
    const struct ledger *ledger = core_ledger(service->core);

    if (!institution)
        return false;
    if (!person)
        return true;
    for (const struct membership *each = person->memberships; each; each = each->next) {
        const char *of = ledger_institution_of(ledger, each->project);

        if (!of || strcmp(of, institution) != 0)
            return false;
    }
    return person->memberships || is_made_by_institution(service, person, institution);
}

static bool may_give(const struct service *service, const struct token_maker *by,
                     const struct token_row *token, struct error *err)
{
    const struct principal *maker = by->principal;

    if (maker->roles & ROLE_OPERATOR || by->is_local_operator)
        return true;
    if (token->roles == ROLE_AGENT && may_manage_cluster(maker, token->cluster))
        return true;
    if (token->roles == ROLE_USER && maker->roles & ROLE_MANAGER)
        return strcmp(token->name, maker->name) == 0 ||
               is_of_institution(service, token->name, maker->institution) ||
               fail(err, ERROR_DENIED, "%.64s is not of your institution alone", token->name);
    return fail(err, ERROR_DENIED, "you cannot give what you do not have: %s",
                token->roles == ROLE_AGENT ? "this cluster is not yours"
                                           : "roles above researcher");
}

bool may_change_principal(const struct service *service, const struct token_maker *maker,
                          const char *name, bool is_node, struct error *err)
{
    const struct principal *there = identities_find(service->identities, name, is_node);

    if (!there)
        return true;
    if (is_node)
        return maker->is_local_operator ||
               may_manage_cluster(maker->principal, there->cluster ? there->cluster : "") ||
               fail(err, ERROR_DENIED, "node %.255s belongs to cluster %.64s, which is not yours",
                    name, there->cluster ? there->cluster : "");
    return strcmp(name, maker->principal->name) == 0 || maker->is_local_operator ||
           is_below(there->roles, maker->principal) ||
           fail(err, ERROR_DENIED, "%.64s has as many rights as you, or more", name);
}

bool token_may_be_made(const struct service *service, const struct token_maker *maker,
                       const struct token_row *token, struct error *err)
{
    return may_change_principal(service, maker, token->name, token->is_node, err) &&
           may_give(service, maker, token, err);
}

/* A cloud makes nodes of its own cluster. */
static bool may_cloud_give(const struct service *service, const struct token_row *token)
{
    const struct principal *there = identities_find(service->identities, token->name, true);

    return token->is_node &&
           (!there || (there->cluster && strcmp(there->cluster, token->cluster) == 0));
}

bool token_may_be_used(const struct service *service, const struct token_row *token,
                       struct error *err)
{
    struct token_maker maker;

    if (strncmp(token->made_by, TOKEN_MAKER_CLOUD, sizeof(TOKEN_MAKER_CLOUD) - 1) == 0)
        return may_cloud_give(service, token) ||
               fail(err, ERROR_DENIED, "%.255s is not a node of the cloud's cluster", token->name);
    maker = (struct token_maker){
        .principal = identities_find(service->identities, token->made_by, false),
        .is_local_operator = is_local_operator(service, token->made_by),
    };
    return maker.principal ? token_may_be_made(service, &maker, token, err)
                           : fail(err, ERROR_DENIED, "%.64s is nobody any more", token->made_by);
}
