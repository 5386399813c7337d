/* test_shepherd.c - what a shepherd gives its tasks, and how it finds them again */

#include "agent/shepherd/environment.h"
#include "agent/shepherd/files.h"
#include "agent/shepherd/host.h"
#include "agent/shepherd/terminal.h"
#include "agent/shepherd/tree.h"

#include "agent/launcher/sweep.h"
#include "base/file.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/agent/launched.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- environment ------------------------------------------------------------------------------- */

struct scene {
    struct request_start start;
    struct start_texts texts;
    struct spool spool;
    struct part part;
    struct shepherd_order order;
};

static void scene_init(struct scene *scene, const char **environment, uint32_t count)
{
    *scene = (struct scene){
        .start = {.tasks = 1,                       .environment_count = count},
        .texts = {.environment = environment                               },
        .spool = {.path = "/spool", .scratch_path = "/jobs/scratch"},
        .part = {.account = {.name = "guest", .home = "/home/guest", .shell = "/bin/sh"}},
    };
    scene->order = (struct shepherd_order){
        .key = {7, 0, 1, 0},
        .start = &scene->start,
        .texts = &scene->texts,
        .part = &scene->part,
        .account = &scene->part.account,
        .spool = &scene->spool,
        .part_name = "7.1.0",
        .task_name = "7.1.0.0",
        .distinct_hosts = true,
    };
}

static void check_variable(const struct environment *environment, const char *name,
                           const char *value)
{
    const char *found = environment_value(environment->variables, name);

    CU_ASSERT_PTR_NOT_NULL(found);
    if (found)
        CU_ASSERT_STRING_EQUAL(found, value);
}

static void test_environment(void)
{
    const char *given[] = {"A=1", "TMPDIR=/mine", "HOME=/other", "SLURM_PROCID=5", "B==", NULL};
    CLEANUP(environment_clear) struct environment environment = {0};
    struct scene scene;

    scene_init(&scene, given, 5);
    environment_make(&scene.order, &environment);
    environment_add_task(&environment, 12, 2);
    check_variable(&environment, "A", "1");
    check_variable(&environment, "B", "=");
    check_variable(&environment, "TMPDIR", "/jobs/scratch/7.1.0");
    check_variable(&environment, "TEQUIO_SCRATCH", "/jobs/scratch/7.1.0");
    check_variable(&environment, "TEQUIO_CREDENTIAL", "/spool/7.1.0/credential");
    check_variable(&environment, "TEQUIO_TASK_SET", "7.1.0.0@/spool");
    check_variable(&environment, "HOME", "/other");
    check_variable(&environment, "USER", "guest");
    check_variable(&environment, "SLURM_PROCID", "12");
    check_variable(&environment, "TEQUIO_LOCALID", "2");
    CU_ASSERT_PTR_NULL(environment_value(environment.variables, "OMPI_MCA_btl"));
    CU_ASSERT_PTR_NULL(environment_value(environment.variables, "OM"));
    for (size_t i = 0; i < environment.count; i++) /* each name once */
        for (size_t k = i + 1; k < environment.count; k++)
            CU_ASSERT(strncmp(environment.variables[i], environment.variables[k],
                              strcspn(environment.variables[i], "=") + 1));
}

/* Mapped accounts have their own home; nodes that share a host name are told to MPI. */
static void test_environment_of_others(void)
{
    const char *given[] = {"HOME=/other", "USER=ana", NULL};
    const char *chosen[] = {"OMPI_MCA_btl=self,tcp,vader", NULL};
    CLEANUP(environment_clear) struct environment environment = {0};
    struct scene scene;

    scene_init(&scene, given, 2);
    scene.spool.mapped = true;
    scene.order.distinct_hosts = false;
    snprintf(scene.part.node, sizeof(scene.part.node), "n1");
    environment_make(&scene.order, &environment);
    check_variable(&environment, "HOME", "/home/guest");
    check_variable(&environment, "USER", "guest");
    check_variable(&environment, "OMPI_MCA_btl", "tcp,self");
    environment_clear(&environment);
    scene.texts.environment = chosen;
    scene.start.environment_count = 1;
    environment_make(&scene.order, &environment);
    check_variable(&environment, "OMPI_MCA_btl", "self,tcp,vader");
}

