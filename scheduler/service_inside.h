/* service_inside.h - what the files of the service share
 *
 * service.c      construction, time, the core's door, effects
 * service_commit.c  groups: closing, committing, letting go
 * service_load.c    the store's rows back into core, ledger and people
 * service_save.c    the core's objects into rows
 * service_change.c  settings that changed meanwhile
 * keyed.c        a request sent again gets the same answer
 * handlers_*.c   one file per kind of ask; each exports its rows
 *
 * Owns: see service.h.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SERVICE_INSIDE_H
#define SCHEDULER_SERVICE_INSIDE_H

#include "base/table.h"
#include "proto/dispatch.h"
#include "proto/identity.h"
#include "scheduler/forwards.h"
#include "scheduler/given.h"
#include "scheduler/group.h"
#include "scheduler/pace.h"
#include "scheduler/peers.h"
#include "scheduler/people.h"
#include "scheduler/quota.h"
#include "scheduler/reads.h"
#include "scheduler/register.h"
#include "scheduler/service.h"
#include "scheduler/service_cloud.h"
#include "scheduler/waits.h"

/* What there is room for on the disk, from nothing to everything. */
enum room { ROOM_NONE, ROOM_SCARCE, ROOM_LITTLE, ROOM_ENOUGH };

#define PROGRAM "tequio-scheduler " PACKAGE_VERSION

struct service {
    const struct settings *settings;
    struct outside outside;
    struct core *core;
    struct effects effects;
    struct people *people;
    struct queued *queued;
    struct given *given;
    struct identities *identities;
    struct handler *handlers[DOOR_COUNT];
    struct dispatcher *dispatchers[DOOR_COUNT];
    struct peers *peers;
    uint64_t last_session; /* of an agent; begins with the epoch, so that none is used twice */
    struct waits *waits;
    struct forwards *forwards;
    struct pace *pace;
    struct store_marks marks; /* epoch: this start's; the others count on */

    struct group groups[2];
    struct group *open;
    bool committing;           /* the other group is being committed */
    struct error commit_error; /* set by the worker; read after its done() */
    struct error failure;      /* code ERROR_NONE: none */
    struct table *recent;      /* struct remembered by key, until committed */
    struct table *scripts;     /* their ids by digest, of this start */
    struct table *shadows;     /* of jobs with many parts: the states that are stored */
    struct table *refundable;  /* int64_t: what is left of the charges of jobs with refunds */
    unsigned reading;          /* long reads under way */
    bool stopping;

    enum door door;      /* of the ask at hand */
    struct digest asked; /* its digest, when it has a request key */
    int64_t now_us;      /* the core's time: wall clock that never goes back */
    int64_t boot_us;     /* of now_us */
    int64_t started_us;
    int64_t next_sweep_us; /* boot clock: silent nodes, resends, deadlines */
    int64_t next_trim_us;
    int64_t next_room_us;
    enum room room;
    int64_t denials_until_us; /* audit of denials: so many in this second */
    struct quota *denials;    /* by principal */
    struct reads *reads;
    bool clock_warned;
    uint64_t commits;
    struct runnable *runnable; /* the last one used */
    node_note_fn *node_note;   /* or NULL */
    void *node_note_owner;
    cloud_boot_fn *cloud_boot; /* or NULL */
    void *cloud_boot_owner;
    struct buffer scratch; /* of the function at hand */
    struct buffer answer;  /* to the ask at hand */
};

/* --- service.c --------------------------------------------------------------------------------- */

/* One event to the core at the present time, and its effects noted. */
void service_step(struct service *service, struct event *event);

/* "normal", "recovering" … of Status. */
const char *service_state(const struct service *service);

/* Does this principal ask too much? Then fail, and say when to ask again. */
bool service_paces(struct service *service, struct ask *ask, enum pace_kind kind,
                   struct error *err);

/* Bring now_us up to the clocks. */
void service_tick(struct service *service);

/* Answer an ask whose handler had set `later`. */
void service_answer(struct service *service, enum door door, const struct sender *to,
                    uint64_t request, Wire__Envelope *answer);
void service_answer_failure(struct service *service, enum door door, const struct sender *to,
                            uint64_t request, const struct error *err);

/* At once, past the groups: only what shows nothing that a commit could still fail to keep. */
void service_send(struct service *service, enum door door, const struct sender *to,
                  uint64_t request, Wire__Envelope *message);

