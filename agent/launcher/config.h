/* config.h - the launcher's own settings
 *
 * Lines of `name = value`, `map PRINCIPAL ACCOUNT` and `limit NAME VALUE`; `#` starts a
 * comment.  A reader of its own, because nothing but libc belongs into this program.  A line
 * that is not understood stops the start.
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_CONFIG_H
#define AGENT_LAUNCHER_CONFIG_H

#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#define CONFIG_SPOOL RUNSTATEDIR "/tequio-launcher/spool" /* the usual one */

enum { CONFIG_LIMITS_MAX = 16 };

/* principal "*" : whoever has no line; account "same" : the one of the principal's name. */
struct config_map {
    char *principal;
    char *account;
};

struct config_limit {
    int resource; /* RLIMIT_CORE… */
    rlim_t value; /* never above the launcher's own hard limit */
};

struct config {
    char *socket; /* NULL: started by the agent */
    char *agent_user;
    char *spool;
    char *scratch;  /* NULL: the spool */
    char *powercap; /* where the kernel counts energy */
    uint32_t least_uid;
    bool cgroups;
    bool no_new_privileges;
    uint64_t output_most; /* bytes of output that a task set may leave in the spool */
    char *prolog;         /* NULL: none */
    char *epilog;
    int64_t hook_limit_us; /* so long either may take */
    struct config_map *maps;
    size_t map_count;
    struct config_limit limits[CONFIG_LIMITS_MAX];
    size_t limit_count;
    uint32_t given; /* which settings, by their number in the table: each once */
};

/* What holds without a file. */
void config_init(struct config *config);
bool config_read(struct config *config, const char *path, struct error *err);
void config_clear(struct config *config);

#endif
