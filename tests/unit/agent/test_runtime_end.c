/* test_runtime_end.c - limits, signals, and that nothing of a job survives its end */

#include "agent/launcher/request.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/agent/launched.h"

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct outcome *start_and_wait(struct launched *launched, const struct task_start *start,
                                      enum happened what)
{
    struct error err = {.text = ""};

    if (!launched_make(launched, start->key.job, &err) || !launched_start(launched, start, &err))
        CU_ASSERT_STRING_EQUAL(err.text, "no error");
    return launched_wait(launched, start->key.job, what);
}

/* --- the time limit ------------------------------------------------------------------------------ */

static void test_limit_with_warning(void)
{
    static const char script[] =
        "#!/bin/sh\ntrap 'echo warned' USR1\ntrap 'echo told; exit 3' TERM\n"
        "while :; do sleep 0.02; done\n";
    const struct outcome *outcome;
    struct launched launched;
    char *output;

    launched_open(&launched, NULL);
    struct task_start start = launched_script(&launched, 1, script);
    start.limit_us = 900000;
    start.warning_us = 500000;
    start.warning_signal = SIGUSR1;
    start.warning_batch_only = true;
    start.error = "/dev/null";
    outcome = start_and_wait(&launched, &start, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_LIMIT);
    CU_ASSERT_EQUAL(outcome->end.exit_code, 3);
    CU_ASSERT(outcome->end.wall_used_us >= 900000);
    CU_ASSERT(outcome->end.wall_used_us < 20 * US_PER_SECOND);
    output = launched_read(&launched, "out-1");
    CU_ASSERT_STRING_EQUAL(output, "warned\ntold\n");
    free(output);
    launched_clear(&launched);
}

/* What the script has started is not told, though there is time for it to answer. */
static void test_tasks_alone(void)
{
    static const char script[] =
        "#!/bin/sh\n(trap 'echo told' TERM; while :; do sleep 0.02; done) &\n"
        "trap 'sleep 0.3; echo it; exit 3' TERM\nwhile :; do sleep 0.02; done\n";
    const struct outcome *outcome;
    struct launched launched;
    char *output;

    launched_open(&launched, NULL);
    struct task_start start = launched_script(&launched, 1, script);
    start.limit_us = 400000;
    start.error = "/dev/null";
    start.tasks_alone = true;
    outcome = start_and_wait(&launched, &start, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_LIMIT);
    CU_ASSERT_EQUAL(outcome->end.exit_code, 3);
    output = launched_read(&launched, "out-1");
    CU_ASSERT_STRING_EQUAL(output, "it\n");
    free(output);
    launched_clear(&launched);
}

struct stopped {
    struct launched *launched;
    pid_t pid; /* 0: not known yet */
};

/* The process that the script has started and named in its output. */
static bool is_stopped(void *owner)
{
    struct stopped *stopped = owner;
    CLEANUP(memory_freep) char *output = launched_read(stopped->launched, "out-1");
    CLEANUP(buffer_clear) struct buffer text = {0};
    char path[64];
    struct error err;

    buffer_init(&text);
    stopped->pid = strchr(output, '\n') ? (pid_t)strtol(output, NULL, 10) : 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)stopped->pid);
    return stopped->pid > 0 && file_read(path, 4096, &text, &err) && strstr(text.bytes, ") T ");
}

static bool has_begun(void *owner)
{
    struct stopped *stopped = owner;

    is_stopped(stopped);
    return stopped->pid > 0;
}

/* Nobody can pass on what it is not told of. */
static void test_tasks_alone_are_stopped_with_all(void)
{
    struct launched launched;
    struct stopped stopped = {.launched = &launched};
    struct task_key key = launched_key(1, 0);
    struct error err;

    launched_open(&launched, NULL);
    struct task_start start =
        launched_script(&launched, 1, "#!/bin/sh\nsleep 1000 &\necho $!\nwait\n");
    start.tasks_alone = true;
    start_and_wait(&launched, &start, HAPPENED_STARTED);
    CU_ASSERT(launched_until(&launched, has_begun, &stopped));
    CU_ASSERT(launched.runtime.signal(launched.runtime.state, &key, SIGSTOP, false, &err));
    CU_ASSERT(launched_until(&launched, is_stopped, &stopped));
    CU_ASSERT(launched.runtime.signal(launched.runtime.state, &key, SIGKILL, false, &err));
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_signal, SIGKILL);
    launched_clear(&launched);
}

static void test_limit_on_one_that_ignores_it(void)
{
    const struct outcome *outcome;
    struct launched launched;
    char *output;

    launched_open(&launched, NULL);
    struct task_start start =
        launched_script(&launched, 1, "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1000; done\n");
    start.limit_us = 300000;
    start.kill_wait_us = 300000;
    outcome = start_and_wait(&launched, &start, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_LIMIT);
    CU_ASSERT_EQUAL(outcome->end.exit_signal, SIGKILL);
    CU_ASSERT(outcome->end.wall_used_us >= 600000);
    output = launched_read(&launched, "out-1");
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "time limit"));
    free(output);
    launched_clear(&launched);
}

