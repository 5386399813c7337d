/* runtime_watch.c - news of task sets: from their records, and from shepherds that are gone */

#include "agent/runtime_process_inside.h"

#include "base/clock.h"
#include "base/file.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { EVENTS_MAX = 64, NEWS_BYTES = 65536, KILL_AGAIN_US = 100000 };

/* --- the watched -------------------------------------------------------------------------------- */

struct record_key record_key_of(const struct task_key *key)
{
    return (struct record_key){key->job, key->step, key->attempt, key->part};
}

static void on_timer(void *owner);

static void queue_leave(struct watched *watched)
{
    if (watched->queue)
        list_remove(watched->queue, &watched->of_queue);
    watched->queue = NULL;
}

static void queue_enter(struct watched *watched, struct list *queue)
{
    if (watched->queue == queue)
        return;
    queue_leave(watched);
    list_add_last(queue, &watched->of_queue);
    watched->queue = queue;
}

void watch_look_later(struct runtime_process *process, struct watched *watched, int64_t in_us)
{
    queue_enter(watched, &process->again);
    if (!process->timer)
        process->timer =
            loop_watch_time(process->loop, clock_boot_us(&clock_real) + in_us, on_timer, process);
}

struct watched *watch_add(struct runtime_process *process, const struct task_key *key)
{
    struct record_key record = record_key_of(key);
    struct watched *watched = NEW(struct watched);

    watched->key = *key;
    watched->shepherd = -1;
    record_name(&record, watched->name);
    table_put_text(process->by_name, watched->name, watched);
    list_add_last(&process->all, &watched->of_process);
    return watched;
}

/* Takes the pidfd. */
void watch_shepherd(struct runtime_process *process, struct watched *watched, int shepherd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watched};

    watched->shepherd = shepherd;
    /* Without it the end would still be seen in the record, unless the shepherd is killed. */
    if (shepherd < 0 || epoll_ctl(process->epoll, EPOLL_CTL_ADD, shepherd, &event) != 0)
        watch_look_later(process, watched, KILL_AGAIN_US);
}

/* To close it is not enough: a child that was just forked may have it open, too, and what is
 * reported then points to a watched that may be gone. */
static void unwatch_shepherd(struct runtime_process *process, struct watched *watched)
{
    if (watched->shepherd >= 0)
        epoll_ctl(process->epoll, EPOLL_CTL_DEL, watched->shepherd, NULL);
    file_closep(&watched->shepherd);
    watched->shepherd = -1;
}

void watch_remove(struct runtime_process *process, struct watched *watched)
{
    table_remove_text(process->by_name, watched->name);
    list_remove(&process->all, &watched->of_process);
    queue_leave(watched);
    unwatch_shepherd(process, watched);
    free(watched);
}

/* --- telling -------------------------------------------------------------------------------------- */

static void tell_started(struct runtime_process *process, struct watched *watched, int64_t at_us)
{
    if (watched->started)
        return;
    watched->started = true;
    process->news.on_started(process->news.owner, &watched->key, at_us);
}

/* The watched is gone before the owner hears: it may ask for anything. */
static void tell_ended(struct runtime_process *process, struct watched *watched,
                       const struct task_end *end)
{
    struct task_key key = watched->key;

    watch_remove(process, watched);
    process->news.on_ended(process->news.owner, &key, end);
}

static void tell_failed(struct runtime_process *process, struct watched *watched,
                        const struct record *record)
{
    struct task_key key = watched->key;
    struct error why = {.code = (enum error_code)record->code};

    snprintf(why.text, sizeof(why.text), "%s", record->text);
    watch_remove(process, watched);
    process->news.on_failed(process->news.owner, &key, &why);
}

static struct task_end end_of(const struct record *record)
{
    struct task_end end = {
        .cause = (enum task_end_cause)record->cause,
        .exit_code = record->exit_code,
        .exit_signal = record->exit_signal,
        .wall_used_us = record->wall_used_us,
        .cpu_used_us = record->cpu_used_us,
        .memory_peak_bytes = record->memory_peak_bytes,
        .ended_us = record->ended_us,
    };

    snprintf(end.word, sizeof(end.word), "%.*s", (int)sizeof(record->text) - 1, record->text);
    return end;
}

