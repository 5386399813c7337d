/* test_runtime_users.c - root's launcher: who a job is, and what it cannot reach */

#include "agent/launcher/request.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/agent/launched.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *output_of(struct launched *launched, uint64_t job, const char *script)
{
    CLEANUP(memory_freep) char *name = memory_format("out-%" PRIu64, job);

    launched_run(launched, job, script);
    launched_wait(launched, job, HAPPENED_ENDED);
    return launched_read(launched, name);
}

static void test_a_job_is_its_user(void)
{
    struct passwd *nobody = getpwnam("nobody");
    CLEANUP(memory_freep) char *expected = NULL;
    struct launched launched;
    char *output;

    if (!launched_as_root(&launched, NULL))
        return;
    CU_ASSERT(runtime_process_facts(launched.process) & FACT_MAPS_USERS);
    output = output_of(&launched, 1,
                       "#!/bin/sh\ngrep -E '^(Uid|Gid|Groups|CapEff|CapPrm|CapInh|CapAmb)' "
                       "/proc/self/status | tr '\\t' ' ' | sed 's/ *$//'\n");
    expected = memory_format("Uid: %u %u %u %u\nGid: %u %u %u %u\nGroups: %u\n"
                             "CapInh: 0000000000000000\nCapPrm: 0000000000000000\n"
                             "CapEff: 0000000000000000\nCapAmb: 0000000000000000\n",
                             nobody->pw_uid, nobody->pw_uid, nobody->pw_uid, nobody->pw_uid,
                             nobody->pw_gid, nobody->pw_gid, nobody->pw_gid, nobody->pw_gid,
                             nobody->pw_gid);
    CU_ASSERT_STRING_EQUAL(output, expected);
    free(output);
    launched_clear(&launched);
}

static bool make_for(struct launched *launched, const char *user, struct error *err)
{
    const struct part_limits limits = {.user = user,
                                       .credential = (const uint8_t *)"0123456789abcdef"};
    struct task_key key = launched_key(400, 0);

    return launched->runtime.part_make(launched->runtime.state, &key, &limits, err) &&
           launched_remove(launched, 400);
}

/* The configuration of this test has its own lines after "map * nobody". */
static void test_only_mapped_users(void)
{
    static const struct {
        const char *user, *says; /* NULL: admitted */
    } cases[] = {
        {"ana",      NULL                        },
        {"boss",     "jobs run as accounts from" }, /* mapped to root */
        {"demon",    "jobs run as accounts from" }, /* below least-uid */
        {"stranger", "no account no-such-account"},
        {"root",     NULL                        }, /* the principal's name gives nothing */
        {"same",     NULL                        },
        {"x y",      "user"                      },
        {"../ana",   "user"                      },
        {"",         "user"                      },
    };
    struct launched launched;
    struct error err;

    if (!launched_as_root(&launched,
                          "map boss root\nmap demon daemon\nmap stranger no-such-account\n"))
        return;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool made = make_for(&launched, cases[i].user, &err);

        CU_ASSERT_EQUAL(made, !cases[i].says);
        if (cases[i].says)
            CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].says));
    }
    launched_clear(&launched);
}

static void test_nobody_runs_as_the_agent(void)
{
    struct launched launched;
    struct error err;

    if (!launched_as_root(&launched, "least-uid = 1\nagent-user = daemon\nmap demon daemon\n"))
        return;
    CU_ASSERT(!make_for(&launched, "demon", &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "the agent's own account"));
    CU_ASSERT(make_for(&launched, "ana", &err));
    launched_clear(&launched);
}

