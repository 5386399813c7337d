/* account.h - which local account a principal's jobs run as
 *
 * Only the launcher's own configuration says so, and nothing is allowed that it does not
 * name.  Never root, never an account below `least-uid`, never one whose name and number
 * do not agree in both directions.
 *
 * The machine is asked by a process of its own, which ends then: asking may load half a
 * directory service into it, and wait for a server.  The answer is good for some seconds.
 *
 * Owns: the answers that are kept.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_ACCOUNT_H
#define AGENT_LAUNCHER_ACCOUNT_H

#include "agent/launcher/config.h"

#include <sys/types.h>

enum { ACCOUNT_GROUPS_MAX = 1024 };

struct account {
    uid_t uid;
    gid_t gid;
    char name[65];
    char home[512];
    char shell[256];
    uint32_t group_count;
    gid_t groups[ACCOUNT_GROUPS_MAX]; /* supplementary, the own one included */
};

/* Without the groups that are not there. */
static inline size_t account_size(const struct account *account)
{
    return offsetof(struct account, groups) + account->group_count * sizeof(gid_t);
}

enum { ACCOUNTS_KEPT = 64 };

struct accounts {
    struct kept_account {
        char principal[65];
        int64_t until_us; /* boot clock */
        struct account *account;
    } kept[ACCOUNTS_KEPT];
    size_t next; /* to be replaced */
};

bool account_find(struct accounts *accounts, const struct config *config, const char *principal,
                  struct account *ret_account, struct error *err);
void accounts_clear(struct accounts *accounts);

/* The account this process runs as, for everybody: there is no other without root. */
bool account_own(struct account *ret_account, struct error *err);

/* A user of this machine by name, whatever the number. */
bool account_named(const char *name, struct account *ret_account, struct error *err);

#endif
