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

/* That command, which `tequio institution add` and so on are, too. */
extern const struct command institution_add, project_add, user_add, grant_add;

#endif
