/* window.h - nodes that are kept for a time: advance reservations and maintenance
 *
 * A window is a set of nodes of one cluster and a span of time, once or each day or week.  In
 * it the nodes are for the jobs that name the window and whose people it serves; nothing
 * else may begin on them that could still run when it begins.  A window for maintenance serves nobody and may lie over others;
 * what runs when it is made runs on.  Times of day are those of UTC.
 *
 * Which windows a node is in is known by the node's index, so that a job's look at a node
 * costs nothing where there are none, and a step for each of the node's own otherwise.
 *
 * Owns: the windows.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_WINDOW_H
#define SCHEDULER_CORE_WINDOW_H

#include "base/error.h"
#include "base/hostlist.h"
#include "base/table.h"
#include "scheduler/core/inventory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_NAME_MAX   64
#define WINDOW_PEOPLE_MAX 4096 /* bytes of one list of names */
#define WINDOW_COUNT_MAX  1024
#define WINDOW_TIMES_MOST 32 /* so far ahead one that repeats is planned with: a month, if daily */

enum window_repeat { WINDOW_ONCE, WINDOW_DAILY, WINDOW_WEEKLY, WINDOW_REPEAT_COUNT };

const char *window_repeat_name(enum window_repeat repeat); /* "once", "daily", "weekly" */
int64_t window_period(enum window_repeat repeat);          /* 0: once */

/* What a window is made of, as it is asked for and stored. */
struct window_facts {
    const char *name;
    const char *cluster;
    const char *nodes; /* host list */
    int64_t start_us;  /* of the first time */
    int64_t end_us;
    enum window_repeat repeat;
    bool maintenance;
    /* Whom it serves: names with commas between them, "" none; anybody of any of the three. */
    const char *users, *projects, *institutions;
};

struct window {
    struct window_facts facts; /* its own copies */
    struct hostlist *nodes;
    int64_t from_us, until_us; /* the time that is, or is the next; both 0: it is over */
    bool is_on;                /* as was last seen */
    uint64_t blocked_pass;     /* the planner's pass in which the first of its jobs must wait */
};

struct window_list {
    uint32_t count, capacity;
    struct window **all;
};

struct windows {
    struct table *by_name;
    int64_t next_us;              /* the next beginning or end */
    int64_t late_us;              /* as of windows_block() */
    size_t known_nodes;           /* the first ones were looked at */
    struct window_list *of_nodes; /* by node index */
};

void windows_init(struct windows *windows);
void windows_clear(struct windows *windows);

struct window *windows_find(const struct windows *windows, const char *name); /* or NULL */

/* Make it, or change the one of that name.  The facts were checked: their node list can be read. */
struct window *windows_put(struct windows *windows, const struct window_facts *facts,
                           int64_t now_us);
void windows_remove(struct windows *windows, const char *name, int64_t now_us);

/* Nodes came: find which windows they are in. */
void windows_learn_nodes(struct windows *windows, const struct inventory *inventory);

/* In this pass the first job that waits in the window keeps those behind it waiting: at most until
 * what is left of the window is too short for it. */
void windows_block(struct windows *windows, struct window *window, uint64_t pass, int64_t limit_us);

/* Time passed: true when any began or ended; or, *ret_late, when a job is too late now.  When
 * there is something again; INT64_MAX: never. */
bool windows_advance(struct windows *windows, int64_t now_us, bool *ret_late);
int64_t windows_next_time(const struct windows *windows);

/* The time of the window that ends after `at_us` first; false: none does. */
bool window_span(const struct window *window, int64_t at_us, int64_t *ret_from_us,
                 int64_t *ret_until_us);

/* A window other than `own` that has the node at any moment of [from_us, until_us), or NULL. */
const struct window *windows_against(const struct windows *windows, const struct node *node,
                                     const struct window *own, int64_t from_us, int64_t until_us);

/* Do both ever have their times at once? */
bool window_meets(const struct window *window, const struct window_facts *facts);

bool window_is_on(const struct window *window, int64_t at_us);
bool window_serves(const struct window *window, const char *user, const char *project,
                   const char *institution);

#endif
