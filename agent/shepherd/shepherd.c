/* shepherd.c - the process that starts a task set, holds it to its limits, and sees it end */

#include "agent/shepherd/shepherd_inside.h"

#include "agent/launcher/series_file.h"
#include "agent/runtime.h"
#include "agent/shepherd/last_word.h"
#include "agent/shepherd/tree.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILL_AGAIN_US = 100000, MEASURE_AGAIN_US = 250000, TELL_S = 5 };

/* --- children ---------------------------------------------------------------------------------------- */

static void add_usage(struct shepherd *shepherd, const struct rusage *usage)
{
    const struct timeval *times[] = {&usage->ru_utime, &usage->ru_stime};

    for (size_t i = 0; i < COUNT_OF(times); i++)
        shepherd->cpu_us += times[i]->tv_sec * US_PER_SECOND + times[i]->tv_usec;
    if (usage->ru_maxrss > shepherd->largest_kib)
        shepherd->largest_kib = usage->ru_maxrss;
}

/* The first task that failed decides what the set's end is. */
static void on_task_end(struct shepherd *shepherd, int status)
{
    shepherd->alive--;
    if (status == 0 || shepherd->failed)
        return;
    shepherd->failed = true;
    if (WIFSIGNALED(status))
        shepherd->record.exit_signal = (uint32_t)WTERMSIG(status);
    else
        shepherd->record.exit_code = (uint32_t)WEXITSTATUS(status);
    if (shepherd->order->start->kill_on_failure && shepherd->alive > 0)
        shepherd_end(shepherd, TASK_BY_ITSELF);
}

/* Orphans of the job end here too; their use of the machine counts as well. */
bool shepherd_reap(struct shepherd *shepherd)
{
    for (;;) {
        struct rusage usage;
        int status;
        pid_t pid = wait4(-1, &status, WNOHANG | __WALL, &usage);

        if (pid < 0 && errno == EINTR)
            continue;
        if (pid <= 0)
            return pid == 0;
        add_usage(shepherd, &usage);
        for (uint32_t i = 0; i < shepherd->order->start->tasks; i++)
            if (shepherd->tasks[i] == pid) {
                shepherd->tasks[i] = 0;
                on_task_end(shepherd, status);
            }
    }
}

/* --- ending ------------------------------------------------------------------------------------------- */

/* A word into the job's error output, by a process of its own: the file may be on a server
 * that does not answer, and the shepherd has to go on.  Nor may the job's end wait for it: a
 * file system's wait is broken off by a signal that is the process's end. */
static void tell(const struct shepherd *shepherd, const char *what)
{
    const struct shepherd_order *order = shepherd->order;
    const struct account *account = order->account;
    sigset_t alarms;

    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    if (fork() != 0)
        return;
    alarm(TELL_S);
    sigprocmask(SIG_UNBLOCK, &alarms, NULL);
    if (files_act_as(order->spool, account->uid, account->gid))
        dprintf(shepherd->files.error, "tequio: job %" PRIu64 ": %s\n", order->key.job, what);
    _exit(0);
}

/* Twice, as one that was just born may have been missed; those that stand still give birth to
 * none. */
static void freeze(struct shepherd *shepherd)
{
    if (shepherd->ending || shepherd->frozen_us > 0)
        return;
    shepherd->frozen_us = clock_boot_us(&clock_real);
    if (cgroup_task_freeze(&shepherd->group, true))
        return;
    tree_signal(&shepherd->group, SIGSTOP);
    tree_signal(&shepherd->group, SIGSTOP);
}

/* With as much time as it had. */
static void thaw(struct shepherd *shepherd)
{
    int64_t away_us;

    if (shepherd->frozen_us == 0)
        return;
    away_us = clock_boot_us(&clock_real) - shepherd->frozen_us;
    shepherd->frozen_us = 0;
    shepherd->away_us += away_us;
    if (shepherd->limit_at_us != INT64_MAX)
        shepherd->limit_at_us += away_us;
    if (shepherd->warning_at_us != INT64_MAX)
        shepherd->warning_at_us += away_us;
    if (!cgroup_task_freeze(&shepherd->group, false))
        tree_signal(&shepherd->group, SIGCONT);
}

