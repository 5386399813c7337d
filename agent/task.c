/* task.c - tequio-task: a task between its prolog and its epilog
 *
 * `tequio-task PROGRAM [ARGUMENT]...` runs the prolog (TEQUIO_TASK_PROLOG), does what its output
 * wants (task_prolog.h), and becomes the program.  Where there is an epilog (TEQUIO_TASK_EPILOG)
 * it stays, runs that when the program has ended, and ends as the program did.  All as the job's
 * user, bound as the task: whoever starts the step says which programs these are. */

#include "agent/about.h"
#include "agent/task_prolog.h"
#include "base/child.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "tequio-task"

enum { NOT_FOUND = 127, NOT_EXECUTED = 126 };

_Noreturn static void become(char **words)
{
    int number;

    execvp(words[0], words);
    number = errno;
    fprintf(stderr, NAME ": %s: %s\n", words[0], strerror(number));
    _exit(number == ENOENT ? NOT_FOUND : NOT_EXECUTED);
}

static int await(pid_t process)
{
    int status = 0;

    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

/* Its output is read until it ends, or whoever it left behind with the same output does. */
static int run_prolog(char *program)
{
    char *words[] = {program, NULL};
    int both[2], status;
    FILE *lines;
    pid_t child;

    if (pipe2(both, O_CLOEXEC) != 0)
        return -1;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        if (both[1] == STDOUT_FILENO) /* it was closed */
            fcntl(both[1], F_SETFD, 0);
        else
            dup2(both[1], STDOUT_FILENO);
        become(words);
    }
    close(both[1]);
    lines = fdopen(both[0], "r");
    if (child < 0 || !lines)
        return -1;
    task_prolog_apply(lines, stdout);
    status = await(child);
    fclose(lines);
    return status;
}

static pid_t start(char **words, const sigset_t *signals)
{
    pid_t child = fork();

    if (child == 0) {
        sigprocmask(SIG_SETMASK, signals, NULL);
        become(words);
    }
    return child;
}

_Noreturn static void end_as(int status)
{
    if (!WIFSIGNALED(status))
        _exit(WEXITSTATUS(status));
    child_end_alike(WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
}

static int fail_start(const char *what)
{
    fprintf(stderr, NAME ": %s: %s\n", what, strerror(errno));
    return NOT_EXECUTED;
}

/* Where the environment says that there is one; cut out of it: it is nothing to the task. */
static char *take_program(const char *variable)
{
    const char *value = getenv(variable);
    char *program = value && *value ? memory_copy(value) : NULL;

    unsetenv(variable);
    return program;
}

int main(int argc, char **argv)
{
    static const struct about about = {
        .name = NAME,
        .usage = "PROGRAM [ARGUMENT]...",
        .purpose = "Inside a job: a task with a prolog or an epilog of its own is started through\n"
                   "this.  See tequio-run(1).",
    };
    CLEANUP(memory_freep) char *prolog = NULL;
    CLEANUP(memory_freep) char *epilog = NULL;
    sigset_t all, before;
    int status;
    pid_t child;

    if (about_is_all(&about, argc, argv, &status))
        return status;
    prolog = take_program(TASK_PROLOG);
    epilog = take_program(TASK_EPILOG);
    status = prolog ? run_prolog(prolog) : 0;
    if (status == -1)
        return fail_start("start the prolog");
    if (status != 0) {
        fprintf(stderr, NAME ": the prolog %s failed: the task is not started\n", prolog);
        end_as(status);
    }
    if (!epilog)
        become(argv + 1);
    /* Signals for the task come to this process, too: they are the task's alone. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child = start(argv + 1, &before);
    if (child < 0)
        return fail_start("start the task");
    status = await(child);
    child = start((char *[]){epilog, NULL}, &before);
    if (child > 0)
        await(child); /* its own end changes nothing */
    end_as(status);
}
