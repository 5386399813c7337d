/* task.c - one process of a task set, from fork to execve */

#include "agent/shepherd/task.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- before the fork ----------------------------------------------------------------------------- */

/* As a file, since interpreters read one; the kernel need not execute it, so the spool may
 * be where nothing is executed. */
static bool write_script(const struct shepherd_order *order, struct error *err)
{
    CLEANUP(file_closep)
    int descriptor = openat(order->directory, "script",
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
    const struct account *account = order->account;

    if (descriptor < 0)
        return fail_errno(err, "make the script's file");
    if (!file_write_all(descriptor, order->texts->script, order->texts->script_size, err))
        return fail_in(err, "the script's file");
    if (order->spool->mapped && fchown(descriptor, account->uid, account->gid) != 0)
        return fail_errno(err, "give the script to %s", account->name);
    return true;
}

/* "#!interpreter [argument]" as execve(2) reads it: the rest of the line is one argument.  ret_words
 * takes both, the second NULL when there is none. */
static bool read_interpreter(struct task_setup *setup, const char **ret_words, struct error *err)
{
    const struct start_texts *texts = setup->order->texts;
    const char *end = memchr(texts->script, '\n', texts->script_size);
    size_t length = end ? (size_t)(end - texts->script) : texts->script_size;
    char *line = setup->interpreter;
    char *argument;

    if (length < 3 || memcmp(texts->script, "#!", 2) != 0)
        return fail(err, ERROR_INVALID,
                    "the batch script has no interpreter line such as #!/bin/sh");
    if (length - 2 >= sizeof(setup->interpreter))
        return fail(err, ERROR_INVALID, "the batch script's interpreter line is too long");
    memcpy(line, texts->script + 2, length - 2);
    line[length - 2] = '\0';
    if (strlen(line) != length - 2)
        return fail(err, ERROR_INVALID, "the batch script's interpreter line has a NUL byte");
    if (line[length - 3] == '\r')
        return fail(err, ERROR_INVALID,
                    "the lines of the batch script end in CR LF: dos2unix makes them right");
    while (length > 2 && strchr(" \t", line[length - 3]))
        line[--length - 2] = '\0';
    line += strspn(line, " \t");
    argument = line + strcspn(line, " \t");
    if (*argument != '\0') {
        *argument++ = '\0';
        argument += strspn(argument, " \t");
    }
    if (*line != '/')
        return fail(err, ERROR_INVALID, "the batch script's interpreter \"%s\" is no absolute path",
                    line);
    *ret_words = line;
    ret_words[1] = *argument ? argument : NULL;
    return true;
}

/* [words before] interpreter [argument] script arguments… */
static bool make_script_call(struct task_setup *setup, struct error *err)
{
    const struct shepherd_order *order = setup->order;
    const char **given = order->texts->arguments;
    uint32_t before = order->start->words_before;
    uint32_t count = order->start->argument_count - before;
    size_t at = before + 1;

    setup->arguments = NEW_ARRAY(const char *, before + count + 4);
    memcpy(setup->arguments, given, before * sizeof(*given));
    if (!read_interpreter(setup, setup->arguments + before, err))
        return false;
    if (setup->arguments[at])
        at++;
    snprintf(setup->script, sizeof(setup->script), "%s/%s/script", order->spool->path,
             order->part_name);
    setup->arguments[at++] = setup->script;
    memcpy(setup->arguments + at, given + before, count * sizeof(*given));
    return write_script(order, err);
}

bool task_setup(struct task_setup *setup, struct error *err)
{
    const struct shepherd_order *order = setup->order;

    setup->shepherd = getpid();
    environment_make(order, &setup->environment);
    setup->arguments = order->texts->arguments;
    if (order->hook) {
        setup->arguments = NEW_ARRAY(const char *, 2);
        setup->arguments[0] = order->hook;
    }
    return order->texts->script ? make_script_call(setup, err) : true;
}

/* --- in the child ----------------------------------------------------------------------------------- */

_Noreturn static void give_up(const struct task_setup *setup, uint32_t index, const char *what)
{
    struct task_failure failure = {.task = index, .number = errno};

    snprintf(failure.what, sizeof(failure.what), "%s", what);
    if (write(setup->report, &failure, sizeof(failure)) != (ssize_t)sizeof(failure))
        _exit(126);
    _exit(127);
}

static bool take_limits(const struct config *config)
{
    for (size_t i = 0; i < config->limit_count; i++) {
        struct rlimit limit;

        if (getrlimit((__rlimit_resource_t)config->limits[i].resource, &limit) != 0)
            return false;
        limit.rlim_cur = config->limits[i].value;
        if (limit.rlim_cur > limit.rlim_max && geteuid() == 0)
            limit.rlim_max = limit.rlim_cur;
        if (setrlimit((__rlimit_resource_t)config->limits[i].resource, &limit) == 0)
            continue;
        /* More than this machine lets even root have: as much as there is. */
        if (getrlimit((__rlimit_resource_t)config->limits[i].resource, &limit) != 0)
            return false;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit((__rlimit_resource_t)config->limits[i].resource, &limit) != 0)
            return false;
    }
    return true;
}

