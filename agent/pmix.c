/* pmix.c - tequio-pmix: the ranks of a step on one node, started directly, without mpirun
 *
 * `tequio-pmix PROGRAM [ARGUMENT]...` is the only task of its step on this node; it is started
 * by the agent (pmix_job.h), is a PMIx server to the ranks it forks, and exits as the first of
 * them that failed.  One server for each step and node, as the job's user: one that locks up,
 * or is led astray, harms nobody else.  Signals come to the ranks from the shepherd. */

#include "agent/about.h"
#include "agent/pmix_inside.h"
#include "agent/pmix_rank.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILL_US    INT64_C(2000000) /* from SIGTERM to SIGKILL of the others, when a rank has failed */
#define TORN_US    INT64_C(500000) /* until who tore a rank's connection must have been heard of */
#define FINALIZE_S 5               /* then the library is left as it is */

/* --- their ends --------------------------------------------------------------------------------- */

static void signal_ranks(const struct shim *shim, int number)
{
    for (uint32_t task = 0; task < pmix_job_tasks(&shim->job); task++)
        if (shim->ranks[task] > 0 && kill(-shim->ranks[task], number) != 0)
            kill(shim->ranks[task], number); /* it has not come to setpgid() yet */
}

static void on_kill(void *owner)
{
    signal_ranks(owner, SIGKILL);
}

/* The first failure decides how the step ends. */
void shim_end_ranks(struct shim *shim, int status)
{
    if (shim->ending)
        return;
    shim->ending = true;
    shim->status = status;
    signal_ranks(shim, SIGTERM);
    loop_watch_interval(shim->loop, KILL_US, on_kill, shim);
}

void shim_end_step(struct shim *shim, int status, const char *format, ...)
{
    char text[300];
    va_list arguments;

    if (shim->ending)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fprintf(stderr, PMIX_NAME ": %s\n", text);
    talk_end_all(shim, status);
    shim_end_ranks(shim, status);
}

/* Nobody has said more. */
static void on_torn(void *owner)
{
    struct shim *shim = owner;

    shim_end_step(shim, 128 + SIGPIPE,
                  "rank %" PRIu32 " was ended by signal %d: the others are ended", shim->torn_rank,
                  SIGPIPE);
}

/* A rank that writes to one that has gone is ended by SIGPIPE, perhaps before we hear how that
 * one went, which is what the step failed of: then the signal says nothing. */
static void on_torn_rank(struct shim *shim, uint32_t rank)
{
    if (shim->torn)
        return;
    shim->torn = true;
    shim->torn_rank = rank;
    loop_watch_interval(shim->loop, TORN_US, on_torn, shim);
}

static void on_failure(struct shim *shim, uint32_t rank, int status)
{
    bool signalled = WIFSIGNALED(status);
    int code = signalled ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    bool last = shim->alive == 0 && shim->job.count == 1;

    if (!shim->keep && signalled && code == 128 + SIGPIPE && !last) {
        on_torn_rank(shim, rank);
        return;
    }
    if (!shim->keep) {
        shim_end_step(shim, code, "rank %" PRIu32 " %s %d%s", rank,
                      signalled ? "was ended by signal" : "exited with",
                      signalled ? WTERMSIG(status) : code, last ? "" : ": the others are ended");
        return;
    }
    fprintf(stderr, PMIX_NAME ": rank %" PRIu32 " %s %d\n", rank,
            signalled ? "was ended by signal" : "exited with", signalled ? WTERMSIG(status) : code);
    if (shim->status == 0)
        shim->status = code;
}

static void on_rank_end(struct shim *shim, uint32_t task, int status)
{
    uint32_t rank = pmix_job_rank(&shim->job, task);

    shim->ranks[task] = 0;
    shim->alive--;
    if (shim->ending)
        return;
    if (status != 0)
        on_failure(shim, rank, status);
    else if (shim->speaking[task] && !shim->keep)
        shim_end_step(shim, 1, "rank %" PRIu32 " exited without MPI_Finalize: the step is ended",
                      rank);
}

static void reap(struct shim *shim)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        talk_take_news(shim); /* what it said before it ended, perhaps just now */
        for (uint32_t task = 0; task < pmix_job_tasks(&shim->job); task++)
            if (shim->ranks[task] == pid)
                on_rank_end(shim, task, status);
    }
}

/* --- what comes ----------------------------------------------------------------------------------- */

static void on_news(void *owner)
{
    talk_take_news(owner);
}

