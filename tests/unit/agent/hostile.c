/* hostile.c - what a job might try; run by jobs of test_runtime_hostile.c
 *
 * hostile trace PID...       trace, read and write those processes
 * hostile debug WAY FILE     be a debugger; pids of what stays go into FILE
 * hostile spaces FILE        mounts, processes and cgroups in name spaces of its own
 * hostile descriptors FILE   open as many as there are, in several processes
 *
 * It says on standard output what it could do.  Ends by _exit() or not at all: what a sanitizer
 * looks for at the end of a program is not to be seen from under a debugger. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COPIES = 8 };

static void say(const char *text)
{
    if (write(1, text, strlen(text)) < 0)
        _exit(3);
}

_Noreturn static void stay(void)
{
    for (;;)
        pause();
}

static void ignore_signals(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

/* As /proc numbers it here: in a name space of its own a process has another number, too. */
static void add_pid(const char *file)
{
    char pid[32] = "";
    ssize_t length = readlink("/proc/self", pid, sizeof(pid) - 2);
    int descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (length <= 0 || descriptor < 0)
        _exit(4);
    pid[length] = '\n';
    if (write(descriptor, pid, (size_t)length + 1) < 0)
        _exit(4);
    close(descriptor);
}

/* --- trace ------------------------------------------------------------------------------------- */

static void try(const char *what, bool done, long pid)
{
    if (done)
        printf("%s %ld\n", what, pid);
    else if (errno != EPERM && errno != EACCES)
        printf("%s %ld: %s\n", what, pid, strerror(errno));
}

static void trace(pid_t pid)
{
    struct iovec here = {&(char[8]){0}, 8};
    struct iovec there = {(void *)&here, 8};
    char path[64];

    try("seize", ptrace(PTRACE_SEIZE, pid, 0, 0) == 0, pid);
    try("attach", ptrace(PTRACE_ATTACH, pid, 0, 0) == 0, pid);
    try("read", process_vm_readv(pid, &here, 1, &there, 1, 0) >= 0, pid);
    try("write", process_vm_writev(pid, &here, 1, &there, 1, 0) >= 0, pid);
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    try("memory", open(path, O_RDWR | O_CLOEXEC) >= 0, pid);
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    try("environment", open(path, O_RDONLY | O_CLOEXEC) >= 0, pid);
    snprintf(path, sizeof(path), "/proc/%d/fd/0", (int)pid);
    try("descriptors", open(path, O_RDONLY | O_CLOEXEC) >= 0, pid);
}

static void act_trace(char **words)
{
    for (; *words; words++)
        trace((pid_t)strtol(*words, NULL, 10));
    say("tried\n");
}

/* --- debug ------------------------------------------------------------------------------------- */

static pid_t fork_traced(const char *file)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    ignore_signals();
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
        _exit(5);
    add_pid(file);
    raise(SIGSTOP);
    stay();
}

/* From system call to system call, and no signal gets through. */
_Noreturn static void step(pid_t child)
{
    int status;

    for (;;) {
        ptrace(PTRACE_SYSCALL, child, 0, 0);
        if (waitpid(child, &status, __WALL) < 0)
            stay();
    }
}

/* The batch script's process is traced by its own child, which never lets its end be seen. */
_Noreturn static void trace_parent(const char *file, bool parent_ends)
{
    int told[2];
    char byte;
    pid_t parent = getpid(), child;

    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    if (pipe(told) != 0)
        _exit(6);
    child = fork();
    if (child == 0) {
        ignore_signals();
        if (ptrace(PTRACE_SEIZE, parent, 0, PTRACE_O_TRACEEXIT) != 0)
            _exit(7);
        add_pid(file);
        if (write(told[1], "x", 1) != 1)
            _exit(7);
        stay();
    }
    add_pid(file);
    if (child < 0 || read(told[0], &byte, 1) != 1 || parent_ends)
        _exit(8);
    stay();
}

static void act_debug(char **words)
{
    const char *way = words[0], *file = words[1];
    int status;
    pid_t child;

    if (strcmp(way, "parent") == 0 || strcmp(way, "parent-ends") == 0)
        trace_parent(file, way[6] != '\0');
    child = fork_traced(file);
    if (child < 0 || waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status))
        _exit(9);
    if (strcmp(way, "ends") == 0) { /* and leaves behind what it has stopped */
        add_pid(file);
        _exit(0);
    }
    ignore_signals();
    add_pid(file);
    if (strcmp(way, "exits") == 0)
        ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
    if (strcmp(way, "steps") == 0)
        step(child);
    stay();
}

