/* alarm.h - what is to be done when (boot clock)
 *
 * An alarm is embedded in what it is about; it is set for one time, and cleared when it
 * fires.  Those that are due fire in rounds: one that is set while a round goes on belongs to a
 * later one, so that what happened in between is in the journal before it acts.
 *
 * Owns: nothing.  Borrows: the alarms.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_ALARM_H
#define AGENT_ALARM_H

#include "base/heap.h"

#include <stdbool.h>
#include <stdint.h>

struct alarm;

typedef void alarm_fn(void *owner, struct alarm *alarm);

struct alarm {
    struct heap_node node;
    int64_t due_us;
    uint64_t round; /* in which it was set */
    alarm_fn *fire;
};

struct alarms {
    struct heap heap;
    uint64_t round;
    void *owner; /* given to fire() */
};

void alarms_init(struct alarms *alarms, void *owner);
void alarms_clear(struct alarms *alarms); /* frees; the alarms are no longer set */

/* Set, or move. */
void alarm_set(struct alarms *alarms, struct alarm *alarm, int64_t due_us);
void alarm_clear(struct alarms *alarms, struct alarm *alarm); /* also when it is not set */
bool alarm_is_set(const struct alarm *alarm);

/* Fire those that are due; false when none was. */
bool alarms_fire(struct alarms *alarms, int64_t now_us);
int64_t alarms_next(const struct alarms *alarms); /* INT64_MAX: none is set */

#endif
