/* ledger.h - the books: who was granted what, what is held, what was charged
 *
 * Double entry in integer micro service units; 1 SU = one core-hour of the reference
 * node.  Budgets form a tree: institution, then project.  What a project uses
 * counts against both; a project that was never granted anything has only its
 * institution's budget above it.  For each of them
 *
 *     granted = charged + held + available
 *
 * A job's hold is placed when it starts and settled exactly once when its attempt
 * ends; nothing is ever overwritten.  Every operation that moves an amount gives a
 * transaction, whose entries sum to zero, to be stored with the job's change of state.
 * Its key names its cause, so a second posting of the same cause is refused.
 *
 * Each institution's transactions form a hash chain (docs/accounting.md):
 *     leaf  = SHA-256(0x00 || canonical text)
 *     head' = SHA-256(0x02 || head || sequence, 8 bytes big-endian || leaf)
 *
 * Pure.  Owns: its accounts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CORE_LEDGER_H
#define ACCOUNTING_CORE_LEDGER_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define LEDGER_NAME_MAX  64
#define LEDGER_KEY_MAX   96
#define LEDGER_ENTRY_MAX 6
/* Largest single amount: 10^12 SU.  128-bit sums cannot overflow with it. */
#define LEDGER_AMOUNT_MAX (INT64_C(1000000000000) * 1000000)

struct ledger;

enum txn_kind {
    TXN_GRANT_INSTITUTION, /* pool -X, inst +X */
    TXN_GRANT_PROJECT,     /* limit_contra -X, limit:project +X (memo) */
    TXN_CHARGE,            /* inst -C, used:inst +C; memo: limit:project -C, limit_contra +C */
    TXN_WAIVE,     /* memo: waived:cluster +C, waived_contra -C: our fault, listed, not charged */
    TXN_REFUND,    /* a charge or part of it reversed: inst +C, used -C, and its memo */
    TXN_TRANSFER,  /* limit:a -X, limit_contra:a +X, limit_contra:b -X, limit:b +X (memo) */
    TXN_GRANT_END, /* inst -R, expired +R; of a project's the memo: limit -R, limit_contra +R */
    TXN_LIST,      /* memo: listed:inst +C, listed_contra -C: opportunistic, listed, not charged */
    TXN_KIND_COUNT
};

/* Does it post what an attempt used, as charged, waived or listed? */
bool txn_posts_usage(enum txn_kind kind);

struct entry {
    char account[LEDGER_NAME_MAX + 16]; /* "inst:NAME", "used:NAME", … */
    int64_t amount_micro;
};

/* One posting, ready to be stored.  By value: no pointers inside. */
struct txn {
    enum txn_kind kind;
    char key[LEDGER_KEY_MAX]; /* "CHG/17/1/0" = job, attempt, slice; "GRT/4" */
    char institution[LEDGER_NAME_MAX + 1];
    uint64_t chain;    /* a number for each institution, from its first transaction on */
    uint64_t sequence; /* in the institution's chain, from 1 */
    int64_t at_us;
    struct digest leaf;
    struct digest head; /* after this transaction */
    unsigned entry_count;
    struct entry entries[LEDGER_ENTRY_MAX];
};

/* What an attempt used, as it is charged and reported: the usage record. */
struct usage {
    uint64_t job;
    uint32_t attempt;
    uint32_t slice;
    char institution[LEDGER_NAME_MAX + 1];
    char project[LEDGER_NAME_MAX + 1];
    char user[LEDGER_NAME_MAX + 1];
    char cluster[LEDGER_NAME_MAX + 1];
    char partition[LEDGER_NAME_MAX + 1];
    int64_t submit_us, eligible_us, start_us, end_us; /* wall clock */
    uint32_t nodes;
    uint32_t cores;
    int64_t wall_us; /* what is charged: the agent's boot clock, bounded by the scheduler's */
    int64_t cpu_used_us;
    uint64_t memory_bytes;
    uint64_t memory_peak_bytes;
    int64_t charged_micro;
    int64_t waived_micro;
    uint32_t factor_ppm; /* what each core costs; 1,000,000 = the reference node */
    char state[20];      /* final state, long */
    uint64_t card;       /* the rate card that the factor follows from (rate.h); 0: none */
    uint32_t gpus;
    uint32_t qos_ppm;     /* in the factor, with a card; 1,000,000 = nothing changed */
    int64_t listed_micro; /* opportunistic: its price, billed nothing */
};

