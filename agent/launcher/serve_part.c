/* serve_part.c - make and remove what a job has on this node */

#include "agent/launcher/serve_inside.h"

#include "agent/shepherd/environment.h"
#include "agent/shepherd/shepherd.h"
#include "agent/shepherd/tree.h"

#include "base/file.h"

#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool serve_make_part(struct call *call, struct error *err)
{
    const struct request_make_part *make = &call->request->make_part;
    struct launcher *launcher = call->launcher;
    struct cgroup_limits limits = {make->cpus,           make->memory_nodes, make->memory_bytes,
                                   make->processes_most, make->denied,       make->denied_count};
    struct part part = {.account = launcher->own};
    struct error ignored;

    /* The agent was killed before it knew of the part: it starts from the beginning.  What is
     * in the way of that goes by itself, so it may ask again. */
    if (call->state == STATE_NO_TASK && !serve_remove_part(call, err)) {
        if (err->code == ERROR_CONFLICT)
            err->code = ERROR_UNAVAILABLE;
        return false;
    }
    if (launcher->spool.mapped &&
        !account_find(&launcher->accounts, &launcher->config, make->user, &part.account, err))
        return false;
    snprintf(part.node, sizeof(part.node), "%s", make->node);
    snprintf(part.cpus, sizeof(part.cpus), "%s", make->cpus);
    if (!cgroup_make(launcher->groups, call->part_name, &limits, err))
        return false;
    if (!spool_part_make(&launcher->spool, call->part_name, &part, make->credential, err)) {
        cgroup_remove(launcher->groups, call->part_name, &ignored);
        return false;
    }
    return true;
}

bool order_shepherd(const struct spool *spool, const char *name, int value)
{
    CLEANUP(file_closep) int shepherd = record_open_shepherd(spool->tasks, name);
    siginfo_t info = {.si_signo = SHEPHERD_SIGNAL, .si_code = SI_QUEUE};

    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = value;
    return shepherd >= 0 &&
           syscall(SYS_pidfd_send_signal, shepherd, SHEPHERD_SIGNAL, &info, 0) == 0;
}

static bool kill_marked(const struct launcher *launcher, const char *name, struct error *err)
{
    CLEANUP(memory_freep) char *mark = environment_mark(name, launcher->spool.path);
    unsigned found;

    if (launcher->facts & FACT_TRACKED)
        return true;
    found = tree_kill_marked(mark);
    if (found == 0)
        return true;
    return fail(err, ERROR_CONFLICT, "%u processes of %s are still there, killed", found, name);
}

bool end_lost(const struct launcher *launcher, const char *part_name, const char *name,
              struct error *err)
{
    const char *step = strrchr(name, '.') + 1;

    return cgroup_task_remove(launcher->groups, part_name, step, err) &&
           kill_marked(launcher, name, err);
}

static bool end_task_of_part(const struct launcher *launcher, const char *part_name,
                             const char *name, struct error *err)
{
    struct record record;
    bool alive;

    if (!record_read(launcher->spool.tasks, name, &record, &alive, err))
        return true;
    if (record.phase >= RECORD_FAILED) /* the shepherd itself may take a moment yet */
        return true;
    if (alive) {
        order_shepherd(&launcher->spool, name, SHEPHERD_KILL);
        return fail(err, ERROR_CONFLICT, "%s is being ended", name);
    }
    return end_lost(launcher, part_name, name, err);
}

/* All, also if the first resists. */
bool serve_end_tasks(const struct call *call, struct error *err)
{
    const struct launcher *launcher = call->launcher;
    size_t count;
    CLEANUP(memory_freep)
    uint64_t *steps = spool_part_steps(&launcher->spool, call->part_name, &count);
    bool gone = true;

    for (size_t i = 0; i < count; i++) {
        char name[2 * RECORD_NAME_SIZE];

        snprintf(name, sizeof(name), "%s.%" PRIu64, call->part_name, steps[i]);
        gone = end_task_of_part(launcher, call->part_name, name, err) && gone;
    }
    return gone;
}

/* The usual part has ended: its records say so, its groups are empty, and its directory is not
 * locked. */
bool serve_remove_part(struct call *call, struct error *err)
{
    struct launcher *launcher = call->launcher;

    return serve_end_tasks(call, err) && cgroup_remove(launcher->groups, call->part_name, err) &&
           spool_part_remove(&launcher->spool, call->part_name, err);
}
