/* history_check.h - what was acknowledged against what became of it
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_CRASH_HISTORY_CHECK_H
#define TESTS_CRASH_HISTORY_CHECK_H

#include "tests/crash/submitter.h"

#include <stdbool.h>

/* Whether the kills of a daemon, or the cuts of links, came while there was something to lose. */
struct kills {
    uint32_t count;
    uint32_t amid_jobs;                 /* those at which a job ran */
    int64_t running;                    /* jobs, the sum over the kills */
    double takeover_s, most_takeover_s; /* the median, of standbys; 0: there were none */
    double agreed_s, agreed_within_s;   /* the longest, of sites cut off; 0: none were */
    int64_t at_once_paid;    /* as many jobs may run, for the grant pays no more; 0: any number */
    double rate, least_rate; /* submissions acknowledged in a second, between first and last kill */
};

/* Wait until nothing runs or waits any more, then check; one TAP line each.  The jobs wrote into
 * the folder `work`. */
bool history_check(const char *endpoint, const char *work, const struct acks *acks,
                   const struct kills *kills);

#endif