/* Nothing is admitted that no line names. */
static void test_denied_by_default(void)
{
    struct launched launched = {.root = geteuid() == 0};
    struct error err;

    if (!launched_as_root(&launched, NULL))
        return;
    launched_detach(&launched);
    int descriptor = open(launched.config, O_WRONLY | O_TRUNC | O_CLOEXEC);
    CU_ASSERT_EQUAL(write(descriptor, "map bea nobody\n", 15), 15);
    close(descriptor);
    launched_attach(&launched);
    CU_ASSERT(make_for(&launched, "bea", &err));
    CU_ASSERT(!make_for(&launched, "ana", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_DENIED);
    launched_clear(&launched);
}

/* A job writes to its scratch and its own files, and to nothing of the launcher's. */
static void test_the_spool_is_out_of_reach(void)
{
    static const char script[] =
        "#!/bin/sh\nexec 2>/dev/null\n"
        "part=$(dirname \"$TEQUIO_CREDENTIAL\"); spool=$(dirname $part)\n"
        "ls $spool && echo listed; ls $part && echo listed part; ls $spool/tasks && echo tasks\n"
        "touch $part/x && echo wrote; rm -f $part/script && echo removed\n"
        "mv $part $part.x && echo moved; cat $part/part && echo read\n"
        "echo x >>$spool/tasks/1.1.0.0 && echo record\n"
        "ln -s /etc/passwd $spool/y && echo linked\n"
        "for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs "
        "/sys/fs/cgroup/*/tequio*/cgroup.procs; do sh -c \"echo $$ >$f\" && echo left; done\n"
        "kill -9 $PPID && echo killed\n"
        "echo done\n";
    struct launched launched;
    char *output;

    if (!launched_as_root(&launched, NULL))
        return;
    output = output_of(&launched, 1, script);
    CU_ASSERT_STRING_EQUAL(output, "done\n");
    free(output);
    launched_clear(&launched);
}

/* --- links ------------------------------------------------------------------------------------------------- */

/* Swap the name between a file of the user's and a link to one of root's, until killed. */
static pid_t start_swapping(const char *path, const char *secret, uid_t user)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    CLEANUP(memory_freep) char *link = memory_format("%s.link", path);
    CLEANUP(memory_freep) char *file = memory_format("%s.file", path);

    if (setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0)
        _exit(1);
    for (;;) {
        int descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

        close(descriptor);
        if (symlink(secret, link) != 0 && errno != EEXIST)
            _exit(1);
        rename(link, path);
        rename(file, path);
    }
}

/* Whatever the user's path leads to, it is opened with the user's rights: root's file is
 * neither changed nor read. */
static void test_links_reach_nothing_of_roots(void)
{
    enum { TRIES = 150 };
    CLEANUP(memory_freep) char *secret = NULL;
    CLEANUP(memory_freep) char *path = NULL;
    unsigned ended = 0, failed = 0;
    struct launched launched;
    pid_t swapper;

    if (!launched_as_root(&launched, NULL))
        return;
    secret = scratch_file("secret", "root's own\n", 11);
    chmod(secret, 0600);
    path = launched_path(&launched, "swapped");
    swapper = start_swapping(path, secret, getpwnam("nobody")->pw_uid);
    for (uint64_t job = 1; job <= TRIES || (failed == 0 && job < LAUNCHED_JOBS_MAX); job++) {
        struct task_start start = launched_script(&launched, job, "#!/bin/sh\ncat\necho mine\n");
        struct outcome *outcome = &launched.outcomes[job];
        struct error err;

        start.output = "swapped";
        start.error = "swapped";
        start.input = job % 2 ? "swapped" : NULL;
        CU_ASSERT(launched_make(&launched, job, &err) && launched_start(&launched, &start, &err));
        while (outcome->what < HAPPENED_FAILED)
            loop_run(launched.loop);
        ended += outcome->what == HAPPENED_ENDED;
        failed += outcome->what == HAPPENED_FAILED;
        CU_ASSERT(launched_remove(&launched, job));
    }
    kill(swapper, SIGKILL);
    waitpid(swapper, NULL, 0);
    CU_ASSERT(ended + failed >= TRIES);
    CU_ASSERT(failed > 0); /* the race was one */
    int descriptor = open(secret, O_RDONLY | O_CLOEXEC);
    char bytes[32] = "";
    CU_ASSERT_EQUAL(read(descriptor, bytes, sizeof(bytes)), 11);
    CU_ASSERT_STRING_EQUAL(bytes, "root's own\n");
    close(descriptor);
    launched_clear(&launched);
}

/* Output is read back as the user too. */
static void test_reading_follows_no_link_to_roots_files(void)
{
    CLEANUP(memory_freep) char *secret = scratch_file("secret", "root's own\n", 11);
    struct task_key key = launched_key(1, 0);
    struct launched launched;
    struct buffer output;
    struct error err;
    bool end;

    chmod(secret, 0600);
    if (!launched_as_root(&launched, NULL))
        return;
    CLEANUP(memory_freep)
    char *script = memory_format("#!/bin/sh\nrm out-1 && ln -s %s out-1\n", secret);
    launched_run(&launched, 1, script);
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_code, 0);
    buffer_init(&output);
    CU_ASSERT(
        !launched.runtime.read(launched.runtime.state, &key, false, 0, 100, &output, &end, &err));
    CU_ASSERT_EQUAL(output.length, 0);
    buffer_clear(&output);
    launched_clear(&launched);
}

