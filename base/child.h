/* child.h - start a program without a shell
 *
 * The environment is exactly the one given, descriptors other than 0, 1, 2 are
 * closed, signals are at their defaults.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct child_request {
    const char *program; /* absolute path */
    char *const *arguments;
    char *const *environment;
    int input, output, error; /* descriptors to use as 0, 1, 2; -1: /dev/null */
    int extra;                /* descriptor to pass as 3; -1: none */
    bool ends_with_us;        /* killed when the thread that started it ends */
};

bool child_start(const struct child_request *request, pid_t *ret_pid, struct error *err);

/* In a copy of this process that shall not keep what its origin has open: all but 0, 1, 2 and this
 * descriptor are closed. */
void child_keep_only(int descriptor);

/* End this process by the signal that ended what it stands for, without a second core file.
 * Returns only where the signal ends nobody. */
void child_end_alike(int signal_number);

#endif
