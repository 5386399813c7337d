/* environment.h - the variables of a task set's processes
 *
 * Exactly those of the order, plus what only this node knows: where scratch and credential
 * are, whose account it is, which task of the set this is.
 *
 * Owns: what it has added.  Borrows: the texts of the order.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_ENVIRONMENT_H
#define AGENT_SHEPHERD_ENVIRONMENT_H

#include "agent/shepherd/shepherd.h"

enum { ENVIRONMENT_ADDED_MAX = 24 };

struct environment {
    const char **variables; /* NULL-ended */
    size_t count;
    char *added[ENVIRONMENT_ADDED_MAX];
    size_t added_count;
};

/* The site's program has the launcher's rights: nothing that would make it do something else
 * may come from the agent. */
bool environment_check_hook(const struct start_texts *texts, struct error *err);

void environment_make(const struct shepherd_order *order, struct environment *ret_environment);

/* Add the names of one task; once. */
void environment_add_task(struct environment *environment, uint32_t task, uint32_t local);
void environment_clear(struct environment *environment);

/* The value in a NULL-ended environment, or NULL. */
const char *environment_value(const char *const *environment, const char *name);

/* "TEQUIO_TASK_SET=…": by which the processes of a set can be known; free() it. */
char *environment_mark(const char *record_name, const char *spool);

#endif
