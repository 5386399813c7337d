/* binding.h - where the tasks of a job are, or would be: rank, node, cores
 *
 * The scheduler says on which nodes, each node's agent on which of its cores.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_BINDING_H
#define CLIENT_BINDING_H

#include "base/error.h"
#include "client/output.h"
#include "proto/message.h"

#include <stdbool.h>

struct session;

/* Of a job that runs. */
bool binding_show_job(struct session *session, const Wire__JobShown *job,
                      const struct output_options *how, struct error *err);

/* Of one that has not been submitted. */
bool binding_show_spec(struct session *session, Wire__JobSpec *spec,
                       const struct output_options *how, struct error *err);

#endif
