/* token.h - what a one-time token may give, and by whom it may be made
 *
 * A token is good for days: what its maker may do is asked when it is made, and again when it
 * is used, of what maker and named person are by then.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_TOKEN_H
#define SCHEDULER_TOKEN_H

#include "base/error.h"
#include "proto/identity.h"
#include "scheduler/row.h"
#include "scheduler/service.h"

#include <stdbool.h>

#define TOKEN_BYTES       32       /* of an enrolment token */
#define TOKEN_MAKER_CLOUD "cloud " /* before a cloud's name; no person's name has a space */

/* Who makes the token.  The machine's own operator may replace everybody's keys. */
struct token_maker {
    const struct principal *principal;
    bool is_local_operator;
};

/* A manager enrols researchers, a cluster's administrator its nodes, an operator anybody; and
 * nobody takes over a person who is their equal or higher, or a node of another cluster.
 * *err is ERROR_DENIED. */
bool token_may_be_made(const struct service *service, const struct token_maker *maker,
                       const struct token_row *token, struct error *err);

/* The same when it is used: may its maker still? */
bool token_may_be_used(const struct service *service, const struct token_row *token,
                       struct error *err);

/* The part of it that is about changing a principal who is there: also by ending a key. */
bool may_change_principal(const struct service *service, const struct token_maker *maker,
                          const char *name, bool is_node, struct error *err);

/* Is the person the institution's alone?  A second key for somebody is the use of everything
 * they may. */
bool is_of_institution(const struct service *service, const char *name, const char *institution);

#endif
