/* history_swf.h - jobs as a log in the Standard Workload Format, which tequio simulate replays
 *
 * Names of people and projects become numbers, in the order of their first jobs.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_HISTORY_SWF_H
#define CLIENT_HISTORY_SWF_H

#include "base/error.h"
#include "client/jobs.h"

#include <stdbool.h>
#include <stdint.h>

/* Those that ran.  `processors` is what the machines have, for the log's header. */
bool history_write_swf(const char *path, const struct jobs *jobs, uint32_t processors,
                       struct error *err);

#endif
