/* host.h - the host name that a job sees
 *
 * Several emulated nodes on one machine must look like several hosts: Open MPI takes
 * processes with the same host name for neighbours that share memory.  root gets a name
 * space for it, an ordinary user one inside a user name space, where the machine allows that.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_HOST_H
#define AGENT_SHEPHERD_HOST_H

#include <stdbool.h>

/* Try it in a process that ends at once; SIGCHLD must not be ignored. */
bool host_can_be_named(void);

/* From now on this process and its children are on host `name`; false: see errno. */
bool host_set_name(const char *name);

#endif
