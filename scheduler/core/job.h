/* job.h - a job as the planner sees it, and the parts it has on nodes
 *
 * Only core.c and its neighbours change a job; everybody else reads.  What the job runs
 * (script, arguments, environment) is not here: it stays in the store until
 * the launch (`spec`).
 *
 * Owns: its texts and parts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_JOB_H
#define SCHEDULER_CORE_JOB_H

#include "base/buffer.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/series.h"
#include "scheduler/core/array.h"
#include "scheduler/core/gpus.h"
#include "scheduler/core/job_state.h"

#include <stdbool.h>
#include <stdint.h>

#define JOB_NAME_MAX     128
#define JOB_CLUSTERS_MAX 16
#define HET_SIZE_MAX     32 /* components of a heterogeneous job */
#define TOKEN_SIZE       16

struct constraints;
struct dependencies;
struct het;
struct component;
struct interruption;

/* What is asked for, checked and completed by request_check().  Counts are 1 or more. */
struct request {
    char *partition;        /* names with commas; NULL: the cluster's default */
    char *clusters;         /* any of these, with commas; NULL: any at all */
    bool clusters_excluded; /* any but these */
    bool exclusive;
    bool requeue;
    char *node_list;    /* host list, or NULL */
    char *node_exclude; /* host list, or NULL */
    char *comment;      /* for people alone; or NULL */
    char *reservation;  /* the window (window.h) it is to run in, or NULL */
    char *qos;          /* quality of service (qos.h), or NULL */
    uint32_t nodes_least;
    uint32_t nodes_most;
    uint32_t tasks;
    uint32_t cpus_per_task;   /* cores */
    uint32_t tasks_per_node;  /* 0: as fits */
    uint64_t memory_per_node; /* bytes; 0: not asked for */
    uint64_t memory_per_cpu;
    int64_t limit_us;       /* INT64_MAX: as long as the partition allows */
    int64_t limit_least_us; /* the limit may be cut down to this, to start earlier; 0: not */
    int64_t begin_us;       /* wall clock; 0: at once */
    int64_t deadline_us;    /* must have ended by then; 0: none */
    int32_t nice;
    int32_t surcharge_ppm;             /* of the price, by its QOS when it was submitted */
    struct dependencies *dependencies; /* or NULL */
    struct constraints *constraints;   /* GPUs, features and so on; or NULL */
    struct het *het; /* of a heterogeneous job, the components behind this one; or NULL */
};

/* What a job has, or had, on one node. */
enum part_state {
    PART_LAUNCHING, /* told to be ready; not confirmed yet */
    PART_READY,
    PART_STARTING, /* part 0: told to start the batch script */
    PART_RUNNING,
    PART_STOPPING, /* told to stop */
    PART_ENDED,
    PART_LOST,     /* its node went away with it */
    PART_PAUSING,  /* told to stand still (suspend.h) */
    PART_PAUSED,   /* it does: its cores are not its own */
    PART_RESUMING, /* told to go on, with the cores that it had */
    PART_STATE_COUNT
};

struct node;
struct shape;
struct window;
struct association;

struct part {
    struct node *node;
    struct list_node of_node; /* the node's parts */
    struct job *job;
    uint32_t number;
    uint32_t component; /* of a heterogeneous job; else 0 */
    uint32_t cores;
    uint32_t cores_held; /* of the node, now: fewer while its job is suspended */
    uint32_t tasks;
    uint64_t memory_bytes;
    uint32_t gpus;
    char gpu_type[GPU_TYPE_SIZE]; /* of all of them */
    enum part_state state;
    char *core_list; /* as the agent bound them; NULL until it said */
    char *cpu_list;
    char *gpu_list; /* likewise: the devices' numbers on the node */
    int64_t cpu_used_us;
    uint64_t memory_peak_bytes;
};

enum hold_kind {
    HOLD_NONE,
    HOLD_USER,
    HOLD_ADMIN,
    HOLD_REQUEUED /* launch failed too often */
};

