/* core.h - the scheduler's decisions: events in, effects out
 *
 * Pure: no clock, socket, file, random number or log.  The same core runs in the
 * daemon, in the simulator of the tests and (on a copy) in answers to "why".  The same
 * events give the same effects byte for byte; launch tokens come from a seed in
 * the settings (BLAKE2b keyed by it over job and attempt).
 *
 * What a person asks is a question first (core_check_…), an event after.
 *
 * Owns: jobs, inventory, ledger.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_CORE_H
#define SCHEDULER_CORE_CORE_H

#include "accounting/core/ledger.h"
#include "accounting/core/rate.h"
#include "accounting/core/share.h"
#include "scheduler/core/effect.h"
#include "scheduler/core/event.h"
#include "scheduler/core/inventory.h"
#include "scheduler/core/job.h"
#include "scheduler/core/licenses.h"
#include "scheduler/core/limits.h"
#include "scheduler/core/priority.h"
#include "scheduler/core/qos.h"
#include "scheduler/core/window.h"

#include <stdbool.h>
#include <stdint.h>

struct core;
struct policy;

struct core_settings {
    const struct cluster *clusters; /* copied */
    size_t cluster_count;
    const struct license_stock *licenses; /* the network's; copied */
    size_t license_count;
    uint8_t token_seed[32];
    int64_t kill_wait_us;          /* SIGTERM to SIGKILL; a hold covers it */
    int64_t keep_ended_us;         /* ended jobs stay in memory so long (Slurm's MinJobAge) */
    uint32_t launch_failures_most; /* then the job is held */
    const struct policy *policy;   /* NULL: EASY */
    struct priority_settings priority;
    uint32_t backfill_depth; /* shapes looked at behind the first that waits; 0: all */
    uint32_t pending_most, pending_most_per_user;
    int64_t finish_gain_us; /* so much sooner another cluster must have a job done to wait for it */
    int64_t switch_wait_us; /* for few switches, of jobs that do not say how long */
    struct qos_list qoses;  /* copied */
    const struct limit *limits; /* copied; limit_check() was good */
    size_t limit_count;
};

struct core *core_new(const struct core_settings *settings);
void core_free(struct core *core);
DEFINE_CLEANUP(struct core *, core_free)

/* Put back what the store has, before the first step.  core_restore_job takes the job. */
struct ledger *core_ledger_to_restore(struct core *core);
bool core_restore_node(struct core *core, const struct node *row, const char *cluster,
                       struct error *err);
bool core_restore_job(struct core *core, struct job *job, const char *cluster,
                      const char *partition, const char *const *part_nodes, struct error *err);
/* What the parts of a job's present attempt used that have ended; of another job or attempt it is none. */
void core_restore_series(struct core *core, uint64_t job, uint32_t attempt,
                         const struct series *series);
void core_restore_done(struct core *core, uint64_t next_job, int64_t now_us);

/* A rate card, before core_restore_done(). */
void core_restore_rate(struct core *core, const struct rate *rate);

/* A limit that was set besides the configuration. */
void core_restore_limit(struct core *core, const struct limit *limit);

/* An institution or project that is there; shares that were set. */
void core_restore_place(struct core *core, const struct share_place *place);
void core_restore_shares(struct core *core, const struct share_place *place, uint32_t shares);

/* What somebody used before, as far as it still weighs: before core_restore_done(). */
void core_restore_usage(struct core *core, const struct share_place *place, int64_t amount_micro,
                        int64_t at_us);

/* Before core_restore_done(). */
bool core_restore_window(struct core *core, const struct window_facts *facts, int64_t now_us,
                         struct error *err);

/* The only door. */
void core_step(struct core *core, const struct event *event, struct effects *effects);

/* Other limits from now on; of clusters and partitions that are there, `up` and the limits of
 * time are taken.  What runs goes on as it began.  Between two steps; the next one plans anew.
 * Not for token_seed, kill_wait_us and policy. */
void core_change_settings(struct core *core, const struct core_settings *settings);

/* When the next timer is due; INT64_MAX: none.  Give EVENT_TIME_PASSED then. */
int64_t core_next_time(const struct core *core);

/* Questions.  They change nothing.  A check fails with the error the person gets. */
bool core_check_request(const struct core *core, struct request *request, const char *user,
                        const char *project, uint32_t copies, struct error *err);
/* The same for the elements of an array; ids that it takes: array_id_count(). */
bool core_check_elements(const struct core *core, const struct request *request,
                         const struct elements *elements, const char *user, const char *project,
                         struct error *err);
bool core_check_cancel(const struct core *core, uint64_t job, struct error *err);
bool core_check_hold(const struct core *core, uint64_t job, struct error *err);
bool core_check_release(const struct core *core, uint64_t job, bool by_admin, struct error *err);
bool core_check_requeue(const struct core *core, uint64_t job, struct error *err);
bool core_check_suspend(const struct core *core, uint64_t job, struct error *err);
bool core_check_resume(const struct core *core, uint64_t job, struct error *err);
bool core_check_limit(const struct core *core, uint64_t job, struct error *err);
/* One of the events above, for these elements (NULL: all) of the array with this head. */
bool core_check_array(const struct core *core, enum event_kind kind, const struct job *head,
                      const struct elements *elements, bool by_admin, struct error *err);

