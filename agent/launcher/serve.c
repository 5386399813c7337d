/* serve.c - what the launcher does about a request */

#include "agent/launcher/serve_inside.h"

#include "agent/runtime.h"
#include "agent/shepherd/shepherd.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HOOK_KILL_WAIT_US = 5000000 };

/* --- start --------------------------------------------------------------------------------------------------- */

struct mapping {
    void *bytes;
    size_t size;
};

static void mapping_clear(struct mapping *mapping)
{
    if (mapping->bytes)
        munmap(mapping->bytes, mapping->size);
}

/* Sealed, so that what was checked is what is used. */
static bool map_texts(int descriptor, struct mapping *ret_mapping, struct error *err)
{
    static const int sealed = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    int seals = descriptor < 0 ? -1 : fcntl(descriptor, F_GET_SEALS);
    struct stat status;
    void *bytes;

    if (seals < 0 || (seals & sealed) != sealed)
        return fail(err, ERROR_INVALID, "the texts are in no sealed memfd");
    if (fstat(descriptor, &status) != 0)
        return fail_errno(err, "texts");
    if (status.st_size <= 0 || status.st_size > REQUEST_TEXT_MAX)
        return fail(err, ERROR_INVALID, "texts of %jd bytes, not 1 to %d", (intmax_t)status.st_size,
                    REQUEST_TEXT_MAX);
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED)
        return fail_errno(err, "map the texts");
    *ret_mapping = (struct mapping){bytes, (size_t)status.st_size};
    return true;
}

static struct record_key key_of(const struct request_head *head)
{
    return (struct record_key){head->job, head->step, head->attempt, head->part};
}

_Noreturn static void become_shepherd(struct launcher *launcher, struct shepherd_order *order)
{
    for (size_t i = 0; i < LAUNCHER_PEERS_MAX; i++)
        file_closep(&launcher->peers[i]);
    shepherd_run(order);
}

/* The lock on the record and the one on the part's directory are the shepherd's from the fork
 * on: they hold as long as one of both has the descriptor. */
static bool fork_shepherd(struct call *call, struct shepherd_order *order, struct error *err)
{
    struct launcher *launcher = call->launcher;
    pid_t child;

    if (flock(order->directory, LOCK_SH | LOCK_NB) != 0)
        return fail_errno(err, "lock part %s", call->part_name);
    child = fork();
    if (child < 0)
        return fail_errno(err, "fork");
    if (child == 0)
        become_shepherd(launcher, order);
    call->reply->descriptor = (int)syscall(SYS_pidfd_open, child, 0);
    return true;
}

/* NULL: the site has none, or it is no step of that kind. */
static const char *hook_program(const struct config *config, uint64_t step)
{
    if (step == STEP_PROLOG)
        return config->prolog;
    return step == STEP_EPILOG ? config->epilog : NULL;
}

/* The site's own program: whose rights it has and how long it may take is not the agent's to say. */
static void fill_hook(const struct call *call, struct request_start *start,
                      struct shepherd_order *order)
{
    const struct launcher *launcher = call->launcher;

    order->hook = hook_program(&launcher->config, order->key.step);
    if (!order->hook)
        return;
    *start = call->request->start;
    start->limit_us = launcher->config.hook_limit_us;
    start->warning_signal = 0;
    start->kill_wait_us = HOOK_KILL_WAIT_US;
    start->per_task_cpus = start->per_task_memory = start->per_task_ranks = 0;
    order->start = start;
    order->account = &launcher->own;
}

static bool start_with(struct call *call, const struct mapping *texts, struct error *err)
{
    struct launcher *launcher = call->launcher;
    CLEANUP(file_closep) int record = -1;
    struct request_start own_start;
    struct shepherd_order order = {
        .key = key_of(&call->request->head),
        .start = &call->request->start,
        .bytes = texts->bytes,
        .size = texts->size,
        .part = &call->part,
        .account = &call->part.account,
        .directory = call->directory,
        .spool = &launcher->spool,
        .groups = launcher->groups,
        .config = &launcher->config,
        .boot_id = launcher->boot_id,
        .part_name = call->part_name,
        .task_name = call->task_name,
        .distinct_hosts = (launcher->facts & FACT_DISTINCT_HOSTS) != 0,
        .restore_oom_score = launcher->restore_oom_score,
    };

    fill_hook(call, &own_start, &order);
    if (!spool_part_add_step(call->directory, order.key.step, err))
        return false;
    record = spool_record_make(&launcher->spool, call->task_name, err);
    if (record < 0)
        return false;
    order.record = record;
    if (fork_shepherd(call, &order, err))
        return true;
    unlinkat(launcher->spool.tasks, call->task_name, 0);
    return false;
}

/* An epilog finds nothing of the job: what is left is ended, and the agent asks again. */
static bool check_hook(struct call *call, struct error *err)
{
    uint64_t step = call->request->head.step;

    if (!step_is_hook(step))
        return true;
    if (!hook_program(&call->launcher->config, step))
        return fail(err, ERROR_INVALID, "this node has no %s",
                    step == STEP_PROLOG ? "prolog" : "epilog");
    if (step != STEP_EPILOG || serve_end_tasks(call, err))
        return true;
    if (err->code == ERROR_CONFLICT)
        err->code = ERROR_UNAVAILABLE;
    return false;
}

static bool start(struct call *call, struct error *err)
{
    CLEANUP(mapping_clear) struct mapping mapping = {0};

    return check_hook(call, err) && map_texts(call->descriptor, &mapping, err) &&
           start_with(call, &mapping, err);
}

