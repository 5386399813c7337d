/* socket_path.h - Unix sockets by their path in the file system
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_SOCKET_PATH_H
#define BASE_SOCKET_PATH_H

#include "base/error.h"

#include <stdbool.h>

/* Can it be a path of a socket: absolute, and not too long? */
bool socket_path_check(const char *path, struct error *err);

/* A listening descriptor, not blocking; -1 on failure.  What a process that has ended left
 * there is replaced; a file, or a socket that someone listens on, is not. */
int socket_path_listen(const char *path, struct error *err);

/* A connected descriptor, not blocking; -1 with errno. */
int socket_path_connect(const char *path);

#endif
