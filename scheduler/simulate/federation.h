/* federation.h - what several sites gain from being one network, by the jobs of one log
 *
 * The log's users are dealt out to as many institutions as there are sites, so that each has about
 * as much work as its site can take: who has most comes first, to the one that has least so far.
 * Then their jobs go through the scheduler twice: of each institution alone on its own site, and of
 * all together, where a job may run at any site.  Some users, by chance, may use their own site
 * alone; these count on what is guaranteed to owners (guarantee.h).
 *
 * All of it is the daemon's core and its books; the promise and the sums are checked by counts that
 * know nothing of either.
 *
 * Owns: the sites.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SIMULATE_FEDERATION_H
#define SCHEDULER_SIMULATE_FEDERATION_H

#include "base/buffer.h"
#include "scheduler/simulate/replay.h"
#include "scheduler/simulate/statistics.h"

#define FEDERATION_SITES_MOST 64

/* Processor seconds: of institution i's jobs, at each site. */
struct federation_row {
    int64_t at[FEDERATION_SITES_MOST];
};

struct federation_site {
    size_t jobs;
    struct statistics alone, together;
    int64_t used_s; /* by its institution's jobs at other sites: processor seconds */
    int64_t lent_s; /* to jobs of other institutions */
    /* of its institution's jobs that ask for it alone, while what they have and wait for was no
     * more than is guaranteed */
    size_t entitled; /* how many waited so */
    int64_t longest_s;
    size_t late; /* longer than was said */
};

struct federation {
    const char *log, *policy; /* as they were given */
    uint32_t site_count;
    uint32_t processors; /* of one site */
    struct replay_settings settings;
    uint32_t home_percent; /* of users */
    uint64_t seed;
    size_t users, jobs, home_jobs;
    struct statistics alone, together; /* of all jobs */
    struct federation_site *sites;
    struct federation_row *rows;
    bool adds_up;
};

/* The settings are those of one site; the jobs fit into it. */
bool federation_run(struct federation *federation, struct workload *workload, struct error *err);
void federation_clear(struct federation *federation);

void federation_print(const struct federation *federation, struct buffer *buffer);
void federation_print_json(const struct federation *federation, struct buffer *buffer);
void federation_print_picture(const struct federation *federation, struct buffer *buffer);

/* --- inside --------------------------------------------------------------------------------------- */

/* Looks on while all run together: at what is guaranteed, and at what is booked. */
struct federation_watch;
struct federation_watch *federation_watch_new(struct federation *federation,
                                              const struct workload *workload);
void federation_watch_free(struct federation_watch *watch);
DEFINE_CLEANUP(struct federation_watch *, federation_watch_free)
void federation_watch_booked(void *watch, const struct booking *booking);
void federation_watch_rested(void *watch, const struct core *core, int64_t now_s);

#endif
