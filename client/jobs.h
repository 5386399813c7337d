/* jobs.h - lists of jobs: asked for page by page, and their columns
 *
 * Owns: the answers.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOBS_H
#define CLIENT_JOBS_H

#include "client/filter.h"
#include "client/output.h"

#include <stdint.h>

struct session;

/* One job as the columns see it. */
struct job_row {
    const Wire__JobView *view;
    int64_t now_us;
    const Wire__JobShown *shown; /* only in `tequio show` */
};

extern const struct column job_columns[];

/* How long it ran: without the time for which it stood still. */
int64_t job_elapsed(const struct job_row *row);

struct jobs {
    size_t count;
    struct job_row *rows;
    size_t answer_count;
    Wire__Envelope **answers;
};

/* All jobs that match; list->filter and ->after are overwritten.  NULL with the reason. */
struct jobs *jobs_ask(struct session *session, Wire__JobList *list, const struct filter *filter,
                      struct error *err);
void jobs_free(struct jobs *jobs);
DEFINE_CLEANUP(struct jobs *, jobs_free)

bool jobs_print(const struct jobs *jobs, const char *standard, const struct output_options *options,
                struct error *err);

/* What a job's end means as an exit status: its own, or 1 when it has none and went wrong. */
int job_exit_status(const Wire__JobView *job);

/* Its state in a word or two, with the reason when it waits. */
void job_state_print(const Wire__JobView *job, struct buffer *buffer);

#endif
