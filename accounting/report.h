/* report.h - one institution's month, gathered from the ledger
 *
 * The report holds every transaction of the institution's chain in the period, and the sums
 * over them by project and by person.  The sums are made from the same rows that
 * are printed, so they foot by construction; the verifier adds them up again.
 *
 * Owns: its texts and rows.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_REPORT_H
#define ACCOUNTING_REPORT_H

#include "accounting/core/ledger.h"
#include "accounting/core/openings.h"
#include "accounting/core/rate.h"
#include "accounting/period.h"
#include "accounting/proof.h"
#include "accounting/store_reader.h"
#include "base/error.h"
#include "base/memory.h"
#include "proto/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sums of usage; the same for a project, a person and the whole. */
struct totals {
    uint64_t jobs;       /* ended attempts that were charged or waived */
    uint64_t jobs_ok;    /* COMPLETED */
    uint64_t jobs_fault; /* ended by our fault: waived */
    int64_t core_us;     /* allocated cores x wall */
    int64_t cpu_used_us; /* measured */
    int64_t charged_micro;
    int64_t waived_micro;
    int64_t failed_micro;       /* charged for what did not complete */
    __int128 memory_mib_s;      /* allocated */
    __int128 memory_used_mib_s; /* the most at any time, for as long */
};

struct report_line {
    enum txn_kind kind;
    const char *key;
    uint64_t sequence;
    int64_t at_us;
    const char *canonical;
    bool has_usage;
    struct usage usage;
};

/* A rate card that some attempt of the period may have started under. */
struct report_rate {
    struct rate rate;
    int64_t made_us;
};

struct group {
    char *name; /* project, person, or cluster */
    struct totals totals;
    size_t wait_count, wait_capacity; /* of a cluster */
    int64_t *waits_us;                /* from when it could start until it did */
};

struct group_list {
    size_t count, capacity;
    struct group *all; /* by name */
};

struct report {
    char *network;
    char *institution;
    char *title;
    char *ror;
    struct period period;
    bool provisional; /* the period has not ended yet */
    int64_t made_us;
    int64_t granted_micro;      /* by grants valid in the period */
    int64_t charged_ever_micro; /* up to its end */
    struct digest head_before;
    struct digest head;      /* after the last line */
    uint64_t first_sequence; /* of the lines; 0: there are none */
    uint64_t last_sequence;
    struct totals totals;
    struct group_list projects;
    struct group_list users;
    struct group_list clusters;
    size_t rate_count;
    struct report_rate *rates; /* by their numbers */
    size_t line_count, line_capacity;
    struct report_line *lines;
    struct arena *texts; /* of the lines */
    uint64_t last_id;    /* of the last line, in the order of all institutions */
    struct proofs proofs;
    struct openings *openings; /* of all whom the network knows; NULL: of nobody */
};

struct report *report_make(struct store_reader *reader, const char *institution,
                           const struct period *period, int64_t now_us, struct error *err);
void report_free(struct report *report);
DEFINE_CLEANUP(struct report *, report_free)

/* Its place in the network's log of so many leaves; before: leaves of the report before, or 0. */
bool report_prove(struct report *report, const struct tree_source *source, uint64_t leaves,
                  uint64_t before, struct error *err);

struct waits {
    int64_t mean_us;
    int64_t half_us; /* half of the attempts waited no longer */
    int64_t most_us; /* nor 95 of 100 longer than this */
    int64_t longest_us;
};

/* false: nobody waited there. */
bool waits_summarize(const struct group *group, struct waits *ret_waits);

/* Count it in the sums: whole, project, person. */
void report_add_usage(struct report *report, const struct usage *usage);

#endif
