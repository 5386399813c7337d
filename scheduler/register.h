/* register.h - what is registered has a title, and may have an end
 *
 * An end is a row of its own (table closing) with who set it and why.  It stops what is new: jobs
 * that were submitted before go on.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_REGISTER_H
#define SCHEDULER_REGISTER_H

#include "scheduler/row.h"

struct service;

/* Take a row of closing, as the database has it. */
void register_close(struct service *service, const struct row *row);

/* The row by which it has an end, whether that is past or to come; NULL: none. */
const struct closing_row *register_end(const struct service *service, const char *what,
                                       const char *name);

/* The same when that end is past. */
const struct closing_row *register_ended(const struct service *service, const char *what,
                                         const char *name);

/* "USER/PROJECT", in the service's scratch memory. */
const char *register_member(struct service *service, const char *user, const char *project);

#endif
