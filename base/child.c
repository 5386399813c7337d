/* child.c - start a program without a shell */

#include "base/child.h"

#include "base/file.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Descriptors are first moved up here, so that none is overwritten before its turn. */
#define ASIDE 16

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* What follows runs between fork() and exec() in a process that may have had threads: only
 * what signal-safety(7) allows. */

static void default_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL); /* fails for a few, which are at their default anyway */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A copy out of the way, or /dev/null; -1 on failure. */
static int set_aside(int descriptor)
{
    int opened, aside;

    if (descriptor >= 0)
        return fcntl(descriptor, F_DUPFD_CLOEXEC, ASIDE);
    opened = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (opened < 0)
        return -1;
    aside = fcntl(opened, F_DUPFD_CLOEXEC, ASIDE);
    close(opened);
    return aside;
}

/* Close all from `first` on when the program starts. */
static bool close_from(int first)
{
    long most;

    if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        return true;
    most = sysconf(_SC_OPEN_MAX); /* before Linux 5.11 one by one */
    for (int i = first; i < most; i++)
        fcntl(i, F_SETFD, FD_CLOEXEC);
    return true;
}

static bool place_descriptors(const struct child_request *request)
{
    const int wanted[] = {request->input, request->output, request->error, request->extra};
    int count = request->extra >= 0 ? 4 : 3;
    int aside[COUNT_OF(wanted)];

    for (int i = 0; i < count; i++) {
        aside[i] = set_aside(wanted[i]);
        if (aside[i] < 0)
            return false;
    }
    for (int i = 0; i < count; i++)
        if (dup2(aside[i], i) < 0)
            return false;
    return close_from(count);
}

/* Tell the parent why not; nothing when the program starts, which closes `report`. */
static void become(const struct child_request *request, int report)
{
    int number;

    default_signals();
    report = fcntl(report, F_DUPFD_CLOEXEC, ASIDE);
    if (request->ends_with_us)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (report >= 0 && place_descriptors(request))
        execve(request->program, request->arguments, request->environment);
    number = errno;
    if (write(report, &number, sizeof(number)) != (ssize_t)sizeof(number))
        _exit(126);
    _exit(127);
}

/* Until here; what follows runs in the parent. */

/* The child's errno, 0 when it has become the program. */
static int read_report(int report)
{
    int number = 0;
    ssize_t got;

    do
        got = read(report, &number, sizeof(number));
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(number) ? number : 0;
}

/* With all signals blocked meanwhile, so that no handler of ours runs in the child. */
static pid_t fork_quietly(const struct child_request *request, int report)
{
    sigset_t all, before;
    pid_t pid;
    int number;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0)
        become(request, report);
    number = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return pid;
}

bool child_start(const struct child_request *request, pid_t *ret_pid, struct error *err)
{
    CLEANUP(file_closep) int report = -1;
    int ends[2], number;
    pid_t pid;

    assert(request->program[0] == '/');
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail_errno(err, "start %s", request->program);
    report = ends[0];
    pid = fork_quietly(request, ends[1]);
    number = errno;
    close(ends[1]);
    errno = number;
    if (pid < 0)
        return fail_errno(err, "start %s", request->program);
    errno = read_report(report);
    if (errno != 0) {
        number = errno;
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        errno = number;
        return fail_errno(err, "start %s", request->program);
    }
    *ret_pid = pid;
    return true;
}

void child_keep_only(int descriptor)
{
    if (descriptor > 3)
        close_range(3, (unsigned)descriptor - 1, 0);
    close_range((unsigned)descriptor + 1, ~0U, 0);
}

void child_end_alike(int signal_number)
{
    static const struct rlimit no_core = {0};
    sigset_t just_this;

    sigemptyset(&just_this);
    sigaddset(&just_this, signal_number);
    setrlimit(RLIMIT_CORE, &no_core);
    signal(signal_number, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &just_this, NULL);
    raise(signal_number);
}
