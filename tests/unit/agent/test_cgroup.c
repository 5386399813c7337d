/* test_cgroup.c - groups by version 1, by version 2, by both, and by none
 *
 * Uses the real hierarchies of this machine, one kind after the other, where they can be
 * written; elsewhere it holds that nothing is promised. */

#include "agent/cgroup.h"
#include "base/buffer.h"
#include "base/file.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The lines of /proc/self/mountinfo with this in them, in a file of our own. */
static char *mounts_with(const char *part)
{
    struct buffer all, some;
    struct error err;
    char *rest, *path;

    buffer_init(&all);
    buffer_init(&some);
    CU_ASSERT(file_read("/proc/self/mountinfo", 1 << 22, &all, &err));
    rest = all.bytes;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
        if (strstr(line, part))
            buffer_print(&some, "%s\n", line);
    path = scratch_file("mountinfo", some.bytes, some.length);
    buffer_clear(&all);
    buffer_clear(&some);
    return path;
}

static struct cgroups *open_with(const char *part)
{
    CLEANUP(memory_freep) char *path = mounts_with(part);
    CLEANUP(memory_freep) char *base = memory_format("tequio-test-%ld", (long)getpid());

    return cgroups_open(path, base);
}

static const char *const kinds[] = {" - cgroup2 ", " - cgroup ", " - cgroup"};

static const struct cgroup_limits no_limits = {.cpus = "", .memory_nodes = ""};

/* A child in the task's groups; it does what `act` does, and ends with its result. */
static pid_t start_in(const struct cgroup_task *task, int (*act)(void))
{
    pid_t child = cgroup_task_fork(task);

    if (child == 0)
        _exit(cgroup_task_join(task) ? act() : 99);
    return child;
}

static int end_of(pid_t child)
{
    int status = -1;

    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    return status;
}

static int count_cpus(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 98;
}

static int use_memory(void)
{
    size_t size = 200 << 20;
    volatile char *bytes = malloc(size);

    for (size_t i = 0; i < size; i += 1024)
        bytes[i] = 1;
    return 0;
}

/* How many children could be made, at most 50. */
static int fork_many(void)
{
    int count = 0;

    while (count < 50) {
        pid_t child = fork();

        if (child == 0)
            for (;;)
                pause();
        if (child < 0)
            break;
        count++;
    }
    return count;
}

static int burn(void)
{
    volatile unsigned sum = 0;

    for (unsigned i = 0; i < 100000000; i++)
        sum += i;
    return sum == 1;
}

static int wait_for_ever(void)
{
    signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 5; i++)
        if (fork() == 0 && setsid() > 0)
            break;
    for (;;)
        if (pause() == 0)
            return 1;
}

static void open_task(const struct cgroups *groups, const struct cgroup_limits *limits,
                      struct cgroup_task *task)
{
    struct error err = {.text = ""};

    CU_ASSERT(cgroup_make(groups, "7.1.0", limits, &err));
    CU_ASSERT(cgroup_task_open(groups, "7.1.0", "0", task, &err));
    CU_ASSERT_STRING_EQUAL(err.text, "");
}

static void close_task(const struct cgroups *groups, struct cgroup_task *task)
{
    struct error err = {.text = ""};

    cgroup_task_close(task);
    CU_ASSERT(cgroup_task_remove(groups, "7.1.0", "0", &err));
    CU_ASSERT(cgroup_remove(groups, "7.1.0", &err));
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT(cgroup_remove(groups, "7.1.0", &err)); /* there is none any more */
}

static void check_cpus(const struct cgroups *groups)
{
    static const struct cgroup_limits limits = {.cpus = "0", .memory_nodes = "0"};
    struct cgroup_task task;

    if (!(cgroups_abilities(groups) & CGROUP_CPUS))
        return;
    open_task(groups, &limits, &task);
    CU_ASSERT_EQUAL(WEXITSTATUS(end_of(start_in(&task, count_cpus))), 1);
    close_task(groups, &task);
}

