/* loan.h - at which hours a cluster's nodes are lent to other institutions
 *
 * A cluster may lend from one time of day to another (UTC), which may lie behind midnight; both
 * equal: at any time.  A job of another institution runs there only where all of it, up to its
 * limit, lies in one such time.  The cluster's own institution is not concerned.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_LOAN_H
#define SCHEDULER_CORE_LOAN_H

#include "base/error.h"
#include "scheduler/core/inventory.h"

#include <stdbool.h>
#include <stdint.h>

/* "22:00-06:30". */
bool loan_parse_hours(const char *text, struct cluster *cluster, struct error *err);

/* May a job of the institution be there from at_us on for so long? */
bool loan_lets(const struct cluster *cluster, const char *institution, int64_t at_us,
               int64_t limit_us);

/* The time that is, or comes next.  False: at any time. */
bool loan_span(const struct cluster *cluster, int64_t at_us, int64_t *ret_from_us,
               int64_t *ret_until_us);

/* When such a time begins or ends next; INT64_MAX: never. */
int64_t loan_next(const struct cluster *cluster, int64_t now_us);

#endif