/* The shepherd holds the limit by itself. */
static void test_limit_without_agent_and_launcher(void)
{
    const struct outcome *outcome;
    struct launched launched;

    launched_open_socket(&launched, NULL);
    struct task_start start = launched_script(&launched, 1, "#!/bin/sh\nexec sleep 1000\n");
    start.limit_us = 500000;
    start_and_wait(&launched, &start, HAPPENED_STARTED);
    launched_kill_launcher(&launched);
    launched_detach(&launched);
    launched_start_launcher(&launched);
    launched_attach(&launched);
    outcome = launched_wait(&launched, 1, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_LIMIT);
    CU_ASSERT_EQUAL(outcome->end.exit_signal, SIGTERM);
    launched_clear(&launched);
}

/* --- nothing survives -------------------------------------------------------------------------------- */

/* Children that left the session, ignore SIGTERM, and whose parents are gone; some are stopped. */
static const char unruly[] =
    "trap '' TERM HUP; : >>pids\n"
    "for i in 1 2 3 4; do\n"
    "  setsid sh -c 'trap \"\" TERM HUP; (sh -c \"echo \\$\\$ >>pids; exec sleep 1000\" &) ;"
    " echo $$ >>pids; exec sleep 1000' &\n"
    "done\n"
    "sh -c 'echo $$ >>pids; kill -STOP $$' &\n";

static void test_stop_leaves_nothing(void)
{
    CLEANUP(memory_freep)
    char *script = memory_format("#!/bin/sh\n%s while :; do sleep 1000; done\n", unruly);
    const struct outcome *outcome;
    struct launched launched;

    launched_open(&launched, NULL);
    struct task_start start = launched_script(&launched, 1, script);
    start.kill_wait_us = 200000;
    start_and_wait(&launched, &start, HAPPENED_STARTED);
    CU_ASSERT(launched_lines(&launched, "pids", 9));
    CU_ASSERT(launched_stop(&launched, 1));
    outcome = launched_wait(&launched, 1, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_STOPPED);
    CU_ASSERT_EQUAL(outcome->end.exit_signal, SIGKILL);
    CU_ASSERT_EQUAL(launched_count_dead(&launched, "pids"), 9);
    launched_clear(&launched);
}

/* When the batch script ends by itself, what it left behind ends too. */
static void test_end_leaves_nothing(void)
{
    CLEANUP(memory_freep)
    char *script = memory_format(
        "#!/bin/sh\n%s while [ $(wc -l <pids) -lt 9 ]; do sleep 0.01; done; exit 4\n", unruly);
    const struct outcome *outcome;
    struct launched launched;

    launched_open(&launched, NULL);
    struct task_start start = launched_script(&launched, 1, script);
    outcome = start_and_wait(&launched, &start, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_BY_ITSELF);
    CU_ASSERT_EQUAL(outcome->end.exit_code, 4);
    CU_ASSERT_EQUAL(launched_count_dead(&launched, "pids"), 9);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

/* The same where no cgroup can be used: by walking down from the shepherd. */
static void test_stop_without_cgroups(void)
{
    CLEANUP(memory_freep)
    char *script = memory_format("#!/bin/sh\n%s while :; do sleep 1000; done\n", unruly);
    struct launched launched;

    launched_open(&launched, "cgroups = no\n");
    CU_ASSERT_EQUAL(runtime_process_facts(launched.process) & FACT_TRACKED, 0);
    struct task_start start = launched_script(&launched, 1, script);
    start.kill_wait_us = 200000;
    start_and_wait(&launched, &start, HAPPENED_STARTED);
    CU_ASSERT(launched_lines(&launched, "pids", 9));
    CU_ASSERT(launched_stop(&launched, 1));
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.cause, TASK_STOPPED);
    CU_ASSERT_EQUAL(launched_count_dead(&launched, "pids"), 9);
    launched_clear(&launched);
}

/* Forks as fast as it can while it is being killed. */
static void test_a_forking_tree_ends(const char *config)
{
    static const char script[] =
        "#!/bin/sh\ntrap '' TERM\n"
        "for i in 1 2 3; do setsid sh -c 'trap \"\" TERM; while :; do sleep 0.001 & done' & done\n"
        "echo ready >ready\nwait\n";
    struct launched launched;

    launched_open(&launched, config);
    struct task_start start = launched_script(&launched, 1, script);
    start.kill_wait_us = 0;
    start_and_wait(&launched, &start, HAPPENED_STARTED);
    CU_ASSERT(launched_lines(&launched, "ready", 1));
    CU_ASSERT(launched_stop(&launched, 1));
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.cause, TASK_STOPPED);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

