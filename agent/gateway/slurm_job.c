/* slurm_job.c - tequio-slurm-job: the batch script of a lent job, inside its Slurm job
 *
 * `tequio-slurm-job FOLDER` is what Slurm runs on the job's first node.  It claims the job, so that
 * what Slurm was given twice runs once; starts the script with the job's files and environment;
 * holds the job's time limit to the second, of which Slurm knows minutes; writes down how the
 * script ended and what it used; and ends as it did.  It stays in the script's process group, so
 * that whoever ends one ends both. */

#include "agent/about.h"
#include "agent/gateway/handover.h"
#include "agent/gateway/slurm_job_environment.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "tequio-slurm-job"

enum { NOT_STARTED = 126, NOT_FOUND = 127 };

struct job {
    const char *folder;
    struct handover handover;
    char *bytes; /* of its texts */
    const char *const *environment;
    pid_t script;
    int64_t begun_us; /* boot clock */
    int64_t next_us;  /* what is to be done then; INT64_MAX: nothing */
    bool warned, over, killed;
};

/* --- the script ----------------------------------------------------------------------------------- */

static bool put_file(const char *path, int flags, int place)
{
    int opened = open(path, flags | O_CLOEXEC, 0666);

    if (opened < 0 || dup2(opened, place) < 0) {
        fprintf(stderr, NAME ": %s: %s\n", path, strerror(errno));
        return false;
    }
    return true;
}

static bool put_files(const struct handover *handover)
{
    int flags = O_WRONLY | O_CREAT | (handover->append ? O_APPEND : O_TRUNC);

    if (!put_file(*handover->input ? handover->input : "/dev/null", O_RDONLY, STDIN_FILENO) ||
        !put_file(handover->output, flags, STDOUT_FILENO))
        return false;
    return *handover->error ? put_file(handover->error, flags, STDERR_FILENO)
                            : dup2(STDOUT_FILENO, STDERR_FILENO) >= 0;
}

/* A script without a first line of its own is the shell's, as it is for Slurm. */
static void become(const struct job *job)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/script", job->folder);
    size_t count = 0;
    const char **words;

    while (job->handover.arguments[count])
        count++;
    words = NEW_ARRAY(const char *, count + 3);
    words[0] = "/bin/sh";
    words[1] = path;
    for (size_t i = 0; i < count; i++)
        words[2 + i] = job->handover.arguments[i];
    execve(path, (char *const *)(uintptr_t)(words + 1), (char *const *)(uintptr_t)job->environment);
    if (errno == ENOEXEC)
        execve(words[0], (char *const *)(uintptr_t)words,
               (char *const *)(uintptr_t)job->environment);
    fprintf(stderr, NAME ": %s: %s\n", path, strerror(errno));
    free(words);
}

static pid_t start_script(const struct job *job, const sigset_t *before)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    sigprocmask(SIG_SETMASK, before, NULL);
    if (!put_files(&job->handover))
        _exit(NOT_STARTED);
    if (chdir(job->handover.directory) != 0)
        fprintf(stderr, NAME ": %s: %s; it runs elsewhere\n", job->handover.directory,
                strerror(errno));
    become(job);
    _exit(errno == ENOENT ? NOT_FOUND : NOT_STARTED);
}

/* --- while it runs ---------------------------------------------------------------------------------- */

/* All of the group, where it is ours alone: we have all signals blocked. */
static void signal_all(const struct job *job, int number)
{
    kill(getpgrp() == getpid() ? 0 : job->script, number);
}

static void plan_next(struct job *job)
{
    const struct handover *handover = &job->handover;
    int64_t limit_us = handover->limit_us;
    int64_t due_us = INT64_MAX;

    if (limit_us != INT64_MAX && job->over)
        due_us = limit_us + handover->kill_wait_us;
    else if (limit_us != INT64_MAX && !job->warned && handover->warning_signal > 0)
        due_us = limit_us > handover->warning_us ? limit_us - handover->warning_us : 0;
    else if (limit_us != INT64_MAX)
        due_us = limit_us;
    job->next_us = due_us == INT64_MAX || job->killed ? INT64_MAX : job->begun_us + due_us;
}

