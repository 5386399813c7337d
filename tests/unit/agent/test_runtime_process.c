/* test_runtime_process.c - batch scripts and steps by a real launcher: how they start and end */

#include "agent/launcher/request.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/agent/launched.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_exit_codes_are_exact(void)
{
    static const unsigned codes[] = {0,   1,   2,   3,   7,   42,  77,  125, 126,
                                     127, 128, 129, 130, 137, 143, 200, 254, 255};
    struct launched launched;

    launched_open(&launched, NULL);
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        CLEANUP(memory_freep) char *script = memory_format("#!/bin/sh\nexit %u\n", codes[i]);

        launched_run(&launched, i + 1, script);
    }
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        const struct outcome *outcome = launched_wait(&launched, i + 1, HAPPENED_ENDED);

        CU_ASSERT_EQUAL(outcome->end.exit_code, codes[i]);
        CU_ASSERT_EQUAL(outcome->end.exit_signal, 0);
        CU_ASSERT_EQUAL(outcome->end.cause, TASK_BY_ITSELF);
        CU_ASSERT_EQUAL(outcome->starts, 1);
        CU_ASSERT(launched_remove(&launched, i + 1));
    }
    launched_clear(&launched);
}

static void test_signals_are_exact(void)
{
    static const int numbers[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT,
                                  SIGBUS,  SIGFPE,  SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2,
                                  SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ, SIGSYS};
    struct launched launched;

    launched_open(&launched, NULL);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        CLEANUP(memory_freep) char *script = memory_format("#!/bin/sh\nkill -%d $$\n", numbers[i]);

        launched_run(&launched, i + 1, script);
    }
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        const struct outcome *outcome = launched_wait(&launched, i + 1, HAPPENED_ENDED);

        CU_ASSERT_EQUAL(outcome->end.exit_signal, (unsigned)numbers[i]);
        CU_ASSERT_EQUAL(outcome->end.exit_code, 0);
        CU_ASSERT_EQUAL(outcome->end.cause, TASK_BY_ITSELF);
    }
    launched_clear(&launched);
}

static void test_output_is_exact(void)
{
    static const char script[] =
        "#!/bin/sh\n"
        "i=0; while [ $i -lt 5000 ]; do echo \"line $i\"; i=$((i+1)); done\n"
        "echo problem >&2\nprintf end\n";
    struct launched launched;
    struct buffer expected;
    char *output, *error;
    struct error err;

    launched_open(&launched, NULL);
    struct task_start start = launched_script(&launched, 1, script);
    start.error = "err";
    CU_ASSERT(launched_make(&launched, 1, &err) && launched_start(&launched, &start, &err));
    launched_wait(&launched, 1, HAPPENED_ENDED);
    buffer_init(&expected);
    for (int i = 0; i < 5000; i++)
        buffer_print(&expected, "line %d\n", i);
    buffer_add_text(&expected, "end");
    output = launched_read(&launched, "out-1");
    error = launched_read(&launched, "err");
    CU_ASSERT_STRING_EQUAL(output, expected.bytes);
    CU_ASSERT_STRING_EQUAL(error, "problem\n");
    free(output);
    free(error);
    buffer_clear(&expected);
    launched_clear(&launched);
}

/* Output of an earlier run is replaced, or kept with `append`; error joins output. */
static void test_output_is_replaced_or_appended(void)
{
    static const char script[] = "#!/bin/sh\necho one; echo two >&2\n";
    struct launched launched;
    struct error err;
    char *output;

    launched_open(&launched, NULL);
    for (uint64_t job = 1; job <= 3; job++) {
        struct task_start start = launched_script(&launched, job, script);

        start.output = "same";
        start.append = job == 3;
        CU_ASSERT(launched_make(&launched, job, &err) && launched_start(&launched, &start, &err));
        launched_wait(&launched, job, HAPPENED_ENDED);
        output = launched_read(&launched, "same");
        CU_ASSERT_STRING_EQUAL(output, job == 3 ? "one\ntwo\none\ntwo\n" : "one\ntwo\n");
        free(output);
    }
    launched_clear(&launched);
}

