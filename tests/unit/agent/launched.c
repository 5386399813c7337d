/* launched.c - a real launcher, with a runtime that talks to it, for tests */

#include "tests/unit/agent/launched.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_US = 30000000, ASK_AGAIN_US = 5000 };

static void bail_out(const char *what, const char *why)
{
    printf("Bail out! %s: %s\n", what, why);
    exit(99);
}

/* --- news --------------------------------------------------------------------------------- */

static struct outcome *outcome_of(struct launched *launched, const struct task_key *key)
{
    if (key->job >= LAUNCHED_JOBS_MAX)
        bail_out("job", "number too large for the test");
    return &launched->outcomes[key->job];
}

static void on_started(void *owner, const struct task_key *key, int64_t at_us)
{
    struct launched *launched = owner;
    struct outcome *outcome = outcome_of(launched, key);

    (void)at_us;
    outcome->what = HAPPENED_STARTED;
    outcome->step = key->step;
    outcome->starts++;
    loop_stop(launched->loop);
}

static void on_ended(void *owner, const struct task_key *key, const struct task_end *end)
{
    struct launched *launched = owner;
    struct outcome *outcome = outcome_of(launched, key);

    outcome->what = HAPPENED_ENDED;
    outcome->step = key->step;
    outcome->end = *end;
    loop_stop(launched->loop);
}

static void on_failed(void *owner, const struct task_key *key, const struct error *why)
{
    struct launched *launched = owner;
    struct outcome *outcome = outcome_of(launched, key);

    outcome->what = HAPPENED_FAILED;
    outcome->step = key->step;
    outcome->why = *why;
    loop_stop(launched->loop);
}

static void on_found(void *owner, const struct task_found *found)
{
    struct launched *launched = owner;

    launched->found++;
    launched->found_ended += found->ended;
}

/* --- life ----------------------------------------------------------------------------------- */

void launched_attach(struct launched *launched)
{
    const struct runtime_process_options options = {
        .socket = launched->socket,
        .program = launched->program,
        .config = launched->config,
        .spool = launched->spool,
        .scratch = launched->scratch,
    };
    const struct task_news news = {
        .on_started = on_started,
        .on_ended = on_ended,
        .on_failed = on_failed,
        .owner = launched,
    };
    struct error err;

    launched->process = runtime_process_new(launched->loop, &options, &err);
    if (!launched->process)
        bail_out("runtime", err.text);
    launched->runtime = runtime_process_seam(launched->process);
    launched->runtime.listen(launched->runtime.state, &news);
    launched->found = launched->found_ended = 0;
    launched->runtime.list(launched->runtime.state, on_found, launched);
}

void launched_detach(struct launched *launched)
{
    runtime_process_free(launched->process);
    launched->process = NULL;
}

static bool socket_answers(void *owner)
{
    const struct launched *launched = owner;
    struct stat status;

    return stat(launched->socket, &status) == 0 && (status.st_mode & 0777) == 0600;
}

void launched_start_launcher(struct launched *launched)
{
    unlink(launched->socket);
    launched->launcher = fork();
    if (launched->launcher == 0) {
        execl(launched->program, "tequio-launcher", "--config", launched->config, (char *)NULL);
        _exit(127);
    }
    if (!launched_until(launched, socket_answers, launched))
        bail_out("launcher", "it does not listen");
}

void launched_kill_launcher(struct launched *launched)
{
    kill(launched->launcher, SIGKILL);
    while (waitpid(launched->launcher, NULL, 0) < 0 && errno == EINTR)
        ;
    launched->launcher = 0;
}

