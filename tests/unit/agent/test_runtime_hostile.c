/* test_runtime_hostile.c - jobs that trace, hide in name spaces, or open all there is (hostile.c) */

#include "agent/launcher/request.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/agent/launched.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* With the kernel's help, and without. */
static const char *const configs[] = {NULL, "cgroups = no\n"};

/* The program lies in the home: the job's user may not be able to reach the build. */
static void open_with_program(struct launched *launched, const char *config)
{
    const char *build = getenv("TEQUIO_BUILD");
    CLEANUP(memory_freep)
    char *built = memory_format("%s/tests/unit/agent/hostile", build ? build : ".");
    CLEANUP(memory_freep) char *program = NULL;
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    struct error err;

    buffer_init(&bytes);
    launched_open(launched, config);
    program = launched_path(launched, "hostile");
    CU_ASSERT(file_read(built, 1 << 26, &bytes, &err));
    CU_ASSERT(file_replace(program, bytes.bytes, bytes.length, 0755, &err));
}

static void start_hostile(struct launched *launched, uint64_t job, const char *act,
                          int64_t limit_us)
{
    CLEANUP(memory_freep) char *script = memory_format("#!/bin/sh\nexec ./hostile %s\n", act);
    struct task_start start = launched_script(launched, job, script);
    struct error err = {.text = ""};

    start.limit_us = limit_us;
    start.kill_wait_us = 200000;
    if (!launched_make(launched, job, &err) || !launched_start(launched, &start, &err))
        CU_ASSERT_STRING_EQUAL(err.text, "no error");
}

/* --- debuggers ----------------------------------------------------------------------------------- */

/* Neither its shepherd nor the launcher nor the agent: they are not its user's. */
static void test_tracing_is_refused(void)
{
    CLEANUP(memory_freep)
    char *act = memory_format("trace $PPID $(cut -d' ' -f4 /proc/$PPID/stat) %d", (int)getpid());
    struct launched launched;
    char *output;

    open_with_program(&launched, NULL);
    if (!launched.root)
        test_skip("without root all are one user's");
    if (launched.root) {
        start_hostile(&launched, 1, act, INT64_MAX);
        CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_code, 0);
        output = launched_read(&launched, "out-1");
        CU_ASSERT_STRING_EQUAL(output, "tried\n");
        free(output);
        CU_ASSERT(launched_remove(&launched, 1));
    }
    launched_clear(&launched);
}