static void test_a_forking_tree_ends_in_a_cgroup(void)
{
    test_a_forking_tree_ends(NULL);
}

static void test_a_forking_tree_ends_without_cgroup(void)
{
    test_a_forking_tree_ends("cgroups = no\n");
}

/* Removing a part ends whatever runs in it. */
static void test_remove_ends_what_runs(void)
{
    static const char *const configs[] = {NULL, "cgroups = no\n"};

    for (size_t i = 0; i < COUNT_OF(configs); i++) {
        struct launched launched;

        launched_open(&launched, configs[i]);
        struct task_start start = launched_script(
            &launched, 1, "#!/bin/sh\ntrap '' TERM\necho $$ >pids\nwhile :; do sleep 1000; done\n");
        start_and_wait(&launched, &start, HAPPENED_STARTED);
        CU_ASSERT(launched_lines(&launched, "pids", 1));
        CU_ASSERT(launched_remove(&launched, 1));
        CU_ASSERT_EQUAL(launched_count_dead(&launched, "pids"), 1);
        CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_signal, SIGKILL);
        launched_clear(&launched);
    }
}

/* --- signals ---------------------------------------------------------------------------------------------- */

static void test_signal_to_all_or_to_the_script(void)
{
    static const char script[] =
        "#!/bin/sh\ntrap 'echo script >>got' USR1\n"
        "sh -c 'trap \"echo child >>got\" USR1; echo r >>ready; while :; do sleep 0.02; done' &\n"
        "echo r >>ready; while :; do sleep 0.02; done\n";
    struct task_key key = launched_key(1, 0);
    struct launched launched;
    struct error err;
    char *got;

    launched_open(&launched, NULL);
    struct task_start start = launched_script(&launched, 1, script);
    start.kill_wait_us = 100000;
    start_and_wait(&launched, &start, HAPPENED_STARTED);
    CU_ASSERT(launched_lines(&launched, "ready", 2));
    CU_ASSERT(launched.runtime.signal(launched.runtime.state, &key, SIGUSR1, true, &err));
    CU_ASSERT(launched_lines(&launched, "got", 1));
    got = launched_read(&launched, "got");
    CU_ASSERT_STRING_EQUAL(got, "script\n");
    free(got);
    CU_ASSERT(launched.runtime.signal(launched.runtime.state, &key, SIGUSR1, false, &err));
    CU_ASSERT(launched_lines(&launched, "got", 3));
    CU_ASSERT(launched_stop(&launched, 1));
    launched_wait(&launched, 1, HAPPENED_ENDED);
    launched_clear(&launched);
}

/* --- what was used ----------------------------------------------------------------------------------------- */

static void test_usage_is_counted(void)
{
    static const char script[] = "#!/bin/sh\nend=$(($(date +%s%N) + 400000000))\n"
                                 "while [ $(date +%s%N) -lt $end ]; do :; done\n"
                                 "head -c 60000000 /dev/zero | tail -c 50000000 >/dev/null\n";
    static const char *const configs[] = {NULL, "cgroups = no\n"};

    for (size_t i = 0; i < COUNT_OF(configs); i++) {
        const struct outcome *outcome;
        struct launched launched;

        launched_open(&launched, configs[i]);
        launched_run(&launched, 1, script);
        outcome = launched_wait(&launched, 1, HAPPENED_ENDED);
        CU_ASSERT(outcome->end.wall_used_us >= 400000);
        CU_ASSERT(outcome->end.cpu_used_us > 50000);
        CU_ASSERT(outcome->end.cpu_used_us <
                  2 * outcome->end.wall_used_us * sysconf(_SC_NPROCESSORS_ONLN));
        CU_ASSERT(outcome->end.memory_peak_bytes > 40000000);
        CU_ASSERT(outcome->end.memory_peak_bytes < 1000000000);
        launched_clear(&launched);
    }
}

