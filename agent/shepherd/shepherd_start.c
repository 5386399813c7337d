/* shepherd_start.c - from an order to running tasks */

#include "agent/shepherd/shepherd_inside.h"

#include "agent/shepherd/host.h"
#include "agent/shepherd/task.h"

#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { START_LOOK_MS = 200 };

/* From here on files are opened with the user's groups, and every task inherits them. */
static bool take_groups(const struct shepherd_order *order, struct error *err)
{
    const struct account *account = order->account;

    if (!order->spool->mapped || setgroups(account->group_count, account->groups) == 0)
        return true;
    return fail_errno(err, "take the groups of %s", account->name);
}

static bool fork_tasks(struct shepherd *shepherd, struct task_setup *setup, struct error *err)
{
    for (uint32_t i = 0; i < shepherd->order->start->tasks; i++) {
        shepherd->tasks[i] = task_fork(setup, i);
        if (shepherd->tasks[i] < 0) {
            shepherd->tasks[i] = 0;
            return fail_errno(err, "fork task %" PRIu32, i);
        }
        shepherd->alive++;
    }
    return true;
}

/* What went wrong, in the words of the person whose job it is. */
static bool say_failure(const struct task_setup *setup, const struct task_failure *failure,
                        struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    errno = failure->number;
    if (strcmp(failure->what, "execute") != 0)
        return fail_errno(err, "task %" PRIu32 ": %s", failure->task, failure->what);
    text_show(setup->arguments[0], shown);
    errno = failure->number;
    fail_errno(err, "execute %s", shown);
    if (failure->number == ENOEXEC)
        fail(err, ERROR_INVALID, "%s is no program, and has no interpreter line such as #!/bin/sh",
             shown);
    if (failure->number == ENOENT)
        err->code = ERROR_NOT_FOUND;
    return setup->order->texts->script ? fail_in(err, "interpreter of the batch script") : false;
}

/* The pipe closes when every task has executed its program: nothing to read is good news.
 * What is executed may be on a server that does not answer, so orders are looked at. */
static bool await_execution(struct shepherd *shepherd, const struct task_setup *setup, int reports,
                            struct error *err)
{
    struct pollfd ready = {.fd = reports, .events = POLLIN};
    struct task_failure failure;
    ssize_t got;

    while (poll(&ready, 1, START_LOOK_MS) == 0)
        shepherd_look(shepherd);
    got = read(reports, &failure, sizeof(failure));
    if (got == 0)
        return true;
    if (got != (ssize_t)sizeof(failure))
        return fail_errno(err, "start tasks");
    failure.what[sizeof(failure.what) - 1] = '\0';
    return say_failure(setup, &failure, err);
}

static bool start_tasks(struct shepherd *shepherd, struct task_setup *setup, struct error *err)
{
    CLEANUP(file_closep) int reports = -1;
    int both[2];
    bool forked;

    if (pipe2(both, O_CLOEXEC) != 0)
        return fail_errno(err, "make a pipe");
    reports = both[0];
    setup->report = both[1];
    forked = fork_tasks(shepherd, setup, err);
    terminal_started(&shepherd->terminal);
    close(setup->report);
    return forked && await_execution(shepherd, setup, reports, err);
}

/* The site's own programs are not held to the limits of the job. */
static bool open_group(struct shepherd *shepherd, struct error *err)
{
    const struct shepherd_order *order = shepherd->order;
    char step[32];

    snprintf(step, sizeof(step), "%" PRIu64, order->key.step);
    if (order->hook)
        return cgroup_task_open_apart(order->groups, order->part_name, step, &shepherd->group, err);
    return cgroup_task_open(order->groups, order->part_name, step, &shepherd->group, err);
}

/* What the agent says of root's program is in its environment, and nowhere else: a path of its own choice
 * would be read or written as root. */
static bool check_hook(const struct shepherd_order *order, const struct start_texts *texts,
                       struct error *err)
{
    if (!order->hook)
        return true;
    if (strcmp(texts->directory, "/") != 0 || *texts->output || *texts->error || *texts->input ||
        order->start->terminal)
        return fail(err, ERROR_INVALID,
                    "a prolog or epilog runs in /, without files and terminal of the agent's");
    return environment_check_hook(texts, err);
}

bool shepherd_start(struct shepherd *shepherd, struct error *err)
{
    const struct shepherd_order *order = shepherd->order;
    struct task_setup setup = {.order = order, .group = &shepherd->group};

    if (!open_group(shepherd, err) ||
        !start_texts_read(order->start, order->bytes, order->size, &shepherd->texts, err) ||
        !check_hook(order, &shepherd->texts, err) || !take_groups(order, err) ||
        !files_open(order, &shepherd->files, err))
        return false;
    if (task_terminal(order) < order->start->tasks &&
        !terminal_open(&shepherd->terminal, order, shepherd->files.output, &shepherd->signals, err))
        return false;
    setup.files = shepherd->files;
    setup.terminal = &shepherd->terminal;
    if (order->part->node[0] != '\0' && order->distinct_hosts && !host_set_name(order->part->node))
        return fail_errno(err, "name the host %s", order->part->node);
    if (!task_setup(&setup, err))
        return false;
    if (order->key.step != 0 &&
        !order->hook) /* before the batch script nothing has run in the part */
        shepherd->oom_kills_before = cgroup_task_usage(&shepherd->group).oom_kills;
    return start_tasks(shepherd, &setup, err);
}
