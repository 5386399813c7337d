/* limits.h - what is used of all limits, and who may have more
 *
 * A holder is a place with limits (limit.h); a meter counts what the jobs of a holder have, all
 * together or those of one person.  Each job is of an association: project, person and quality of
 * service, with the meters of all its ancestors.  So a check, a start and an end cost a look at
 * some fourteen meters, whatever else there is.  All limits apply; the tightest wins.
 *
 * Counts are of all jobs, whether a limit is set or not, so that a new limit counts what runs.
 *
 * Core seconds count up to the time limits of what runs and so fall by themselves: a meter that
 * somebody waits for has a time at which it is looked at again.
 *
 * Owns: holders, meters and associations, which stay.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_LIMITS_H
#define SCHEDULER_CORE_LIMITS_H

#include "base/heap.h"
#include "base/memory.h"
#include "base/table.h"
#include "scheduler/core/limit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parking;
struct qos;

/* The configuration's, and those that people set: both apply. */
enum limit_source { LIMIT_CONFIGURED, LIMIT_GIVEN, LIMIT_SOURCE_COUNT };

struct holder {
    enum limit_of of;
    char *name;
    bool has_any;
    bool has_users;  /* some for each person */
    unsigned bounds; /* of what there are limits: a bit for each */
    int64_t given[LIMIT_SOURCE_COUNT][LIMIT_FORM_COUNT][LIMIT_WHAT_COUNT];
    int64_t most[LIMIT_FORM_COUNT][LIMIT_WHAT_COUNT]; /* the least of all sources */
};

struct meter {
    struct holder *holder;
    char *user;                     /* NULL: of all */
    int64_t used[LIMIT_WHAT_COUNT]; /* of core seconds and wall: nothing */
    int64_t cores;                  /* of what runs and is not over its limit */
    __int128 ends;                  /* of each such job its cores times its end, in seconds */
    struct parking *parkings[LIMIT_WHAT_COUNT]; /* who waits for it; or NULL */
    struct heap_node of_timers;
    int64_t wake_us;
    int64_t counted[LIMIT_WHAT_COUNT]; /* for limits_check_begin() */
};

/* Meters that follow from who a job is of; those of the place where it runs come with that. */
#define ASSOCIATION_METERS 10

struct association {
    const struct qos *qos; /* as configured now; NULL: none */
    char *qos_name;        /* as asked for, or NULL */
    char *user;
    char *institution;
    struct meter *meters[ASSOCIATION_METERS]; /* those of a QOS are NULL without one */
};

struct limits {
    bool has_any;
    bool has_places; /* some of clusters or partitions */
    bool touched;    /* somebody has more than before */
    struct table *holders, *meters, *associations;
    struct table *places;   /* struct place, by where its partition is described */
    struct table *footings; /* struct footing, by association and partition */
    struct heap timers;
    struct heap ends; /* of jobs whose core seconds count */
};

struct limits *limits_new(void);
void limits_free(struct limits *limits);
DEFINE_CLEANUP(struct limits *, limits_free)

/* limit_check() was good. */
void limits_set(struct limits *limits, enum limit_source source, const struct limit *limit);
void limits_drop_source(struct limits *limits, enum limit_source source);
const struct holder *limits_next(const struct limits *limits, size_t *place); /* NULL at the end */
int64_t limits_used(const struct limits *limits, const struct holder *holder, enum limit_what what,
                    int64_t now_us);

/* The one of these names, made if there is none; qos NULL: without. */
struct association *limits_associate(struct limits *limits, const char *institution,
                                     const char *project, const char *user, const char *qos);
struct association *limits_next_association(const struct limits *limits, size_t *place);

/* A job was submitted (1) or is gone for good (-1). */
void limits_submit(struct association *association, int64_t jobs);

/* A placed job takes what it has, up to end_us (0: no core seconds any more), and gives it
 * back.  limits_expect(): another end. */
void limits_take(struct limits *limits, struct job *job, int64_t end_us);
void limits_expect(struct limits *limits, struct job *job, int64_t end_us);
void limits_give(struct limits *limits, struct job *job);

/* Who should have ended by now has no core seconds to come. */
void limits_advance(struct limits *limits, int64_t now_us);

/* What a job would add. */
struct charge {
    int64_t amounts[LIMIT_WHAT_COUNT];
};

/* The limit that is in the way. */
struct limit_hit {
    struct meter *meter;
    enum limit_form form;
    enum limit_what what;
    int64_t most, used, needs;
};
enum job_reason limit_hit_reason(const struct limit_hit *hit);
void limit_hit_place(const struct limit_hit *hit, char *place, size_t size); /* "project bio" */

/* Where it would run; cluster NULL: wherever, limits of places are not looked at. */
struct limit_place {
    const struct cluster *cluster;
    const struct partition *partition;
};

/* Of a heterogeneous job: what it would add to each partition that its components are in. */
struct shares {
    unsigned count; /* 0: all of it is in one */
    struct share {
        const struct partition *partition;
        struct charge charge;
    } all[HET_SIZE_MAX];
};

/* Who wants to have what, and where; for core seconds it matters when. */
struct limit_wish {
    const struct association *association;
    struct limit_place place;
    const struct charge *charge;
    int64_t now_us;
    const struct shares *shares; /* NULL: all of it is in place.partition */
};

/* May it be had now?  Else the first limit that is in the way, or (at `nth`) the next. */
bool limits_admit(struct limits *limits, const struct limit_wish *wish, unsigned nth,
                  struct limit_hit *ret_hit);

/* By the limits of that partition alone: may the charge be had there now? */
bool limits_admit_partition(struct limits *limits, const struct limit_wish *wish);

/* Could it ever, when nobody else has anything? per_job: by the limits of each job alone. */
bool limits_admit_alone(struct limits *limits, const struct limit_wish *wish, bool per_job,
                        struct limit_hit *ret_hit);

/* May so many jobs more be submitted? */
bool limits_admit_submission(struct limits *limits, const struct association *association,
                             int64_t jobs, struct limit_hit *ret_hit);

/* The most nodes that limits leave to it, as things are. */
int64_t limits_nodes_left(struct limits *limits, const struct association *association,
                          struct limit_place place);

/* Core seconds: look at the meter again when it could admit `needs`. */
void limits_wake(struct limits *limits, const struct limit_hit *hit, int64_t now_us);
int64_t limits_next_time(const struct limits *limits);           /* INT64_MAX: none */
struct meter *limits_due(struct limits *limits, int64_t now_us); /* NULL: none is due */

/* For invariants: all counters to zero, each placed job, each live one; then compare. */
void limits_check_begin(struct limits *limits);
void limits_check_job(struct limits *limits, const struct job *job);
bool limits_check_end(const struct limits *limits);

#endif