/* A child that is not reaped yet: the pid is surely that of the task. */
static void signal_task(const struct shepherd *shepherd, uint32_t index, int number)
{
    if (shepherd->tasks[index] > 0)
        kill(shepherd->tasks[index], number);
}

/* To whom these come, they are not told of: nobody can pass them on. */
static bool cannot_be_passed_on(int number)
{
    return number == SIGKILL || number == SIGSTOP || number == SIGCONT;
}

/* Marked as for the script alone: what stays above it (tequio-stage) passes it on, and nothing that all of the
 * set have got. */
static void signal_script(const struct shepherd *shepherd, int number)
{
    const union sigval nothing = {0};

    if (shepherd->tasks[0] > 0 && sigqueue(shepherd->tasks[0], number, nothing) != 0)
        signal_task(shepherd, 0, number);
}

static void signal_set(const struct shepherd *shepherd, int number)
{
    if (!shepherd->order->start->tasks_alone || cannot_be_passed_on(number)) {
        tree_signal(&shepherd->group, number);
        return;
    }
    for (uint32_t i = 0; i < shepherd->order->start->tasks; i++)
        signal_task(shepherd, i, number);
}

void shepherd_end(struct shepherd *shepherd, enum task_end_cause cause)
{
    static const char *const words[] = {
        [TASK_BY_ITSELF] = "a task has failed, the others are ended",
        [TASK_STOPPED] = "is ended",
        [TASK_LIMIT] = "has reached its time limit and is ended",
    };

    if (shepherd->ending)
        return;
    thaw(shepherd);
    shepherd->ending = true;
    shepherd->record.cause = (uint32_t)cause;
    shepherd->kill_at_us = clock_boot_us(&clock_real) + shepherd->order->start->kill_wait_us;
    signal_set(shepherd, SIGTERM);
    tree_signal(&shepherd->group, SIGCONT); /* a stopped process would not see it */
    tell(shepherd, words[cause]);
}

/* --- orders and deadlines ------------------------------------------------------------------------------ */

static void signal_tasks(struct shepherd *shepherd, int number, bool batch_only)
{
    if (batch_only)
        signal_script(shepherd, number);
    else
        signal_set(shepherd, number);
}

static void on_order(struct shepherd *shepherd, int value)
{
    int number = value & SHEPHERD_NUMBER;

    if (number == SIGNAL_FREEZE) {
        freeze(shepherd);
        return;
    }
    if (number == SIGNAL_THAW) {
        thaw(shepherd);
        return;
    }
    if (number != 0) {
        signal_tasks(shepherd, number, (value & SHEPHERD_BATCH_ONLY) != 0);
        return;
    }
    shepherd_end(shepherd, TASK_STOPPED);
    if (value & SHEPHERD_KILL)
        shepherd->kill_at_us = 0;
}

/* The spool is everybody's: one who fills it is ended, and told why. */
static void measure_output(struct shepherd *shepherd, int64_t now_us)
{
    uint64_t most = shepherd->order->config->output_most;

    shepherd->measure_at_us = now_us + MEASURE_AGAIN_US;
    if (shepherd->ending || files_kept_bytes(&shepherd->files) <= most)
        return;
    tell(shepherd, "has more output than this node keeps: write it to a file");
    shepherd_end(shepherd, TASK_STOPPED);
}