struct balance {
    int64_t granted_micro;
    int64_t charged_micro;
    int64_t held_micro;
    int64_t available_micro;
};

struct ledger *ledger_new(void);
struct ledger *ledger_copy(const struct ledger *ledger);
void ledger_free(struct ledger *ledger);
DEFINE_CLEANUP(struct ledger *, ledger_free)

/* Structure.  Adding what exists is a CONFLICT. */
bool ledger_add_institution(struct ledger *ledger, const char *name, struct error *err);
bool ledger_add_project(struct ledger *ledger, const char *name, const char *institution,
                        struct error *err);
const char *ledger_institution_of(const struct ledger *ledger, const char *project); /* or NULL */

/* From now on the books name this person by the seal (seal.h); NULL: by none any more.  Who has none
 * is named as he is. */
void ledger_seal(struct ledger *ledger, const char *name, const char *seal);
const char *ledger_seal_of(const struct ledger *ledger, const char *name); /* or NULL */

/* A grant to an institution (project NULL) or to one of its projects, valid in [start, end).
 * end_us 0: no end.  What a grant's end takes away is not taken from running jobs. */
struct grant {
    uint64_t id;
    const char *institution;
    const char *project;  /* NULL: to the institution */
    int64_t amount_micro; /* > 0 */
    int64_t start_us;
    int64_t end_us;
};
bool ledger_grant(struct ledger *ledger, const struct grant *grant, int64_t now_us,
                  struct txn *ret_txn, struct error *err);

/* Corrections are entries of their own (correct.c); what they correct stays as it is. */

/* Give back a part of what a job was charged.  How much is left of that charge is the caller's
 * to know; more than the project was ever charged is refused.  Key "RFD/job/id". */
struct refund {
    uint64_t id; /* new for each */
    uint64_t job;
    const char *project;
    int64_t amount_micro;
};
bool ledger_refund(struct ledger *ledger, const struct refund *refund, int64_t now_us,
                   struct txn *ret_txn, struct error *err);

/* Move what is left of one project's grant, or a part of it, to another project of the same
 * institution, which has it as a grant of its own, up to the same end.  What is held for
 * running jobs cannot be moved.  `to` has id, project and amount; the rest is filled in.
 * Key "TRF/to/from". */
struct transfer {
    uint64_t from;
    const char *from_project;
    struct grant to;
};
bool ledger_transfer(struct ledger *ledger, struct transfer *transfer, int64_t now_us,
                     struct txn *ret_txn, struct error *err);

/* End a grant now (or before it begins): what was not drawn from it goes away.  Running jobs
 * keep their holds.  `of` names it: id, institution, project.  Key "END/id". */
bool ledger_end_grant(struct ledger *ledger, const struct grant *of, int64_t now_us,
                      struct txn *ret_txn, struct error *err);

/* What is left of a grant, 0 when its time is over; false: there is no such grant. */
bool ledger_grant_left(const struct ledger *ledger, const struct grant *of, int64_t now_us,
                       int64_t *ret_left_micro);

/* What a transfer or an end took from a grant, put back as it was. */
bool ledger_restore_cut(struct ledger *ledger, const struct grant *of, int64_t amount_micro,
                        struct error *err);

/* The project of a charge, refund or grant; NULL: it is the institution's alone. */
const char *txn_project(const struct txn *txn);

/* The lines of a transaction, read from its text; *place starts at the text.  False: no more, or
 * what follows is no line of ours. */
bool txn_next_entry(const char **place, struct entry *ret_entry);

/* The amount in the text of a transaction's first entry, whichever its sign. */
bool txn_first_amount(const char *canonical, int64_t *ret_amount_micro);

/* Micro SU for cores during wall_us: cores * wall_us * factor, rounded half to even once. */
int64_t ledger_price(uint32_t cores, int64_t wall_us, uint32_t factor_ppm);

/* May a hold of this amount be placed?  Else EXHAUSTED, and *err says which budget
 * needs and has what. */
bool ledger_can_hold(const struct ledger *ledger, const char *project, int64_t amount_micro,
                     int64_t now_us, struct error *err);