static void test_input_is_read(void)
{
    struct launched launched;
    CLEANUP(memory_freep) char *path = NULL;
    struct error err;
    char *output;

    launched_open(&launched, NULL);
    path = launched_path(&launched, "in");
    CU_ASSERT(file_replace(path, "given", 5, 0644, &err));
    struct task_start start = launched_script(&launched, 1, "#!/bin/sh\ncat\n");
    start.input = "in";
    CU_ASSERT(launched_make(&launched, 1, &err) && launched_start(&launched, &start, &err));
    launched_wait(&launched, 1, HAPPENED_ENDED);
    output = launched_read(&launched, "out-1");
    CU_ASSERT_STRING_EQUAL(output, "given");
    free(output);
    launched_clear(&launched);
}

/* What cannot start says what, and why; nothing is left. */
static void test_failures_are_explained(void)
{
    const struct {
        const char *script, *directory, *output, *input, *says;
        enum error_code code;
    } cases[] = {
        {"#!/bin/sh\n",           "/no/such", NULL,          NULL,       "/no/such",               ERROR_NOT_FOUND},
        {"#!/bin/sh\n",           NULL,       "no/such/out", NULL,       "no/such/out",            ERROR_IO       },
        {"#!/bin/sh\n",           NULL,       NULL,          "no-input", "no-input",               ERROR_IO       },
        {"#!/bin/sh\n",           NULL,       "fifo",        NULL,       "fifo",                   ERROR_IO       },
        {"#!/bin/sh\n",           NULL,       "/dev/full",   NULL,       "neither a regular file", ERROR_INVALID  },
        {"#!/bin/sh\n",           NULL,       NULL,          "fifo",     "neither a regular file", ERROR_INVALID  },
        {"#!/bin/sh\n",           NULL,       NULL,          "/",        "neither a regular file", ERROR_INVALID  },
        {"echo no line\n",        NULL,       NULL,          NULL,       "no interpreter line",    ERROR_INVALID  },
        {"#!/bin/sh\r\nexit\r\n", NULL,       NULL,          NULL,       "CR LF",                  ERROR_INVALID  },
        {"#!/no/shell -x\n",      NULL,       NULL,          NULL,       "/no/shell",              ERROR_NOT_FOUND},
        {"#!sh\n",                NULL,       NULL,          NULL,       "absolute",               ERROR_INVALID  },
    };
    CLEANUP(memory_freep) char *fifo = NULL;
    struct launched launched;

    launched_open(&launched, NULL);
    fifo = launched_path(&launched, "fifo");
    CU_ASSERT_EQUAL(mkfifo(fifo, 0666), 0);
    CU_ASSERT_EQUAL(chmod(fifo, 0666), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct task_start start = launched_script(&launched, i + 1, cases[i].script);
        const struct outcome *outcome;
        struct error err;

        start.directory = cases[i].directory ? cases[i].directory : launched.home;
        start.output = cases[i].output;
        start.input = cases[i].input;
        CU_ASSERT(launched_make(&launched, i + 1, &err) && launched_start(&launched, &start, &err));
        outcome = launched_wait(&launched, i + 1, HAPPENED_FAILED);
        CU_ASSERT_EQUAL(outcome->why.code, cases[i].code);
        CU_ASSERT_PTR_NOT_NULL(strstr(outcome->why.text, cases[i].says));
        CU_ASSERT(launched_remove(&launched, i + 1));
    }
    launched_clear(&launched);
}

static bool has_line(const char *text, const char *line)
{
    CLEANUP(memory_freep) char *whole = memory_format("\n%s\n", line);
    CLEANUP(memory_freep) char *lines = memory_format("\n%s\n", text);

    return strstr(lines, whole) != NULL;
}

