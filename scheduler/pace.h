/* pace.h - how many requests of one principal are answered in a second
 *
 * A token bucket for each principal and kind of request (J. Turner, "New directions in
 * communications", 1986): it holds what may come at once, and fills at the rate set.  A rate of
 * 0 is no limit.
 *
 * Owns: its buckets.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_PACE_H
#define SCHEDULER_PACE_H

#include "base/memory.h"

#include <stdint.h>

enum pace_kind { PACE_SUBMISSION, PACE_QUERY, PACE_TRIAL, PACE_KIND_COUNT };

struct pace;

struct pace *pace_new(void);
void pace_free(struct pace *pace);
DEFINE_CLEANUP(struct pace *, pace_free)

/* Take one request out of the bucket: 0, or how long until there is one. */
int64_t pace_take(struct pace *pace, enum pace_kind kind, const char *principal,
                  uint32_t per_second, int64_t now_us);

#endif
