/* environment.h - the variables of a task set's processes
 *
 * Exactly those of the order, plus what only this node knows: where scratch and credential
 * are, whose account it is, which task of the set this is.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_ENVIRONMENT_H
#define AGENT_SHEPHERD_ENVIRONMENT_H

#include "agent/shepherd/shepherd.h"

/* NULL-ended, with room for the names of a task behind; *ret_count does not count those. */
const char **environment_make(const struct shepherd_order *order, size_t *ret_count);

/* Add the names of one task. */
void environment_add_task(const char **environment, size_t count, uint32_t task, uint32_t local);

/* The value in a NULL-ended environment, or NULL. */
const char *environment_value(const char *const *environment, const char *name);

/* "TEQUIO_TASK_SET=…": by which the processes of a set can be known; free() it. */
char *environment_mark(const char *record_name, const char *spool);

#endif
