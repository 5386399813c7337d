/* health.c - a program of the site's that says whether the node is fit for jobs */

#include "agent/health.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_US (60 * US_PER_SECOND) /* then it is killed, and the node not fit */

enum { WORDS_MOST = 200 };

struct health {
    struct loop *loop;
    struct agent *agent;
    const char *program;
    struct watch *every;
    struct watch *late;
    struct watch *ended;
    pid_t pid; /* 0: it does not run */
    int output;
    bool killed;
};

/* What it has printed first; control characters are for no log. */
static void read_words(struct health *health, char words[WORDS_MOST + 1])
{
    ssize_t got = read(health->output, words, WORDS_MOST);

    words[got > 0 ? got : 0] = '\0';
    words[strcspn(words, "\r\n")] = '\0';
    for (char *at = words; *at; at++)
        if ((unsigned char)*at < ' ' || (unsigned char)*at >= 127)
            *at = '?';
}

static void on_end(void *owner, pid_t pid, int status)
{
    struct health *health = owner;
    char words[WORDS_MOST + 1];

    (void)pid;
    health->ended = NULL;
    health->pid = 0;
    loop_unwatch(health->loop, health->late);
    health->late = NULL;
    read_words(health, words);
    file_closep(&health->output);
    if (health->killed)
        snprintf(words, sizeof(words), "its health check did not end in time");
    else if (status != 0 && !*words)
        snprintf(words, sizeof(words), "its health check says no more than %s %d",
                 WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    agent_set_health(health->agent, status == 0, words);
}

static void on_late(void *owner)
{
    struct health *health = owner;

    health->late = NULL;
    health->killed = true;
    kill(health->pid, SIGKILL);
}

static bool start(struct health *health, struct error *err)
{
    char *const arguments[] = {(char *)(uintptr_t)health->program, NULL};
    char *const environment[] = {(char *)(uintptr_t) "PATH=/usr/local/sbin:/usr/sbin:/sbin:"
                                                     "/usr/local/bin:/usr/bin:/bin",
                                 NULL};
    struct child_request request = {.program = health->program,
                                    .arguments = arguments,
                                    .environment = environment,
                                    .input = -1,
                                    .extra = -1};
    CLEANUP(file_closep) int writing = -1;
    int both[2];

    if (pipe2(both, O_CLOEXEC) != 0)
        return fail_errno(err, "make a pipe");
    health->output = both[0];
    writing = both[1];
    fcntl(health->output, F_SETFL, O_NONBLOCK);
    request.output = request.error = writing;
    if (child_start(&request, &health->pid, err))
        return true;
    file_closep(&health->output);
    health->pid = 0;
    return false;
}

static void on_due(void *owner)
{
    struct health *health = owner;
    struct error err;

    if (health->pid != 0)
        return;
    health->killed = false;
    if (!start(health, &err)) {
        agent_set_health(health->agent, false, err.text);
        return;
    }
    health->ended = loop_watch_child(health->loop, health->pid, on_end, health);
    health->late =
        loop_watch_time(health->loop, clock_boot_us(&clock_real) + MOST_US, on_late, health);
}

struct health *health_new(struct loop *loop, struct agent *agent, const char *program,
                          int64_t every_us)
{
    struct health *health = NEW(struct health);

    health->loop = loop;
    health->agent = agent;
    health->program = program;
    health->output = -1;
    health->every = loop_watch_interval(loop, every_us, on_due, health);
    on_due(health);
    return health;
}

void health_free(struct health *health)
{
    if (!health)
        return;
    loop_unwatch(health->loop, health->every);
    loop_unwatch(health->loop, health->late);
    loop_unwatch(health->loop, health->ended);
    if (health->pid > 0)
        kill(health->pid, SIGKILL);
    file_closep(&health->output);
    free(health);
}
