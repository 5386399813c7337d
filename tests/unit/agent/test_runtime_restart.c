/* test_runtime_restart.c - launcher, agent, shepherd and machine go down, one at a time */

#include "agent/launcher/record.h"
#include "agent/launcher/request.h"
#include "tests/lib/runner.h"
#include "tests/unit/agent/launched.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A script that goes on when the file appears, and then ends in a way of its own. */
static void run_waiting(struct launched *launched, uint64_t job, unsigned code)
{
    CLEANUP(memory_freep)
    char *script = memory_format(
        "#!/bin/sh\necho begin\nwhile [ ! -e go ]; do sleep 0.01; done\necho end\nexit %u\n", code);

    launched_run(launched, job, script);
    launched_wait(launched, job, HAPPENED_STARTED);
}

static void let_go(const struct launched *launched)
{
    CLEANUP(memory_freep) char *path = launched_path(launched, "go");
    int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    CU_ASSERT(descriptor >= 0);
    close(descriptor);
}

static void check_end(struct launched *launched, uint64_t job, unsigned code)
{
    const struct outcome *outcome = launched_wait(launched, job, HAPPENED_ENDED);
    CLEANUP(memory_freep) char *name = memory_format("out-%" PRIu64, job);
    char *output = launched_read(launched, name);

    CU_ASSERT_EQUAL(outcome->end.exit_code, code);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_BY_ITSELF);
    CU_ASSERT_STRING_EQUAL(output, "begin\nend\n");
    free(output);
}

static void test_jobs_outlive_the_launcher(void)
{
    struct launched launched;

    launched_open_socket(&launched, NULL);
    run_waiting(&launched, 1, 11);
    launched_kill_launcher(&launched);
    launched_start_launcher(&launched);
    run_waiting(&launched, 2, 12); /* the connection is made again */
    launched_kill_launcher(&launched);
    let_go(&launched);
    check_end(&launched, 1, 11); /* ends are told without a launcher */
    check_end(&launched, 2, 12);
    launched_start_launcher(&launched);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

static bool has_output(void *owner)
{
    CLEANUP(memory_freep) char *output = launched_read(owner, "out-1");

    return strchr(output, '\n') != NULL;
}

/* The same with a launcher that the agent has started itself: it starts another. */
static void test_own_launcher_is_started_again(void)
{
    struct task_key key = launched_key(1, 0);
    struct launched launched;
    char *output;
    pid_t launcher;

    launched_open(&launched, NULL);
    /* The job finds the launcher: the shepherd's parent. */
    launched_run(
        &launched, 1,
        "#!/bin/sh\ncut -d' ' -f4 /proc/$PPID/stat\nwhile [ ! -e go ]; do sleep 0.01; done\n");
    launched_wait(&launched, 1, HAPPENED_STARTED);
    CU_ASSERT(launched_until(&launched, has_output, &launched));
    output = launched_read(&launched, "out-1");
    launcher = (pid_t)strtol(output, NULL, 10);
    free(output);
    CU_ASSERT(launcher > 1);
    CU_ASSERT_EQUAL(kill(launcher, SIGKILL), 0);
    launched_run(&launched, 2, "#!/bin/sh\nexit 9\n");
    CU_ASSERT_EQUAL(launched_wait(&launched, 2, HAPPENED_ENDED)->end.exit_code, 9);
    let_go(&launched);
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_code, 0);
    CU_ASSERT(launched_remove(&launched, 1));
    launched.runtime.forget(launched.runtime.state, &key);
    launched_clear(&launched);
}

static bool record_is_gone(void *owner)
{
    const struct launched *launched = owner;
    CLEANUP(memory_freep) char *path = memory_format("%s/tasks/1.1.0.0", launched->spool);

    return access(path, F_OK) != 0;
}

/* It had what it was told still to read when it was killed. */
static void test_what_a_launcher_did_not_read(void)
{
    struct task_key key = launched_key(1, 0);
    struct launched launched;

    launched_open_socket(&launched, NULL);
    launched_run(&launched, 1, "#!/bin/sh\nexit 3\n");
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_code, 3);
    CU_ASSERT(launched_remove(&launched, 1));
    CU_ASSERT(!record_is_gone(&launched));
    CU_ASSERT_EQUAL(kill(launched.launcher, SIGSTOP), 0);
    launched.runtime.forget(launched.runtime.state, &key);
    launched_kill_launcher(&launched);
    launched_start_launcher(&launched);
    CU_ASSERT(launched_until(&launched, record_is_gone, &launched));
    launched_clear(&launched);
}