static void check_memory(const struct cgroups *groups)
{
    static const struct cgroup_limits limits = {
        .cpus = "", .memory_nodes = "", .memory_bytes = 64 << 20};
    struct cgroup_usage usage;
    struct cgroup_task task;

    if (!(cgroups_abilities(groups) & CGROUP_MEMORY))
        return;
    open_task(groups, &limits, &task);
    CU_ASSERT_EQUAL(WTERMSIG(end_of(start_in(&task, use_memory))), SIGKILL);
    usage = cgroup_task_usage(&task);
    CU_ASSERT(usage.has_memory);
    CU_ASSERT(usage.memory_peak_bytes > 60 << 20);
    CU_ASSERT(usage.memory_peak_bytes <= 64 << 20);
    CU_ASSERT(usage.oom_kills >= 1);
    close_task(groups, &task);
}

static void check_processes(const struct cgroups *groups)
{
    static const struct cgroup_limits limits = {
        .cpus = "", .memory_nodes = "", .processes_most = 8};
    struct cgroup_task task;

    if (!(cgroups_abilities(groups) & CGROUP_PROCESSES))
        return;
    open_task(groups, &limits, &task);
    CU_ASSERT_EQUAL(WEXITSTATUS(end_of(start_in(&task, fork_many))), 7);
    cgroup_task_kill(&task);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    close_task(groups, &task);
}

static void check_cpu_time(const struct cgroups *groups)
{
    struct cgroup_usage usage;
    struct cgroup_task task;

    if (!(cgroups_abilities(groups) & CGROUP_CPU_TIME))
        return;
    open_task(groups, &no_limits, &task);
    CU_ASSERT_EQUAL(end_of(start_in(&task, burn)), 0);
    usage = cgroup_task_usage(&task);
    CU_ASSERT(usage.has_cpu);
    CU_ASSERT(usage.cpu_us > 10000);
    CU_ASSERT(usage.cpu_us < 60000000);
    close_task(groups, &task);
}

static bool count_pid(void *owner, pid_t pid)
{
    CU_ASSERT(pid > 0);
    (*(unsigned *)owner)++;
    return true;
}

static void check_kill(const struct cgroups *groups)
{
    struct cgroup_task task;
    struct error err;
    unsigned count = 0;
    pid_t child;

    if (!(cgroups_abilities(groups) & CGROUP_TRACKS))
        return;
    open_task(groups, &no_limits, &task);
    child = start_in(&task, wait_for_ever);
    while (count < 6) {
        count = 0;
        cgroup_task_each(&task, count_pid, &count);
        sched_yield();
    }
    CU_ASSERT(cgroup_task_has(&task, child));
    CU_ASSERT(!cgroup_task_has(&task, getpid()));
    /* It kills them; whether they are gone at once is theirs. */
    CU_ASSERT(cgroup_task_remove(groups, "7.1.0", "0", &err) || err.code == ERROR_CONFLICT);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    count = 0;
    cgroup_task_each(&task, count_pid, &count);
    CU_ASSERT_EQUAL(count, 0);
    close_task(groups, &task);
}

static void *pause_for_ever(void *owner)
{
    for (;;)
        pause();
    return owner;
}

/* Its first thread ends, and /proc tells of it as if it were in no group any more. */
static int go_on_without_the_first(void)
{
    pthread_t other;

    if (pthread_create(&other, NULL, pause_for_ever, NULL) == 0)
        pthread_exit(NULL);
    return 1;
}

static bool is_zombie(pid_t pid)
{
    CLEANUP(memory_freep) char *path = memory_format("/proc/%ld/stat", (long)pid);
    CLEANUP(buffer_clear) struct buffer text;
    struct error err;

    buffer_init(&text);
    return file_read(path, 4096, &text, &err) && strstr(text.bytes, ") Z ");
}

static void check_kill_without_the_first(const struct cgroups *groups)
{
    struct cgroup_task task;
    pid_t child;

    if (!(cgroups_abilities(groups) & CGROUP_TRACKS))
        return;
    open_task(groups, &no_limits, &task);
    child = start_in(&task, go_on_without_the_first);
    while (!is_zombie(child))
        sched_yield();
    CU_ASSERT(cgroup_task_has(&task, child));
    cgroup_task_kill(&task);
    CU_ASSERT_EQUAL(WTERMSIG(end_of(child)), SIGKILL);
    close_task(groups, &task);
}

/* 0: the null device can be opened, those that are denied cannot. */
static int open_devices(void)
{
    if (open("/dev/null", O_RDWR) < 0)
        return 1;
    if (open("/dev/zero", O_RDONLY) >= 0 || errno != EPERM)
        return 2;
    return open("/dev/full", O_WRONLY) < 0 && errno == EPERM ? 0 : 3;
}

