/* pmix_server_inside.h - what the files that know the PMIx library share, and nobody else sees
 *
 * Threads: see pmix_server.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_PMIX_SERVER_INSIDE_H
#define AGENT_PMIX_SERVER_INSIDE_H

#include "agent/pmix_server.h"

#include <stdint.h>

/* What the library shall call; it tells all by pointers to struct pmix_news in the pipe.  `all`:
 * how many ranks there are. */
void *pmix_calls(int pipe, uint32_t all); /* pmix_server_module_t */

/* Of the step, as the library knows it. */
const char *pmix_server_name(const struct pmix_server *server);

#endif
