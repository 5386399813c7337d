/* core_inside.h - the inside of the core, for the files that make it
 *
 * core.c has the door and the questions, core_{jobs,parts,nodes,books}.c the handlers of
 * events, attempt.c what a job's attempt does from its placing to its end,
 * plan.c which job starts, core_restore.c the way back from the database.
 *
 * During a step, effects go to `effects`; between steps it is NULL.
 *
 * Owns: everything.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_CORE_INSIDE_H
#define SCHEDULER_CORE_CORE_INSIDE_H

#include "scheduler/core/core.h"
#include "scheduler/core/job_index.h"
#include "scheduler/core/limits.h"
#include "scheduler/core/limits_inside.h"
#include "scheduler/core/plan.h"
#include "scheduler/core/policy.h"
#include "scheduler/core/prediction.h"
#include "scheduler/core/queue.h"
#include "scheduler/core/timeline.h"

#include <stdbool.h>
#include <stdint.h>

/* After this time without a confirmation, what was asked of a node is asked again. */
#define CONFIRM_WAIT_US (INT64_C(300) * 1000000)
/* So long a job whose launch was refused waits for other nodes than that one: twice as long after each
 * refusal, or a node with a trouble of a minute uses up all its launches. */
#define AVOID_LEAST_US (INT64_C(15) * 1000000)
#define AVOID_MOST_US  (INT64_C(240) * 1000000)
/* The agent's clock and the scheduler's may disagree so much about a duration. */
#define CLOCK_SLACK_US INT64_C(2000000)

struct core {
    struct core_settings settings; /* clusters: NULL, they are in the inventory */
    struct inventory *inventory;
    struct licenses *licenses;
    struct ledger *ledger;
    struct rates *rates;
    int64_t rates_change_us; /* when the next card begins or ends; INT64_MAX: none does */
    struct share_tree *shares;
    struct limits *limits;
    struct qos_list qoses;
    struct job_index jobs;
    struct queue queue;
    struct timeline *timelines; /* of each cluster */
    struct plan plan;
    struct predictions predictions;
    struct heap job_timers;
    struct heap node_timers;
    struct list forgotten;   /* jobs to free when the next step begins */
    struct list suspended;   /* jobs, by when: of_queue */
    struct list touched;     /* pending jobs whose dependencies changed in this step */
    struct table *children;  /* dependencies on each job that has not ended, by its id */
    struct table *namesakes; /* jobs that have not ended, by user and name */
    int64_t now_us;
    uint64_t step;
    uint64_t next_job;
    uint64_t pending, running;
    struct effects *effects;
};

typedef void event_fn(struct core *core, const struct event *event);

