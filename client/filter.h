/* filter.h - which jobs: the -u -A -p -t -n -w -M -j of queue, history and cancel
 *
 * The scheduler filters by one value each, so that little travels; where a person names
 * several ("-u ana,luis"), the rest is chosen here.
 *
 * Borrows: the texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_FILTER_H
#define CLIENT_FILTER_H

#include "base/error.h"
#include "base/options.h"
#include "client/text.h"
#include "proto/arena.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>

struct session;

struct filter {
    const char *users;
    const char *projects;
    const char *institutions;
    const char *clusters;
    const char *partitions;
    const char *names;
    const char *nodes;
    const char *states;
    const char *jobs;
    bool me;
};

/* Rows for a table of options, all but -n and -w, whose letters differ. */
#define FILTER_OPTIONS(type, field)                                                                \
    OPTION_TEXT('u', "user", "NAMES", type, field.users, N_("jobs of these users")),               \
        OPTION_FLAG(0, "me", type, field.me, N_("my own jobs")),                                   \
        OPTION_TEXT('A', "account", "NAMES", type, field.projects, N_("jobs of these projects")),  \
        OPTION_TEXT(0, "institution", "NAMES", type, field.institutions,                           \
                    N_("jobs of these institutions")),                                             \
        OPTION_TEXT('p', "partition", "NAMES", type, field.partitions,                             \
                    N_("jobs in these partitions")),                                               \
        OPTION_TEXT('M', "clusters", "NAMES", type, field.clusters, N_("jobs on these clusters")), \
        OPTION_TEXT('j', "jobs", "JOBS", type, field.jobs, N_("these jobs: 17,20-25,123_4"))

struct filter_sets;

/* Fill the message; what it cannot say is kept in *ret_rest for filter_admits(). */
bool filter_fill(const struct filter *filter, struct session *session, struct arena *arena,
                 Wire__JobFilter *ret_message, struct filter_sets **ret_rest, struct error *err);
bool filter_admits(const struct filter_sets *rest, const Wire__JobView *job);
void filter_sets_free(struct filter_sets *rest);
DEFINE_CLEANUP(struct filter_sets *, filter_sets_free)

/* Is any state named that an ended job can have; -t all names all. */
bool filter_names_ended(const struct filter *filter);
bool filter_is_ended(const char *state);

/* "unknown state TEXT", with the nearest of the names (NULL-terminated).  Returns false. */
bool filter_fail_state(const char *text, const char *const *names, struct error *err);

#endif