static void do_due(struct job *job)
{
    const struct handover *handover = &job->handover;

    if (job->over) {
        job->killed = true;
        kill(job->script, SIGKILL); /* Slurm ends the rest when we have */
    } else if (!job->warned && handover->warning_signal > 0) {
        job->warned = true;
        if (handover->warning_batch_only)
            kill(job->script, (int)handover->warning_signal);
        else
            signal_all(job, (int)handover->warning_signal);
    } else {
        job->over = true;
        signal_all(job, SIGCONT);
        signal_all(job, SIGTERM);
    }
    plan_next(job);
}

/* Every process of the job got it, unless it is marked as for the script alone. */
static void pass_on(const struct job *job, int number)
{
    if (number != SIGCHLD && handover_take_signal(job->folder, number))
        kill(job->script, number);
}

static void wait_a_while(struct job *job, const sigset_t *signals)
{
    int64_t left_us = job->next_us - clock_boot_us(&clock_real);
    struct timespec wait;
    int number;

    if (job->next_us != INT64_MAX && left_us <= 0) {
        do_due(job);
        return;
    }
    if (job->next_us == INT64_MAX)
        left_us = US_PER_DAY;
    wait = (struct timespec){.tv_sec = left_us / US_PER_SECOND,
                             .tv_nsec = 1000 * (left_us % US_PER_SECOND)};
    number = sigtimedwait(signals, NULL, &wait);
    if (number > 0)
        pass_on(job, number);
}

static int64_t us_of(struct timeval time)
{
    return time.tv_sec * US_PER_SECOND + time.tv_usec;
}

static int await(struct job *job, const sigset_t *signals, struct task_end *end)
{
    struct rusage used;
    int status;

    while (wait4(job->script, &status, WNOHANG, &used) != job->script)
        wait_a_while(job, signals);
    *end = (struct task_end){
        .cause = job->over ? TASK_LIMIT : TASK_BY_ITSELF,
        .exit_code = WIFEXITED(status) ? (uint32_t)WEXITSTATUS(status) : 0,
        .exit_signal = WIFSIGNALED(status) ? (uint32_t)WTERMSIG(status) : 0,
        .wall_used_us = clock_boot_us(&clock_real) - job->begun_us,
        .cpu_used_us = us_of(used.ru_utime) + us_of(used.ru_stime),
        .memory_peak_bytes = (uint64_t)used.ru_maxrss * 1024,
        .ended_us = clock_wall_us(&clock_real),
    };
    return status;
}

_Noreturn static void end_as(int status)
{
    if (!WIFSIGNALED(status))
        _exit(WEXITSTATUS(status));
    child_end_alike(WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
}

static int fail_start(const struct error *why)
{
    fprintf(stderr, NAME ": %s\n", why->text);
    return NOT_STARTED;
}

static bool begin(struct job *job, struct error *err)
{
    const char *id = getenv("SLURM_JOB_ID");

    if (!handover_read(job->folder, &job->handover, &job->bytes, err) ||
        !handover_claim(job->folder, id ? id : "", err))
        return false;
    job->environment = slurm_job_environment(job->handover.environment);
    return true;
}

int main(int argc, char **argv)
{
    static const struct about about = {
        .name = NAME,
        .usage = "FOLDER",
        .purpose = "Inside a Slurm job of tequio-gateway(8): runs the script of the lent job.",
    };
    sigset_t signals, before;
    struct job job = {0};
    struct task_end end;
    struct error err;
    int status;

    if (about_is_all(&about, argc, argv, &status))
        return status;
    sigfillset(&signals);
    sigprocmask(SIG_SETMASK, &signals, &before);
    sigdelset(&signals, SIGSTOP);
    job.folder = argv[1];
    if (!begin(&job, &err))
        return fail_start(&err);
    job.begun_us = clock_boot_us(&clock_real);
    plan_next(&job);
    job.script = start_script(&job, &before);
    if (job.script < 0)
        return fail_start((fail_errno(&err, "fork"), &err));
    if (!handover_write_begun(job.folder, clock_wall_us(&clock_real), &err))
        fail_start(&err);
    status = await(&job, &signals, &end);
    if (!handover_write_end(job.folder, &end, &err))
        fail_start(&err);
    end_as(status);
}