static void test_shell_of_whom_nobody_logs_in_to(void)
{
    static const char *const cases[][2] = {
        {"/usr/sbin/nologin", "/bin/sh" },
        {"/bin/false",        "/bin/sh" },
        {"",                  "/bin/sh" },
        {"/bin/zsh",          "/bin/zsh"},
    };
    const char *given[] = {"SHELL=/bin/other", NULL};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(environment_clear) struct environment environment = {0};
        struct scene scene;

        scene_init(&scene, given, 1);
        scene.spool.mapped = true;
        snprintf(scene.part.account.shell, sizeof(scene.part.account.shell), "%s", cases[i][0]);
        environment_make(&scene.order, &environment);
        check_variable(&environment, "SHELL", cases[i][1]);
    }
}

/* --- the tree ------------------------------------------------------------------------------------- */

/* A process like a shepherd: it starts a tree, kills it, and sees that nothing is left. */
static int shepherd_a_tree(void)
{
    struct cgroup_task group = {.groups = cgroups_none(), .inside = -1}; /* goes with it */
    int ready[2];
    char byte;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (pipe(ready) != 0)
        return 1;
    for (int i = 0; i < 4; i++) {
        if (fork() != 0)
            continue;
        setsid();
        signal(SIGTERM, SIG_IGN);
        if (fork() == 0) /* grandchild, whose parent goes away in two of them */
            setsid();
        else if (i % 2)
            _exit(0);
        if (write(ready[1], "r", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    for (int i = 0; i < 6; i++)
        if (read(ready[0], &byte, 1) != 1)
            return 2;
    tree_signal(&group, SIGTERM); /* they do not care */
    for (int round = 0; round < 1000; round++) {
        tree_kill(&group);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
            return 0;
        sched_yield();
    }
    return 3;
}

static void test_a_tree_without_groups(void)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(shepherd_a_tree());
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
}

/* Only those with the mark, wherever they are. */
static void test_marked_processes(void)
{
    CLEANUP(memory_freep) char *mark = environment_mark("1.1.0.0", scratch_directory());
    CLEANUP(memory_freep) char *other = environment_mark("1.1.0.1", scratch_directory());
    char *const marks[] = {mark, other};
    pid_t children[2];
    int status, ready[2];
    char byte;

    CU_ASSERT_EQUAL(tree_kill_marked(mark), 0);
    CU_ASSERT_EQUAL(pipe2(ready, O_CLOEXEC), 0);
    for (int i = 0; i < 2; i++) {
        char *const environment[] = {(char *)"A=b", marks[i], NULL};
        char *const arguments[] = {(char *)"sleep", (char *)"1000", NULL};

        children[i] = fork();
        if (children[i] == 0) {
            setsid();
            execve("/bin/sleep", arguments, environment);
            _exit(127);
        }
    }
    close(ready[1]);
    CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 0); /* both have executed: it is closed */
    close(ready[0]);
    CU_ASSERT_EQUAL(tree_kill_marked(mark), 1);
    CU_ASSERT_EQUAL(waitpid(children[0], &status, 0), children[0]);
    CU_ASSERT_EQUAL(WTERMSIG(status), SIGKILL);
    CU_ASSERT_EQUAL(waitpid(children[1], &status, WNOHANG), 0);
    CU_ASSERT_EQUAL(tree_kill_marked(other), 1);
    CU_ASSERT_EQUAL(waitpid(children[1], &status, 0), children[1]);
}

/* One that was killed has no mark any more, and may take its time. */
static bool ends_soon(pid_t child)
{
    CLEANUP(file_closep) int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};

    return pidfd >= 0 && poll(&ended, 1, 10000) == 1;
}

/* A process that becomes another program again and again: in between it has no mark. */
static void test_marked_processes_that_execute(void)
{
    enum { ROUNDS = 50 };
    static const char text[] = "#!/bin/sh\nexec \"$0\"\n";
    CLEANUP(memory_freep) char *mark = environment_mark("1.1.0.2", scratch_directory());
    CLEANUP(memory_freep) char *script = scratch_file("again", text, sizeof(text) - 1);
    char *const environment[] = {mark, NULL};
    char *const arguments[] = {script, NULL};

    CU_ASSERT_EQUAL(chmod(script, 0700), 0);
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child;
        int ready[2];
        char byte;

        CU_ASSERT_EQUAL(pipe2(ready, O_CLOEXEC), 0);
        child = fork();
        if (child == 0) {
            execve(script, arguments, environment);
            _exit(127);
        }
        close(ready[1]);
        CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 0); /* it executes: it is closed */
        close(ready[0]);
        while (tree_kill_marked(mark) > 0)
            ;
        CU_ASSERT(ends_soon(child));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}