/* Nobody saw how it ended. */
static void tell_lost(struct runtime_process *process, struct watched *watched,
                      const struct record *record)
{
    int64_t now_us = clock_wall_us(&clock_real);
    struct task_end end = {
        .cause = watched->rebooted ? TASK_REBOOT : TASK_UNKNOWN,
        .ended_us = now_us,
    };

    if (!watched->rebooted && record->started_us > 0 && now_us > record->started_us)
        end.wall_used_us = now_us - record->started_us;
    tell_started(process, watched, record->started_us > 0 ? record->started_us : now_us);
    tell_ended(process, watched, &end);
}

/* --- looking at records ---------------------------------------------------------------------------- */

/* The end is told only when nothing is left of it; the launcher sees to that. */
static bool is_cleared(struct runtime_process *process, const struct watched *watched)
{
    struct request_signal request = {
        .head = {.kind = REQUEST_SIGNAL,
                 .job = watched->key.job,
                 .step = watched->key.step,
                 .attempt = watched->key.attempt,
                 .part = watched->key.part},
        .signal = SIGKILL,
    };
    const struct launcher_request whole = {&request.head, sizeof(request), -1, NULL};
    struct launcher_answer answer;
    struct error err;

    return watched->rebooted || launcher_link_ask(process->link, &whole, &answer, &err) ||
           err.code == ERROR_NOT_FOUND;
}

static void look_at_lost(struct runtime_process *process, struct watched *watched,
                         const struct record *record)
{
    if (is_cleared(process, watched))
        tell_lost(process, watched, record);
    else
        watch_look_later(process, watched, KILL_AGAIN_US);
}

static void look(struct runtime_process *process, struct watched *watched)
{
    struct record record;
    struct error err;
    bool alive = false;

    if (!record_read(process->tasks, watched->name, &record, &alive, &err)) {
        memset(&record, 0, sizeof(record)); /* taken away by hand */
        tell_lost(process, watched, &record);
        return;
    }
    if (record.phase == RECORD_FAILED) {
        tell_failed(process, watched, &record);
        return;
    }
    if (record.phase >= RECORD_RUNNING)
        tell_started(process, watched, record.started_us);
    if (record.phase == RECORD_ENDED) {
        struct task_end end = end_of(&record);

        tell_ended(process, watched, &end);
        return;
    }
    if (!alive)
        look_at_lost(process, watched, &record);
    else if (watched->shepherd < 0 && record.shepherd > 0)
        watch_shepherd(process, watched, record_open_shepherd(process->tasks, watched->name));
    else if (watched->shepherd < 0)
        watch_look_later(process, watched, KILL_AGAIN_US);
}

/* What becomes due while this runs is for the next turn. */
static void look_at_due(struct runtime_process *process)
{
    for (size_t left = process->due.count; left > 0; left--) {
        struct list_node *node = list_first(&process->due);
        struct watched *watched;

        if (!node)
            return;
        watched = CONTAINER_OF(node, struct watched, of_queue);
        queue_leave(watched);
        look(process, watched);
    }
}

static void on_timer(void *owner)
{
    struct runtime_process *process = owner;

    process->timer = NULL;
    LIST_EACH(&process->again, node)
        queue_enter(CONTAINER_OF(node, struct watched, of_queue), &process->due);
    look_at_due(process);
}

/* --- events ---------------------------------------------------------------------------------------------- */

static void on_notice(struct runtime_process *process, const struct inotify_event *event)
{
    struct watched *watched;

    if (event->mask & IN_Q_OVERFLOW) {
        LIST_EACH(&process->all, node)
            queue_enter(CONTAINER_OF(node, struct watched, of_process), &process->due);
        return;
    }
    watched = event->len > 0 ? table_get_text(process->by_name, event->name) : NULL;
    if (watched)
        queue_enter(watched, &process->due);
}

static void read_notices(struct runtime_process *process)
{
    _Alignas(struct inotify_event) char bytes[NEWS_BYTES];
    ssize_t got = read(process->notices, bytes, sizeof(bytes));

    for (ssize_t at = 0; at < got;) {
        const struct inotify_event *event = (const void *)(bytes + at);

        on_notice(process, event);
        at += (ssize_t)(sizeof(*event) + event->len);
    }
}

static void on_shepherd_gone(struct runtime_process *process, struct watched *watched)
{
    unwatch_shepherd(process, watched);
    queue_enter(watched, &process->due);
}

void watch_on_ready(void *owner)
{
    struct runtime_process *process = owner;
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(process->epoll, events, EVENTS_MAX, 0);

    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr)
            on_shepherd_gone(process, events[i].data.ptr);
        else
            read_notices(process);
    }
    look_at_due(process);
}