static void open_common(struct launched *launched)
{
    const char *build = getenv("TEQUIO_BUILD");
    struct passwd *nobody = getpwnam("nobody");

    *launched = (struct launched){.loop = loop_new(), .root = geteuid() == 0};
    CLEANUP(memory_freep)
    char *program = memory_format("%s/agent/tequio-launcher", build ? build : ".");
    launched->program = realpath(program, NULL);
    if (!launched->program)
        bail_out(program, "not built, or TEQUIO_BUILD is not set");
    launched->base = scratch_path("XXXXXX");
    if (!mkdtemp(launched->base) || chmod(launched->base, 0711) != 0 ||
        chmod(scratch_directory(), 0711) != 0)
        bail_out("scratch", strerror(errno));
    launched->home = memory_format("%s/home", launched->base);
    launched->spool = memory_format("%s/spool", launched->base);
    launched->scratch = memory_format("%s/jobs", launched->base);
    launched->config = memory_format("%s/launcher.conf", launched->base);
    mkdir(launched->home, 0700);
    if (launched->root && (!nobody || chown(launched->home, nobody->pw_uid, nobody->pw_gid) != 0))
        bail_out("home", "cannot be given to nobody");
}

static void write_config(struct launched *launched, const char *text)
{
    struct error err;

    if (!file_replace(launched->config, text, strlen(text), 0644, &err))
        bail_out("configuration", err.text);
}

void launched_open(struct launched *launched, const char *config)
{
    CLEANUP(memory_freep) char *text = memory_format("map * nobody\n%s", config ? config : "");

    open_common(launched);
    write_config(launched, text);
    launched_attach(launched);
}

bool launched_as_root(struct launched *launched, const char *config)
{
    launched_open(launched, config);
    if (launched->root)
        return true;
    CU_ASSERT_EQUAL(runtime_process_facts(launched->process) & FACT_MAPS_USERS, 0);
    launched_clear(launched);
    test_skip("needs root");
    return false;
}

void launched_open_socket(struct launched *launched, const char *config)
{
    CLEANUP(memory_freep) char *text = NULL;
    struct passwd *own = getpwuid(getuid());

    open_common(launched);
    launched->socket = memory_format("%s/socket", launched->base);
    text = memory_format("socket = %s\nagent-user = %s\nspool = %s\nscratch = %s\nmap * nobody\n%s",
                         launched->socket, own ? own->pw_name : "root", launched->spool,
                         launched->scratch, config ? config : "");
    write_config(launched, text);
    launched_start_launcher(launched);
    launched_attach(launched);
}

