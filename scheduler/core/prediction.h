/* prediction.h - how long a user's next job will run: about as long as the last two
 *
 * The mean of the run times of the user's last two jobs that ended, at most the time limit:
 * D. Tsafrir, Y. Etsion, D. Feitelson, "Backfilling using system-generated predictions rather
 * than user runtime estimates", 2007.  It is rounded to three binary digits, so that jobs
 * which ask for the same and were sent within an hour mostly stay one shape.
 *
 * Good for ranks alone: it is wrong often, and whoever was promised a start goes by limits.
 * After a restart the jobs that ended last, as far as they are still known, are the history.
 *
 * Cost: a look into a table of users.  Owns: the table.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_PREDICTION_H
#define SCHEDULER_CORE_PREDICTION_H

#include "base/table.h"

#include <stdint.h>

struct predictions {
    struct table *users; /* struct habit */
};

void predictions_init(struct predictions *predictions);
void predictions_clear(struct predictions *predictions);

/* A job of the user has ended that ran so long. */
void predictions_note(struct predictions *predictions, const char *user, int64_t run_us);

/* Of the user's next job with that limit; 0: there is no history. */
int64_t predictions_get(const struct predictions *predictions, const char *user, int64_t limit_us);

#endif
