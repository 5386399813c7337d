/* test_slurm_job.c - tequio-slurm-job: the script of a lent job, run as Slurm runs it */

#include "agent/gateway/handover.h"

#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const environment[] = {"COLOUR=blue", "HOME=/home/ana", "SLURM_JOB_ID=5",
                                          "PATH=/usr/bin:/bin", NULL};
static const char *const arguments[] = {"one", "two words", NULL};

static struct handover plain(void)
{
    static char output[4096];
    CLEANUP(memory_freep) char *path = scratch_path("output");

    snprintf(output, sizeof(output), "%s", path);
    unlink(output);
    return (struct handover){
        .directory = "/",
        .output = output,
        .error = "",
        .input = "",
        .limit_us = INT64_MAX,
        .kill_wait_us = US_PER_SECOND / 2,
        .arguments = (const char **)(uintptr_t)arguments,
        .environment = (const char **)(uintptr_t)environment,
    };
}

/* A new folder with the job; free() it. */
static char *prepare(const char *name, const struct handover *handover, const char *script)
{
    char *folder = scratch_path(name);
    struct error err;

    CU_ASSERT_EQUAL(mkdir(folder, 0700), 0);
    CU_ASSERT(handover_write(folder, handover, script, strlen(script), &err));
    return folder;
}

static pid_t start(const char *folder)
{
    const char *build = getenv("TEQUIO_BUILD");
    CLEANUP(memory_freep)
    char *program = memory_format("%s/agent/tequio-slurm-job", build ? build : ".");
    char *const words[] = {program, (char *)(uintptr_t)folder, NULL};
    char *const variables[] = {(char *)(uintptr_t) "SLURM_JOB_ID=4711",
                               (char *)(uintptr_t) "SLURM_TIME_FORMAT=%s",
                               (char *)(uintptr_t) "HOME=/lent", NULL};
    const struct child_request request = {.program = program,
                                          .arguments = words,
                                          .environment = variables,
                                          .input = -1,
                                          .output = -1,
                                          .error = -1,
                                          .extra = -1};
    struct error err;
    pid_t pid = 0;

    CU_ASSERT(child_start(&request, &pid, &err));
    return pid;
}

static int await(pid_t pid)
{
    int status = -1;

    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    return status;
}

static struct task_end end_of(const char *folder)
{
    struct task_end end = {.cause = TASK_UNKNOWN};
    struct error err;

    CU_ASSERT(handover_read_end(folder, &end, &err));
    return end;
}

static bool wrote(const struct handover *handover, const char *text)
{
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    struct error err;

    buffer_init(&bytes);
    return file_read(handover->output, 65536, &bytes, &err) && strstr(bytes.bytes, text);
}

static void test_a_script_runs_with_what_it_brought(void)
{
    const struct handover handover = plain();
    CLEANUP(memory_freep)
    char *folder = prepare("brought", &handover,
                           "#!/bin/sh\necho \"$COLOUR $HOME $SLURM_JOB_ID $1 $2 "
                           "${SLURM_TIME_FORMAT-none}\"; pwd; exit 7\n");
    int status = await(start(folder));
    struct task_end end = end_of(folder);

    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CU_ASSERT(wrote(&handover, "blue /lent 4711 one two words none\n/\n"));
    CU_ASSERT_EQUAL(end.cause, TASK_BY_ITSELF);
    CU_ASSERT_EQUAL(end.exit_code, 7);
    CU_ASSERT_EQUAL(end.exit_signal, 0);
    CU_ASSERT(end.wall_used_us > 0 && end.ended_us > 0 && end.memory_peak_bytes > 0);
    CU_ASSERT(handover_has_begun(folder));
}

static void test_a_job_runs_once(void)
{
    const struct handover handover = plain();
    CLEANUP(memory_freep) char *folder = prepare("once", &handover, "echo ran >&2\n");
    struct error err;
    int second;

    CU_ASSERT_EQUAL(await(start(folder)), 0);
    CU_ASSERT(wrote(&handover, "ran"));
    unlink(handover.output);
    second = await(start(folder));
    CU_ASSERT(WIFEXITED(second) && WEXITSTATUS(second) != 0);
    CU_ASSERT_FALSE(wrote(&handover, "ran"));
    CU_ASSERT(handover_remove(folder, &err));
    CU_ASSERT_NOT_EQUAL(await(start(folder)), 0); /* nor when it is forgotten */
}

