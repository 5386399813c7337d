/* runtime_texts.h - the long texts of a start, sealed in a memfd (launcher/request.h)
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_RUNTIME_TEXTS_H
#define AGENT_RUNTIME_TEXTS_H

#include "agent/launcher/request.h"
#include "agent/runtime.h"

/* Fill the request from the start, and return the memfd with its texts; -1 on failure. */
int runtime_texts_make(const struct task_start *start, struct request_start *ret_request,
                       struct error *err);

#endif
