/* quota_limits.h - which limits count for a project, and who has set them
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_QUOTA_LIMITS_H
#define CLIENT_QUOTA_LIMITS_H

#include "base/error.h"
#include "client/session.h"

#include <stdbool.h>

/* One line for each that the asker may see: of the network, the institution, the project and its
 * members. */
bool quota_print_limits(struct session *session, const char *institution, const char *project,
                        struct error *err);

#endif
