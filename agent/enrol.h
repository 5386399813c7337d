/* enrol.h - make the agent's key known, with a one-time token
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_ENROL_H
#define AGENT_ENROL_H

#include "agent/settings.h"
#include "base/error.h"
#include "base/socket.h"

#include <stdbool.h>

/* Read the agent's key; make one when there is none. */
bool enrol_key(const struct agent_settings *settings, struct key_pair *ret_pair, struct error *err);

/* token: 64 hexadecimal digits, as `tequio key token node NAME` printed them.  False when
 * the scheduler refuses, or does not answer within half a minute (UNAVAILABLE). */
bool enrol_with(const struct agent_settings *settings, const struct key_pair *pair,
                const char *token, struct error *err);

/* With the token of `token-file`, once: STATE/enrolled says that it was done. */
bool enrol_from_file(const struct agent_settings *settings, const struct key_pair *pair,
                     struct error *err);

#endif