static void on_deadlines(struct shepherd *shepherd)
{
    const struct request_start *start = shepherd->order->start;
    int64_t now_us = clock_boot_us(&clock_real);

    if (now_us >= shepherd->warning_at_us && shepherd->frozen_us == 0) {
        shepherd->warning_at_us = INT64_MAX;
        signal_tasks(shepherd, (int)start->warning_signal, start->warning_batch_only);
    }
    if (now_us >= shepherd->limit_at_us && shepherd->frozen_us == 0) {
        shepherd->limit_at_us = INT64_MAX;
        shepherd_end(shepherd, TASK_LIMIT);
    }
    if (now_us >= shepherd->measure_at_us)
        measure_output(shepherd, now_us);
    sampler_look(&shepherd->sampler, shepherd->cpu_us);
    if (now_us >= shepherd->kill_at_us) {
        tree_kill(&shepherd->group);
        shepherd->kill_at_us = now_us + KILL_AGAIN_US;
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The boot clock goes on while the machine sleeps; a timeout of a system call would not. */
static void set_timer(struct shepherd *shepherd)
{
    int64_t at_us = least(shepherd->kill_at_us, shepherd->measure_at_us);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SHEPHERD_TIMER};
    struct itimerspec when = {0};

    at_us = least(at_us, shepherd->sampler.next_us);
    if (shepherd->frozen_us == 0)
        at_us = least(at_us, least(shepherd->warning_at_us, shepherd->limit_at_us));
    if (at_us == shepherd->timer_at_us)
        return;
    if (!shepherd->has_timer && timer_create(CLOCK_BOOTTIME, &event, &shepherd->timer) != 0)
        return;
    shepherd->has_timer = true;
    shepherd->timer_at_us = at_us;
    if (at_us != INT64_MAX) {
        at_us = at_us > 0 ? at_us : 1; /* 0 would switch it off */
        when.it_value.tv_sec = (time_t)(at_us / US_PER_SECOND);
        when.it_value.tv_nsec = (long)(at_us % US_PER_SECOND) * 1000;
    }
    timer_settime(shepherd->timer, TIMER_ABSTIME, &when, NULL);
}

static void on_signal(struct shepherd *shepherd, const siginfo_t *info)
{
    if (info->si_signo == SIGTERM)
        shepherd_end(shepherd, TASK_STOPPED);
    else if (info->si_signo == SHEPHERD_SIGNAL)
        on_order(shepherd, info->si_value.sival_int);
}

void shepherd_wait(struct shepherd *shepherd)
{
    siginfo_t info;

    set_timer(shepherd);
    if (shepherd->terminal.master >= 0) {
        terminal_wait(&shepherd->terminal);
        shepherd_look(shepherd);
        return;
    }
    if (sigwaitinfo(&shepherd->signals, &info) > 0)
        on_signal(shepherd, &info);
    on_deadlines(shepherd);
}

void shepherd_look(struct shepherd *shepherd)
{
    static const struct timespec at_once = {0};
    siginfo_t info;

    while (sigtimedwait(&shepherd->signals, &info, &at_once) > 0)
        on_signal(shepherd, &info);
    on_deadlines(shepherd);
}

/* --- life ------------------------------------------------------------------------------------------------- */

/* All signals are blocked for good: those that mean something are waited for. */
static void prepare(struct shepherd *shepherd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t all;

    setsid();
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&shepherd->signals);
    sigaddset(&shepherd->signals, SIGCHLD);
    sigaddset(&shepherd->signals, SIGTERM);
    sigaddset(&shepherd->signals, SHEPHERD_SIGNAL);
    sigaddset(&shepherd->signals, SHEPHERD_TIMER);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NAME, "tequio-shepherd");
    for (int i = 0; i <= 2; i++)
        dup2(null, i); /* who reads the launcher's output must not wait for the jobs */
}

static void write_record(struct shepherd *shepherd, enum record_phase phase)
{
    struct error ignored;

    /* On a full disk the agent finds no end here, sees the shepherd gone, and says so. */
    shepherd->record.phase = (uint32_t)phase;
    record_write(shepherd->order->record, &shepherd->record, &ignored);
}

/* Until no child is left, and with them nothing of the task set. */
static void clear_away(struct shepherd *shepherd)
{
    if (!shepherd_reap(shepherd))
        return;
    shepherd->ending = true;
    shepherd->warning_at_us = shepherd->limit_at_us = shepherd->measure_at_us = INT64_MAX;
    shepherd->kill_at_us = 0;
    on_deadlines(shepherd);
    while (shepherd_reap(shepherd))
        shepherd_wait(shepherd);
}

static void take_usage(struct shepherd *shepherd)
{
    struct cgroup_usage usage = cgroup_task_usage(&shepherd->group);
    struct record *record = &shepherd->record;

    record->cpu_used_us = usage.has_cpu ? usage.cpu_us : shepherd->cpu_us;
    record->memory_peak_bytes =
        usage.has_memory ? usage.memory_peak_bytes : (uint64_t)shepherd->largest_kib * 1024;
    if (usage.oom_kills > shepherd->oom_kills_before && record->cause == TASK_BY_ITSELF)
        record->cause = TASK_MEMORY;
}

