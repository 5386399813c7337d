/* cloud_settings.h - what a `cloud` section of the configuration says
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_CLOUD_SETTINGS_H
#define SCHEDULER_CLOUD_CLOUD_SETTINGS_H

#include "scheduler/cloud/provider.h"

#include <stdint.h>

struct cloud_settings {
    char *name;
    char *cluster;   /* whose nodes its servers become */
    char *nodes;     /* host list: their names, so many at most */
    char *scheduler; /* the agents' door as servers reach it: "tcp://HOST:PORT" */
    char *user_data; /* a file with what servers get to know (user_data.h); NULL: the usual */
    struct provider_settings provider;
    int64_t boot_limit_us; /* a server that has not joined by then is given up */
    int64_t idle_us;       /* a node that nothing needs for so long is retired */
    int64_t look_us;       /* between two looks at the cloud while something happens */
};

#endif