/* --- the host's name --------------------------------------------------------------------------------- */

static void test_host_names_are_apart(void)
{
    char before[65], after[65], inside[65] = "";
    int status;
    pid_t child;

    CU_ASSERT_EQUAL(gethostname(before, sizeof(before)), 0);
    child = fork();
    if (child == 0) {
        if (!host_set_name("n7"))
            _exit(1);
        _exit(gethostname(inside, sizeof(inside)) == 0 && strcmp(inside, "n7") == 0 ? 0 : 2);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(WEXITSTATUS(status), host_can_be_named() ? 0 : 1);
    CU_ASSERT_EQUAL(gethostname(after, sizeof(after)), 0);
    CU_ASSERT_STRING_EQUAL(before, after);
}

/* Two parts on this machine, each on a host of its own. */
static void test_parts_see_their_nodes(void)
{
    static const char *const nodes[] = {"n1", "n2"};
    char own[65], expected[80];
    struct launched launched;
    struct error err;

    launched_open(&launched, NULL);
    CU_ASSERT_EQUAL(gethostname(own, sizeof(own)), 0);
    for (uint64_t job = 1; job <= 2; job++) {
        const struct part_limits limits = {.user = "ana",
                                           .node = nodes[job - 1],
                                           .credential = (const uint8_t *)"0123456789abcdef"};
        struct task_start start =
            launched_script(&launched, job, "#!/bin/sh\nuname -n\necho \"$OMPI_MCA_btl\"\n");

        CU_ASSERT(launched.runtime.part_make(launched.runtime.state, &start.key, &limits, &err));
        CU_ASSERT(launched_start(&launched, &start, &err));
    }
    for (uint64_t job = 1; job <= 2; job++) {
        bool distinct = runtime_process_facts(launched.process) & FACT_DISTINCT_HOSTS;
        CLEANUP(memory_freep) char *name = memory_format("out-%d", (int)job);
        char *output;

        launched_wait(&launched, job, HAPPENED_ENDED);
        output = launched_read(&launched, name);
        snprintf(expected, sizeof(expected), "%s\n%s\n", distinct ? nodes[job - 1] : own,
                 distinct ? "" : "tcp,self");
        CU_ASSERT_STRING_EQUAL(output, expected);
        free(output);
    }
    launched_clear(&launched);
}

/* --- sweeping ------------------------------------------------------------------------------------------- */

static void test_sweeping_a_deep_tree(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("deep");
    int top, directory;

    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    directory = dup(top);
    for (int i = 0; i < 3000; i++) { /* longer than any path */
        int below;

        CU_ASSERT_EQUAL(mkdirat(directory, "d", 0700), 0);
        below = openat(directory, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(openat(directory, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0));
        close(directory);
        directory = below;
    }
    close(directory);
    CU_ASSERT(sweep_now(top));
    CU_ASSERT_EQUAL(rmdir(path), 0);
    close(top);
}

/* Somebody else writes to it for ever: the end of the step does not wait for that. */
static void test_a_terminal_is_drained_and_no_more(void)
{
    CLEANUP(memory_freep) char *path = scratch_file("printed", "", 0);
    struct terminal terminal;
    struct stat status = {0};

    terminal_init(&terminal);
    terminal_drain(&terminal); /* there is none */
    terminal.master = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    terminal.output = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    alarm(10);
    terminal_drain(&terminal);
    alarm(0);
    CU_ASSERT_EQUAL(fstat(terminal.output, &status), 0);
    CU_ASSERT(status.st_size >= 64 << 10 && status.st_size < 1 << 20);
    close(terminal.master);
    close(terminal.output);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"environment",                     test_environment                      },
        {"environment of other accounts",   test_environment_of_others            },
        {"shell of whom nobody logs in to", test_shell_of_whom_nobody_logs_in_to  },
        {"a tree without groups",           test_a_tree_without_groups            },
        {"marked processes",                test_marked_processes                 },
        {"marked processes that execute",   test_marked_processes_that_execute    },
        {"host names are apart",            test_host_names_are_apart             },
        {"parts see their nodes",           test_parts_see_their_nodes            },
        {"sweeping a deep tree",            test_sweeping_a_deep_tree             },
        {"a terminal is drained",           test_a_terminal_is_drained_and_no_more},
        CU_TEST_INFO_NULL,
    };

    return run_suite("shepherd", tests);
}