static void test_jobs_outlive_the_agent(void)
{
    struct launched launched;

    launched_open(&launched, NULL);
    run_waiting(&launched, 1, 21);
    run_waiting(&launched, 2, 22);
    launched_detach(&launched);
    launched_attach(&launched);
    CU_ASSERT_EQUAL(launched.found, 2);
    CU_ASSERT_EQUAL(launched.found_ended, 0);
    let_go(&launched);
    check_end(&launched, 1, 21);
    check_end(&launched, 2, 22);
    launched_clear(&launched);
}

struct ended {
    const struct launched *launched;
    const char *name;
};

static bool has_ended(void *owner)
{
    const struct ended *ended = owner;
    CLEANUP(memory_freep) char *path = memory_format("%s/tasks", ended->launched->spool);
    int tasks = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct record record;
    struct error err;
    bool alive = true;
    bool read = record_read(tasks, ended->name, &record, &alive, &err);

    close(tasks);
    return read && !alive;
}

/* It ended while no agent was there to hear. */
static void test_ends_wait_for_the_agent(void)
{
    struct launched launched;
    struct ended ended = {&launched, "1.1.0.0"};

    launched_open(&launched, NULL);
    run_waiting(&launched, 1, 31);
    launched_detach(&launched);
    let_go(&launched);
    CU_ASSERT(launched_until(&launched, has_ended, &ended));
    launched_attach(&launched);
    CU_ASSERT_EQUAL(launched.found, 1);
    CU_ASSERT_EQUAL(launched.found_ended, 1);
    check_end(&launched, 1, 31);
    launched_clear(&launched);
}

/* --- the shepherd is killed ------------------------------------------------------------------------- */

static pid_t shepherd_of(const struct launched *launched, const char *name)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tasks", launched->spool);
    int tasks = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct record record = {0};
    struct error err;
    bool alive = false;

    CU_ASSERT(record_read(tasks, name, &record, &alive, &err));
    CU_ASSERT(alive);
    close(tasks);
    return record.shepherd;
}

static bool is_written(void *owner)
{
    CLEANUP(memory_freep) char *pids = launched_read(owner, "pids");
    size_t lines = 0;

    for (const char *place = pids; *place; place++)
        lines += *place == '\n';
    return lines == 2;
}

