/* request_check.h - is this datagram a request, and are these texts what it announces?
 *
 * Everything is hostile until it came through here: the agent talks to the network.  What
 * passes has texts that end, numbers in range, names of plain characters, and a memfd that
 * holds exactly the texts that were announced.
 *
 * Owns: of the texts, the arrays that point to them.  Borrows: the bytes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_REQUEST_CHECK_H
#define AGENT_LAUNCHER_REQUEST_CHECK_H

#include "agent/launcher/request.h"

#include "base/error.h"
#include "base/memory.h"

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
};

bool request_check(const union request *request, size_t size, struct error *err);

struct start_texts {
    const char *script; /* NULL: a step */
    size_t script_size;
    const char *directory;
    const char *output; /* "" : none */
    const char *error;
    const char *input;
    const char **arguments;   /* NULL-ended */
    const char **environment; /* NULL-ended */
    const char **task_cpus;   /* NULL: none */
};

/* `bytes` stay where they are as long as the texts are used. */
bool start_texts_read(const struct request_start *start, const char *bytes, size_t size,
                      struct start_texts *ret_texts, struct error *err);
void start_texts_clear(struct start_texts *texts);

/* "0-3,8" into a set of REQUEST_CPU_LIMIT cpus; NULL: only check. */
bool cpu_list_parse(const char *text, cpu_set_t *ret_set, struct error *err);

#endif