/* --- service_commit.c -------------------------------------------------------------------------- */

void group_put(struct service *service, const struct row *row);

/* sealing.c: from now on the books name this person by a seal. */
void service_seal(struct service *service, const char *name);

/* --- service_load.c, service_save.c --------------------------------------------------------------- */

bool service_load(struct service *service, struct error *err);
bool load_given(struct service *service, const struct row *row, struct error *err);
bool load_last_job(struct service *service, struct error *err);
void save_job(struct service *service, const struct job *job, struct batch *batch);
void save_node(struct service *service, const struct node *node, const uint8_t *topology);
void save_booking(struct service *service, const struct booking *booking);
void forget_shadow(struct service *service, uint64_t job);
void save_balance(struct service *service, const char *project, struct batch *batch);
const char *job_node_list(const struct job *job, struct arena *arena);

/* --- identify.c: what is registered, as the dispatchers see it ------------------------------------- */

void identify(struct service *service, const struct person *person);
bool identify_local_operators(struct service *service, struct error *err);

/* Root and the scheduler's own user, on the local socket, when the settings say so. */
bool is_local_operator_uid(const struct service *service, uid_t uid);
bool is_local_operator(const struct service *service, const char *name); /* their name */
bool bind_local_uid(struct service *service, uid_t uid, const char *name, struct error *err);

/* --- handlers_books.c ----------------------------------------------------------------------------- */

bool has_institution(const struct service *service, const char *name);

/* --- handlers_keys.c ------------------------------------------------------------------------------ */

void token_put(struct service *service, const struct token_row *token);
void key_revoke(struct service *service, const struct public_key_row *key, const char *by,
                const char *reason);

/* --- handlers_privacy.c --------------------------------------------------------------------------- */

/* Such a person can do nothing any more, and nothing is done for them. */
bool is_to_be_erased(const struct service *service, const char *name);
bool check_not_erased(const struct service *service, const char *name, struct error *err);

/* --- handlers_wait.c ------------------------------------------------------------------------------ */

/* To the agent of a node, whose answer goes to who asked; one that does not come in time is
 * answered for the node.  False when too many wait already. */
bool pass_to_node(struct service *service, struct ask *ask, const struct peer *peer,
                  Wire__Envelope *message, int64_t within_us, struct error *err);

/* --- launch.c: a command into the message for the node's agent ------------------------------------- */

void launch_send(struct service *service, const struct command *command);

/* What a job runs, from the store; valid until the next call.  NULL with *err. */
const Wire__JobSpec *runnable_of(struct service *service, uint64_t spec, struct bytes *ret_script,
                                 struct error *err);

struct runnable;
void runnable_free(struct runnable *runnable);

/* --- audit.c ------------------------------------------------------------------------------------- */

