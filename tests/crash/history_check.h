/* history_check.h - what was acknowledged against what became of it
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_CRASH_HISTORY_CHECK_H
#define TESTS_CRASH_HISTORY_CHECK_H

#include "tests/crash/submitter.h"

#include <stdbool.h>

/* Whether the kills came while there was something to lose. */
struct kills {
    uint32_t count;
    uint32_t amid_jobs;                 /* those at which a job ran */
    int64_t running;                    /* jobs, the sum over the kills */
    double takeover_s, most_takeover_s; /* the median, of standbys; 0: there were none */
    double rate, least_rate; /* submissions acknowledged in a second, between first and last kill */
};

/* Wait until nothing runs or waits any more, then check; one TAP line each.  The jobs wrote into
 * the folder `work`. */
bool history_check(const char *endpoint, const char *work, const struct acks *acks,
                   const struct kills *kills);

#endif
