/* change.h - cancel, hold, release, requeue, signal: many jobs at once
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_CHANGE_H
#define CLIENT_CHANGE_H

#include "client/command.h"
#include "client/filter.h"

struct change {
    Wire__JobVerb verb;
    uint32_t signal;
    uint32_t limit; /* of an array */
    bool batch_only;
    const char *reason;
    bool quiet;
    const char *done; /* "%s" is the job: "job %s cancelled"; translated by the caller */
};

/* Each operand is what job_names.h reads, also several with commas.  Prints one line for each job
 * that was changed and, on stderr, one for each that was not; false when any was not. */
bool change_jobs(struct session *session, const struct change *change, int count, char **operands,
                 struct error *err);

/* The same for all jobs that match. */
bool change_matching(struct session *session, const struct change *change,
                     const struct filter *filter, struct error *err);

/* What change_options set. */
struct change_arguments {
    const char *reason;
    bool quiet;
};

/* The options of a command that does nothing but change the jobs it is given, and its run(). */
extern const struct option_rule change_options[];
bool change_run(struct session *session, Wire__JobVerb verb, const char *done, int argc,
                char **argv, struct error *err);

#endif
