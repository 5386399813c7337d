/* job_spec.h - what was asked for, as the message that asks for it
 *
 * Everything that goes into the message is checked for what the wire refuses as a whole, so that
 * the asker learns which word it was.
 *
 * Borrows: the request's texts, the environment.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOB_SPEC_H
#define CLIENT_JOB_SPEC_H

#include "base/error.h"
#include "client/job_options.h"
#include "proto/arena.h"
#include "proto/message.h"

#include <stdbool.h>

#define JOB_ENVIRONMENT_MAX (256u << 10) /* bytes that travel with a job */

struct job_words {
    const char *title; /* the job's name when none was given */
    char **arguments;  /* of the script */
    int count;
    char *const *environment; /* of the asker */
};

/* Of a component of a heterogeneous job: on which nodes it wants to run, and nothing else. */
bool job_spec_fill_component(const struct job_request *request, struct arena *arena,
                             Wire__JobSpec *spec, struct error *err);

/* The parts of *ret_spec live in `arena` or are borrowed.  What is worth telling is added to
 * `notes`, one line each. */
bool job_spec_fill(const struct job_request *request, const struct job_words *words,
                   struct arena *arena, struct buffer *notes, Wire__JobSpec *ret_spec,
                   struct error *err);

struct job_environment {
    char **entries;
    size_t count;
    size_t dropped; /* that were not text */
};

/* The environment that a job gets by --export (NULL: ALL). */
bool job_spec_environment(const char *export, char *const *environment, struct arena *arena,
                          struct job_environment *ret_environment, struct error *err);

#endif