/* Of signals only the end of a rank concerns us; the shepherd sends the others to the ranks, too. */
static void on_signals(void *owner)
{
    struct shim *shim = owner;
    struct signalfd_siginfo info;

    while (read(shim->signals, &info, sizeof(info)) == sizeof(info))
        if (info.ssi_signo == SIGTERM)
            shim_end_ranks(shim, 128 + SIGTERM);
    reap(shim);
}

static void look_for_missing(struct shim *shim)
{
    size_t missing = shim->fences ? pmix_fences_missing(shim->fences) : shim->job.count;

    if (missing < shim->job.count)
        shim_end_step(shim, 1, "%s: its ranks have ended while others wait for them",
                      shim->job.nodes[missing]);
}

static void on_turn_end(void *owner)
{
    struct shim *shim = owner;
    bool late = shim->link && clock_boot_us(&clock_real) >= shim->patience_us;

    if (shim->alive == 0 && (shim->ending || (!shim->torn && talk_leave(shim)))) {
        loop_stop(shim->loop);
        return;
    }
    if (late && !pmix_link_has_parent(shim->link))
        shim_end_step(shim, 125, "the server on %s cannot be reached",
                      shim->job.nodes[pmix_job_parent(&shim->job)]);
    else if (late && shim->told_left)
        loop_stop(shim->loop);
    look_for_missing(shim);
}

/* --- life ------------------------------------------------------------------------------------------ */

/* Before the library has threads, which would otherwise take the signals, and lose them. */
static bool block_signals(struct shim *shim, struct error *err)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &shim->before);
    shim->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    return shim->signals >= 0 || fail_errno(err, "signalfd");
}

static bool start_ranks(struct shim *shim, struct error *err)
{
    const struct pmix_rank rank = {
        .job = &shim->job,
        .server = shim->server,
        .program = shim->program,
        .signals = &shim->before,
    };

    pmix_rank_set_common();
    for (uint32_t task = 0; task < pmix_job_tasks(&shim->job); task++, shim->alive++)
        if (!pmix_rank_start(&rank, task, &shim->ranks[task], err))
            return false;
    return true;
}

static bool start(struct shim *shim, struct error *err)
{
    if (!block_signals(shim, err) || !pmix_job_read(&shim->job, err))
        return false;
    shim->keep = getenv("TEQUIO_PMIX_KEEP") != NULL;
    shim->ranks = NEW_ARRAY(pid_t, pmix_job_tasks(&shim->job));
    shim->speaking = NEW_ARRAY(bool, pmix_job_tasks(&shim->job));
    shim->loop = loop_new();
    if (!talk_start(shim, err)) /* first: it takes its time while the ranks start */
        return false;
    shim->server = pmix_server_new(&shim->job, err);
    if (!shim->server || !start_ranks(shim, err))
        return false;
    loop_watch_descriptor(shim->loop, pmix_server_descriptor(shim->server), on_news, shim);
    loop_watch_descriptor(shim->loop, shim->signals, on_signals, shim);
    loop_set_turn_end(shim->loop, on_turn_end, shim);
    return true;
}

static void on_alarm(int number)
{
    (void)number;
    _exit(0); /* all ranks ended well; only the library did not */
}

/* In order only when all went well: see pmix_server.h. */
static void end_server(struct shim *shim)
{
    sigset_t alarms;

    signal(SIGALRM, on_alarm);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarms, NULL);
    alarm(FINALIZE_S);
    pmix_server_end(shim->server);
    rmdir(shim->job.directory);
}

int main(int argc, char **argv)
{
    static const struct about about = {
        .name = PMIX_NAME,
        .usage = "PROGRAM [ARGUMENT]...",
        .purpose = "Inside a step of several tasks: starts this node's, and is the PMIx server by "
                   "which they\n"
                   "find each other.  The agent starts it: see tequio-run(1).",
    };
    struct shim shim = {.program = argv + 1, .signals = -1};
    struct error err = {0};
    int status;

    if (about_is_all(&about, argc, argv, &status))
        return status;
    if (!start(&shim, &err)) {
        fprintf(stderr, PMIX_NAME ": %s\n", err.text);
        if (shim.ranks)
            signal_ranks(&shim, SIGKILL);
        _exit(125);
    }
    loop_run(shim.loop);
    talk_end(&shim);
    if (shim.status == 0)
        end_server(&shim);
    _exit(shim.status); /* the thread that asks the agent may still be waiting */
}