/* --- spaces ------------------------------------------------------------------------------------- */

static bool put(const char *path, const char *text)
{
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    bool done = descriptor >= 0 && write(descriptor, text, strlen(text)) == (ssize_t)strlen(text);

    close(descriptor);
    return done;
}

/* Root, in a world of its own. */
static bool enter_spaces(void)
{
    char user[64], group[64];

    snprintf(user, sizeof(user), "0 %lu 1", (unsigned long)geteuid());
    snprintf(group, sizeof(group), "0 %lu 1", (unsigned long)getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWCGROUP) == 0 &&
           put("/proc/self/setgroups", "deny") && put("/proc/self/uid_map", user) &&
           put("/proc/self/gid_map", group);
}

static void mount_things(const char *scratch)
{
    if (mount("none", scratch, "tmpfs", 0, NULL) == 0)
        say("tmpfs\n");
    if (mkdir("below", 0700) == 0 && mount("/usr", "below", NULL, MS_BIND | MS_REC, NULL) == 0)
        say("bind\n");
}

static bool put_below(const char *directory, const char *file, const char *text)
{
    char path[600];

    snprintf(path, sizeof(path), "%s/%s", directory, file);
    return put(path, text);
}

/* Out of its cgroup, or freer in it, by a mount of its own. */
static void leave_groups(const char *scratch)
{
    static const char *const kinds[] = {"freezer", "cpuset", "memory", "pids", NULL};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        char path[512], below[600];

        snprintf(path, sizeof(path), "%s/group-%zu", scratch, i);
        snprintf(below, sizeof(below), "%s/own", path);
        if (mkdir(path, 0700) != 0 ||
            mount("none", path, kinds[i] ? "cgroup" : "cgroup2", 0, kinds[i]) != 0)
            continue;
        if (mkdir(below, 0700) == 0 || put_below(path, "cgroup.procs", "0") ||
            put_below(path, "tasks", "0") || put_below(path, "pids.max", "max") ||
            put_below(path, "memory.limit_in_bytes", "-1") || put_below(path, "cpuset.cpus", "0-1"))
            say("left\n");
    }
}

/* The first process of its own world, and some below it that forget their parents. */
_Noreturn static void be_first(const char *file)
{
    ignore_signals();
    for (int i = 0; i < COPIES; i++) {
        pid_t child = fork();

        if (child != 0) {
            waitpid(child, NULL, 0);
            continue;
        }
        setsid();
        if (fork() != 0)
            _exit(0);
        add_pid(file);
        stay();
    }
    add_pid(file);
    stay();
}

static void act_spaces(char **words)
{
    const char *scratch = getenv("TMPDIR");

    ignore_signals();
    if (!scratch || !enter_spaces()) {
        say("none\n");
        return;
    }
    if (fork() == 0)
        be_first(words[0]);
    mount_things(scratch);
    leave_groups(scratch);
    say("done\n");
    add_pid(words[0]);
    stay();
}

/* --- descriptors -------------------------------------------------------------------------------- */

static void act_descriptors(char **words)
{
    struct rlimit limit;

    ignore_signals();
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("limit %lu\n", (unsigned long)limit.rlim_cur);
    fflush(stdout);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 1; i < COPIES; i++)
        if (fork() == 0)
            break;
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
        ;
    if (errno != EMFILE && errno != ENFILE)
        say("another error\n");
    close(2); /* room for the next one */
    close(0);
    add_pid(words[0]);
    stay();
}

/* ------------------------------------------------------------------------------------------------ */

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int words;
        void (*act)(char **words);
    } acts[] = {
        {"trace",       1, act_trace      },
        {"debug",       2, act_debug      },
        {"spaces",      1, act_spaces     },
        {"descriptors", 1, act_descriptors},
    };

    for (size_t i = 0; argc > 1 && i < sizeof(acts) / sizeof(*acts); i++)
        if (strcmp(argv[1], acts[i].name) == 0 && argc > 1 + acts[i].words) {
            acts[i].act(argv + 2);
            fflush(stdout);
            _exit(0);
        }
    _exit(2);
}
