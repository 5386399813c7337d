/* researcher.h - somebody who submits, cancels, holds, releases and requeues jobs, and waits for
 * them
 *
 * Every ask has a key; at times an ask that was answered is sent again, and must get the same
 * answer.  What was answered is a promise (checks.h).
 *
 * Owns: its client.  Borrows: checks, agenda.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_RESEARCHER_H
#define TESTS_SIMULATION_RESEARCHER_H

#include "base/memory.h"
#include "tests/simulation/checks.h"
#include "tests/simulation/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESEARCHER_JOBS 256

struct researcher {
    const char *name;
    const char *project;
    struct agenda *agenda;
    struct checks *checks;
    struct client *client;
    struct test_random random;
    bool working; /* submits new jobs, changes old ones */
    int64_t pause_us;
    bool steady; /* submits only */

    size_t job_count;
    uint64_t jobs[RESEARCHER_JOBS];
    uint64_t about;       /* the job of the ask at hand */
    int verb;             /* likewise */
    uint8_t key[16];      /* of the last submit that was answered */
    struct buffer submit; /* its bytes; empty: there is none */
    uint64_t first_id;
    uint32_t copies;
};

struct researcher *researcher_new(const char *name, uid_t uid, const char *project,
                                  struct checks *checks, struct network *network, uint64_t seed);
void researcher_free(struct researcher *researcher);
DEFINE_CLEANUP(struct researcher *, researcher_free)

/* Begin: the next ask comes after a while, and so on while `working`. */
void researcher_work(struct researcher *researcher);
void researcher_rest(struct researcher *researcher);

/* One job, at once, until it is answered; then first_id is its id, 0 when it was refused. */
void researcher_submit(struct researcher *researcher, Wire__JobSpec *spec);

#endif