static size_t count_lines(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* Nothing of the launcher's or the test's own environment reaches a job. */
static void test_environment_is_exact(void)
{
    static const char *const given[] = {"PATH=/usr/bin:/bin", "GREETING=hola mundo", "EMPTY=",
                                        "HOME=/given",        "SLURM_PROCID=9",      NULL};
    struct launched launched;
    struct error err;
    char *output;

    launched_open(&launched, NULL);
    struct task_start start = launched_script(&launched, 1, "#!/bin/sh\nexec env\n");
    start.environment = given;
    CU_ASSERT(launched_make(&launched, 1, &err) && launched_start(&launched, &start, &err));
    launched_wait(&launched, 1, HAPPENED_ENDED);
    output = launched_read(&launched, "out-1");
    CU_ASSERT(has_line(output, "PATH=/usr/bin:/bin"));
    CU_ASSERT(has_line(output, "GREETING=hola mundo"));
    CU_ASSERT(has_line(output, "EMPTY="));
    CU_ASSERT(has_line(output, launched.root ? "HOME=/nonexistent" : "HOME=/given"));
    CU_ASSERT(has_line(output, "SLURM_PROCID=0"));
    CU_ASSERT(has_line(output, "TEQUIO_LOCALID=0"));
    CU_ASSERT(!launched.root || has_line(output, "USER=nobody"));
    /* given, TMPDIR, TEQUIO_SCRATCH, TEQUIO_CREDENTIAL, TEQUIO_TASK_SET, USER, LOGNAME, SHELL,
     * three more of the task, and PWD of the shell */
    CU_ASSERT_EQUAL(count_lines(output), 5 + 7 + 3 + 1);
    free(output);
    launched_clear(&launched);
}

/* TMPDIR can be written, the credential read by the job alone, descriptors are clean. */
static void test_surroundings_of_a_job(void)
{
    static const char script[] =
        "#!/bin/sh\n"
        "echo hidden >\"$TMPDIR/file\" && cat \"$TEQUIO_CREDENTIAL\" && echo\n"
        "stat -c %a \"$TEQUIO_CREDENTIAL\" \"$TMPDIR\"\n"
        "umask\nls /proc/self/fd | wc -l\n"
        "grep -E '^(SigBlk|SigIgn|NoNewPrivs)' /proc/self/status\n"
        "ulimit -c\nexec 3<&- ; echo \"$# $1\"\n";
    static const char *const arguments[] = {"first", "second word", NULL};
    struct launched launched;
    struct error err;
    char *output;

    launched_open(&launched, NULL);
    struct task_start start = launched_script(&launched, 1, script);
    start.arguments = arguments;
    CU_ASSERT(launched_make(&launched, 1, &err) && launched_start(&launched, &start, &err));
    launched_wait(&launched, 1, HAPPENED_ENDED);
    output = launched_read(&launched, "out-1");
    CU_ASSERT_STRING_EQUAL(output, "0123456789abcdef\n400\n700\n0022\n4\n"
                                   "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
                                   "NoNewPrivs:\t1\n0\n2 first\n");
    free(output);
    launched_clear(&launched);
}

/* --- steps -------------------------------------------------------------------------------------- */

static char *read_step(struct launched *launched, uint64_t job, uint64_t step, bool error_stream)
{
    struct task_key key = launched_key(job, step);
    CLEANUP(buffer_clear) struct buffer text;
    struct error err;
    bool end = false;

    buffer_init(&text);
    while (!end) {
        size_t before = text.length;

        if (!launched->runtime.read(launched->runtime.state, &key, error_stream, text.length, 7,
                                    &text, &end, &err)) {
            CU_ASSERT_STRING_EQUAL(err.text, "");
            break;
        }
        CU_ASSERT(end || text.length > before);
    }
    return buffer_steal(&text);
}

static void test_a_step_has_its_tasks(void)
{
    static const char *const arguments[] = {
        "sh", "-c", "echo $TEQUIO_PROCID $SLURM_LOCALID; echo e$SLURM_PROCID >&2", NULL};
    struct launched launched;
    char *output, *error;
    struct error err;

    launched_open(&launched, NULL);
    struct task_start start = launched_step(&launched, 1, 7, arguments);
    start.tasks = 4;
    start.first_task = 10;
    CU_ASSERT(launched_make(&launched, 1, &err) && launched_start(&launched, &start, &err));
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_code, 0);
    output = read_step(&launched, 1, 7, false);
    error = read_step(&launched, 1, 7, true);
    for (int i = 0; i < 4; i++) {
        CLEANUP(memory_freep) char *line = memory_format("%d %d", 10 + i, i);
        CLEANUP(memory_freep) char *error_line = memory_format("e%d", 10 + i);

        CU_ASSERT(has_line(output, line));
        CU_ASSERT(has_line(error, error_line));
    }
    CU_ASSERT_EQUAL(count_lines(output), 4);
    free(output);
    free(error);
    launched_clear(&launched);
}

