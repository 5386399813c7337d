/* reasons.h - why a job waits, or what would become of one, for people and for programs
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_REASONS_H
#define CLIENT_REASONS_H

#include "base/error.h"
#include "client/output.h"
#include "proto/message.h"

#include <stdbool.h>

/* Blockers, jobs in front, the start, the cost, what would help. */
bool reasons_print(const Wire__JobReasons *reasons, const struct output_options *options,
                   struct error *err);

/* Is the format one that reasons_print() would take? */
bool reasons_check(const struct output_options *options, struct error *err);

#endif