/* core.c */
struct job *core_seek_job(const struct core *core, uint64_t id);
struct timeline *core_timeline(const struct core *core, const struct job *job);
void core_set_job_timer(struct core *core, struct job *job, int64_t at_us); /* INT64_MAX: none */
void core_set_node_timer(struct core *core, struct node *node, int64_t at_us);
void core_save_job(struct core *core, struct job *job); /* once per step */
void core_save_node(struct core *core, const struct node *node);
void core_warn(struct core *core, const struct job *job, const struct node *node,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* core_jobs.c */
event_fn on_job_submitted, on_job_cancelled, on_job_held, on_job_released, on_job_requeued;
/* A pending job: find its reason; to the queue, to the timer, or neither. */
void job_wait(struct core *core, struct job *job);
void on_job_timer(struct core *core, struct job *job);
/* Something that a pending job waits for has changed. */
void job_look_again(struct core *core, struct job *job);

bool job_is_queued(const struct job *job);
/* Is it in a state in which that means something? */
bool job_may_be_cancelled(const struct job *job);
bool job_may_be_held(const struct job *job);
bool job_may_be_released(const struct job *job);
bool job_may_be_requeued(const struct job *job);

/* core_arrays.c */
typedef bool job_question_fn(const struct job *job);
typedef void job_act_fn(struct core *core, struct job *job, const struct event *event);

event_fn on_array_limited;
/* The job with this id, or the one that stands for the element with it among others. */
struct job *array_seek_job(const struct core *core, uint64_t id);
/* The jobs of an array that have some of these elements (NULL: all), and for which `may` holds;
 * free(*ret_jobs). */
size_t array_select(const struct core *core, const struct job *head,
                    const struct elements *elements, job_question_fn *may, struct job ***ret_jobs);
/* All that the event is about and for which `may` holds; taken apart where it is about some. */
void each_job(struct core *core, const struct event *event, job_question_fn *may, job_act_fn *act);
/* The job of those elements of a pending job that are wanted; NULL: it has none of them. */
struct job *array_part(struct core *core, struct job *job, const struct elements *wanted);
struct job *array_part_one(struct core *core, struct job *job, uint32_t element);
/* The first of its elements as a job that is in no queue; the job itself, if it is one. */
struct job *array_take_first(struct core *core, struct job *job);
/* Make the two of them an array's head, and the job of all its elements. */
void array_begin(struct job *head, struct job *job, const struct submission *submission);
/* What an element's job does; nothing is done for what is of no array. */
void array_placed(const struct job *job);
void array_started(struct core *core, const struct job *job);
void array_unplaced(struct core *core, const struct job *job);
void array_waits_again(struct core *core, const struct job *job); /* had started */
void array_element_ended(struct core *core, struct job *job);
bool array_restore(struct core *core, struct job *job, struct error *err);

/* core_dependencies.c */
/* The copy waits for what the job waits for. */
void dependencies_copied(struct core *core, const struct job *from, struct job *to);
/* An array depends on others, element by element: what has ended there is settled. */
void dependencies_correlate(struct core *core, struct job *job);
void dependencies_begin(struct core *core, struct job *job);           /* in the order of ids */
void dependencies_follow(struct core *core, const struct job *parent); /* started, or waits again */
void dependencies_end(struct core *core, struct job *job);
void dependencies_run(struct core *core); /* look at the jobs that were touched */
void dependencies_clear(struct core *core);

/* core_parts.c */
event_fn on_part_ready, on_part_started, on_part_ended, on_part_refused;
/* The part that the news is about, or NULL when it is late, doubled or forged. */
struct part *core_seek_part(const struct core *core, const struct part_news *news);

/* suspend.c */
event_fn on_job_suspended, on_job_resumed, on_part_paused, on_part_resumed;
bool job_may_be_suspended(const struct job *job);
bool job_may_be_resumed(const struct job *job);

/* core_nodes.c */
event_fn on_node_joined, on_node_silent, on_node_lost, on_node_drained, on_node_resumed;
void on_node_timer(struct core *core, struct node *node);
void core_drain_node(struct core *core, struct node *node, const char *reason, const char *by);
/* Wait for the leases of the parts on a silent node. */
void node_watch_leases(struct core *core, struct node *node);

/* core_windows.c */
event_fn on_window_set, on_window_removed;
void windows_run(struct core *core);
void loans_run(struct core *core); /* the same of the hours at which clusters lend */
/* core_jobs.c: a pending job's window began, ended or changed; is about to go. */
void job_wait_anew(struct core *core, struct job *job);
void job_leave_window(struct core *core, struct job *job);

/* core_books.c */
event_fn on_institution_added, on_project_added, on_granted;
event_fn on_grant_ended, on_transferred, on_refunded;
event_fn on_rate_added, on_rate_ended, on_share_set;
void books_advance(struct core *core);

/* limits_plan.c: limits and the waiting jobs */
event_fn on_limit_set;
void limits_take_settings(struct core *core, const struct core_settings *settings);
void limits_join(struct core *core, struct job *job); /* find its association */
void limits_job_placed(struct core *core, struct job *job, int64_t end_us);
void limits_job_expected(struct core *core, struct job *job, int64_t end_us);
void limits_job_gone(struct core *core, struct job *job);
void limits_pass_time(struct core *core);
/* What a job adds at least. partition NULL: wherever. */
struct charge limits_charge(const struct request *request, const struct partition *partition);
/* What it adds on these nodes, of need->partition. */
struct charge limits_charge_placed(const struct placement *placement, const struct need *need);
/* The most nodes that limits leave to its first component, as things are. */
int64_t limits_nodes_for(const struct core *core, const struct association *association,
                         struct limit_place place, const struct request *request);
/* The same of each partition, where it is heterogeneous. */
void limits_shares(const struct request *request, const struct limit_place *place,
                   struct shares *ret_shares);
/* Beside those, one component in that partition. */
void limits_share_choice(const struct request *request, const struct limit_place *place,
                         uint32_t component, const struct partition *partition,
                         struct shares *shares);
void limits_shares_placed(const struct placement *placement, const struct need *need,
                          const struct limit_place *place, struct shares *ret_shares);
/* While components get their nodes: would this one, on those of `piece` (NULL: on some) in the
 * `place`-th of its partitions, have more there than may be, beside those that must be there? */
bool limits_keep_component(const struct core *core, const struct need *need, uint32_t component,
                           uint8_t place, const struct placement *placement,
                           const struct placement *piece);
/* Does a limit keep the shape from that place, or from the nodes that were found for it? */
bool limits_keep_shape(struct core *core, const struct shape *shape, const struct cluster *cluster,
                       const struct partition *partition, struct limit_hit *ret_hit);
bool limits_keep_placement(struct core *core, const struct shape *shape,
                           const struct placement *placement, const struct need *need,
                           struct limit_hit *ret_hit);
/* What keeps it was found when it had nodes: on others, as they come free, that may not. */
void limits_note_tried(struct core *core, struct shape *shape, enum job_reason reason);
void limits_forget_obstacles(struct shape *shape);
/* One of the things that keep it (hit: if it is a limit): what must change for a new look. */
void limits_note_obstacle(struct core *core, struct shape *shape, enum job_reason reason,
                          const struct limit_hit *hit);
void limits_look_at_reservations(struct core *core);
bool limits_check_request(const struct core *core, const struct request *request, const char *user,
                          const char *project, uint32_t copies, struct error *err);
bool qos_check_request(const struct core *core, struct request *request, const char *user,
                       const char *project, struct error *err);

/* attempt.c: from the placing of a job to the end of its last part */
void attempt_token(const struct core *core, uint64_t job, uint32_t attempt,
                   uint8_t ret_token[TOKEN_SIZE]);
void attempt_begin(struct core *core, struct job *job, const struct placement *placement,
                   const struct need *need);
void attempt_part_ready(struct core *core, struct part *part);
void attempt_started(struct core *core, struct job *job, int64_t start_us);
/* Running: look at it when its limit, or its deadline, is over. */
void attempt_set_limit_timer(struct core *core, struct job *job);
/* End what is left of it; `reason` decides what becomes of the job (NONE: cancelled, asked
 * to wait again, or ended well). */
void attempt_stop(struct core *core, struct job *job, enum job_reason reason);
/* The part is over: state is PART_ENDED or PART_LOST.  When it was the last, so is the attempt. */
void attempt_part_over(struct core *core, struct part *part, enum part_state state);
/* What the part's node was told and has not confirmed; false: nothing is open. */
bool attempt_ask_again(const struct part *part, struct effects *effects);
bool part_is_over(const struct part *part);
void part_take_node(struct core *core, struct part *part); /* cores, memory, and its list */

/* attempt_end.c: what becomes of the job */
void attempt_end(struct core *core, struct job *job);
void job_end(struct core *core, struct job *job, enum job_event event);

#endif
