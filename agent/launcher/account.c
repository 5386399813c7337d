/* account.c - which local account a principal's jobs run as */

#include "agent/launcher/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

enum { ENTRY_SIZE = 16384 };

/* A text that does not fit is refused, not cut: a cut name would be another's. */
static bool copy_text(char *place, size_t size, const char *text, struct error *err)
{
    if ((size_t)snprintf(place, size, "%s", text ? text : "") >= size)
        return fail(err, ERROR_INVALID, "the account's entry is too long");
    return true;
}

static bool take_entry(const struct passwd *entry, struct account *ret_account, struct error *err)
{
    struct account account = {.uid = entry->pw_uid, .gid = entry->pw_gid};

    if (!copy_text(account.name, sizeof(account.name), entry->pw_name, err) ||
        !copy_text(account.home, sizeof(account.home), entry->pw_dir, err) ||
        !copy_text(account.shell, sizeof(account.shell), entry->pw_shell, err))
        return false;
    *ret_account = account;
    return true;
}

bool account_named(const char *name, struct account *ret_account, struct error *err)
{
    char place[ENTRY_SIZE];
    struct passwd entry, *found = NULL;
    int number = getpwnam_r(name, &entry, place, sizeof(place), &found);

    if (number != 0) {
        errno = number;
        return fail_errno(err, "account %s", name);
    }
    if (!found)
        return fail(err, ERROR_DENIED, "this machine has no account %s", name);
    return take_entry(found, ret_account, err);
}

bool account_own(struct account *ret_account, struct error *err)
{
    char place[ENTRY_SIZE], number[32];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(getuid(), &entry, place, sizeof(place), &found) == 0 && found)
        return take_entry(found, ret_account, err);
    snprintf(number, sizeof(number), "%lu", (unsigned long)getuid());
    *ret_account = (struct account){.uid = getuid(), .gid = getgid()};
    return copy_text(ret_account->name, sizeof(ret_account->name), number, err) &&
           copy_text(ret_account->home, sizeof(ret_account->home), "/", err) &&
           copy_text(ret_account->shell, sizeof(ret_account->shell), "/bin/sh", err);
}

static const char *mapped_name(const struct config *config, const char *principal)
{
    const char *account = NULL;

    for (size_t i = 0; i < config->map_count; i++) {
        if (strcmp(config->maps[i].principal, principal) == 0) {
            account = config->maps[i].account;
            break;
        }
        if (strcmp(config->maps[i].principal, "*") == 0)
            account = config->maps[i].account;
    }
    return account && strcmp(account, "same") == 0 ? principal : account;
}

/* Two names for one number: which of them the job is would be chance. */
static bool check_consistent(const struct account *account, struct error *err)
{
    char place[ENTRY_SIZE];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(account->uid, &entry, place, sizeof(place), &found) != 0 || !found ||
        strcmp(found->pw_name, account->name) != 0)
        return fail(err, ERROR_DENIED, "account %s has number %lu, which is %s", account->name,
                    (unsigned long)account->uid, found ? found->pw_name : "nobody's");
    return true;
}

/* Here and not in each shepherd: it may load half a directory service. */
static bool find_groups(struct account *account, struct error *err)
{
    int count = ACCOUNT_GROUPS_MAX;

    if (getgrouplist(account->name, account->gid, account->groups, &count) < 0)
        return fail(err, ERROR_EXHAUSTED, "account %s is in %d groups, more than %d", account->name,
                    count, ACCOUNT_GROUPS_MAX);
    account->group_count = (uint32_t)count;
    return true;
}

bool account_find(const struct config *config, const char *principal, struct account *ret_account,
                  struct error *err)
{
    const char *name = mapped_name(config, principal);
    struct account account;

    if (!name)
        return fail(err, ERROR_DENIED,
                    "%s has no account on this node: the launcher's configuration maps it to none",
                    principal);
    if (!account_named(name, &account, err))
        return fail_in(err, "%s", principal);
    if (account.uid == 0 || account.gid == 0 || account.uid < config->least_uid)
        return fail(err, ERROR_DENIED,
                    "%s is mapped to %s, number %lu: jobs run as accounts from %lu on", principal,
                    name, (unsigned long)account.uid, (unsigned long)config->least_uid);
    if (!check_consistent(&account, err) || !find_groups(&account, err))
        return false;
    *ret_account = account;
    return true;
}
