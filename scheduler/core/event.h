/* event.h - what happens to the core
 *
 * All that the core ever learns comes through these, in the order of `at_us`.  What a
 * person asks is checked first by a question of core.h, so that an event always
 * applies; one that came too late (a cancel that lost the race) changes nothing.
 *
 * To add an event: a kind, its struct, a row in core.c's table, a line of text in
 * event.c (the form in which golden scenarios and the audit log write it).
 *
 * Borrows: every pointer, for the time of the step.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_EVENT_H
#define SCHEDULER_CORE_EVENT_H

#include "accounting/core/ledger.h"
#include "accounting/core/rate.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/job.h"
#include "scheduler/core/limit.h"
#include "scheduler/core/window.h"

#include <stdbool.h>
#include <stdint.h>

enum event_kind {
    EVENT_JOB_SUBMITTED,
    EVENT_JOB_CANCELLED,
    EVENT_JOB_HELD,
    EVENT_JOB_RELEASED,
    EVENT_JOB_REQUEUED,
    EVENT_ARRAY_LIMITED, /* so many of its elements may be placed at a time */
    EVENT_NODE_JOINED,   /* its agent said hello */
    EVENT_NODE_SILENT,   /* no word for node-silent-after */
    EVENT_NODE_LOST,     /* nothing runs there any more: new boot id, or an administrator's word */
    EVENT_NODE_DRAINED,
    EVENT_NODE_RESUMED,
    EVENT_PART_READY,
    EVENT_PART_STARTED,
    EVENT_PART_ENDED,
    EVENT_PART_REFUSED,
    EVENT_INSTITUTION_ADDED,
    EVENT_PROJECT_ADDED,
    EVENT_GRANTED,
    EVENT_GRANT_ENDED,
    EVENT_TRANSFERRED,
    EVENT_REFUNDED,
    EVENT_SHARE_SET,
    EVENT_WINDOW_SET, /* an advance reservation, or maintenance: made, or changed */
    EVENT_WINDOW_REMOVED,
    EVENT_LIMIT_SET,     /* or taken away: its amount is LIMIT_NONE */
    EVENT_RATE_ADDED,    /* after rates_check() */
    EVENT_RATE_ENDED,    /* after rates_check_end() */
    EVENT_JOB_SUSPENDED, /* by hand (suspend.h) */
    EVENT_JOB_RESUMED,
    EVENT_PART_PAUSED, /* it stands still, and its cores are free */
    EVENT_PART_RESUMED,
    EVENT_TIME_PASSED, /* nothing else; timers that are due run */
    EVENT_KIND_COUNT
};

/* How a part's processes came to their end; the numbers are the wire's. */
enum end_cause {
    END_BY_ITSELF = 0,
    END_STOPPED = 1,
    END_LIMIT = 2,
    END_MEMORY = 3,
    END_UNKNOWN = 4,
    END_REBOOT = 5,
    END_CAUSE_COUNT
};

struct submission {
    uint64_t first; /* must be core_next_job() */
    uint32_t copies;
    uint64_t spec;
    const char *name;
    const char *user;
    const char *project;
    const struct request *request;   /* after core_check_request() */
    const struct elements *elements; /* of an array; NULL: it is none, and copies counts */
    uint32_t throttle;               /* of those, placed at a time; 0: any number */
    int64_t predicted_us;            /* run time, for ranks alone; 0: as the limit says */
    bool hold;
    bool hold_admin;
};

struct node_facts {
    const char *name;
    const char *cluster;
    const char *boot_id;
    uint32_t cores, threads, packages, numa_nodes, gpus;
    struct gpu_stock gpu_stock;
    const char *features; /* names, sorted, with commas; NULL: none */
    uint64_t memory_bytes;
    bool emulated;
    int64_t boot_us;
};

struct part_news {
    uint64_t job;
    uint32_t attempt;
    uint32_t part;
    uint32_t turn;        /* paused, resumed: suspend.h */
    const uint8_t *token; /* TOKEN_SIZE bytes */
    enum end_cause cause;
    uint32_t exit_code;
    uint32_t exit_signal;
    int64_t wall_used_us;
    int64_t cpu_used_us;
    uint64_t memory_peak_bytes;
    const struct series *series; /* ended: what it used over its time; NULL: not known */
    int64_t started_ago_us;      /* 0: just now */
    bool given_back; /* refused: the scheduler that the node is lent by does not start it */
    bool never;      /* refused: no node would start it */
    const char *text;
    const char *trouble; /* of the node: it is drained */
    const char *core_list;
    const char *cpu_list;
    const char *gpu_list;
    const char *output;
    const char *error_output;
};

/* project "": of the institution; user "": of the project. */
struct share_change {
    const char *institution, *project, *user;
    uint32_t shares;
};

struct event {
    enum event_kind kind;
    int64_t at_us;  /* wall clock that never goes back */
    const char *by; /* principal; NULL: the system */
    /* Another event of the same instant follows at once: nothing is started before that, so
     * that what came free together is given away together. */
    bool more;
    union {
        struct submission submission;
        /* Cancelled, held, released, requeued, suspended, resumed: a job, or of an array these elements (NULL: all). */
        struct {
            uint64_t job;
            const struct elements *elements;
        };
        struct {
            uint64_t array;
            uint32_t most;
        } limit;
        struct node_facts node;
        struct {
            const char *name;
            const char *reason;
        } node_change; /* silent, lost, drained, resumed */
        struct part_news part;
        struct {
            const char *institution;
            const char *project;
        } books;            /* institution added, project added */
        struct grant grant; /* granted; ended: id, institution, project */
        struct transfer transfer;
        struct refund refund;
        struct share_change share;
        struct window_facts window; /* removed: its name */
        struct limit limit_set;
        struct rate rate; /* ended: id and end_us */
    };
};

const char *event_kind_name(enum event_kind kind);
const char *end_cause_name(enum end_cause cause); /* "itself", "stopped" … */

/* "1700000000000000 cancel 17 by=ana" and a newline.  Tokens are left out. */
void event_print(const struct event *event, struct buffer *buffer);

#endif
