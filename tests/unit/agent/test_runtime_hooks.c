/* test_runtime_hooks.c - prolog and epilog as real programs, by a real launcher */

#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/agent/launched.h"

#include "base/clock.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const told[] = {"TEQUIO_JOB_ID=7", "SLURM_JOB_ID=7", "SLURMD_NODENAME=n1", NULL};
static const char *const word[] = {"prolog", NULL};

/* A program in the test's folder; free() its path. */
static char *write_program(const char *name, const char *text)
{
    char *path = scratch_path(name);
    struct error err = {.text = ""};

    if (!file_replace(path, text, strlen(text), 0755, &err))
        CU_FAIL(err.text);
    return path;
}

static char *settings(const char *prolog, const char *epilog, const char *limit)
{
    CLEANUP(memory_freep) char *first = write_program("prolog", prolog);
    CLEANUP(memory_freep) char *last = write_program("epilog", epilog);

    return memory_format("prolog = %s\nepilog = %s\nprolog-limit = %s\n", first, last, limit);
}

static struct task_start hook_start(struct launched *launched, uint64_t job, uint64_t step)
{
    struct task_start start = launched_step(launched, job, step, word);

    start.environment = told;
    start.directory = "/";
    return start;
}

/* Its first words. */
static char *words_of(struct launched *launched, uint64_t job, uint64_t step)
{
    const struct runtime *runtime = &launched->runtime;
    const struct task_key key = launched_key(job, step);
    CLEANUP(buffer_clear) struct buffer words = {0};
    struct error err;
    bool end;

    buffer_init(&words);
    CU_ASSERT(runtime->read(runtime->state, &key, false, 0, 4000, &words, &end, &err));
    return buffer_steal(&words);
}

