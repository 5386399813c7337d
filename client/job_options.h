/* job_options.h - what can be asked for a job, with Slurm's letters
 *
 * One table serves the command line of `tequio submit` and `tequio run`, the #TEQUIO and
 * #SBATCH lines of a script, and the environment (SBATCH_…, TEQUIO_SUBMIT_…).  Reading them one
 * after another into the same struct gives the precedence: what is read later wins.
 *
 * Options of Slurm that would change what runs and are not offered are refused; those
 * that only tune or tell are taken and noted (`ignored`).
 *
 * Borrows: all texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOB_OPTIONS_H
#define CLIENT_JOB_OPTIONS_H

#include "base/buffer.h"
#include "base/options.h"
#include "client/job_gear.h"
#include "client/job_layout.h"
#include "client/job_stage.h"

#include <stdbool.h>
#include <stdint.h>

#define JOB_NAME_MAX    128
#define JOB_COPIES_MAX  100000
#define JOB_IGNORED_MAX 48

struct job_request {
    const char *project;
    const char *partition;
    const char *qos;
    const char *clusters; /* names with commas; ^ before them: any but these */
    const char *clusters_excluded;
    const char *name;
    const char *comment;
    const char *reservation;
    const char *node_list;
    const char *node_exclude;
    const char *output;
    const char *error;
    const char *input;
    const char *directory;
    const char *export; /* "ALL", "NONE", names */
    const char *dependency;
    bool dependency_keep; /* wait also for what cannot happen any more */
    uint32_t nodes_least;
    uint32_t nodes_most;
    uint32_t tasks;
    uint32_t cpus_per_task;
    uint32_t tasks_per_node;
    struct job_layout layout;
    uint64_t memory_per_node;
    uint64_t memory_per_cpu;
    bool whole_memory; /* --mem=0 */
    bool exclusive;
    struct job_gear gear;
    int64_t limit_us;
    int64_t begin_us;
    int32_t nice;
    bool hold;
    bool requeue;
    bool no_requeue;
    bool append;
    uint32_t warning_signal;
    int64_t warning_us;
    bool warning_batch_only;
    uint32_t copies;
    const char *array; /* "0-15:4%2" */
    const char *container;
    const char *vm;
    struct job_stage stage;
    int64_t limit_least_us;
    int64_t deadline_us;

    /* of tequio submit itself */
    const char *wrap;
    const char *request_key;
    bool each;
    bool parsable;
    bool wait;
    bool test_only;
    bool show_binding;
    bool quiet;
    bool verbose;

    /* of tequio run itself */
    bool label;
    bool pmix;
    bool terminal;
    const char *task_prolog;
    const char *task_epilog;
    bool unattended;      /* it is typed into by somebody outside the job */
    bool keep_on_failure; /* false unless --kill-on-bad-exit=0 */
    bool label_seen;
    const char *het_group; /* "1", "0-1" */

    bool tasks_is_per_node;        /* "--tasks" was given, which Slurm takes for this */
    bool ignored[JOB_IGNORED_MAX]; /* by number of the option, see job_option_ignored_name() */
};

extern const struct option_rule submit_options[];
extern const struct option_rule run_options[];

/* Set the fields from the environment: SBATCH_X, then TEQUIO_SUBMIT_X, for each long option X
 * (capitals, '_' for '-') and for Slurm's own spellings. */
bool job_options_environment(const struct option_rule *rules, char *const *environment,
                             struct job_request *request, struct error *err);

/* One line for everything that was taken and has no effect; nothing when there is none. */
void job_options_note(const struct job_request *request, struct buffer *notes);

#endif
