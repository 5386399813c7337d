/* notify.h - tell people when grants run out, by mail and webhook
 *
 * On a thread of its own with connections of its own: a mail server that hangs holds up nobody.
 * Each budget (an institution's, and each project's that has grants) has a level: the highest
 * threshold that it has reached.  When it rises, everybody named for the institution is told once;
 * when new grants make it fall, the thresholds count again.  Messages that are not taken are
 * tried again, later each time.
 *
 * Owns: reader and store.  Borrows: the settings.  Threads: all but notifier_free() is called on
 * the loop's thread, and works on the worker's.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_NOTIFY_H
#define ACCOUNTING_NOTIFY_H

#include "accounting/notice_store.h"
#include "accounting/settings.h"
#include "base/loop.h"

#include <stdint.h>

struct notifier;

/* NULL with *err; the file of notices lies in the state directory. */
struct notifier *notifier_new(const struct accounting_settings *settings, struct loop *loop,
                              struct error *err);
void notifier_free(struct notifier *notifier);
DEFINE_CLEANUP(struct notifier *, notifier_free)

/* The highest of the thresholds (rising) that used has reached of granted; 0: none. */
unsigned notice_level(const unsigned *thresholds, size_t count, int64_t granted_micro,
                      int64_t used_micro);

/* When to try again after so many tries in vain: twice as long each time, an hour at most. */
int64_t notice_wait_us(int64_t first_us, unsigned tries);

#endif
