/* request_check.h - is this datagram a request?
 *
 * Everything is hostile until it came through here: the agent talks to the network.  What
 * passes has texts that end, numbers in range, and names of plain characters.  The texts of a
 * start are looked at by the shepherd alone (agent/shepherd/texts.h).
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_REQUEST_CHECK_H
#define AGENT_LAUNCHER_REQUEST_CHECK_H

#include "agent/launcher/request.h"

#include "base/error.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

union request {
    struct request_head head;
    struct request_make_part make_part;
    struct request_start start;
    struct request_signal signal;
    struct request_read read;
    struct request_read_file read_file;
    struct request_input input;
};

bool request_check(const union request *request, size_t size, struct error *err);

/* "0-3,8" into a set of REQUEST_CPU_LIMIT cpus; NULL: only check. */
bool cpu_list_parse(const char *text, cpu_set_t *ret_set, struct error *err);

#endif
