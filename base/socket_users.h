/* socket_users.h - how many connections each user of the machine has
 *
 * Owns: its counts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SOCKET_USERS_H
#define BASE_SOCKET_USERS_H

#include <stdbool.h>
#include <sys/types.h>

struct users;

struct users *users_new(void);
void users_free(struct users *users);

/* One more; false, and nothing counted, when there are `most` already. */
bool users_add(struct users *users, uid_t uid, unsigned most);

/* One less of a user who was added. */
void users_remove(struct users *users, uid_t uid);

#endif
