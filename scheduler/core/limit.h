/* limit.h - a limit: of whom, counted how, of what, and how much
 *
 * A limit is set on a place: the network, an institution, a project, a person in a project (a
 * member), a person, a quality of service, a cluster or a partition, or what a cluster lends.  It is counted over all
 * jobs there together, over those of each person, or for each job alone.  The reasons that
 * follow from limits are spelled as Slurm does: what is a person's own (and a member's) is
 * AssocMax…, what is shared AssocGrp…, and those of a QOS begin with QOS, as do those of
 * partitions, which in Slurm are limits of the partition's QOS.
 *
 * To add something that is limited: a row in `things`, names in `reasons`, and limits.c counts it.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_LIMIT_H
#define SCHEDULER_CORE_LIMIT_H

#include "base/buffer.h"
#include "base/error.h"
#include "scheduler/core/job.h"

#include <stdbool.h>
#include <stdint.h>

enum limit_of {
    LIMIT_OF_NETWORK,
    LIMIT_OF_INSTITUTION,
    LIMIT_OF_PROJECT,
    LIMIT_OF_MEMBER, /* "project/user" */
    LIMIT_OF_USER,
    LIMIT_OF_QOS,
    LIMIT_OF_CLUSTER,
    LIMIT_OF_PARTITION, /* "cluster/partition" */
    LIMIT_OF_LENT,      /* a cluster, but of the jobs of other institutions alone */
    LIMIT_OF_COUNT
};

enum limit_form { LIMIT_TOTAL, LIMIT_PER_USER, LIMIT_PER_JOB, LIMIT_FORM_COUNT };

/* The numbers are part of those of reasons, and so the store's: add at the end. */
enum limit_what {
    LIMIT_JOBS,         /* that run */
    LIMIT_SUBMITTED,    /* that wait or run */
    LIMIT_CORES,        /* of what runs, as the following */
    LIMIT_NODES,        /* a node counts once for each job that has a part of it */
    LIMIT_MEMORY,       /* bytes */
    LIMIT_CORE_SECONDS, /* up to the time limits; people write core-minutes */
    LIMIT_WALL,         /* us; of one job alone */
    LIMIT_GPUS,         /* of what runs */
    LIMIT_WHAT_COUNT
};

#define LIMIT_NONE INT64_MAX

struct limit {
    enum limit_of of;
    const char *name; /* "" of the network */
    enum limit_form form;
    enum limit_what what;
    int64_t amount; /* LIMIT_NONE: none (any more) */
};

/* Is it counted where a job runs, and not by whose it is alone? */
bool limit_is_of_place(enum limit_of of);
const char *limit_of_name(enum limit_of of);       /* "institution" */
const char *limit_form_name(enum limit_form form); /* "total", "per-user", "per-job" */
const char *limit_what_name(enum limit_what what); /* "cores" */
bool limit_of_parse(const char *text, enum limit_of *ret_of, struct error *err);
bool limit_form_parse(const char *text, enum limit_form *ret_form, struct error *err);
bool limit_what_parse(const char *text, enum limit_what *ret_what, struct error *err);

/* Is it one that can be counted? */
bool limit_check(const struct limit *limit, struct error *err);

/* "100", "64G", "2-00:00:00", and core-minutes. */
bool limit_amount_parse(enum limit_what what, const char *text, int64_t *ret_amount,
                        struct error *err);
void limit_amount_print(enum limit_what what, int64_t amount, struct buffer *buffer);

/* "cores=100". */
bool limit_read(const char *text, enum limit_what *ret_what, int64_t *ret_amount,
                struct error *err);

/* Why a job waits that is kept by such a limit. */
enum job_reason limit_reason(enum limit_of of, enum limit_form form, enum limit_what what);
bool reason_is_limit(enum job_reason reason);
const char *limit_reason_name(enum job_reason reason);

#endif