static bool restore_oom_score(void)
{
    CLEANUP(file_closep) int descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    return descriptor >= 0 && write(descriptor, "0", 1) == 1;
}

/* Groups are the user's since the shepherd opened the files.  Then group, then user; what
 * the calls return is checked, what came of them as well, and whether the way back is shut. */
static bool become(const struct account *account)
{
    uid_t user[3];
    gid_t group[3];

    if (setresgid(account->gid, account->gid, account->gid) != 0 ||
        setresuid(account->uid, account->uid, account->uid) != 0 ||
        getresgid(&group[0], &group[1], &group[2]) != 0 ||
        getresuid(&user[0], &user[1], &user[2]) != 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(user); i++)
        if (user[i] != account->uid || group[i] != account->gid) {
            errno = EPERM;
            return false;
        }
    errno = EPERM;
    return setresuid(0, 0, 0) != 0 && setresgid(0, 0, 0) != 0;
}

static bool bind_cpus(const struct task_setup *setup, uint32_t index)
{
    const struct shepherd_order *order = setup->order;
    const char *cpus = order->texts->task_cpus ? order->texts->task_cpus[index] : order->part->cpus;
    size_t size = CPU_ALLOC_SIZE(REQUEST_CPU_LIMIT);
    cpu_set_t *set;
    struct error err;

    if (*cpus == '\0')
        return true;
    set = memory_get(1, size);
    errno = EINVAL;
    return cpu_list_parse(cpus, set, &err) && sched_setaffinity(0, size, set) == 0;
}

/* Every thread that the task will have keeps the policy, also behind execve. */
static bool bind_memory(const struct task_setup *setup, uint32_t index)
{
    const struct shepherd_order *order = setup->order;
    const char *nodes = order->texts->task_memory ? order->texts->task_memory[index] : "";
    int policy = order->start->memory_preferred ? MPOL_PREFERRED : MPOL_BIND;
    cpu_set_t *set;
    struct error err;

    if (*nodes == '\0')
        return true;
    set = memory_get(1, CPU_ALLOC_SIZE(REQUEST_CPU_LIMIT));
    errno = EINVAL;
    return cpu_list_parse(nodes, set, &err) &&
           syscall(SYS_set_mempolicy, policy, set, REQUEST_CPU_LIMIT + 1UL) == 0;
}

static uint32_t rank_of(const struct shepherd_order *order, uint32_t index)
{
    const uint32_t *ranks = order->texts->task_ranks;

    return ranks ? ranks[index] : order->start->first_task + index;
}

static void tell_binding(const struct shepherd_order *order, uint32_t index)
{
    const struct start_texts *texts = order->texts;
    const char *cpus = texts->task_cpus ? texts->task_cpus[index] : order->part->cpus;
    const char *memory = texts->task_memory ? texts->task_memory[index] : "";
    char host[HOST_NAME_MAX + 1] = "";

    gethostname(host, sizeof(host) - 1);
    dprintf(STDERR_FILENO, "tequio: task %" PRIu32 " on %s: cpus %s, memory of NUMA nodes %s\n",
            rank_of(order, index), host, *cpus ? cpus : "all", *memory ? memory : "all");
}

