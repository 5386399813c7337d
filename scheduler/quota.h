/* quota.h - how many of something each principal has at the moment
 *
 * Where all have so many together, one must not have them all.  Each operation is O(1).
 *
 * Owns: the counts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_QUOTA_H
#define SCHEDULER_QUOTA_H

#include "base/memory.h"

#include <stdbool.h>

struct quota;

struct quota *quota_new(void);
void quota_free(struct quota *quota);
DEFINE_CLEANUP(struct quota *, quota_free)

/* One more; false when they have `most` already. */
bool quota_take(struct quota *quota, const char *principal, unsigned most);
void quota_give(struct quota *quota, const char *principal);

/* Nobody has any. */
void quota_reset(struct quota *quota);

#endif