static void test_the_first_failure_decides(void)
{
    static const char *const arguments[] = {
        "sh", "-c", "[ $SLURM_PROCID = 2 ] && exit 5; exec sleep 1000", NULL};
    struct launched launched;
    const struct outcome *outcome;
    struct error err;

    launched_open(&launched, NULL);
    struct task_start start = launched_step(&launched, 1, 1, arguments);
    start.tasks = 3;
    start.kill_on_failure = true;
    CU_ASSERT(launched_make(&launched, 1, &err) && launched_start(&launched, &start, &err));
    outcome = launched_wait(&launched, 1, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.exit_code, 5);
    CU_ASSERT_EQUAL(outcome->end.exit_signal, 0);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_BY_ITSELF);
    launched_clear(&launched);
}

static void test_a_program_that_is_not_there(void)
{
    static const char *const arguments[] = {"no-such-program", NULL};
    struct launched launched;
    const struct outcome *outcome;
    struct error err;

    launched_open(&launched, NULL);
    struct task_start start = launched_step(&launched, 1, 1, arguments);
    start.tasks = 2;
    CU_ASSERT(launched_make(&launched, 1, &err) && launched_start(&launched, &start, &err));
    outcome = launched_wait(&launched, 1, HAPPENED_FAILED);
    CU_ASSERT_EQUAL(outcome->why.code, ERROR_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(outcome->why.text, "no-such-program"));
    launched_clear(&launched);
}

