/* dependency.h - what must have happened to other jobs before a job may start
 *
 * A dependency follows its parent: its state is a function of what the parent is now, so it
 * opens again when the parent is requeued.  Once the parent has ended the state stays,
 * and is kept with the job's request: the parent may be forgotten.
 *
 * A parent has a lower id than its child, so there are no cycles.
 *
 * To add a kind: a row in dependency.c's table, and a case of dependency_settle().
 *
 * Owns: nothing but the array.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_DEPENDENCY_H
#define SCHEDULER_CORE_DEPENDENCY_H

#include "base/buffer.h"
#include "base/list.h"
#include "scheduler/core/job_state.h"

#include <stdbool.h>
#include <stdint.h>

#define DEPENDENCIES_MAX 1024

/* The numbers are the wire's. */
enum dependency_kind {
    DEPENDENCY_AFTER_ANY = 0,
    DEPENDENCY_AFTER = 1, /* has started, or ended without */
    DEPENDENCY_AFTER_OK = 2,
    DEPENDENCY_AFTER_NOT_OK = 3,
    DEPENDENCY_AFTER_CORR = 4, /* of arrays: element by element; else the same as AFTER_OK */
    DEPENDENCY_SINGLETON = 5,  /* every earlier job of the same user and name has ended */
    DEPENDENCY_KIND_COUNT
};

enum dependency_state {
    DEPENDENCY_OPEN = 0,
    DEPENDENCY_MET = 1,
    DEPENDENCY_NEVER = 2, /* and never will be */
    DEPENDENCY_STATE_COUNT
};

struct job;

struct dependency {
    enum dependency_kind kind;
    enum dependency_state state;
    uint64_t parent;   /* 0: singleton */
    uint64_t array;    /* of which it was named as an element; 0: not so */
    int64_t delay_us;  /* AFTER: so long after the parent's start */
    int64_t from_us;   /* met, with a delay: from this time on; else 0 */
    struct job *child; /* the core's own, as the next */
    struct list_node of_parent;
};

struct dependencies {
    bool any;  /* one of them is enough */
    bool keep; /* the job waits on, also when they will never be met */
    uint32_t count;
    struct dependency all[];
};

const char *dependency_kind_name(enum dependency_kind kind); /* "afterok" */

struct dependencies *dependencies_new(uint32_t count);
struct dependencies *dependencies_copy(const struct dependencies *from); /* NULL: NULL */

/* The parent is in this state, with these times of start and end (0: none).  True: that changed
 * something.  Not for singletons.  A start after now_us is one by a clock that was put back
 * since: the delay counts from now. */
bool dependency_settle(struct dependency *dependency, enum job_state state, int64_t start_us,
                       int64_t end_us, int64_t now_us);
bool dependency_set(struct dependency *dependency, enum dependency_state state, int64_t from_us);

/* All of them together; met: from *ret_from_us on.  NULL is met. */
enum dependency_state dependencies_state(const struct dependencies *dependencies,
                                         int64_t *ret_from_us);

/* "17", or, of an array, "123_4". */
void dependency_print_parent(const struct dependency *dependency, struct buffer *buffer);

/* "afterok:17(unfulfilled),after:18+5(fulfilled)"; nothing for NULL. */
void dependencies_print(const struct dependencies *dependencies, struct buffer *buffer);

#endif