/* --- the rest of a task set's life ---------------------------------------------------------------------------- */

static bool send_signal(struct call *call, struct error *err)
{
    const struct request_signal *request = &call->request->signal;
    struct launcher *launcher = call->launcher;
    int value = (int)request->signal | (request->batch_only ? SHEPHERD_BATCH_ONLY : 0);

    /* Nobody is there to pass it on: whatever it was, what is left has to go. */
    if (call->state == STATE_LOST)
        return end_lost(launcher, call->part_name, call->task_name, err);
    if (order_shepherd(&launcher->spool, call->task_name, value))
        return true;
    return fail(err, ERROR_CONFLICT, "%s is just starting or ending", call->task_name);
}

static bool hello(struct call *call, struct error *err)
{
    (void)err;
    call->reply->bytes = call->launcher->spool.path;
    call->reply->answer.size = (uint32_t)strlen(call->launcher->spool.path) + 1;
    return true;
}

/* Without an answer: the agent forgets many at a time, and asks again if one comes back. */
static bool forget(struct call *call, struct error *err)
{
    (void)err;
    spool_record_remove(&call->launcher->spool, call->task_name);
    return true;
}

/* --- which state admits what --------------------------------------------------------------------------------------- */

static const struct {
    unsigned states;
    bool (*serve)(struct call *call, struct error *err);
    bool silent;
} rows[REQUEST_KIND_COUNT] = {
    [REQUEST_MAKE_PART] = {STATE_NO_PART | STATE_NO_TASK,         serve_make_part,   false},
    [REQUEST_START] = {STATE_NO_TASK,                         start,             false},
    [REQUEST_SIGNAL] = {STATE_ALIVE | STATE_LOST,              send_signal,       false},
    [REQUEST_READ] = {STATE_ALIVE | STATE_LOST | STATE_OVER, serve_read,        false},
    [REQUEST_REMOVE_PART] = {STATE_ANY,                             serve_remove_part, false},
    [REQUEST_HELLO] = {STATE_ANY,                             hello,             false},
    [REQUEST_FORGET] = {STATE_LOST | STATE_OVER,               forget,            true },
    [REQUEST_READ_FILE] = {STATE_ANY,                             serve_read_file,   false},
    [REQUEST_INPUT] = {STATE_ALIVE,                           serve_input,       false},
};

static enum state find_part_state(struct call *call)
{
    struct error err;

    call->directory = spool_part_open(&call->launcher->spool, call->part_name, &call->part, &err);
    return call->directory < 0 ? STATE_NO_PART : STATE_NO_TASK;
}

static enum state find_state(struct call *call)
{
    uint32_t kind = call->request->head.kind;
    struct error err;
    bool alive;

    if (rows[kind].states == STATE_ANY)
        return STATE_ANY;
    /* A launcher was killed in the middle of the same request: it is made anew. */
    if (kind == REQUEST_START &&
        record_use(call->launcher->spool.tasks, call->task_name) == RECORD_UNUSED)
        unlinkat(call->launcher->spool.tasks, call->task_name, 0);
    if (kind == REQUEST_MAKE_PART ||
        !record_read(call->launcher->spool.tasks, call->task_name, &call->record, &alive, &err))
        return find_part_state(call);
    if (call->record.phase >= RECORD_FAILED)
        return STATE_OVER;
    return alive ? STATE_ALIVE : STATE_LOST;
}

static bool refuse(const struct call *call, struct error *err)
{
    switch (call->state) {
    case STATE_NO_PART:
        return fail(err, ERROR_NOT_FOUND, "no part %s on this node", call->part_name);
    case STATE_NO_TASK:
        return fail(err, ERROR_NOT_FOUND, "no task set %s on this node", call->task_name);
    case STATE_OVER:
        return fail(err, ERROR_CONFLICT, "%s has ended already", call->task_name);
    case STATE_ALIVE:
        /* Who has the lock may be a launcher that is being killed: CONFLICT would say that it
         * was started. */
        if (call->record.phase == RECORD_NONE)
            return fail(err, ERROR_UNAVAILABLE, "%s is just starting", call->task_name);
        break;
    case STATE_LOST:
    case STATE_ANY:
        break;
    }
    return fail(err, ERROR_CONFLICT, "%s was started already", call->task_name);
}

static bool serve_checked(struct call *call, size_t size, struct error *err)
{
    uint32_t kind = call->request->head.kind;
    struct record_key key;

    if (!request_check(call->request, size, err))
        return false;
    call->reply->silent = rows[kind].silent;
    key = key_of(&call->request->head);
    part_name(&call->request->head, call->part_name);
    record_name(&key, call->task_name);
    call->state = find_state(call);
    if ((rows[kind].states & (unsigned)call->state) == 0)
        return refuse(call, err);
    return rows[kind].serve(call, err);
}

void serve(struct launcher *launcher, int peer, const union request *request, size_t size,
           int descriptor)
{
    struct reply reply = {
        .answer = {.magic = REQUEST_MAGIC, .facts = launcher->facts},
        .descriptor = -1,
    };
    struct call call = {
        .launcher = launcher,
        .request = request,
        .peer = peer,
        .descriptor = descriptor,
        .directory = -1,
        .reply = &reply,
    };
    struct error err;

    if (size >= sizeof(request->head))
        reply.answer.tag = request->head.tag;
    if (!serve_checked(&call, size, &err))
        reply_fail(&reply, &err);
    if (!reply.silent)
        reply_send(&reply, peer);
    file_closep(&reply.descriptor);
    file_closep(&call.directory);
}