static void test_it_runs_as_the_launcher_and_is_told_whose_job_it_is(void)
{
    CLEANUP(memory_freep)
    char *lines = settings("#!/bin/sh\nid -u\nulimit -c 2>&1 | grep -c x\nenv\npwd\n",
                           "#!/bin/sh\nexit 4\n", "1m");
    struct launched launched;
    struct error err;
    char own[32];

    launched_open(&launched, lines);
    CU_ASSERT(launched.runtime.has_hook(launched.runtime.state, STEP_PROLOG));
    CU_ASSERT(launched.runtime.has_hook(launched.runtime.state, STEP_EPILOG));
    const struct task_start start = hook_start(&launched, 7, STEP_PROLOG);
    CU_ASSERT(launched_make(&launched, 7, &err) && launched_start(&launched, &start, &err));
    CU_ASSERT_EQUAL(launched_wait(&launched, 7, HAPPENED_ENDED)->end.exit_code, 0);
    CLEANUP(memory_freep) char *words = words_of(&launched, 7, STEP_PROLOG);
    snprintf(own, sizeof(own), "%u\n", (unsigned)geteuid());
    CU_ASSERT_EQUAL(strncmp(words, own, strlen(own)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(words, "\nTEQUIO_JOB_ID=7\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(words, "\nTEQUIO_SCRATCH=/"));
    CU_ASSERT_PTR_NOT_NULL(strstr(words, launched.root ? "\nTEQUIO_JOB_LOCAL_USER=nobody\n"
                                                       : "\nTEQUIO_JOB_LOCAL_USER="));
    CU_ASSERT_PTR_NOT_NULL(strstr(words, "\n/\n"));

    const struct task_start last = hook_start(&launched, 7, STEP_EPILOG);
    CU_ASSERT(launched_start(&launched, &last, &err));
    CU_ASSERT_EQUAL(launched_wait(&launched, 7, HAPPENED_ENDED)->end.exit_code, 4);
    launched_clear(&launched);
}

/* Whatever a network daemon may have become: it cannot make root's program do something else. */
static void test_only_harmless_names_are_told(void)
{
    static const char *const others[] = {"TEQUIO_JOB_ID=7", "LD_PRELOAD=/tmp/x.so", NULL};
    CLEANUP(memory_freep) char *lines = settings("#!/bin/sh\n", "#!/bin/sh\n", "1m");
    struct launched launched;
    struct error err;

    launched_open(&launched, lines);
    struct task_start start = hook_start(&launched, 7, STEP_PROLOG);
    start.environment = others;
    CU_ASSERT(launched_make(&launched, 7, &err) && launched_start(&launched, &start, &err));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(launched_wait(&launched, 7, HAPPENED_FAILED)->why.text, "LD_PRELOAD"));
    start = hook_start(&launched, 8, STEP_PROLOG);
    start.script = "#!/bin/sh\n";
    start.script_size = strlen(start.script);
    CU_ASSERT(launched_make(&launched, 8, &err));
    CU_ASSERT_FALSE(launched_start(&launched, &start, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "without a script"));
    CU_ASSERT(launched_remove(&launched, 8));
    launched_clear(&launched);
}

/* Each would be opened, read, written or emptied as root. */
static void test_files_of_the_agents_choice_are_refused(void)
{
    CLEANUP(memory_freep) char *lines = settings("#!/bin/sh\ncat\n", "#!/bin/sh\n", "1m");
    CLEANUP(memory_freep) char *path = scratch_path("root's own");
    const char *words = "as it was";
    char seen[32] = "";
    struct launched launched;
    FILE *file = fopen(path, "w");

    fputs(words, file);
    fclose(file);
    launched_open(&launched, lines);
    for (uint64_t job = 7; job < 12; job++) {
        struct task_start start = hook_start(&launched, job, STEP_PROLOG);
        struct error err;

        start.directory = job == 7 ? "/tmp" : start.directory;
        start.output = job == 8 ? path : start.output;
        start.error = job == 9 ? path : start.error;
        start.input = job == 10 ? path : start.input;
        start.terminal = job == 11;
        CU_ASSERT(launched_make(&launched, job, &err) && launched_start(&launched, &start, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(launched_wait(&launched, job, HAPPENED_FAILED)->why.text,
                                      "without files and terminal"));
    }
    file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL(fgets(seen, sizeof(seen), file));
    fclose(file);
    CU_ASSERT_STRING_EQUAL(seen, words);
    launched_clear(&launched);
}

static void test_where_there_is_none_none_is_started(void)
{
    struct launched launched;
    struct error err;

    launched_open(&launched, NULL);
    CU_ASSERT_FALSE(launched.runtime.has_hook(launched.runtime.state, STEP_PROLOG));
    const struct task_start start = hook_start(&launched, 7, STEP_PROLOG);
    CU_ASSERT(launched_make(&launched, 7, &err));
    CU_ASSERT_FALSE(launched_start(&launched, &start, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "this node has no prolog"));
    CU_ASSERT(launched_remove(&launched, 7));
    launched_clear(&launched);
}

static void test_it_is_held_to_its_limit(void)
{
    CLEANUP(memory_freep)
    char *lines = settings("#!/bin/sh\nexec sleep 1000\n", "#!/bin/sh\n", "1s");
    struct launched launched;
    struct error err;

    launched_open(&launched, lines);
    const struct task_start start = hook_start(&launched, 7, STEP_PROLOG);
    CU_ASSERT(launched_make(&launched, 7, &err) && launched_start(&launched, &start, &err));
    CU_ASSERT_EQUAL(launched_wait(&launched, 7, HAPPENED_ENDED)->end.cause, TASK_LIMIT);
    launched_clear(&launched);
}

struct retry {
    struct launched *launched;
    struct task_start start;
};

static bool has_started(void *owner)
{
    struct retry *retry = owner;
    struct error err;

    if (launched_start(retry->launched, &retry->start, &err))
        return true;
    CU_ASSERT_EQUAL(err.code, ERROR_UNAVAILABLE);
    return false;
}

/* The batch script runs still: it is ended first. */
static bool is_there(void *path)
{
    return access(path, F_OK) == 0;
}

static void test_an_epilog_finds_nothing_of_the_job(void)
{
    CLEANUP(memory_freep)
    char *lines =
        settings("#!/bin/sh\n", "#!/bin/sh\npgrep -f 'sleep 9876[5]' && exit 1\nexit 0\n", "1m");
    struct launched launched;

    launched_open(&launched, lines);
    launched_run(&launched, 7, "#!/bin/sh\ntrap '' TERM\nsleep 98765 &\n: >deaf\nsleep 98765\n");
    launched_wait(&launched, 7, HAPPENED_STARTED);
    CLEANUP(memory_freep) char *deaf = launched_path(&launched, "deaf");
    CU_ASSERT(launched_until(&launched, is_there, deaf));
    struct retry retry = {&launched, hook_start(&launched, 7, STEP_EPILOG)};
    CU_ASSERT(launched_until(&launched, has_started, &retry));
    while (launched.outcomes[7].step != STEP_EPILOG || launched.outcomes[7].what != HAPPENED_ENDED)
        loop_run(launched.loop);
    CU_ASSERT_EQUAL(launched.outcomes[7].end.exit_code, 0);
    launched_clear(&launched);
}

/* Asked again by an agent after this one, to a launcher after this one: it ran once. */
static void test_it_runs_once(void)
{
    CLEANUP(memory_freep) char *ran = scratch_path("ran");
    CLEANUP(memory_freep)
    char *text = memory_format("#!/bin/sh\necho x >>%s\nsleep 0.3\n", ran);
    CLEANUP(memory_freep) char *lines = settings(text, "#!/bin/sh\n", "1m");
    CLEANUP(buffer_clear) struct buffer seen = {0};
    struct launched launched;
    struct error err;

    launched_open_socket(&launched, lines);
    const struct task_start start = hook_start(&launched, 7, STEP_PROLOG);
    CU_ASSERT(launched_make(&launched, 7, &err) && launched_start(&launched, &start, &err));
    launched_wait(&launched, 7, HAPPENED_STARTED);
    launched_kill_launcher(&launched);
    launched_detach(&launched);
    launched_start_launcher(&launched);
    launched_attach(&launched);
    CU_ASSERT_EQUAL(launched.found, 1);
    launched_start(&launched, &start, &err);
    CU_ASSERT_EQUAL(launched_wait(&launched, 7, HAPPENED_ENDED)->end.exit_code, 0);
    buffer_init(&seen);
    CU_ASSERT(file_read(ran, 100, &seen, &err));
    CU_ASSERT_STRING_EQUAL(seen.bytes, "x\n");
    launched_clear(&launched);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"it runs as the launcher",                 test_it_runs_as_the_launcher_and_is_told_whose_job_it_is},
        {"only harmless names are told",            test_only_harmless_names_are_told                       },
        {"files of the agent's choice are refused", test_files_of_the_agents_choice_are_refused             },
        {"where there is none none is started",     test_where_there_is_none_none_is_started                },
        {"it is held to its limit",                 test_it_is_held_to_its_limit                            },
        {"an epilog finds nothing of the job",      test_an_epilog_finds_nothing_of_the_job                 },
        {"it runs once",                            test_it_runs_once                                       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("runtime_hooks", tests);
}