/* A row in the chain of what people did, or tried to. */
void audit(struct service *service, const char *principal, const char *act, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Of what anybody can try as often as they like so many rows a second are left of each principal, of a
 * stranger none.  Takes one of them. */
bool audit_has_room(struct service *service, const struct principal *principal);

/* Fail with ERROR_DENIED, and leave a row of it where there is room. */
bool deny(struct service *service, const struct ask *ask, struct error *err, const char *format,
          ...) __attribute__((format(printf, 4, 5)));
#ifdef __clang_analyzer__ /* as in base/error.h */
#define deny(...) ((deny)(__VA_ARGS__), false)
#endif

/* The same for a message that the dispatcher refused. */
void audit_refused(struct service *service, const struct sender *sender, const uint8_t *bytes,
                   size_t size);

/* Is it short enough to be kept with what was done?  Else false, and err says so. */
bool reason_fits(const char *reason, struct error *err);

/* --- keyed.c -------------------------------------------------------------------------------------- */

#define REQUEST_KEY_SIZE 16

enum keyed { KEYED_NEW, KEYED_AGAIN, KEYED_FAILED };

/* Has this request been answered before?  AGAIN: the old answer is on its way and the ask is
 * `later`.  FAILED: *err says why (no key, or the key of another request). */
enum keyed keyed_begin(struct service *service, struct ask *ask, ProtobufCBinaryData key,
                       const ProtobufCMessage *body, struct error *err);

/* Keep the answer to the ask of the last keyed_begin(). */
void keyed_end(struct service *service, const struct ask *ask, ProtobufCBinaryData key,
               Wire__Envelope *answer);

/* Forget answers that nobody asks for again; once an hour. */
void trim_requests(struct service *service);

/* --- room.c: the disk fills up ------------------------------------------------------------------------ */

void look_for_room(struct service *service);
bool check_room(const struct service *service, enum room least, struct error *err);
const char *room_name(enum room room);

/* --- reading.c: what is too long for the loop's thread ------------------------------------------------ */

struct reading;

/* On the second worker's thread: fill reading->answer, with what lives in its arena; touch
 * nothing of the service but its store, and that by LANE_SLOW. */
typedef bool reading_fn(struct reading *reading, struct error *err);

struct reading {
    struct service *service;
    struct store *store;
    struct arena *arena;
    reading_fn *work, *then;
    void *question; /* in the arena */
    Wire__Envelope answer;
    struct error err;
    bool good;
    enum door door;
    struct sender to;
    uint64_t request;
};

/* The ask becomes `later`; false when too many are under way. */
bool reading_start(struct service *service, struct ask *ask, struct arena *arena, reading_fn *work,
                   void *question, struct error *err);

/* The same with something that is done behind it, on the loop's thread again: that may change things. */
struct reading_task {
    reading_fn *work, *then; /* then: or NULL */
    void *question;
};
bool reading_start_task(struct service *service, struct ask *ask, struct arena *arena,
                        const struct reading_task *task, struct error *err);

/* For protobuf-c to unpack into the arena. */
ProtobufCAllocator arena_allocator(struct arena *arena);

/* --- handlers_why.c ------------------------------------------------------------------------------------ */

/* The ask becomes `later` when there is a copy of the process for it; the answer will have the
 * notes of *submitted and what would become of the jobs. */
void try_submissions(struct service *service, struct ask *ask, const struct submission *all,
                     size_t count, const Wire__Submitted *submitted);

/* --- handlers_wait.c, handlers_agent.c: what time brings them ---------------------------------------- */

void answer_waits(struct service *service, const struct job *job);
void answer_late_waits(struct service *service);
void sweep_peers(struct service *service);

/* The peer that joined on this very connection; NULL with *err: it must do so (again). */
struct peer *peer_of(struct service *service, const struct ask *ask, struct error *err);
bool is_same_way(const struct sender *a, const struct sender *b);
void peer_heard(struct service *service, struct peer *peer);
/* No new work for a node on which runs what nobody here knows; and again when that has ended. */
void tell_of_unknown(struct service *service, const struct peer *peer);
void end_unknown(struct service *service, const struct peer *peer);
/* All that it has not confirmed. */
void peer_resend(struct service *service, struct peer *peer);

/* --- handlers -------------------------------------------------------------------------------------- */

/* Who may do what: rows for dispatch(), ended by kind 0.  Each door has the tables it needs. */
extern const struct handler submit_handlers[];
extern const struct handler job_handlers[];
extern const struct handler list_handlers[];
extern const struct handler node_handlers[];
extern const struct handler wait_handlers[];
extern const struct handler agent_handlers[];
extern const struct handler inventory_handlers[];
extern const struct handler part_handlers[];
extern const struct handler enrol_handlers[];
extern const struct handler key_handlers[];
extern const struct handler book_handlers[];
extern const struct handler correct_handlers[];
extern const struct handler usage_handlers[];
extern const struct handler why_handlers[];
extern const struct handler care_handlers[];
extern const struct handler policy_handlers[];
extern const struct handler register_handlers[];

handle_fn on_binding_ask; /* handlers_binding.c */
handle_fn on_step_ask;    /* handlers_attach.c */
extern const struct handler reservation_handlers[];
extern const struct handler limit_handlers[];
extern const struct handler rate_handlers[];
extern const struct handler privacy_handlers[];

/* All rows of a door in one array, made once; free() it. */
struct handler *door_handlers(enum door door);
handle_fn on_welcome;

void answer_done(Wire__Envelope *answer, struct arena *keep);

/* Put an initialised body of this message into the answer. */
#define ANSWER(answer, keep, type, prefix, field, kind) \
    __extension__({                                     \
        type *body_ = ARENA_NEW((keep), type);          \
        prefix##__init(body_);                          \
        (answer)->body_case = (kind);                   \
        (answer)->field = body_;                        \
        body_;                                          \
    })

#endif
