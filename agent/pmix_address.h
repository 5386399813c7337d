/* pmix_address.h - under which addresses other nodes may reach this one
 *
 * Nobody here knows which of its networks leads to which node: all are told, and whoever dials
 * tries all at once.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_PMIX_ADDRESS_H
#define AGENT_PMIX_ADDRESS_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>

/* "tcp://ADDRESS:PORT" of each interface, with commas; port: with its colon.  Loopback only when
 * there is nothing else. */
bool pmix_address_print(const char *port, struct buffer *text, struct error *err);

#endif