static void check_devices(const struct cgroups *groups)
{
    static const struct device_number denied[] = {
        {1, 5},
        {1, 7}
    };
    static const struct cgroup_limits limits = {
        .cpus = "", .memory_nodes = "", .denied = denied, .denied_count = COUNT_OF(denied)};
    struct cgroup_task task;

    if (!(cgroups_abilities(groups) & CGROUP_DEVICES))
        return;
    open_task(groups, &limits, &task);
    CU_ASSERT_EQUAL(WEXITSTATUS(end_of(start_in(&task, open_devices))), 0);
    close_task(groups, &task);
    open_task(groups, &no_limits, &task);
    CU_ASSERT_EQUAL(WEXITSTATUS(end_of(start_in(&task, open_devices))), 2);
    close_task(groups, &task);
}

static void for_each_kind(void (*check)(const struct cgroups *groups))
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CLEANUP(cgroups_freep) struct cgroups *groups = open_with(kinds[i]);

        check(groups);
    }
}

static void test_cpus(void)
{
    for_each_kind(check_cpus);
}

static void test_memory(void)
{
    for_each_kind(check_memory);
}

static void test_processes(void)
{
    for_each_kind(check_processes);
}

static void test_devices(void)
{
    for_each_kind(check_devices);
}

static void test_cpu_time(void)
{
    for_each_kind(check_cpu_time);
}

static void test_kill(void)
{
    for_each_kind(check_kill);
    for_each_kind(check_kill_without_the_first);
}

/* Where there is nothing, everything succeeds, and nothing is promised. */
static void test_none(void)
{
    static const struct cgroup_limits limits = {
        .cpus = "0", .memory_nodes = "0", .memory_bytes = 1 << 20, .processes_most = 1};
    CLEANUP(memory_freep) char *empty = scratch_file("empty", "", 0);
    struct cgroups *both[] = {cgroups_none(), cgroups_open(empty, "tequio-test")};

    for (size_t i = 0; i < COUNT_OF(both); i++) {
        struct cgroup_task task;
        unsigned count = 0;

        CU_ASSERT_EQUAL(cgroups_abilities(both[i]), 0);
        open_task(both[i], &limits, &task);
        CU_ASSERT_EQUAL(end_of(start_in(&task, burn)), 0);
        CU_ASSERT(!cgroup_task_usage(&task).has_cpu);
        cgroup_task_each(&task, count_pid, &count);
        CU_ASSERT_EQUAL(count, 0);
        cgroup_task_kill(&task);
        close_task(both[i], &task);
        cgroups_free(both[i]);
    }
}

static void test_a_limit_that_cannot_be(void)
{
    static const struct cgroup_limits limits = {.cpus = "8000", .memory_nodes = ""};
    CLEANUP(cgroups_freep) struct cgroups *groups = open_with(" - cgroup");
    struct error err;

    if (!(cgroups_abilities(groups) & CGROUP_CPUS))
        return;
    CU_ASSERT(!cgroup_make(groups, "7.1.0", &limits, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cpuset.cpus"));
    CU_ASSERT(cgroup_remove(groups, "7.1.0", &err));
}

/* Lines that make no sense are passed over. */
static void test_strange_mounts(void)
{
    static const char text[] =
        "\n- - -\n1 2 3:4 / /nowhere rw - cgroup2 cgroup2 rw\n"
        "1 2 3:4 / /nowhere rw - cgroup cgroup\n1 2 - cgroup cgroup rw,memory\n"
        "1 2 3:4 / /dev/null rw - cgroup cgroup rw,memory,,cpuset\n";
    CLEANUP(memory_freep) char *path = scratch_file("strange", text, strlen(text));
    CLEANUP(cgroups_freep) struct cgroups *groups = cgroups_open(path, "tequio-test");

    CU_ASSERT_EQUAL(cgroups_abilities(groups), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"cpus are held",          test_cpus                  },
        {"memory is held",         test_memory                },
        {"processes are held",     test_processes             },
        {"devices are denied",     test_devices               },
        {"cpu time is counted",    test_cpu_time              },
        {"all are killed",         test_kill                  },
        {"none",                   test_none                  },
        {"a limit that cannot be", test_a_limit_that_cannot_be},
        {"strange mounts",         test_strange_mounts        },
        CU_TEST_INFO_NULL,
    };

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return run_suite("cgroup", tests);
}