/* What was forgotten is gone, also for the next list(). */
static void test_forgotten_is_gone(void)
{
    struct launched launched;
    struct task_key key = launched_key(1, 0);
    struct error err;

    launched_open(&launched, NULL);
    launched_run(&launched, 1, "#!/bin/sh\n");
    launched_wait(&launched, 1, HAPPENED_ENDED);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_detach(&launched);
    launched_attach(&launched);
    CU_ASSERT_EQUAL(launched.found, 1);
    CU_ASSERT_EQUAL(launched.found_ended, 1);
    launched.runtime.forget(launched.runtime.state, &key);
    CU_ASSERT(!launched.runtime.signal(launched.runtime.state, &key, 0, false, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    launched_detach(&launched);
    launched_attach(&launched);
    CU_ASSERT_EQUAL(launched.found, 0);
    launched_clear(&launched);
}

/* A request is admitted only in the states that it belongs to. */
static void test_order_of_requests(void)
{
    struct launched launched;
    struct error err;

    launched_open(&launched, NULL);
    struct task_start start = launched_script(&launched, 1, "#!/bin/sh\nexec sleep 1000\n");
    CU_ASSERT(!launched_start(&launched, &start, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT(launched_make(&launched, 1, &err));
    CU_ASSERT(launched_make(&launched, 1, &err)); /* made again, as nothing runs in it */
    CU_ASSERT(launched_start(&launched, &start, &err));
    launched_wait(&launched, 1, HAPPENED_STARTED);
    CU_ASSERT(!launched_start(&launched, &start, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    launched.outcomes[1].what = HAPPENED_STARTED;
    CU_ASSERT(launched_stop(&launched, 1));
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.cause, TASK_STOPPED);
    CU_ASSERT(!launched_stop(&launched, 1));
    CU_ASSERT(launched_remove(&launched, 1));
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

/* At the news of the end everything is free: nobody has to come twice. */
static void test_removed_at_once(void)
{
    static const char *const configs[] = {NULL, "cgroups = no\n"};

    for (size_t i = 0; i < 2 * COUNT_OF(configs); i++) {
        struct launched launched;

        launched_open(&launched, configs[i / 2]);
        for (uint64_t job = 1; job <= 50; job++) {
            static const char *const arguments[] = {"true", NULL};
            struct task_start step = launched_step(&launched, job, 3, arguments);
            struct task_start batch = launched_script(&launched, job, "#!/bin/sh\n");
            struct task_key key = launched_key(job, 0);
            struct error err;

            CU_ASSERT(launched_make(&launched, job, &err));
            CU_ASSERT(launched_start(&launched, i % 2 ? &step : &batch, &err));
            launched_wait(&launched, job, HAPPENED_ENDED);
            CU_ASSERT(launched.runtime.part_remove(launched.runtime.state, &key, &err));
        }
        launched_clear(&launched);
    }
}

static bool no_scratch_is_left(void *owner)
{
    const struct launched *launched = owner;
    CLEANUP(memory_freep) char *removed = memory_format("%s/removed", launched->scratch);
    CLEANUP(memory_freep) char *scratch = memory_format("%s/scratch", launched->scratch);

    /* Neither has a directory below: two links, "." and the name in its parent. */
    struct stat one, other;

    return stat(removed, &one) == 0 && stat(scratch, &other) == 0 && one.st_nlink == 2 &&
           other.st_nlink == 2;
}

static void test_scratch_is_swept(void)
{
    static const char script[] =
        "#!/bin/sh\ncd \"$TMPDIR\" || exit 1\nmkdir -p a/b/c && ln -s / a/link && chmod 0 a/b\n"
        "i=0; d=.; while [ $i -lt 150 ]; do d=$d/deep; i=$((i+1)); done\nmkdir -p $d && touch "
        "$d/f\n";
    struct launched launched;

    launched_open(&launched, NULL);
    launched_run(&launched, 1, script);
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_code, 0);
    CU_ASSERT(launched_remove(&launched, 1));
    CU_ASSERT(launched_until(&launched, no_scratch_is_left, &launched));
    CU_ASSERT_EQUAL(access("/etc/passwd", R_OK), 0);
    launched_clear(&launched);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"exit codes are exact",                test_exit_codes_are_exact          },
        {"signals are exact",                   test_signals_are_exact             },
        {"output is exact",                     test_output_is_exact               },
        {"output is replaced or appended",      test_output_is_replaced_or_appended},
        {"input is read",                       test_input_is_read                 },
        {"failures are explained",              test_failures_are_explained        },
        {"environment is exact",                test_environment_is_exact          },
        {"surroundings of a job",               test_surroundings_of_a_job         },
        {"a step has its tasks",                test_a_step_has_its_tasks          },
        {"the first failure decides",           test_the_first_failure_decides     },
        {"a program that is not there",         test_a_program_that_is_not_there   },
        {"forgotten is gone",                   test_forgotten_is_gone             },
        {"order of requests",                   test_order_of_requests             },
        {"a part can be removed at once",       test_removed_at_once               },
        {"scratch is swept, whatever is in it", test_scratch_is_swept              },
        CU_TEST_INFO_NULL,
    };

    return run_suite("runtime_process", tests);
}