/* Nor is it later, when only the file is left; and what the user may not read is not read. */
static void test_reading_a_file_is_the_users_own_reading(void)
{
    CLEANUP(memory_freep) char *secret = scratch_file("secret", "root's own\n", 11);
    struct launched launched;
    struct buffer output;
    struct error err;
    bool end = false;

    chmod(secret, 0600);
    if (!launched_as_root(&launched, NULL))
        return;
    launched_run(&launched, 1, "#!/bin/sh\necho mine\nln -s out-1 link\nmkfifo pipe\n");
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_code, 0);
    CU_ASSERT(launched_remove(&launched, 1));
    CLEANUP(memory_freep) char *mine = launched_path(&launched, "out-1");
    CLEANUP(memory_freep) char *link = launched_path(&launched, "link");
    CLEANUP(memory_freep) char *pipe = launched_path(&launched, "pipe");
    CLEANUP(memory_freep) char *none = launched_path(&launched, "none");
    const struct {
        const char *user, *path;
        enum error_code code;
    } cases[] = {
        {"ana",    mine,    ERROR_NONE     },
        {"ana",    link,    ERROR_DENIED   },
        {"ana",    secret,  ERROR_DENIED   },
        {"ana",    none,    ERROR_NOT_FOUND},
        {"ana",    pipe,    ERROR_INVALID  },
        {"ana",    "/tmp",  ERROR_INVALID  },
        {"ana",    "out-1", ERROR_INVALID  },
        {"no one", mine,    ERROR_INVALID  },
        {"",       mine,    ERROR_INVALID  },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct output_file file = {cases[i].user, cases[i].path, 1, 100};

        buffer_init(&output);
        err.code = ERROR_NONE;
        CU_ASSERT_EQUAL(
            launched.runtime.read_file(launched.runtime.state, &file, &output, &end, &err),
            cases[i].code == ERROR_NONE);
        CU_ASSERT_EQUAL(err.code, cases[i].code);
        if (cases[i].code == ERROR_NONE)
            CU_ASSERT(end && output.length == 4 && memcmp(output.bytes, "ine\n", 4) == 0);
        buffer_clear(&output);
    }
    launched_clear(&launched);
}

/* Its path leads there without links. */
static void test_a_file_is_found_where_it_is(void)
{
    struct task_key key = launched_key(1, 0);
    CLEANUP(buffer_clear) struct buffer found = {0};
    struct task_start start;
    struct launched launched;
    struct error err;

    if (!launched_as_root(&launched, NULL))
        return;
    CLEANUP(memory_freep) char *real = launched_path(&launched, "real");
    CLEANUP(memory_freep) char *link = launched_path(&launched, "linked");
    CLEANUP(memory_freep) char *path = memory_format("%s/out", link);
    CLEANUP(memory_freep) char *resolved = NULL;
    CU_ASSERT_EQUAL(mkdir(real, 0777), 0);
    CU_ASSERT_EQUAL(chmod(real, 0777), 0);
    CU_ASSERT_EQUAL(symlink(real, link), 0);
    start = launched_script(&launched, 1, "#!/bin/sh\n");
    start.output = path;
    CU_ASSERT(launched_make(&launched, 1, &err) && launched_start(&launched, &start, &err));
    launched_wait(&launched, 1, HAPPENED_ENDED);
    buffer_init(&found);
    CU_ASSERT(launched.runtime.find_file(launched.runtime.state, &key, false, &found));
    resolved = realpath(path, NULL);
    CU_ASSERT_STRING_EQUAL(found.bytes, resolved);
    key.job = 2;
    CU_ASSERT(!launched.runtime.find_file(launched.runtime.state, &key, false, &found));
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

/* Scratch is deleted with the rights of its user, whatever is moved into it meanwhile. */
static void test_sweeping_harms_nobody(void)
{
    CLEANUP(memory_freep) char *kept = NULL;
    struct launched launched;

    if (!launched_as_root(&launched, NULL))
        return;
    kept = memory_format("%s/kept", launched.base);
    CU_ASSERT_EQUAL(mkdir(kept, 0755), 0);
    CLEANUP(memory_freep) char *file = memory_format("%s/file", kept);
    close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    CLEANUP(memory_freep)
    char *script = memory_format(
        "#!/bin/sh\ncd $TMPDIR\nmkdir a && ln -s %s a/kept && ln -s %s b && touch c\n", kept, kept);
    launched_run(&launched, 1, script);
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_code, 0);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
    CU_ASSERT_EQUAL(access(file, F_OK), 0);
}