/* A program without '/' is searched for as a shell would, with the job's own PATH. */
static void execute(const struct task_setup *setup)
{
    char *const *arguments = (char *const *)(uintptr_t)setup->arguments;
    char *const *environment = (char *const *)(uintptr_t)setup->environment.variables;
    const char *path = environment_value(setup->environment.variables, "PATH");
    bool denied = false;

    if (strchr(arguments[0], '/') || !path) {
        execve(arguments[0], arguments, environment);
        return;
    }
    while (path) {
        size_t length = strcspn(path, ":");
        CLEANUP(memory_freep)
        char *program =
            memory_format("%.*s%s%s", (int)length, path, length > 0 ? "/" : "", arguments[0]);

        execve(program, arguments, environment);
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
            return;
        /* One folder that the user may not enter does not make it a matter of rights. */
        denied = denied || (errno == EACCES && faccessat(AT_FDCWD, program, F_OK, AT_EACCESS) == 0);
        path = path[length] == ':' ? path + length + 1 : NULL;
    }
    errno = denied ? EACCES : ENOENT;
}

uint32_t task_terminal(const struct shepherd_order *order)
{
    uint32_t tasks = order->start->terminal ? order->start->tasks : 0;

    for (uint32_t i = 0; i < tasks; i++)
        if (rank_of(order, i) == 0)
            return i;
    return order->start->tasks;
}

/* Of the tasks of a step with a terminal one has it: the others would print into its picture. */
static bool take_nothing(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    return null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2;
}

static bool take_descriptors(const struct task_setup *setup, uint32_t index)
{
    const struct shepherd_order *order = setup->order;
    const struct task_files *files = &setup->files;
    bool taken;

    if (!order->start->terminal)
        taken =
            dup2(files->input, 0) == 0 && dup2(files->output, 1) == 1 && dup2(files->error, 2) == 2;
    else
        taken = index == task_terminal(order) ? terminal_take(setup->terminal) : take_nothing();
    return taken && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

/* If the shepherd is killed its tasks end too; asked for last, since a change of user
 * takes it back. */
static bool end_with_shepherd(const struct task_setup *setup)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return false;
    errno = ECHILD;
    return getppid() == setup->shepherd;
}

_Noreturn static void be_task(struct task_setup *setup, uint32_t index)
{
    const struct shepherd_order *order = setup->order;
    sigset_t none;

    if (!cgroup_task_join(setup->group))
        give_up(setup, index, "join its cgroup");
    if (order->restore_oom_score && !restore_oom_score())
        give_up(setup, index, "set oom_score_adj");
    if (!order->hook && !take_limits(order->config))
        give_up(setup, index, "set resource limits");
    if (!bind_cpus(setup, index))
        give_up(setup, index, "bind it to its cpus");
    if (!bind_memory(setup, index))
        give_up(setup, index, "bind its memory to its NUMA nodes");
    if (order->spool->mapped && !order->hook && !become(order->account))
        give_up(setup, index, "become the job's user");
    if (order->config->no_new_privileges && !order->hook &&
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up(setup, index, "give up new privileges");
    if (setsid() < 0 || !end_with_shepherd(setup))
        give_up(setup, index, "make it a session");
    if (!take_descriptors(setup, index))
        give_up(setup, index, "set up its files");
    if (order->start->tell_binding)
        tell_binding(order, index);
    environment_add_task(&setup->environment, rank_of(order, index), index);
    umask(022);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execute(setup);
    give_up(setup, index, "execute");
}

pid_t task_fork(struct task_setup *setup, uint32_t index)
{
    pid_t child = cgroup_task_fork(setup->group);

    if (child == 0)
        be_task(setup, index);
    return child;
}
