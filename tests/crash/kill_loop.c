/* kill_loop.c - kill a daemon again and again while jobs come and run; nothing may be lost
 *
 * kill_loop --kills N [--rate N] [--standby F --takeover S] --endpoint E --pid-file F --work FOLDER --log FILE -- DAEMON...
 *
 * Submitters send jobs without pause, each with its own request key, and tell which job each key was
 * answered with.  The daemon is killed at random moments, while jobs run, and started again.  In the
 * end what was answered is held against the history and against what the jobs wrote
 * (history_check.c).  Where there is a standby it takes the place of the one that was killed, and the
 * one that is started is the next standby.  TAP on standard output. */

#include "base/clock.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/parse.h"
#include "tests/crash/history_check.h"
#include "tests/crash/ran.h"
#include "tests/crash/submitter.h"
#include "tests/lib/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBMITTERS 4
#define PAUSE_MS   15 /* of each: together over 200 jobs a second at most */

#define ANSWER_MOST_US (60 * US_PER_SECOND)

struct arguments {
    uint32_t kills;
    uint32_t rate;
    const char *endpoint;
    uint32_t takeover;
    const char *pid_file, *standby;
    const char *work;
    const char *log;
};

static const struct option_rule options[] = {
    OPTION_U32('k', "kills", "N", struct arguments, kills, "how often"),
    OPTION_U32('a', "rate", "N", struct arguments, rate, "submissions a second, at least"),
    OPTION_TEXT('e', "endpoint", "E", struct arguments, endpoint, "the scheduler's local socket"),
    OPTION_TEXT('p', "pid-file", "F", struct arguments, pid_file, "of the daemon, kept up to date"),
    OPTION_TEXT('s', "standby", "F", struct arguments, standby, "pid file of the standby"),
    OPTION_U32('t', "takeover", "S", struct arguments, takeover,
               "seconds until it answers, at most"),
    OPTION_TEXT('w', "work", "FOLDER", struct arguments, work, "where the jobs write"),
    OPTION_TEXT('l', "log", "FILE", struct arguments, log, "of the daemons started"),
    OPTION_END,
};

static pid_t read_pid(const char *path)
{
    FILE *file = fopen(path, "re");
    char text[32] = "";
    uint64_t pid = 0;
    struct error err;

    if (file) {
        if (fgets(text, sizeof text, file))
            text[strcspn(text, "\n")] = '\0';
        fclose(file);
    }
    return parse_u64(text, 2, INT32_MAX, &pid, &err) ? (pid_t)pid : 0;
}

static void write_pid(const char *path, pid_t pid)
{
    FILE *file = fopen(path, "we");

    if (file) {
        fprintf(file, "%d\n", (int)pid);
        fclose(file);
    }
}

/* SIGKILL, and wait until the process is gone: by pidfd, so that it need not be our child. */
static void kill_and_wait(pid_t pid)
{
    int descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd ended = {.fd = descriptor, .events = POLLIN};

    if (descriptor < 0)
        return;
    kill(pid, SIGKILL);
    while (poll(&ended, 1, -1) < 0 && errno == EINTR)
        ;
    close(descriptor);
    (void)waitpid(pid, NULL, WNOHANG);
}

static pid_t start_daemon(const char *log, char **command)
{
    pid_t pid = fork();

    if (pid == 0) {
        int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

        dup2(output, 1);
        dup2(output, 2);
        execv(command[0], command);
        _exit(127);
    }
    return pid;
}

static int64_t now_us(void)
{
    return clock_boot_us(&clock_real);
}

/* Between two kills: long enough to get up and work, short enough to hit the start as well. */
static int64_t random_pause_us(struct test_random *random)
{
    return 20000 + (int64_t)test_random_below(random, 1200000);
}

