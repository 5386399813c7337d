/* authority.c - what a principal may do with which job, project, institution or node */

#include "scheduler/authority.h"

#include <string.h>

struct scope scope_of(const struct people *people, const struct principal *principal,
                      struct arena *arena)
{
    const struct person *person = people_find(people, principal->name, false);
    unsigned roles = principal->roles;
    struct scope scope = {
        .all = roles & (ROLE_OPERATOR | ROLE_AUDITOR | ROLE_ACCOUNTING),
        .user = arena_copy(arena, principal->name),
    };
    const struct membership *first = person ? person->memberships : NULL;
    size_t count = 0, most = 0;

    for (const struct membership *each = first; each; each = each->next)
        most++;
    if (roles & ROLE_MANAGER && principal->institution)
        scope.institution = arena_copy(arena, principal->institution);
    if (roles & ROLE_CLUSTER && principal->cluster)
        scope.cluster = arena_copy(arena, principal->cluster);
    scope.projects = ARENA_NEW_ARRAY(arena, const char *, most + 1);
    for (const struct membership *each = first; each; each = each->next)
        if (each->manager && people_is_member_now(people, each))
            scope.projects[count++] = arena_copy(arena, each->project);
    return scope;
}

bool scope_covers(const struct scope *scope, const char *user, const char *project,
                  const char *institution, const char *cluster)
{
    if (scope->all || strcmp(scope->user, user) == 0)
        return true;
    if (scope->institution && strcmp(scope->institution, institution) == 0)
        return true;
    if (scope->cluster && strcmp(scope->cluster, cluster) == 0)
        return true;
    for (size_t i = 0; scope->projects[i]; i++)
        if (strcmp(scope->projects[i], project) == 0)
            return true;
    return false;
}

bool may_manage_institution(const struct principal *principal, const char *institution)
{
    if (principal->roles & ROLE_OPERATOR)
        return true;
    return principal->roles & ROLE_MANAGER && principal->institution &&
           strcmp(principal->institution, institution) == 0;
}

bool may_manage_project(const struct people *people, const struct principal *principal,
                        const char *project, const char *institution)
{
    const struct membership *membership =
        principal->roles & ROLE_USER ? people_membership(people, principal->name, project) : NULL;

    return may_manage_institution(principal, institution) || (membership && membership->manager);
}

bool may_manage_cluster(const struct principal *principal, const char *cluster)
{
    if (principal->roles & ROLE_OPERATOR)
        return true;
    return principal->roles & ROLE_CLUSTER && principal->cluster &&
           strcmp(principal->cluster, cluster) == 0;
}

bool may_manage_job(const struct people *people, const struct principal *principal,
                    const struct job *job)
{
    const struct membership *membership;

    if (strcmp(principal->name, job->user) == 0 && !(principal->roles & ROLE_AGENT))
        return true;
    if (may_manage_institution(principal, job->institution))
        return true;
    if (job->cluster && may_manage_cluster(principal, job->cluster->name))
        return true;
    membership = people_membership(people, principal->name, job->project);
    return membership && membership->manager;
}

bool may_see_job(const struct people *people, const struct principal *principal,
                 const struct job *job)
{
    return principal->roles & (ROLE_AUDITOR | ROLE_ACCOUNTING) ||
           may_manage_job(people, principal, job);
}

/* Higher counts more; equal is not below. */
static unsigned rank_of(unsigned roles)
{
    if (roles & ROLE_OPERATOR)
        return 3;
    if (roles & (ROLE_MANAGER | ROLE_CLUSTER | ROLE_AUDITOR | ROLE_ACCOUNTING))
        return 2;
    return 1;
}

bool is_below(unsigned roles, const struct principal *principal)
{
    return rank_of(roles) < rank_of(principal->roles);
}