/* What `stat` says of TMPDIR in a part of that user's; free() it. */
static char *scratch_of(struct launched *launched, uint64_t job, const char *user)
{
    static const char *const arguments[] = {"sh", "-c", "stat -c '%i %U %a' \"$TMPDIR\"", NULL};
    const struct part_limits limits = {.user = user,
                                       .credential = (const uint8_t *)"0123456789abcdef"};
    struct task_start start = launched_step(launched, job, 1, arguments);
    CLEANUP(buffer_clear) struct buffer output;
    struct error err;
    bool end;

    start.directory = "/";
    buffer_init(&output);
    CU_ASSERT(launched->runtime.part_make(launched->runtime.state, &start.key, &limits, &err));
    CU_ASSERT(launched_start(launched, &start, &err));
    launched_wait(launched, job, HAPPENED_ENDED);
    CU_ASSERT(launched->runtime.read(launched->runtime.state, &start.key, false, 0, 100, &output,
                                     &end, &err));
    CU_ASSERT(launched_remove(launched, job));
    return buffer_steal(&output);
}

/* An empty TMPDIR is used again, but only for the user who had it. */
static void test_scratch_is_never_anothers(void)
{
    struct launched launched;

    if (!launched_as_root(&launched, "least-uid = 1\nmap bea daemon\n"))
        return;
    CLEANUP(memory_freep) char *first = scratch_of(&launched, 1, "ana");
    CLEANUP(memory_freep) char *other = scratch_of(&launched, 2, "bea");
    CLEANUP(memory_freep) char *again = scratch_of(&launched, 3, "ana");

    CU_ASSERT_PTR_NOT_NULL(strstr(first, " nobody 700\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(other, " daemon 700\n"));
    CU_ASSERT_STRING_EQUAL(again, first);
    CU_ASSERT_STRING_NOT_EQUAL(other, first);
    launched_clear(&launched);
}

/* --- the socket ------------------------------------------------------------------------------------------------ */

/* Only the agent's user may connect, whatever the modes of the file say. */
/* Whether a program is there is not for those folders to say that its user may not enter. */
static void test_a_program_that_is_nowhere(void)
{
    static const char *const arguments[] = {"no-such-program", NULL};
    CLEANUP(memory_freep) char *closed = NULL;
    CLEANUP(memory_freep) char *path = NULL;
    const char *variables[] = {NULL, NULL};
    const struct outcome *outcome;
    struct launched launched;
    struct task_start start;
    struct error err;

    launched_open(&launched, NULL);
    closed = launched_path(&launched, "closed");
    CU_ASSERT_EQUAL(mkdir(closed, 0), 0);
    variables[0] = path = memory_format("PATH=%s:/usr/bin", closed);
    start = launched_step(&launched, 1, 1, arguments);
    start.environment = variables;
    CU_ASSERT(launched_make(&launched, 1, &err) && launched_start(&launched, &start, &err));
    outcome = launched_wait(&launched, 1, HAPPENED_FAILED);
    CU_ASSERT_EQUAL(outcome->why.code, ERROR_NOT_FOUND);
    CU_ASSERT(launched_remove(&launched, 1));
    launched_clear(&launched);
}

static void test_the_socket_is_the_agents(void)
{
    uid_t user = geteuid() == 0 ? getpwnam("nobody")->pw_uid : 0;
    struct launched launched;
    pid_t child;
    int status;

    launched_open_socket(&launched, NULL);
    if (launched.root) {
        chmod(launched.socket, 0777);
        child = fork();
        if (child == 0) {
            const struct runtime_process_options options = {.socket = launched.socket};
            struct error err;

            if (setresuid(user, user, user) != 0)
                _exit(2);
            _exit(runtime_process_new(loop_new(), &options, &err) ? 1 : 0);
        }
        CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
        CU_ASSERT_EQUAL(status, 0);
    }
    launched_run(&launched, 1, "#!/bin/sh\n"); /* and the launcher goes on */
    CU_ASSERT_EQUAL(launched_wait(&launched, 1, HAPPENED_ENDED)->end.exit_code, 0);
    launched_clear(&launched);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a job is its user, and has no rights",     test_a_job_is_its_user                      },
        {"only mapped users, never root",            test_only_mapped_users                      },
        {"nobody runs as the agent",                 test_nobody_runs_as_the_agent               },
        {"denied by default",                        test_denied_by_default                      },
        {"the spool is out of reach",                test_the_spool_is_out_of_reach              },
        {"links reach nothing of root's",            test_links_reach_nothing_of_roots           },
        {"reading follows no link to root's files",  test_reading_follows_no_link_to_roots_files },
        {"reading a file is the user's own reading", test_reading_a_file_is_the_users_own_reading},
        {"a file is found where it is",              test_a_file_is_found_where_it_is            },
        {"sweeping harms nobody",                    test_sweeping_harms_nobody                  },
        {"scratch is never another's",               test_scratch_is_never_anothers              },
        {"a program that is nowhere",                test_a_program_that_is_nowhere              },
        {"the socket is the agent's",                test_the_socket_is_the_agents               },
        CU_TEST_INFO_NULL,
    };

    return run_suite("runtime_users", tests);
}