#define REASON_LIMIT_WHATS 12

enum job_reason {
    REASON_NONE,
    REASON_PRIORITY,
    REASON_RESOURCES,
    REASON_BEGIN_TIME,
    REASON_HELD_USER,
    REASON_HELD_ADMIN,
    REASON_NODE_NOT_AVAILABLE, /* nodes that would do are down or drained */
    REASON_PARTITION_DOWN,
    REASON_PARTITION_TIME_LIMIT,
    REASON_BUDGET,          /* the project's or the institution's */
    REASON_BAD_CONSTRAINTS, /* no node of the network is like that (any more) */
    REASON_LAUNCH_FAILED_HELD,
    REASON_NON_ZERO_EXIT, /* from here on: of ended jobs */
    REASON_TIME_LIMIT,
    REASON_OUT_OF_MEMORY,
    REASON_NODE_DOWN,
    REASON_LAUNCH_FAILURE,
    REASON_EXIT_UNKNOWN,
    REASON_DEPENDENCY,       /* again of those that wait; the numbers are the store's */
    REASON_DEPENDENCY_NEVER, /* what it waits for cannot happen any more */
    REASON_RESERVATION,      /* the window it is to run in is not on, or not long enough any more */
    REASON_RESERVATION_GONE, /* it was deleted, or is over */
    REASON_RESERVED,         /* nodes that would do are kept for others */
    REASON_MAINTENANCE,      /* the same, for maintenance */
    REASON_LICENSES,
    REASON_ARRAY_LIMIT, /* as many of its array are placed as may be at a time */
    REASON_DEADLINE,    /* of those that ended: it could not end in time */
    REASON_PREEMPTED,   /* made room for a job that may push it aside */
    REASON_INVALID_QOS, /* the quality of service that it asked for is no more */
    REASON_LIMIT_FIRST, /* so many are reserved: limit.h */
    REASON_LIMIT_LAST = REASON_LIMIT_FIRST + 6 * REASON_LIMIT_WHATS - 1,
    REASON_SWITCHES,        /* nodes enough are free, but under more leaf switches than it wants */
    REASON_FINISHES_SOONER, /* it could start, but a faster cluster will have it done first */
    REASON_LENT,            /* others than the cluster's own institution have as much as it lends */
    REASON_GIVEN_BACK,      /* ended: the scheduler of a lent cluster did not start it in time */
    REASON_LENT_HOURS,      /* it lends at other hours, or not for so long */
    REASON_GUARANTEED,      /* nodes that would do are guaranteed to their owners */
    REASON_COUNT
};

/* The field's spelling: "Resources", "JobHeldUser", "AssocGrpBillingMinutes" … */
const char *job_reason_name(enum job_reason reason);

/* What of a lane is planned for a job (schedule.h). */
struct claim {
    int64_t start_us, end_us;
    uint32_t lane;
    uint32_t cores; /* 0: nothing is */
    bool is_placed; /* it has its nodes */
};

