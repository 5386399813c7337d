/* layout.h - is this a layout of tasks?
 *
 * Checked where it comes in: by the scheduler with the job, by the agent with a step.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_LAYOUT_H
#define PROTO_LAYOUT_H

#include "base/error.h"
#include "base/idset.h"
#include "proto/message.h"

#include <stdbool.h>

#define LAYOUT_SETS_MAX  4096
#define LAYOUT_CPU_LIMIT 8192 /* numbers in its sets are below */

bool layout_check(const Wire__TaskLayout *layout, struct error *err); /* NULL is one */

/* One of its sets; NULL with *err when it is none. */
struct idset *layout_set(const char *text, struct error *err);

#endif