/* Its end is told as unknown, and only when nothing of the job is left. */
static void kill_shepherd(const char *config, bool while_detached)
{
    static const char script[] =
        "#!/bin/sh\ntrap '' TERM HUP\necho $$ >>pids\n"
        "setsid sh -c 'trap \"\" TERM HUP; echo $$ >>pids; exec sleep 1000' &\n"
        "wait\n";
    const struct outcome *outcome;
    struct launched launched;
    char *pids, *rest = NULL;

    launched_open_socket(&launched, config);
    launched_run(&launched, 1, script);
    launched_wait(&launched, 1, HAPPENED_STARTED);
    CU_ASSERT(launched_until(&launched, is_written, &launched));
    if (while_detached)
        launched_detach(&launched);
    CU_ASSERT_EQUAL(kill(shepherd_of(&launched, "1.1.0.0"), SIGKILL), 0);
    if (while_detached)
        launched_attach(&launched);
    outcome = launched_wait(&launched, 1, HAPPENED_ENDED);
    CU_ASSERT_EQUAL(outcome->end.cause, TASK_UNKNOWN);
    CU_ASSERT(outcome->end.ended_us > 0);
    pids = launched_read(&launched, "pids");
    for (char *line = strtok_r(pids, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        CU_ASSERT(kill((pid_t)strtol(line, NULL, 10), 0) != 0 && errno == ESRCH);
    free(pids);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

static void test_shepherd_killed(void)
{
    kill_shepherd(NULL, false);
}

static void test_shepherd_killed_without_cgroups(void)
{
    kill_shepherd("cgroups = no\n", false);
}

static void test_shepherd_killed_while_the_agent_was_away(void)
{
    kill_shepherd(NULL, true);
}

/* Several at once, a hundred times: none is lost, none is told twice. */
static void test_many_restarts(void)
{
    enum { ROUNDS = 20, JOBS = 5 };
    struct launched launched;

    launched_open(&launched, NULL);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        for (uint64_t i = 1; i <= JOBS; i++) {
            CLEANUP(memory_freep)
            char *script =
                memory_format("#!/bin/sh\nsleep 0.0%" PRIu64 "\nexit %" PRIu64 "\n", i, round + i);

            launched_run(&launched, round * JOBS + i, script);
        }
        launched_detach(&launched);
        launched_attach(&launched);
        for (uint64_t i = 1; i <= JOBS; i++) {
            uint64_t job = round * JOBS + i;
            struct task_key key = launched_key(job, 0);
            const struct outcome *outcome = launched_wait(&launched, job, HAPPENED_ENDED);

            CU_ASSERT_EQUAL(outcome->end.exit_code, round + i);
            CU_ASSERT(outcome->starts <= 1);
            CU_ASSERT(launched_remove(&launched, job));
            launched.runtime.forget(launched.runtime.state, &key);
        }
    }
    launched_clear(&launched);
}

/* --- the machine --------------------------------------------------------------------------------------- */

static void write_old_record(const struct launched *launched, const char *name, const char *boot_id)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tasks/%s", launched->spool, name);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    struct record record = {
        .phase = RECORD_RUNNING,
        .magic = RECORD_MAGIC,
        .shepherd = (int32_t)getpid(), /* a number that is another's by now */
        .started_us = 1000000,
    };
    struct error err;

    snprintf(record.boot_id, sizeof(record.boot_id), "%s", boot_id);
    CU_ASSERT(record_write(descriptor, &record, &err));
    close(descriptor);
}

static void test_reboot(void)
{
    char boot_id[RECORD_BOOT_ID_SIZE];
    struct launched launched;

    launched_open(&launched, NULL);
    record_boot_id(boot_id);
    write_old_record(&launched, "1.1.0.0", "00000000-0000-0000-0000-000000000000");
    write_old_record(&launched, "2.1.0.0", boot_id);
    launched_detach(&launched);
    launched_attach(&launched);
    CU_ASSERT_EQUAL(launched.found, 2);
    CU_ASSERT_EQUAL(launched.found_ended, 1);
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.cause, TASK_REBOOT);
    CU_ASSERT_EQUAL(launched_wait(&launched, 2, HAPPENED_ENDED)->end.cause, TASK_UNKNOWN);
    launched_clear(&launched);
}

/* A power loss may leave any piece of a record. */
static void test_cut_records(void)
{
    CLEANUP(memory_freep) char *path = NULL;
    struct launched launched;
    struct task_key key = launched_key(1, 0);

    launched_open(&launched, NULL);
    path = memory_format("%s/tasks/1.1.0.0", launched.spool);
    for (off_t size = 1; size < (off_t)sizeof(struct record); size += 50) {
        write_old_record(&launched, "1.1.0.0", "00000000-0000-0000-0000-000000000000");
        CU_ASSERT_EQUAL(truncate(path, size), 0);
        launched_detach(&launched);
        launched_attach(&launched);
        launched.outcomes[1].what = HAPPENED_NOTHING;
        CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.cause, TASK_UNKNOWN);
        launched.runtime.forget(launched.runtime.state, &key);
        CU_ASSERT(!launched_stop(&launched, 1)); /* the answer comes after it was forgotten */
    }
    launched_clear(&launched);
}

/* A launcher was killed when it had made the record and no shepherd yet. */
static void test_unused_record(void)
{
    CLEANUP(memory_freep) char *path = NULL;
    struct launched launched;
    int descriptor;

    launched_open(&launched, NULL);
    path = memory_format("%s/tasks/1.1.0.0", launched.spool);
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    CU_ASSERT(descriptor >= 0);
    close(descriptor);
    launched_detach(&launched);
    launched_attach(&launched); /* nothing to be told of it */
    CU_ASSERT_EQUAL(launched.outcomes[1].what, HAPPENED_NOTHING);
    run_waiting(&launched, 1, 14); /* and nothing in its way */
    let_go(&launched);
    check_end(&launched, 1, 14);
    launched_clear(&launched);
}