struct job {
    uint64_t id;
    uint64_t spec;       /* key of the store's copy of what it runs */
    uint64_t array_id;   /* of which array; 0: of none */
    struct array *array; /* NULL for an element whose array is known no more */
    uint32_t element;    /* which one of it, and of several the last */
    uint32_t part_count;
    struct elements *elements; /* several that wait, or have ended, alike; NULL: one, or the head */
    char *name; /* and behind it in one piece of memory the next three: job_set_names() */
    char *user;
    char *project;
    char *institution;
    struct request request;
    enum job_state state;
    enum job_reason reason;
    enum hold_kind hold;
    uint32_t attempt;          /* 0 before the first start */
    uint8_t token[TOKEN_SIZE]; /* of this attempt; never shown */
    int64_t submit_us;
    int64_t eligible_us; /* when it could first be considered; 0: not yet */
    int64_t start_us;    /* of the batch script */
    int64_t end_us;
    int64_t planned_us;   /* pending: 0 unknown, else the planner's start */
    int64_t limit_cut_us; /* of this attempt, to start in a gap or end in time; 0: as asked for */
    int64_t predicted_us; /* how long it will run, for ranks alone; 0: as the limit says */
    int64_t held_micro;
    int64_t charged_micro; /* all attempts */
    uint32_t exit_code;
    uint32_t exit_signal;
    uint32_t launch_failures;
    bool cancelled;     /* somebody asked for its end */
    bool requeue_after; /* end this attempt, then wait again */
    bool any_switches;  /* it has waited for few as long as it was to */
    uint8_t place;      /* among recent jobs by size (sizes.h); 0: not known yet */
    char *ended_by;     /* principal who cancelled; or NULL */
    char *output;       /* patterns replaced; NULL until started */
    char *error_output;
    const struct cluster *cluster;     /* chosen at start; NULL before */
    const struct partition *partition; /* likewise */
    struct part *parts;
    struct component *components; /* placed, and heterogeneous: what each has (het.h); or NULL */
    struct series *series; /* what the parts used that have ended, over its time; NULL: not known */
    struct interruption *interruption; /* pushed aside for another job (preemption.h); or NULL */

    /* the core's own */
    struct list_node of_queue;
    struct list_node of_touched;   /* what it depends on has changed in this step */
    struct list_node of_namesakes; /* of the same user and name; see core_dependencies.c */
    struct heap_node of_timers;
    int64_t timer_us;
    struct heap_node of_shape;       /* waiting jobs that ask for the same; see queue.h */
    struct shape *shape;             /* NULL: not in the queue */
    struct window *window;           /* in the queue: that of its request, which is on */
    struct node *avoid;              /* refused the last launch; not kept over a restart */
    char *refusal;                   /* what it said, until the job starts; nor is this; or why the
                                        job failed, without the script's doing: that is kept */
    int64_t placed_us;               /* of this attempt; after a restart, the time of that */
    int64_t expected_us;             /* placed: its end, as the planner counts on it */
    struct claim claim;              /* under conservative backfill */
    struct association *association; /* whose limits it counts for (limits.h) */
    struct heap_node of_ends;        /* while its core seconds are counted */
    int64_t counted_end_s;           /* placed: up to when its core seconds were counted; 0: not */
    enum job_reason obstacle;        /* pending and not in the queue: why, unless it is held */
    uint32_t parts_left;             /* that have neither ended nor been lost */
    uint64_t saved_step;             /* its row is among this step's effects already */
};

/* What it is called and whose it is. */
void job_set_names(struct job *job, const char *name, const char *user, const char *project,
                   const char *institution);
/* Does it stand for a whole array, and never run? */
bool job_is_head(const struct job *job);
/* "17", "123_4", "123_[5-9]" */
void job_print_name(const struct job *job, struct buffer *buffer);
/* For how many elements it stands; 1 for what is of no array. */
uint32_t job_element_count(const struct job *job);
bool job_has_element(const struct job *job, uint32_t element);

/* The time limit in force: what was asked for, bounded by the partition it was placed in. */
int64_t job_limit(const struct job *job);
/* Pending: from then on it could not end before its deadline; INT64_MAX: it has none. */
int64_t job_too_late(const struct job *job);
/* Pending: until then it waits for few switches; 0: it does not, or not any more. */
int64_t job_switches_until(const struct job *job);

const char *part_state_name(enum part_state state);
uint32_t job_cores(const struct job *job);      /* allocated, or as asked for */
uint32_t job_cores_held(const struct job *job); /* placed: fewer while it is suspended */
uint64_t job_memory(const struct job *job);

/* The use of all parts; INT64_MAX when a sum is more: it is never below zero. */
void job_measured(const struct job *job, int64_t *ret_cpu_used_us, uint64_t *ret_memory_peak);
uint32_t job_gpus(const struct job *job);

/* Its parts and components, as before it was placed. */
void job_drop_parts(struct job *job);
void job_free(struct job *job);
DEFINE_CLEANUP(struct job *, job_free)

#endif
