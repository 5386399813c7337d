/* test_child.c - a program starts with what it was given and nothing else */

#include "base/buffer.h"
#include "base/child.h"
#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const no_environment[] = {NULL};

static void read_all(int descriptor, struct buffer *buffer)
{
    char bytes[4096];
    ssize_t got;

    while ((got = read(descriptor, bytes, sizeof(bytes))) > 0)
        buffer_add(buffer, bytes, (size_t)got);
}

/* Run `script` in a shell; its standard output and the wait status. */
static int run_with(struct child_request request, const char *script, struct buffer *output)
{
    char *arguments[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                         (char *)(uintptr_t)script, NULL};
    struct error err = {0};
    int ends[2], status = -1;
    pid_t pid = 0;

    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    request.program = "/bin/sh";
    request.arguments = arguments;
    if (!request.environment)
        request.environment = no_environment;
    request.output = ends[1];
    CU_ASSERT_TRUE(child_start(&request, &pid, &err));
    close(ends[1]);
    read_all(ends[0], output);
    close(ends[0]);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    return status;
}

static const struct child_request plain = {.input = -1, .error = -1, .extra = -1};

static void check_output(struct child_request request, const char *script, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer output;

    buffer_init(&output);
    CU_ASSERT_EQUAL(run_with(request, script, &output), 0);
    CU_ASSERT_STRING_EQUAL(output.bytes, expected);
    if (strcmp(output.bytes, expected) != 0)
        printf("# %s", output.bytes);
}

static void test_status_and_output(void)
{
    CLEANUP(buffer_clear) struct buffer output;
    int status;

    buffer_init(&output);
    status = run_with(plain, "echo hello; exit 7", &output);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CU_ASSERT_STRING_EQUAL(output.bytes, "hello\n");
}

static void test_environment_is_the_one_given(void)
{
    char *environment[] = {(char *)(uintptr_t) "ONLY=this", NULL};
    struct child_request request = plain;

    CU_ASSERT_EQUAL(setenv("TEQUIO_LEAK", "secret", 1), 0);
    request.environment = environment;
    check_output(request, "echo \"$ONLY:$TEQUIO_LEAK\"", "this:\n");
    check_output(plain, "echo \"$TEQUIO_LEAK\"", "\n");
}

static void test_no_other_descriptor_is_open(void)
{
    int leak = open("/etc/passwd", O_RDONLY); /* without O_CLOEXEC */
    int high = dup2(leak, 200);
    struct child_request request = plain;

    /* The shell's own look at the folder is a fourth one. */
    check_output(plain, "cd /proc/self/fd && echo *", "0 1 2 3\n");
    request.extra = leak;
    check_output(request, "cd /proc/self/fd && echo *", "0 1 2 3 4\n");
    close(leak);
    close(high);
}

static void test_descriptors_take_their_places(void)
{
    CLEANUP(memory_freep) char *one = scratch_file("one", "1", 1);
    CLEANUP(memory_freep) char *two = scratch_file("two", "2", 1);
    struct child_request request = plain;

    request.input = open(one, O_RDONLY | O_CLOEXEC);
    request.extra = open(two, O_RDONLY | O_CLOEXEC);
    check_output(request, "cat; cat <&3", "12");
    close(request.input);
    close(request.extra);
    check_output(plain, "cat; echo lost >&2", ""); /* both are /dev/null */
}

/* Given descriptors may lie where others are to go: all of 0 to 3 in the wrong order. */
static void become_shuffled(void)
{
    CLEANUP(memory_freep) char *in = scratch_path("in");
    CLEANUP(memory_freep) char *out = scratch_path("out");
    CLEANUP(memory_freep) char *err_out = scratch_path("err");
    CLEANUP(memory_freep) char *extra = scratch_path("extra");
    char *arguments[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                         (char *)(uintptr_t) "cat; cat <&3; echo err >&2", NULL};
    struct child_request request = {
        .program = "/bin/sh",
        .arguments = arguments,
        .environment = no_environment,
        .input = 3,
        .output = 2,
        .error = 1,
        .extra = 0,
    };
    struct error err;
    int status = 1;
    pid_t pid;

    for (int i = 0; i < 4; i++)
        close(i);
    if (open(extra, O_RDONLY) != 0 || open(err_out, O_WRONLY | O_CREAT, 0600) != 1 ||
        open(out, O_WRONLY | O_CREAT, 0600) != 2 || open(in, O_RDONLY) != 3)
        _exit(1);
    if (!child_start(&request, &pid, &err) || waitpid(pid, &status, 0) != pid)
        _exit(2);
    _exit(status);
}

static void check_file(const char *name, const char *expected)
{
    CLEANUP(memory_freep) char *path = scratch_path(name);
    CLEANUP(buffer_clear) struct buffer content;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    buffer_init(&content);
    read_all(descriptor, &content);
    CU_ASSERT_STRING_EQUAL(content.bytes, expected);
    close(descriptor);
}