/* Job 1, the way and how it is ended, as `config` has it. */
static void check_debugger(const char *config, const char *way, int64_t limit_us)
{
    CLEANUP(memory_freep) char *act = memory_format("debug %s pids", way);
    bool by_itself = strcmp(way, "ends") == 0;
    const struct outcome *outcome;
    struct launched launched;

    open_with_program(&launched, config);
    start_hostile(&launched, 1, act, limit_us);
    CU_ASSERT(launched_lines(&launched, "pids", 2));
    if (!by_itself && limit_us == INT64_MAX)
        CU_ASSERT(launched_stop(&launched, 1));
    outcome = launched_wait(&launched, 1, HAPPENED_ENDED);
    if (by_itself) {
        CU_ASSERT_EQUAL(outcome->end.cause, TASK_BY_ITSELF);
        CU_ASSERT_EQUAL(outcome->end.exit_code, 0);
    } else {
        CU_ASSERT_EQUAL(outcome->end.cause, limit_us == INT64_MAX ? TASK_STOPPED : TASK_LIMIT);
    }
    CU_ASSERT_EQUAL(launched_count_dead(&launched, "pids"), 2);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

/* However a job debugs itself, its end is the end of all: of those stopped by a debugger, of
 * those whose signals it swallows, and of a script whose end it hides. */
static void test_a_debugger_ends_whole(void)
{
    static const char *const ways[] = {"holds", "steps", "exits", "ends", "parent", "parent-ends"};

    for (size_t i = 0; i < COUNT_OF(configs); i++)
        for (size_t way = 0; way < COUNT_OF(ways); way++)
            check_debugger(configs[i], ways[way], INT64_MAX);
}

static void test_a_debugger_is_held_to_the_limit(void)
{
    check_debugger(NULL, "parent-ends", 2 * US_PER_SECOND);
}

/* --- name spaces ---------------------------------------------------------------------------------- */

static char *groups_of(pid_t pid)
{
    CLEANUP(memory_freep) char *path = memory_format("/proc/%d/cgroup", (int)pid);
    CLEANUP(buffer_clear) struct buffer text;
    struct error err;

    buffer_init(&text);
    CU_ASSERT(file_read(path, 1 << 16, &text, &err));
    return buffer_steal(&text);
}

/* All are where the first is, and that is not where we are. */
static void check_groups(const struct launched *launched, const char *name)
{
    CLEANUP(memory_freep) char *pids = launched_read(launched, name);
    CLEANUP(memory_freep) char *expected = groups_of((pid_t)strtol(pids, NULL, 10));
    CLEANUP(memory_freep) char *own = groups_of(getpid());
    char *rest = NULL;

    CU_ASSERT_STRING_NOT_EQUAL(own, expected);
    for (char *line = strtok_r(pids, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        CLEANUP(memory_freep) char *groups = groups_of((pid_t)strtol(line, NULL, 10));

        CU_ASSERT_STRING_EQUAL(groups, expected);
    }
}

/* Its mounts are its own, and its scratch goes as any other. */
static void check_nothing_left(struct launched *launched)
{
    CLEANUP(memory_freep) char *scratch = memory_format("%s/scratch/1.1.0", launched->scratch);
    CLEANUP(buffer_clear) struct buffer mounts = {0};
    struct error err;

    buffer_init(&mounts);
    CU_ASSERT(file_read("/proc/self/mountinfo", 1 << 22, &mounts, &err));
    CU_ASSERT_PTR_NULL(strstr(mounts.bytes, launched->base));
    CU_ASSERT(launched_remove(launched, 1));
    CU_ASSERT_NOT_EQUAL(access(scratch, F_OK), 0);
}

static void check_spaces(const char *config)
{
    enum { PROCESSES = 10 };
    struct launched launched;
    char *output;

    open_with_program(&launched, config);
    start_hostile(&launched, 1, "spaces pids", INT64_MAX);
    CU_ASSERT(launched_lines(&launched, "out-1", 1));
    output = launched_read(&launched, "out-1");
    if (strcmp(output, "none\n") != 0) { /* else the machine admits none to ordinary users */
        CU_ASSERT(launched_lines(&launched, "pids", PROCESSES));
        free(output);
        output = launched_read(&launched, "out-1");
        CU_ASSERT_STRING_EQUAL(output, "tmpfs\nbind\ndone\n");
        if (!config && (runtime_process_facts(launched.process) & FACT_TRACKED))
            check_groups(&launched, "pids");
        CU_ASSERT(launched_stop(&launched, 1));
        launched_wait(&launched, 1, HAPPENED_ENDED);
        CU_ASSERT_EQUAL(launched_count_dead(&launched, "pids"), PROCESSES);
        check_nothing_left(&launched);
    }
    free(output);
    launched_clear(&launched);
}

/* A world of its own is inside the job's, and ends with it. */
static void test_name_spaces_end_with_the_job(void)
{
    for (size_t i = 0; i < COUNT_OF(configs); i++)
        check_spaces(configs[i]);
}

/* --- descriptors ---------------------------------------------------------------------------------- */

/* It has all that its limits admit; everybody else goes on. */
static void check_descriptors(const char *config, rlim_t expected)
{
    enum { PROCESSES = 8 };
    CLEANUP(memory_freep) char *says = memory_format("limit %lu\n", (unsigned long)expected);
    struct task_key key = launched_key(1, 0);
    struct launched launched;
    struct error err;
    char *output;

    open_with_program(&launched, config);
    start_hostile(&launched, 1, "descriptors pids", INT64_MAX);
    CU_ASSERT(launched_lines(&launched, "pids", PROCESSES));
    output = launched_read(&launched, "out-1");
    CU_ASSERT_STRING_EQUAL(output, says);
    free(output);
    launched_run(&launched, 2, "#!/bin/sh\necho fine\n");
    CU_ASSERT_EQUAL(launched_wait(&launched, 2, HAPPENED_ENDED)->end.exit_code, 0);
    output = launched_read(&launched, "out-2");
    CU_ASSERT_STRING_EQUAL(output, "fine\n");
    free(output);
    CU_ASSERT(launched_remove(&launched, 2));
    CU_ASSERT(launched.runtime.signal(launched.runtime.state, &key, SIGHUP, false, &err));
    CU_ASSERT(launched_stop(&launched, 1));
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.cause, TASK_STOPPED);
    CU_ASSERT_EQUAL(launched_count_dead(&launched, "pids"), PROCESSES);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

/* The launcher's own limit, or what its configuration says. */
static void test_descriptors_without_end(void)
{
    struct rlimit own;

    CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &own), 0);
    check_descriptors(NULL, own.rlim_cur);
    check_descriptors("limit nofile 64\n", 64);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"tracing is refused",              test_tracing_is_refused             },
        {"a debugger ends whole",           test_a_debugger_ends_whole          },
        {"a debugger is held to the limit", test_a_debugger_is_held_to_the_limit},
        {"name spaces end with the job",    test_name_spaces_end_with_the_job   },
        {"descriptors without end",         test_descriptors_without_end        },
        CU_TEST_INFO_NULL,
    };

    return run_suite("runtime_hostile", tests);
}