/* Where the kernel holds it: the job dies, and is told from one that was killed by hand. */
static void test_memory_limit(void)
{
    const struct part_limits limits = {
        .user = "ana", .credential = (const uint8_t *)"0123456789abcdef", .memory_bytes = 64 << 20};
    struct task_key key = launched_key(1, 0);
    const struct outcome *outcome;
    struct launched launched;
    struct error err;

    launched_open(&launched, NULL);
    if (!(runtime_process_facts(launched.process) & FACT_MEMORY)) {
        launched_clear(&launched);
        test_skip("needs a memory controller that may be written");
        return;
    }
    struct task_start start = launched_script(
        &launched, 1, "#!/bin/sh\nhead -c 300000000 /dev/zero | tail -c 200000000 >/dev/null\n");
    CU_ASSERT(launched.runtime.part_make(launched.runtime.state, &key, &limits, &err));
    CU_ASSERT(launched_start(&launched, &start, &err));
    outcome = launched_wait(&launched, 1, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_MEMORY);
    CU_ASSERT(outcome->end.memory_peak_bytes > 60 << 20);
    CU_ASSERT(outcome->end.memory_peak_bytes <= 64 << 20);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

/* A step cannot fill the node's spool; it is told, and ends. */
static void test_output_has_an_end(void)
{
    static const char *const arguments[] = {"sh", "-c", "exec cat /dev/zero", NULL};
    struct task_key key = launched_key(1, 1);
    const struct outcome *outcome;
    struct launched launched;
    struct buffer error;
    struct error err;
    bool end;

    launched_open(&launched, "output-most = 1M\n");
    struct task_start start = launched_step(&launched, 1, 1, arguments);
    outcome = start_and_wait(&launched, &start, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_STOPPED);
    buffer_init(&error);
    CU_ASSERT(
        launched.runtime.read(launched.runtime.state, &key, true, 0, 1000, &error, &end, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.bytes, "more output than this node keeps"));
    buffer_clear(&error);
    launched_clear(&launched);
}

static void test_tasks_are_bound(void)
{
    static const char *const arguments[] = {
        "sh", "-c", "echo $SLURM_PROCID $(grep Cpus_allowed_list /proc/self/status)", NULL};
    long last = sysconf(_SC_NPROCESSORS_CONF) - 1;
    CLEANUP(memory_freep) char *second = memory_format("%ld", last);
    const char *const cpus[] = {"0", second};
    CLEANUP(memory_freep) char *line = memory_format("1 Cpus_allowed_list: %ld", last);
    struct launched launched;
    struct task_key key = launched_key(1, 1);
    struct buffer output;
    struct error err;
    bool end;

    launched_open(&launched, NULL);
    struct task_start start = launched_step(&launched, 1, 1, arguments);
    start.tasks = 2;
    start.task_cpus = cpus;
    CU_ASSERT_EQUAL(start_and_wait(&launched, &start, HAPPENED_ENDED)->end.exit_code, 0);
    buffer_init(&output);
    CU_ASSERT(
        launched.runtime.read(launched.runtime.state, &key, false, 0, 1000, &output, &end, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(output.bytes, "0 Cpus_allowed_list: 0\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(output.bytes, line));
    buffer_clear(&output);
    launched_clear(&launched);
}

/* With the kernel's help a job cannot get out of its cpus. */
static void test_a_part_keeps_its_cpus(void)
{
    const struct part_limits limits = {
        .user = "ana", .credential = (const uint8_t *)"0123456789abcdef", .cpus = "0"};
    struct task_key key = launched_key(1, 0);
    struct launched launched;
    struct error err;
    char *output;

    launched_open(&launched, NULL);
    struct task_start start = launched_script(&launched, 1,
                                              "#!/bin/sh\ntaskset -pc 0-1 $$ >/dev/null 2>&1\n"
                                              "grep Cpus_allowed_list /proc/self/status\n");
    CU_ASSERT(launched.runtime.part_make(launched.runtime.state, &key, &limits, &err));
    CU_ASSERT(launched_start(&launched, &start, &err));
    launched_wait(&launched, 1, HAPPENED_ENDED);
    output = launched_read(&launched, "out-1");
    if (runtime_process_facts(launched.process) & FACT_CPUS) {
        CU_ASSERT_STRING_EQUAL(output, "Cpus_allowed_list:\t0\n");
    } else {
        test_skip("needs a cpuset that may be written");
    }
    free(output);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"limit, with a warning before",        test_limit_with_warning                },
        {"limit, told to the script alone",     test_tasks_alone                       },
        {"stopped with all it has started",     test_tasks_alone_are_stopped_with_all  },
        {"limit on one that ignores it",        test_limit_on_one_that_ignores_it      },
        {"limit without agent and launcher",    test_limit_without_agent_and_launcher  },
        {"stop leaves nothing",                 test_stop_leaves_nothing               },
        {"end leaves nothing",                  test_end_leaves_nothing                },
        {"stop without cgroups leaves nothing", test_stop_without_cgroups              },
        {"a forking tree ends in a cgroup",     test_a_forking_tree_ends_in_a_cgroup   },
        {"a forking tree ends without cgroup",  test_a_forking_tree_ends_without_cgroup},
        {"remove ends what runs",               test_remove_ends_what_runs             },
        {"signal to all, or to the script",     test_signal_to_all_or_to_the_script    },
        {"usage is counted",                    test_usage_is_counted                  },
        {"memory limit",                        test_memory_limit                      },
        {"output has an end",                   test_output_has_an_end                 },
        {"tasks are bound",                     test_tasks_are_bound                   },
        {"a part keeps its cpus",               test_a_part_keeps_its_cpus             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("runtime_end", tests);
}