/* Advance reservations and maintenance (window.h).  A window may be made, or changed where there is
 * one of that name. */
bool core_check_window(const struct core *core, const struct window_facts *facts,
                       struct error *err);
/* So many nodes of a partition (NULL: the default one) that nobody has in that time; 0: all that
 * the partition has, whoever has them. */
bool core_choose_nodes(const struct core *core, const struct window_facts *facts,
                       const char *partition, uint32_t count, struct buffer *ret_list,
                       struct error *err);
const struct window *core_window(const struct core *core, const char *name); /* or NULL */
const struct window *core_window_next(const struct core *core, size_t *place);

int64_t core_now(const struct core *core); /* of the last step */
uint64_t core_next_job(const struct core *core);
const struct job *core_find_job(const struct core *core, uint64_t id);
/* The same, or the job that stands for the element with this id among others. */
const struct job *core_find_element(const struct core *core, uint64_t id);
/* Walk by id: the first job with id > after; NULL at the end.  Heads of arrays are left out.
 * O(log n). */
const struct job *core_job_after(const struct core *core, uint64_t after);
const struct inventory *core_inventory(const struct core *core);
const struct ledger *core_ledger(const struct core *core);
const struct rates *core_rates(const struct core *core);

/* How the books name a person from now on (accounting/core/seal.h): decides nothing. */
void core_seal(struct core *core, const char *name, const char *seal);
const struct limits *core_limits(const struct core *core);
const struct qos_list *core_qoses(const struct core *core);
struct share_tree *core_shares(const struct core *core); /* ranked at times; anybody may rank it */
const struct core_settings *core_settings(const struct core *core);
bool core_has_priorities(const struct core *core); /* its policy orders by weighted factors */
void core_count(const struct core *core, uint64_t *ret_pending, uint64_t *ret_running);

/* What must be sent to a node (again): launches and stops whose effect has not been
 * confirmed, as effects. This is the outbox, derived from what is committed. */
void core_unconfirmed(const struct core *core, const char *node, struct effects *effects);

/* Is the token whose digest this is that of this attempt, by this database's key? */
bool core_gave(const struct core *core, uint64_t job, uint32_t attempt,
               const uint8_t token_digest[32]);

/* What the agent shall do with a part that it holds. */
enum verdict { VERDICT_TO_KEEP, VERDICT_TO_STOP, VERDICT_TO_FORGET, VERDICT_TO_ASK };
enum verdict core_verdict(const struct core *core, uint64_t job, uint32_t attempt, uint32_t part,
                          const uint8_t token_digest[32], const char *node);

/* Everything that blocks a pending job (or made an end of it while it was that): what it needs,
 * what there is, when it comes free; configuration errors first, its turn last.  Made by running
 * the planner's own tests on the job.  Those of one cluster, with those that hold everywhere, are
 * a minimal set: it starts there when all are gone, and not before. */
enum blocker_tier {
    BLOCKER_ERROR,    /* of what is asked for: nothing that happens will help */
    BLOCKER_LIMIT,    /* somebody's decision: a limit, a budget, a closed partition */
    BLOCKER_WAIT,     /* the job's own: held, too early, waiting for other jobs */
    BLOCKER_SHORTAGE, /* nodes or room */
    BLOCKER_TURN,     /* others come first */
    BLOCKER_TIER_COUNT
};

struct why_row;

struct blocker {
    enum job_reason reason;
    enum blocker_tier tier;
    const struct why_row *row;
    const struct cluster *cluster; /* NULL: it stands in the way everywhere */
    const struct partition *partition;
    uint32_t number;     /* among the job's dependencies; of a limit its form and what it limits */
    struct meter *meter; /* of a limit */
    bool guess;          /* it may not be in the way: core_lift() on a copy tells */
    char place[96];
    char needs[104];
    char has[104];
    int64_t free_us; /* 0: unknown */
};
#define BLOCKER_MAX 96
unsigned core_why(const struct core *core, uint64_t job, struct blocker *ret_blockers);
const char *blocker_tier_name(enum blocker_tier tier);

/* On a copy that is thrown away (base/twin.h): let the job run in that lane alone (NULL: as it may;
 * blockers of other lanes do not count), make as if these blockers were gone, and plan.  True when it has started.  What else the
 * core says afterwards means nothing. */
struct lane_name {
    const struct cluster *cluster;
    const struct partition *partition;
};
bool core_lift(struct core *core, uint64_t job, const struct lane_name *lane,
               const struct blocker *blockers, unsigned count);
bool blocker_is_of(const struct blocker *blocker, const struct lane_name *lane);

/* Nothing is given twice, every sum fits: aborts when not (called by the tests after each
 * step, by the daemon on --check). O(jobs + nodes). */
void core_check_invariants(const struct core *core);

#endif