/* Those that waited in the pipe were answered before. */
static int64_t wait_for_answer(struct acks *acks, int pipe_end, int64_t since_us)
{
    size_t before;

    acks_collect(acks, pipe_end, 1);
    for (before = acks->count; acks->count == before && now_us() - since_us < ANSWER_MOST_US;)
        acks_collect(acks, pipe_end, 10000);
    return now_us() - since_us;
}

/* Until somebody answers again; 0: nobody stands by, and it is not waited for. */
static int64_t replace(const struct arguments *arguments, char **command, struct acks *acks,
                       int pipe_end)
{
    int64_t since_us = now_us();

    kill_and_wait(read_pid(arguments->pid_file));
    if (!arguments->standby) {
        write_pid(arguments->pid_file, start_daemon(arguments->log, command));
        return 0;
    }
    write_pid(arguments->pid_file, read_pid(arguments->standby));
    write_pid(arguments->standby, start_daemon(arguments->log, command));
    return wait_for_answer(acks, pipe_end, since_us);
}

static int compare_times(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

static double median_s(int64_t *times, size_t count)
{
    size_t middle = count / 2;

    qsort(times, count, sizeof(*times), compare_times);
    return count ? (double)times[middle] / US_PER_SECOND : 0;
}

static void kill_many(const struct arguments *arguments, char **command, int pipe_end,
                      struct acks *acks, struct kills *kills)
{
    struct test_random random = test_random_from_environment();
    CLEANUP(memory_freep)
    int64_t *takeovers = memory_get(arguments->kills + 1, sizeof(*takeovers));
    int64_t begin_us = now_us();
    struct ran ran;
    bool is_open = ran_open(&ran, arguments->work);

    kills->least_rate = arguments->rate;
    kills->most_takeover_s = arguments->takeover;
    for (uint32_t i = 0; is_open && i < arguments->kills; i++) {
        acks_collect(acks, pipe_end, random_pause_us(&random));
        ran_read(&ran);
        takeovers[i] = replace(arguments, command, acks, pipe_end);
        kills->count++;
        kills->amid_jobs += ran.running > 0;
        kills->running += ran.running;
    }
    kills->takeover_s = median_s(takeovers, kills->count);
    kills->rate = (double)acks->count * US_PER_SECOND / (double)(now_us() - begin_us);
    ran_clear(&ran);
}

static bool run(const struct arguments *arguments, char **command)
{
    struct acks acks = {0};
    struct kills kills = {0};
    int pipes[2], stop[2];
    bool good;

    if (pipe2(pipes, O_CLOEXEC) != 0 || pipe2(stop, O_CLOEXEC) != 0)
        return false;
    for (uint32_t i = 0; i < SUBMITTERS; i++)
        submitter_start(arguments->endpoint, arguments->work, PAUSE_MS, pipes[1], stop);
    close(pipes[1]);
    close(stop[0]);
    kill_many(arguments, command, pipes[0], &acks, &kills);
    close(stop[1]); /* the submitters finish what they have begun */
    while (acks_collect(&acks, pipes[0], US_PER_SECOND))
        ;
    close(pipes[0]);
    printf("# %u kills, %.1f jobs running at each; %zu jobs acknowledged, %.0f a second\n",
           kills.count, (double)kills.running / (kills.count ? kills.count : 1), acks.count,
           kills.rate);
    if (arguments->standby)
        printf("# takeover: median %.2f s\n", kills.takeover_s);
    good = history_check(arguments->endpoint, arguments->work, &acks, &kills);
    acks_clear(&acks);
    return good;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.kills = 10};
    struct error err;
    int first;

    if (!options_read(options, argc, argv, &arguments, &first, &err)) {
        fprintf(stderr, "kill_loop: %s\n", err.text);
        return 2;
    }
    if (!arguments.endpoint || !arguments.pid_file || !arguments.work || !arguments.log ||
        first == argc) {
        fprintf(stderr,
                "kill_loop: --endpoint, --pid-file, --work, --log and a command are needed\n");
        return 2;
    }
    return run(&arguments, argv + first) ? 0 : 1;
}