bool ledger_hold(struct ledger *ledger, uint64_t job, uint32_t attempt, const char *project,
                 int64_t amount_micro, int64_t now_us, struct error *err);

enum settle_as {
    SETTLE_CHARGE,
    SETTLE_WAIVE, /* it ended by our fault */
    SETTLE_LIST   /* opportunistic work */
};

/* End the hold of (job, attempt) and post its charge, or list it as waived or opportunistic.  The amounts in *usage
 * are filled from its cores, wall_us and factor, and whoever has a seal is in it by that; the charge is bounded by nothing but them:
 * what was used is never refused.  CONFLICT, and no change, when it was settled before. */
bool ledger_settle(struct ledger *ledger, struct usage *usage, enum settle_as as, int64_t now_us,
                   struct txn *ret_txn, struct error *err);

/* Is the price charged, waived or listed, in full and once? */
bool usage_is_settled(const struct usage *usage);

/* End a hold without a charge: the attempt never started. */
bool ledger_release(struct ledger *ledger, uint64_t job, uint32_t attempt, struct error *err);

/* Put back what the database has, in its order, before the first step. */
bool ledger_restore_txn(struct ledger *ledger, const struct txn *txn, const struct grant *grant,
                        struct error *err);
/* The grant alone, as it was posted at at_us; the chain's head comes by ledger_restore_head(). */
bool ledger_restore_grant(struct ledger *ledger, const struct grant *grant, int64_t at_us,
                          struct error *err);
bool ledger_restore_hold(struct ledger *ledger, uint64_t job, uint32_t attempt, const char *project,
                         int64_t amount_micro, struct error *err);
/* Charges of before, by their sum only; it counts for the project and for its institution
 * (project NULL: for the institution alone).  Exact when none of their grants has ended;
 * where one has, it counts against those that are still valid, so that too little may be
 * spent but never too much.  For the exact balance give each charge to
 * ledger_restore_txn() instead. */
bool ledger_restore_balance(struct ledger *ledger, const char *institution, const char *project,
                            int64_t charged_micro, struct error *err);
/* The last transaction of the institution's chain: its numbers and head count. */
bool ledger_restore_head(struct ledger *ledger, const struct txn *last, struct error *err);

/* Let grants begin whose time has come, and when the next one does (INT64_MAX: none).
 * Nothing else needs to be told of time. */
void ledger_advance(struct ledger *ledger, int64_t now_us);
int64_t ledger_next_start(const struct ledger *ledger);

/* project NULL: the institution's own line.  What a project may spend that was never granted
 * anything is what its institution has. */
bool ledger_balance(const struct ledger *ledger, const char *institution, const char *project,
                    int64_t now_us, struct balance *ret_balance);

/* When the first of its own grants ends of which something is left; 0: none does, or there is
 * no such budget.  project NULL: the institution's. */
int64_t ledger_first_end(const struct ledger *ledger, const char *institution, const char *project,
                         int64_t now_us);

/* Was the project itself granted anything?  Else it spends what its institution has. */
bool ledger_has_grants(const struct ledger *ledger, const char *project);

/* Line text, fixed order, integers and names only: what the leaf hashes.  The verifier
 * rebuilds it from a report's rows. */
void usage_print_canonical(const struct usage *usage, struct buffer *buffer);
void txn_print_canonical(const struct txn *txn, const struct usage *usage, struct buffer *buffer);

/* What was posted for a settled attempt, all but its place in the chain: key and entries follow
 * from the use and from the kind (charge, waived or listed) alone. */
void txn_of_usage(enum txn_kind kind, const struct usage *usage, int64_t at_us,
                  struct txn *ret_txn);

/* Only what a rate card, GPUs or opportunistic work is in has a second line for that. */
bool usage_has_price_line(const struct usage *usage);

/* The use in the text of a charge or of what was waived; false: there is none in it. */
bool usage_read_canonical(const char *canonical, struct usage *ret_usage);

struct digest chain_leaf(const char *canonical, size_t size);
struct digest chain_next(const struct digest *head, uint64_t sequence, const struct digest *leaf);

/* All that must hold: entries sum to zero, balances equal their entries, holds add up. */
bool ledger_check(const struct ledger *ledger, struct error *err);

#endif
