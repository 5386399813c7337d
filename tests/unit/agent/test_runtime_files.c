/* test_runtime_files.c - root's launcher opens a job's files as nobody but its user */

#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/agent/launched.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process of root's in a directory that nobody else may enter, with a file in it, until killed. */
static pid_t start_in_closed_directory(const char *directory)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/file", directory);
    int ready[2], descriptor;
    char byte = 0;
    pid_t child;

    CU_ASSERT_EQUAL(mkdir(directory, 0700), 0);
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    CU_ASSERT_EQUAL(write(descriptor, "root's own\n", 11), 11);
    close(descriptor);
    CU_ASSERT_EQUAL(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        if (chdir(directory) != 0 || write(ready[1], &byte, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return child;
}

static bool is_refused(struct launched *launched, uint64_t job, const char *input,
                       const char *output)
{
    struct task_start start = launched_script(launched, job, "#!/bin/sh\ncat\n");
    struct outcome *outcome = &launched->outcomes[job];
    struct error err;

    if (input)
        start.input = input;
    if (output)
        start.output = output;
    CU_ASSERT(launched_make(launched, job, &err) && launched_start(launched, &start, &err));
    while (outcome->what < HAPPENED_FAILED)
        loop_run(launched->loop);
    CU_ASSERT(launched_remove(launched, job));
    return outcome->what == HAPPENED_FAILED;
}

/* Of a new output in such a directory. */
static mode_t mode_of(struct launched *launched, uint64_t job, const char *name, mode_t mode)
{
    CLEANUP(memory_freep) char *directory = launched_path(launched, name);
    CLEANUP(memory_freep) char *path = memory_format("%s/out", directory);
    struct stat status = {0};

    CU_ASSERT_EQUAL(mkdir(directory, 0700), 0);
    CU_ASSERT_EQUAL(chmod(directory, mode), 0);
    CU_ASSERT(!is_refused(launched, job, "/dev/null", path));
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    return status.st_mode & 07777;
}

/* /proc and /sys ask who one is in effect, and what one may; not whose files one opens. */
static void test_the_kernel_knows_the_user(void)
{
    struct launched launched;
    struct buffer text;
    struct error err;
    bool end;
    pid_t child;

    if (!launched_as_root(&launched, NULL))
        return;
    CLEANUP(memory_freep) char *closed = scratch_path("closed");
    child = start_in_closed_directory(closed);
    CLEANUP(memory_freep) char *through = memory_format("/proc/%d/cwd/file", (int)child);
    CLEANUP(memory_freep) char *maps = memory_format("/proc/%d/maps", (int)child);
    const struct output_file file = {"ana", through, 0, 100};
    CU_ASSERT(is_refused(&launched, 1, through, NULL));
    CU_ASSERT(is_refused(&launched, 2, maps, NULL));
    CU_ASSERT(is_refused(&launched, 3, "/proc/kallsyms", NULL));
    CU_ASSERT(is_refused(&launched, 4, NULL, "/proc/sys/kernel/domainname"));
    CU_ASSERT(is_refused(&launched, 5, NULL, "/proc/self/oom_score_adj"));
    CU_ASSERT(!is_refused(&launched, 6, "/dev/null", NULL));
    CU_ASSERT_EQUAL(mode_of(&launched, 7, "open", 0777), 0644);
    CU_ASSERT_EQUAL(mode_of(&launched, 8, "shared", 01777), 0600);
    buffer_init(&text);
    CU_ASSERT(!launched.runtime.read_file(launched.runtime.state, &file, &text, &end, &err));
    buffer_clear(&text);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    launched_clear(&launched);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the kernel's files know the user", test_the_kernel_knows_the_user},
        CU_TEST_INFO_NULL,
    };

    return run_suite("runtime_files", tests);
}