/* A launcher was killed when it had made some of a part, or removed some: it is made anew. */
static void test_half_a_part(void)
{
    static const char *const files[] = {"credential", "part", "script"};
    struct launched launched;
    struct error err;

    launched_open(&launched, NULL);
    for (uint64_t job = 1; job <= COUNT_OF(files); job++) {
        CLEANUP(memory_freep)
        char *part = memory_format("%s/%" PRIu64 ".1.0", launched.spool, job);
        CLEANUP(memory_freep) char *file = memory_format("%s/%s", part, files[job - 1]);
        CLEANUP(memory_freep)
        char *scratch = memory_format("%s/scratch/%" PRIu64 ".1.0", launched.scratch, job);

        CU_ASSERT_EQUAL(mkdir(part, 0711), 0);
        close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        CU_ASSERT_EQUAL(mkdir(scratch, 0700), 0);
        CU_ASSERT(launched_make(&launched, job, &err));
        struct task_start start = launched_script(&launched, job, "#!/bin/sh\nexit 16\n");
        CU_ASSERT(launched_start(&launched, &start, &err));
        CU_ASSERT_EQUAL(launched_wait(&launched, job, HAPPENED_ENDED)->end.exit_code, 16);
        CU_ASSERT(launched_remove(&launched, job));
    }
    launched_clear(&launched);
}

/* One that is being killed has the lock a moment longer than its connections: whether a
 * shepherd has begun is known only when it is gone, and then it starts once. */
static void test_a_launcher_that_is_dying(void)
{
    CLEANUP(memory_freep) char *path = NULL;
    struct task_start start;
    struct launched launched;
    struct error err;
    int descriptor;

    launched_open(&launched, NULL);
    path = memory_format("%s/tasks/1.1.0.0", launched.spool);
    start = launched_script(&launched, 1, "#!/bin/sh\nexit 15\n");
    CU_ASSERT(launched_make(&launched, 1, &err));
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    CU_ASSERT(record_lock(descriptor, &err));
    for (int i = 0; i < 3; i++) {
        CU_ASSERT(!launched_start(&launched, &start, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_UNAVAILABLE);
    }
    close(descriptor);
    CU_ASSERT(launched_start(&launched, &start, &err));
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_code, 15);
    CU_ASSERT_EQUAL(launched.outcomes[1].starts, 1);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

/* Directories that a killed launcher kept for later parts are out of the way when the next
 * one answers: nobody sweeps where it keeps its own. */
static void test_spares_of_a_killed_launcher(void)
{
    CLEANUP(memory_freep) char *spare = NULL;
    CLEANUP(memory_freep) char *file = NULL;
    struct launched launched;

    launched_open_socket(&launched, NULL);
    spare = memory_format("%s/spare/0", launched.scratch);
    file = memory_format("%s/left", spare);
    launched_detach(&launched);
    launched_kill_launcher(&launched);
    CU_ASSERT_EQUAL(mkdir(spare, 0700), 0);
    close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    launched_start_launcher(&launched);
    launched_attach(&launched);
    CU_ASSERT(access(spare, F_OK) != 0 && errno == ENOENT);
    launched_clear(&launched);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"jobs outlive the launcher",                test_jobs_outlive_the_launcher               },
        {"own launcher is started again",            test_own_launcher_is_started_again           },
        {"what a launcher did not read",             test_what_a_launcher_did_not_read            },
        {"jobs outlive the agent",                   test_jobs_outlive_the_agent                  },
        {"ends wait for the agent",                  test_ends_wait_for_the_agent                 },
        {"shepherd killed",                          test_shepherd_killed                         },
        {"shepherd killed, without cgroups",         test_shepherd_killed_without_cgroups         },
        {"shepherd killed while the agent was away", test_shepherd_killed_while_the_agent_was_away},
        {"many restarts",                            test_many_restarts                           },
        {"reboot",                                   test_reboot                                  },
        {"cut records",                              test_cut_records                             },
        {"unused record",                            test_unused_record                           },
        {"half a part",                              test_half_a_part                             },
        {"a launcher that is dying",                 test_a_launcher_that_is_dying                },
        {"spares of a killed launcher",              test_spares_of_a_killed_launcher             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("runtime_restart", tests);
}
