/* nodes_topology.h - `tequio nodes --topology NODE`
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_NODES_TOPOLOGY_H
#define CLIENT_NODES_TOPOLOGY_H

#include "base/error.h"

#include <stdbool.h>

struct session;

/* node: one name; NULL is refused.  svg: a picture instead of lines. */
bool nodes_show_topology(struct session *session, const char *node, bool svg, struct error *err);

#endif
