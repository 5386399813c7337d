/* identify.c - what is registered, as the dispatchers see it */

#include "scheduler/service_inside.h"

#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define PASSWD_SIZE 4096

bool is_local_operator_uid(const struct service *service, uid_t uid)
{
    return service->settings->local_operators && (uid == 0 || uid == geteuid());
}

void name_uid(uid_t uid, char *ret_name, size_t size)
{
    char memory[PASSWD_SIZE];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(uid, &entry, memory, sizeof(memory), &found) == 0 && found)
        snprintf(ret_name, size, "%s", found->pw_name);
    else
        snprintf(ret_name, size, "uid-%" PRIu32, (uint32_t)uid);
}

/* Who speaks for the uid: the person it was bound to, else somebody with the machine's name. */
static void name_operator(const struct service *service, uid_t uid, char *ret_name, size_t size)
{
    const char *bound = people_of_uid(service->people, uid);

    if (bound)
        snprintf(ret_name, size, "%s", bound);
    else
        name_uid(uid, ret_name, size);
}

bool is_local_operator(const struct service *service, const char *name)
{
    const uid_t uids[] = {0, geteuid()};
    char operator_name[64];

    if (!service->settings->local_operators)
        return false;
    for (size_t i = 0; i < COUNT_OF(uids); i++) {
        name_operator(service, uids[i], operator_name, sizeof(operator_name));
        if (strcmp(name, operator_name) == 0)
            return true;
    }
    return false;
}

void identify(struct service *service, const struct person *person)
{
    const struct principal_row *row = &person->row;
    const struct principal principal = {
        .name = (char *)row->name,
        .institution = *row->institution ? (char *)row->institution : NULL,
        .cluster = *row->cluster ? (char *)row->cluster : NULL,
        .roles = !row->is_node && is_to_be_erased(service, row->name) ? 0 : (unsigned)row->roles,
    };

    identities_put(service->identities, &principal);
}

/* Whoever speaks for the uid, anew; false when nobody of that name is registered. */
static bool identify_speaker(struct service *service, uid_t uid, char *ret_name, size_t size)
{
    const struct person *person;

    name_operator(service, uid, ret_name, size);
    person = people_find(service->people, ret_name, false);
    if (person)
        identify(service, person);
    return person != NULL;
}

static bool identify_operator(struct service *service, uid_t uid, struct error *err)
{
    char name[64];

    if (!identify_speaker(service, uid, name, sizeof(name)))
        identities_put(service->identities,
                       &(struct principal){.name = name, .roles = ROLE_OPERATOR});
    identities_raise_uid(service->identities, uid, ROLE_OPERATOR);
    return people_of_uid(service->people, uid) ||
           identities_bind_uid(service->identities, uid, name, err);
}

/* No operator any more; what they are besides, they stay. */
static void dismiss_operator(struct service *service, uid_t uid)
{
    char name[64];

    identities_raise_uid(service->identities, uid, 0);
    identify_speaker(service, uid, name, sizeof(name));
    if (!people_of_uid(service->people, uid))
        identities_unbind_uid(service->identities, uid);
}

bool identify_local_operators(struct service *service, struct error *err)
{
    uid_t own = geteuid();

    if (!service->settings->local_operators) {
        dismiss_operator(service, 0);
        dismiss_operator(service, own);
        return true;
    }
    return identify_operator(service, 0, err) && (own == 0 || identify_operator(service, own, err));
}

bool bind_local_uid(struct service *service, uid_t uid, const char *name, struct error *err)
{
    const char *bound = people_of_uid(service->people, uid);

    if (bound && strcmp(bound, name) == 0)
        return true;
    if (bound)
        return fail(err, ERROR_CONFLICT, "uid %" PRIu32 " belongs to %s already", (uint32_t)uid,
                    bound);
    /* An operator of this machine who is now also a person of the network. */
    if (is_local_operator_uid(service, uid))
        identities_unbind_uid(service->identities, uid);
    if (!identities_bind_uid(service->identities, uid, name, err))
        return false;
    people_put_uid(service->people, &(struct local_uid_row){.uid = uid, .name = name});
    identify(service, people_find(service->people, name, false));
    return true;
}
