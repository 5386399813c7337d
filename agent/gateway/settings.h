/* settings.h - what gateway.conf says
 *
 * A wrong setting stops the start: nothing is clamped or ignored.
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_SETTINGS_H
#define AGENT_GATEWAY_SETTINGS_H

#include "base/error.h"
#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>

#define GATEWAY_SETTINGS_PATH SYSCONFDIR "/tequio/gateway.conf"
#define GATEWAY_NODES_MAX     1024

struct gateway_settings {
    char *scheduler;        /* endpoint */
    char *scheduler_key;    /* Z85 */
    char *state_directory;  /* keys and journals: of this machine alone */
    char *shared_directory; /* jobs and what they write: as the nodes see it too */
    char *libexec;          /* where tequio-slurm-job is, for the nodes */
    char *commands;         /* folder of Slurm's commands */
    char *slurm_conf;       /* NULL: Slurm's own */

    char *partition;
    char *nodes;  /* host list, Slurm's names; NULL: all of the partition */
    char *prefix; /* before those names: the network's; "" */
    char *features;
    uint32_t most_nodes;
    uint32_t cores;        /* of each node at most */
    uint64_t memory_bytes; /* the same; 0: all */
    int64_t longest_us;    /* of one job */
    int64_t wait_us;       /* in Slurm's queue; then it is given back */

    char *account; /* Slurm's, that lent jobs count for; NULL: the user's default */
    char *qos;     /* Slurm's; NULL: the default */
    bool sacct;    /* ask slurmdbd what a job has used */
    int64_t look_us;
    int64_t timeout_us; /* of a command */
    enum log_level log_level;
};

/* What the file leaves out is as documented in tequio-gateway(8). */
bool gateway_settings_read(struct gateway_settings *settings, const char *path, struct error *err);
void gateway_settings_clear(struct gateway_settings *settings);

#endif