static void test_a_signal_is_told_as_it_was(void)
{
    const struct handover handover = plain();
    CLEANUP(memory_freep) char *folder = prepare("signal", &handover, "kill -KILL $$\n");
    int status = await(start(folder));
    struct task_end end = end_of(folder);

    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CU_ASSERT_EQUAL(end.exit_signal, SIGKILL);
    CU_ASSERT_EQUAL(end.exit_code, 0);
}

static void test_the_limit_ends_it(void)
{
    struct handover handover = plain();
    CLEANUP(memory_freep) char *folder = NULL;
    struct task_end end;

    handover.limit_us = US_PER_SECOND / 5;
    folder =
        prepare("limit", &handover, "trap '' TERM; echo begun; while :; do sleep 0.05; done\n");
    await(start(folder));
    end = end_of(folder);
    CU_ASSERT_EQUAL(end.cause, TASK_LIMIT);
    CU_ASSERT_EQUAL(end.exit_signal, SIGKILL);
    CU_ASSERT(end.wall_used_us >= US_PER_SECOND * 7 / 10);
}

static void test_it_is_warned_before(void)
{
    struct handover handover = plain();
    CLEANUP(memory_freep) char *folder = NULL;

    handover.limit_us = 60 * US_PER_SECOND;
    handover.warning_us = 60 * US_PER_SECOND - US_PER_SECOND / 5;
    handover.warning_signal = SIGUSR1;
    handover.warning_batch_only = true;
    folder = prepare("warned", &handover,
                     "trap 'echo warned; exit 3' USR1; while :; do sleep 0.05; done\n");
    CU_ASSERT_EQUAL(WEXITSTATUS(await(start(folder))), 3);
    CU_ASSERT(wrote(&handover, "warned"));
    CU_ASSERT_EQUAL(end_of(folder).cause, TASK_BY_ITSELF);
}

static void await_text(const struct handover *handover, const char *text)
{
    const struct timespec pause = {.tv_nsec = 5000000};

    for (int i = 0; i < 2000 && !wrote(handover, text); i++)
        nanosleep(&pause, NULL);
    CU_ASSERT(wrote(handover, text));
}

static void test_a_signal_is_passed_on_where_it_is_marked(void)
{
    const struct handover handover = plain();
    CLEANUP(memory_freep)
    char *folder = prepare("marked", &handover,
                           "trap 'echo usr1' USR1; trap 'exit 4' USR2; echo ready\n"
                           "while :; do sleep 0.05; done\n");
    struct error err;
    pid_t pid = start(folder);

    await_text(&handover, "ready");
    kill(pid, SIGUSR1); /* everybody got it: it is not for us to pass on */
    CU_ASSERT(handover_mark_signal(folder, SIGUSR2, &err));
    kill(pid, SIGUSR2);
    CU_ASSERT_EQUAL(WEXITSTATUS(await(pid)), 4);
    CU_ASSERT_FALSE(wrote(&handover, "usr1"));
}

static void test_what_is_no_start_is_refused(void)
{
    const struct handover handover = plain();
    CLEANUP(memory_freep) char *folder = prepare("broken", &handover, "echo ran\n");
    CLEANUP(memory_freep) char *path = memory_format("%s/start", folder);
    static const char *const texts[] = {"",           "limit-us=1",    "limit-us=-1\0",
                                        "append=2\0", "colour=blue\0", "alone\0"};
    struct error err;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        size_t size = strlen(texts[i]) + (i > 1);

        CU_ASSERT(file_replace(path, texts[i], size, 0600, &err));
        CU_ASSERT_NOT_EQUAL(await(start(folder)), 0);
        CU_ASSERT_FALSE(handover_has_begun(folder));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a script runs with what it brought",       test_a_script_runs_with_what_it_brought      },
        {"a job runs once",                          test_a_job_runs_once                         },
        {"a signal is told as it was",               test_a_signal_is_told_as_it_was              },
        {"the limit ends it",                        test_the_limit_ends_it                       },
        {"it is warned before",                      test_it_is_warned_before                     },
        {"a signal is passed on where it is marked", test_a_signal_is_passed_on_where_it_is_marked},
        {"what is no start is refused",              test_what_is_no_start_is_refused             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("slurm_job", tests);
}