/* What took less than two steps has no course worth a file, unless it is one of many.  The site's own
 * programs are not the job's use. */
static void keep_series(struct shepherd *shepherd)
{
    const struct shepherd_order *order = shepherd->order;
    struct sampler *sampler = &shepherd->sampler;
    struct error ignored; /* a full disk costs the series, not the end */

    sampler_end(sampler, shepherd->cpu_us);
    if (!order->hook && (order->key.step != 0 || sampler->series.count > 1))
        series_file_add(order->spool->tasks, order->part_name, &sampler->series, sampler->of_part,
                        &ignored);
}

/* The part is free again before anybody can read that the end is there. */
static void close_part(struct shepherd *shepherd)
{
    cgroup_task_close(&shepherd->group);
    close(shepherd->order->directory);
}

static void finish(struct shepherd *shepherd)
{
    struct record *record = &shepherd->record;

    thaw(shepherd);
    shepherd->sampler.next_us = INT64_MAX;
    clear_away(shepherd);
    terminal_drain(&shepherd->terminal);
    take_usage(shepherd);
    if (shepherd->failed && shepherd->order->key.step == 0)
        last_word_read(shepherd->order, record->text, sizeof(record->text));
    keep_series(shepherd);
    close_part(shepherd);
    record->ended_us = clock_wall_us(&clock_real);
    record->wall_used_us =
        clock_boot_us(&clock_real) - shepherd->started_boot_us - shepherd->away_us;
    write_record(shepherd, RECORD_ENDED);
}

static void finish_failed(struct shepherd *shepherd, const struct error *err)
{
    struct record *record = &shepherd->record;

    clear_away(shepherd);
    close_part(shepherd);
    record->code = (uint32_t)err->code;
    snprintf(record->text, sizeof(record->text), "%.*s", (int)sizeof(record->text) - 1, err->text);
    record->ended_us = clock_wall_us(&clock_real);
    write_record(shepherd, RECORD_FAILED);
}

static void set_deadlines(struct shepherd *shepherd)
{
    const struct request_start *start = shepherd->order->start;

    shepherd->started_boot_us = clock_boot_us(&clock_real);
    shepherd->warning_at_us = shepherd->limit_at_us = shepherd->kill_at_us = INT64_MAX;
    shepherd->measure_at_us = shepherd->sampler.next_us = INT64_MAX;
    shepherd->timer_at_us = INT64_MAX;
    if (start->limit_us == INT64_MAX)
        return;
    shepherd->limit_at_us = shepherd->started_boot_us + start->limit_us;
    if (start->warning_signal != 0)
        shepherd->warning_at_us = shepherd->limit_at_us - least(start->warning_us, start->limit_us);
}

_Noreturn void shepherd_run(struct shepherd_order *order)
{
    struct shepherd shepherd = {
        .order = order,
        .tasks = NEW_ARRAY(pid_t, order->start->tasks),
        .record = {.magic = RECORD_MAGIC, .tasks = order->start->tasks},
    };
    struct error err;

    /* cppcheck-suppress autoVariables ; never returns, so they live as long as the order */
    order->texts = &shepherd.texts;
    terminal_init(&shepherd.terminal);
    prepare(&shepherd);
    set_deadlines(&shepherd);
    shepherd.record.shepherd = (int32_t)getpid();
    memcpy(shepherd.record.boot_id, order->boot_id, sizeof(shepherd.record.boot_id));
    write_record(&shepherd, RECORD_STARTING);
    if (!shepherd_start(&shepherd, &err)) {
        finish_failed(&shepherd, &err);
        _exit(1);
    }
    if (shepherd.files.output_kept || shepherd.files.error_kept)
        shepherd.measure_at_us = shepherd.started_boot_us + MEASURE_AGAIN_US;
    sampler_begin(&shepherd.sampler, &shepherd.group, order->config->powercap);
    shepherd.record.started_us = clock_wall_us(&clock_real);
    write_record(&shepherd, RECORD_RUNNING);
    while (shepherd_reap(&shepherd), shepherd.alive > 0)
        shepherd_wait(&shepherd);
    finish(&shepherd);
    _exit(0);
}
