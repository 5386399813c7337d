/* submission.h - jobs from scripts: read, checked, sent as one request
 *
 * For `tequio submit` and `tequio run`.  All jobs of a submission are accepted or none.
 *
 * Owns: the scripts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_SUBMISSION_H
#define CLIENT_SUBMISSION_H

#include "client/component.h"
#include "client/job_spec.h"
#include "client/jobfile.h"

struct session;
struct submission;

struct submission *submission_new(void);
void submission_free(struct submission *submission);
DEFINE_CLEANUP(struct submission *, submission_free)

/* What the command line said comes last and wins: argv is read again after the script
 * and the environment.  Takes the jobfile. */
struct submission_source {
    struct jobfile *file;
    const struct option_rule *rules;
    int argc; /* of the command, options first */
    char **argv;
    const struct component_line *more; /* options of the components behind the first, or NULL */
    uint32_t more_count;
    char **arguments; /* of the script */
    int argument_count;
};
bool submission_add(struct submission *submission, const struct submission_source *source,
                    struct error *err);

/* What was noticed, one line each; "" when there is nothing. */
const char *submission_notes(const struct submission *submission);

/* The request of job `index`, all sources together. */
const struct job_request *submission_request(const struct submission *submission, size_t index);
Wire__JobSpec *submission_spec(struct submission *submission, size_t index);
size_t submission_count(const struct submission *submission);

/* The answer (message_free() it), or NULL.  key_text: 32 hex digits, or NULL for a new key. */
Wire__Envelope *submission_send(struct submission *submission, struct session *session,
                                const char *key_text, bool test_only, struct error *err);

#endif