void launched_clear(struct launched *launched)
{
    for (uint64_t job = 0; job < LAUNCHED_JOBS_MAX; job++)
        if (launched->outcomes[job].what != HAPPENED_NOTHING)
            launched_remove(launched, job);
    launched_detach(launched);
    if (launched->launcher > 0) {
        kill(launched->launcher, SIGTERM);
        while (waitpid(launched->launcher, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    loop_free(launched->loop);
    free(launched->program);
    free(launched->base);
    free(launched->config);
    free(launched->spool);
    free(launched->scratch);
    free(launched->socket);
    free(launched->home);
}

/* --- jobs ------------------------------------------------------------------------------------- */

struct task_key launched_key(uint64_t job, uint64_t step)
{
    return (struct task_key){.job = job, .attempt = 1, .part = 0, .step = step};
}

bool launched_make(struct launched *launched, uint64_t job, struct error *err)
{
    const struct part_limits limits = {.user = "ana",
                                       .credential = (const uint8_t *)"0123456789abcdef"};
    struct task_key key = launched_key(job, 0);

    return launched->runtime.part_make(launched->runtime.state, &key, &limits, err);
}

static const char *const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};

struct task_start launched_script(const struct launched *launched, uint64_t job, const char *script)
{
    return (struct task_start){
        .key = launched_key(job, 0),
        .tasks = 1,
        .script = script,
        .script_size = strlen(script),
        .environment = environment,
        .directory = launched->home,
        .limit_us = INT64_MAX,
        .kill_wait_us = 30 * US_PER_SECOND,
    };
}

struct task_start launched_step(const struct launched *launched, uint64_t job, uint64_t step,
                                const char *const *arguments)
{
    struct task_start start = launched_script(launched, job, "");

    start.key.step = step;
    start.script = NULL;
    start.script_size = 0;
    start.arguments = arguments;
    return start;
}

bool launched_start(struct launched *launched, const struct task_start *start, struct error *err)
{
    char output[32];
    struct task_start filled = *start;

    snprintf(output, sizeof(output), "out-%" PRIu64, start->key.job);
    if (start->script && !start->output)
        filled.output = output;
    launched->outcomes[start->key.job] = (struct outcome){.what = HAPPENED_NOTHING};
    return launched->runtime.start(launched->runtime.state, &filled, err);
}

void launched_run(struct launched *launched, uint64_t job, const char *script)
{
    struct task_start start = launched_script(launched, job, script);
    struct error err = {.text = ""};

    if (!launched_make(launched, job, &err) || !launched_start(launched, &start, &err))
        CU_ASSERT_STRING_EQUAL(err.text, "no error");
}

bool launched_stop(struct launched *launched, uint64_t job)
{
    struct task_key key = launched_key(job, 0);
    struct error err;

    return launched->runtime.signal(launched->runtime.state, &key, 0, false, &err);
}

struct removal {
    struct launched *launched;
    uint64_t job;
};

static bool is_removed(void *owner)
{
    const struct removal *removal = owner;
    struct task_key key = launched_key(removal->job, 0);
    struct error err;

    return removal->launched->runtime.part_remove(removal->launched->runtime.state, &key, &err) ||
           err.code != ERROR_CONFLICT;
}

bool launched_remove(struct launched *launched, uint64_t job)
{
    struct removal removal = {launched, job};

    return launched_until(launched, is_removed, &removal);
}

/* --- waiting -------------------------------------------------------------------------------------- */

static void on_time(void *owner)
{
    struct launched *launched = owner;

    launched->timed_out = true;
    loop_stop(launched->loop);
}

struct outcome *launched_wait(struct launched *launched, uint64_t job, enum happened what)
{
    struct outcome *outcome = &launched->outcomes[job];
    struct watch *watch =
        loop_watch_time(launched->loop, clock_boot_us(&clock_real) + WAIT_US, on_time, launched);

    launched->timed_out = false;
    while (outcome->what < what && !launched->timed_out)
        loop_run(launched->loop);
    if (!launched->timed_out)
        loop_unwatch(launched->loop, watch);
    CU_ASSERT_EQUAL(outcome->what, what);
    return outcome;
}

static void on_ask(void *owner)
{
    loop_stop(((struct launched *)owner)->loop);
}

bool launched_until(struct launched *launched, bool (*holds)(void *owner), void *owner)
{
    int64_t until_us = clock_boot_us(&clock_real) + WAIT_US;
    struct watch *watch = loop_watch_interval(launched->loop, ASK_AGAIN_US, on_ask, launched);
    bool held = holds(owner);

    while (!held && clock_boot_us(&clock_real) < until_us) {
        loop_run(launched->loop);
        held = holds(owner);
    }
    loop_unwatch(launched->loop, watch);
    return held;
}

char *launched_path(const struct launched *launched, const char *name)
{
    return memory_format("%s/%s", launched->home, name);
}

char *launched_read(const struct launched *launched, const char *name)
{
    CLEANUP(memory_freep) char *path = launched_path(launched, name);
    CLEANUP(buffer_clear) struct buffer text;
    struct error err;

    buffer_init(&text);
    if (!file_read(path, 1 << 26, &text, &err))
        buffer_reset(&text);
    return buffer_steal(&text);
}

/* --- what jobs leave there ------------------------------------------------------------------------- */

struct expected_lines {
    const struct launched *launched;
    const char *name;
    size_t count;
};

static bool has_lines(void *owner)
{
    const struct expected_lines *expected = owner;
    CLEANUP(memory_freep) char *text = launched_read(expected->launched, expected->name);
    size_t count = 0;

    for (const char *place = text; *place; place++)
        count += *place == '\n';
    return count >= expected->count;
}

bool launched_lines(struct launched *launched, const char *name, size_t count)
{
    struct expected_lines expected = {launched, name, count};

    return launched_until(launched, has_lines, &expected);
}

size_t launched_count_dead(const struct launched *launched, const char *name)
{
    CLEANUP(memory_freep) char *text = launched_read(launched, name);
    size_t count = 0;
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        pid_t pid = (pid_t)strtol(line, NULL, 10);

        CU_ASSERT(pid > 1);
        CU_ASSERT(kill(pid, 0) != 0 && errno == ESRCH);
        count++;
    }
    return count;
}
