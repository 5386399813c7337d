/* account.c - which local account a principal's jobs run as */

#include "agent/launcher/account.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENTRY_SIZE = 16384, LOOK_UP_S = 5 };

#define KEEP_US (10 * US_PER_SECOND)

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

static bool find_groups(struct account *account, struct error *err)
{
    int count = ACCOUNT_GROUPS_MAX;

    if (getgrouplist(account->name, account->gid, account->groups, &count) < 0)
        return fail(err, ERROR_EXHAUSTED, "account %s is in %d groups, more than %d", account->name,
                    count, ACCOUNT_GROUPS_MAX);
    account->group_count = (uint32_t)count;
    return true;
}

static bool look_up(const struct config *config, const char *principal, struct account *account,
                    struct error *err)
{
    const char *name = mapped_name(config, principal);

    if (!name)
        return fail(err, ERROR_DENIED,
                    "%s has no account on this node: the launcher's configuration maps it to none",
                    principal);
    if (!account_named(name, account, err))
        return fail_in(err, "%s", principal);
    /* Who is the agent may trace it, and take its keys. */
    if (strcmp(name, config->agent_user) == 0)
        return fail(err, ERROR_DENIED, "%s is mapped to %s, which is the agent's own account",
                    principal, name);
    if (account->uid == 0 || account->gid == 0 || account->uid < config->least_uid)
        return fail(err, ERROR_DENIED,
                    "%s is mapped to %s, number %lu: jobs run as accounts from %lu on", principal,
                    name, (unsigned long)account->uid, (unsigned long)config->least_uid);
    return check_consistent(account, err) && find_groups(account, err);
}

/* --- asking, and keeping the answer --------------------------------------------------------- */

struct finding {
    bool found;
    struct error err;
    struct account account;
};

_Noreturn static void tell_finding(const struct config *config, const char *principal, int pipe)
{
    struct finding finding = {0};
    struct error ignored;

    alarm(LOOK_UP_S);
    finding.found = look_up(config, principal, &finding.account, &finding.err);
    _exit(file_write_all(pipe, &finding, sizeof(finding), &ignored) ? 0 : 1);
}

static bool read_finding(int pipe, struct finding *finding)
{
    size_t have = 0;
    ssize_t got = 1;

    while (got != 0 && have < sizeof(*finding)) {
        got = read(pipe, (char *)finding + have, sizeof(*finding) - have);
        if (got < 0 && errno != EINTR)
            return false;
        have += got > 0 ? (size_t)got : 0;
    }
    return have == sizeof(*finding);
}

static bool ask(const struct config *config, const char *principal, struct account *ret_account,
                struct error *err)
{
    CLEANUP(file_closep) int answer = -1;
    struct finding finding;
    bool answered;
    int both[2];
    pid_t child;

    if (pipe2(both, O_CLOEXEC) != 0)
        return fail_errno(err, "make a pipe");
    answer = both[0];
    child = fork();
    if (child == 0)
        tell_finding(config, principal, both[1]);
    close(both[1]);
    if (child < 0)
        return fail_errno(err, "fork");
    answered = read_finding(answer, &finding);
    waitpid(child, NULL, 0);
    if (!answered)
        return fail(err, ERROR_UNAVAILABLE, "this machine does not say within %d s who %s is",
                    LOOK_UP_S, principal);
    if (finding.found)
        *ret_account = finding.account;
    else
        *err = finding.err;
    return finding.found;
}

static void keep(struct accounts *accounts, const char *principal, const struct account *account)
{
    struct kept_account *place = &accounts->kept[accounts->next];

    accounts->next = (accounts->next + 1) % ACCOUNTS_KEPT;
    free(place->account);
    place->account = memory_copy_bytes(account, account_size(account));
    place->until_us = clock_boot_us(&clock_real) + KEEP_US;
    snprintf(place->principal, sizeof(place->principal), "%s", principal);
}

static bool find_kept(const struct accounts *accounts, const char *principal,
                      struct account *ret_account)
{
    int64_t now_us = clock_boot_us(&clock_real);

    for (size_t i = 0; i < ACCOUNTS_KEPT; i++) {
        const struct kept_account *kept = &accounts->kept[i];

        if (!kept->account || now_us >= kept->until_us || strcmp(kept->principal, principal) != 0)
            continue;
        memcpy(ret_account, kept->account, account_size(kept->account));
        return true;
    }
    return false;
}

bool account_find(struct accounts *accounts, const struct config *config, const char *principal,
                  struct account *ret_account, struct error *err)
{
    if (find_kept(accounts, principal, ret_account))
        return true;
    if (!ask(config, principal, ret_account, err))
        return false;
    keep(accounts, principal, ret_account);
    return true;
}

void accounts_clear(struct accounts *accounts)
{
    for (size_t i = 0; i < ACCOUNTS_KEPT; i++)
        free(accounts->kept[i].account);
    *accounts = (struct accounts){0};
}
