/* texts.h - the long texts of a start, out of their memfd
 *
 * Script, arguments, environment and paths are hostile until they came through here: they are
 * exactly those that the request has announced, or the task set does not start.  The
 * shepherd reads them and not the launcher: whatever is wrong with them concerns one job.
 *
 * Owns: the arrays that point to the texts.  Borrows: the bytes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_TEXTS_H
#define AGENT_SHEPHERD_TEXTS_H

#include "agent/launcher/request.h"

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

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
    const char **task_memory; /* NULL: none */
    uint32_t *task_ranks;     /* NULL: none */
};

/* `bytes` stay where they are as long as the texts are used. */
bool start_texts_read(const struct request_start *start, const char *bytes, size_t size,
                      struct start_texts *ret_texts, struct error *err);
void start_texts_clear(struct start_texts *texts);

#endif
