/* admin.h - the commands of `tequio admin`
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_ADMIN_H
#define CLIENT_ADMIN_H

#include "client/command.h"

/* Each has the one command `add`. */
extern const struct command admin_institution, admin_project, admin_user, admin_grant;

#endif
