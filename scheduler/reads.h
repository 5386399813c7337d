/* reads.h - who looked at what others did
 *
 * A person may know who looked at their jobs and their use (`tequio privacy log`).  So whoever sees more
 * than their own leaves a line in the audit log, with what was asked for and what of it they may see:
 * once a day for the same, and when a day has too many of one reader's the widest.
 *
 * Owns: what was noted today.  Threads: none; read_concerns() any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_READS_H
#define SCHEDULER_READS_H

#include "base/memory.h"
#include "scheduler/authority.h"

#include <stdbool.h>
#include <stdint.h>

struct ask;
struct service;
struct reads;

struct reads *reads_new(void);
void reads_free(struct reads *reads);
DEFINE_CLEANUP(struct reads *, reads_free)

/* Of whom something was looked at; "" or NULL: of any. */
struct read_of {
    const char *user, *project, *institution;
};

/* `scope`: of whoever asks, whose name is its user. */
void reads_note(struct service *service, const struct scope *scope, const char *what,
                const struct read_of *of);

/* A single job, of which `of` has all three. */
void reads_note_job(struct service *service, const struct ask *ask, const char *what,
                    const struct read_of *of);

#define READ_ACT  "read"
#define READ_NAME 65 /* bytes, with the zero at its end */

/* A line of the audit log with this act, in its parts. */
struct read_line {
    char what[16], user[READ_NAME], project[READ_NAME], institution[READ_NAME], cluster[READ_NAME];
};
bool read_line_parse(const char *text, struct read_line *ret_line);

/* May it have been of this person?  `places` are those that they are or were in: of each the project,
 * then its institution; NULL at the end. */
bool read_concerns(const struct read_line *line, const char *user, const char *const *places);

#endif