static void test_descriptors_in_each_others_places(void)
{
    CLEANUP(memory_freep) char *in = scratch_file("in", "in,", 3);
    CLEANUP(memory_freep) char *extra = scratch_file("extra", "extra", 5);
    int status;
    pid_t pid;

    (void)in; /* the files are what is wanted, by their names */
    (void)extra;

    fflush(stdout);
    pid = fork();
    if (pid == 0)
        become_shuffled();
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_EQUAL(status, 0);
    check_file("out", "in,extra");
    check_file("err", "err\n");
}

static void test_signals_are_at_their_defaults(void)
{
    sigset_t blocked, before;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGTERM);
    CU_ASSERT_EQUAL(pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    check_output(plain,
                 "while read -r name value; do case $name in SigBlk:|SigIgn:) echo $value;; esac; "
                 "done </proc/self/status",
                 "0000000000000000\n0000000000000000\n");
    signal(SIGPIPE, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
    /* and the caller's are as they were */
    CU_ASSERT_EQUAL(pthread_sigmask(SIG_SETMASK, NULL, &blocked), 0);
    CU_ASSERT_TRUE(sigismember(&blocked, SIGUSR1));
    CU_ASSERT_FALSE(sigismember(&blocked, SIGINT));
    CU_ASSERT_EQUAL(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

static void check_refused(const char *program, const char *words)
{
    char *arguments[] = {(char *)(uintptr_t)program, NULL};
    struct child_request request = {
        .program = program,
        .arguments = arguments,
        .environment = no_environment,
        .input = -1,
        .output = -1,
        .error = -1,
        .extra = -1,
    };
    struct error err = {0};
    pid_t pid = -5;

    CU_ASSERT_FALSE(child_start(&request, &pid, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, program));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
    CU_ASSERT_EQUAL(pid, -5);
    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1); /* none is left behind */
}

static void test_programs_that_cannot_start(void)
{
    CLEANUP(memory_freep) char *script = scratch_file("script", "no program", 10);
    CLEANUP(memory_freep) char *lost = scratch_file("lost", "#!/nonexistent/shell\n", 21);

    check_refused("/nonexistent/program", "No such file");
    check_refused("/etc", "Permission denied");
    check_refused(script, "Permission denied");
    CU_ASSERT_EQUAL(chmod(script, 0700), 0);
    check_refused(script, "Exec format error");
    CU_ASSERT_EQUAL(chmod(lost, 0700), 0);
    check_refused(lost, "No such file");
}

static int open_in_copy(int kept, const int *others, size_t count)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        int open = 0;

        child_keep_only(kept);
        for (size_t i = 0; i < count; i++)
            open += fcntl(others[i], F_GETFD) >= 0;
        _exit(fcntl(kept, F_GETFD) < 0 || fcntl(STDERR_FILENO, F_GETFD) < 0 ? 100 : open);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_a_copy_keeps_one_descriptor(void)
{
    int four[4], three = fcntl(STDIN_FILENO, F_DUPFD, 3);

    CU_ASSERT_FATAL(three >= 3 && pipe2(four, O_CLOEXEC) == 0 && pipe2(four + 2, O_CLOEXEC) == 0);
    CU_ASSERT_EQUAL(open_in_copy(four[1], (int[]){three, four[0], four[2], four[3]}, 4), 0);
    CU_ASSERT_EQUAL(open_in_copy(three, four, COUNT_OF(four)), 0);
    CU_ASSERT_EQUAL(open_in_copy(four[3], four, 3), 0);
    for (size_t i = 0; i < COUNT_OF(four); i++)
        close(four[i]);
    close(three);
}

/* Ignored and blocked, as make or a caller may leave it. */
static void test_an_end_by_a_signal(void)
{
    static const int numbers[] = {SIGTERM, SIGKILL, SIGSEGV};

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        pid_t child = fork();
        sigset_t all;
        int status;

        if (child == 0) {
            sigfillset(&all);
            sigprocmask(SIG_SETMASK, &all, NULL);
            signal(numbers[i], SIG_IGN);
            child_end_alike(numbers[i]);
            _exit(0);
        }
        CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
        CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == numbers[i] && !WCOREDUMP(status));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"status and output",                  test_status_and_output                },
        {"the environment is the one given",   test_environment_is_the_one_given     },
        {"no other descriptor is open",        test_no_other_descriptor_is_open      },
        {"descriptors take their places",      test_descriptors_take_their_places    },
        {"descriptors in each other's places", test_descriptors_in_each_others_places},
        {"signals are at their defaults",      test_signals_are_at_their_defaults    },
        {"programs that cannot start",         test_programs_that_cannot_start       },
        {"a copy keeps one descriptor",        test_a_copy_keeps_one_descriptor      },
        {"an end by a signal",                 test_an_end_by_a_signal               },
        CU_TEST_INFO_NULL,
    };

    return run_suite("child", tests);
}
