/* loop.c - the event loop on zmq_poll() */

#include "base/loop.h"

#include "base/clock.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/socket.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

/* poll() counts on a clock that stands still while the machine sleeps, timers on one
 * that does not: look at the time at least this often. */
#define WAIT_MAX_US INT64_C(60000000)

/* How often to look for a child's end where there is no pidfd. */
#define CHILD_LOOK_US INT64_C(50000)

enum watch_kind { WATCH_SOCKET, WATCH_DESCRIPTOR, WATCH_TIME, WATCH_SIGNAL, WATCH_CHILD };

struct watch {
    enum watch_kind kind;
    bool ended; /* in loop->ended, not to be called */
    struct socket *socket;
    int descriptor; /* ours to close for WATCH_SIGNAL and WATCH_CHILD; -1: none */
    int number;     /* of the signal */
    pid_t pid;
    int64_t at_us;
    int64_t every_us;        /* 0: once */
    uint64_t order;          /* of two timers due at one time the older goes first */
    struct heap_node timer;  /* in loop->timers */
    struct list_node member; /* in loop->watches or loop->ended */
    struct list_node due;    /* in the list of this turn's timers */
    void *owner;
    union {
        watch_fn *ready;
        signal_fn *signal;
        child_fn *child;
    } on;
};

struct loop {
    struct list watches;
    struct list ended; /* freed after the turn */
    struct heap timers;
    uint64_t next_order;
    bool stopped;
    bool changed;          /* items no longer match the watches */
    struct watch **polled; /* polled[i] is the watch of items[i] */
    zmq_pollitem_t *items;
    size_t item_count;
    watch_fn *on_turn_end;
    void *turn_end_owner;
};

static struct watch *watch_of_timer(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct watch, timer);
}

static bool timer_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct watch *first = watch_of_timer(a), *second = watch_of_timer(b);

    if (first->at_us != second->at_us)
        return first->at_us < second->at_us;
    return first->order < second->order;
}

struct loop *loop_new(void)
{
    struct loop *loop = NEW(struct loop);

    /* Where the parent ignored it, the kernel would reap our children unseen. */
    signal(SIGCHLD, SIG_DFL);
    list_init(&loop->watches);
    list_init(&loop->ended);
    heap_init(&loop->timers, timer_before);
    return loop;
}

static void free_watches(struct list *list)
{
    LIST_EACH(list, node) {
        struct watch *watch = CONTAINER_OF(node, struct watch, member);

        list_remove(list, node);
        free(watch);
    }
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    LIST_EACH(&loop->watches, node)
        loop_unwatch(loop, CONTAINER_OF(node, struct watch, member));
    free_watches(&loop->ended);
    heap_clear(&loop->timers);
    free(loop->polled);
    free(loop->items);
    free(loop);
}

static struct watch *add_watch(struct loop *loop, enum watch_kind kind, void *owner)
{
    struct watch *watch = NEW(struct watch);

    watch->kind = kind;
    watch->descriptor = -1;
    watch->order = loop->next_order++;
    watch->owner = owner;
    list_add_last(&loop->watches, &watch->member);
    loop->changed = true;
    return watch;
}

static struct watch *add_timer(struct loop *loop, struct watch *watch, int64_t at_us)
{
    watch->at_us = at_us;
    heap_add(&loop->timers, &watch->timer);
    return watch;
}

struct watch *loop_watch_socket(struct loop *loop, struct socket *socket, watch_fn *on_ready,
                                void *owner)
{
    struct watch *watch = add_watch(loop, WATCH_SOCKET, owner);

    watch->socket = socket;
    watch->on.ready = on_ready;
    return watch;
}

struct watch *loop_watch_descriptor(struct loop *loop, int descriptor, watch_fn *on_ready,
                                    void *owner)
{
    struct watch *watch = add_watch(loop, WATCH_DESCRIPTOR, owner);

    assert(descriptor >= 0);
    watch->descriptor = descriptor;
    watch->on.ready = on_ready;
    return watch;
}

struct watch *loop_watch_time(struct loop *loop, int64_t at_us, watch_fn *on_time, void *owner)
{
    struct watch *watch = add_watch(loop, WATCH_TIME, owner);

    watch->on.ready = on_time;
    return add_timer(loop, watch, at_us);
}

struct watch *loop_watch_interval(struct loop *loop, int64_t every_us, watch_fn *on_time,
                                  void *owner)
{
    struct watch *watch = add_watch(loop, WATCH_TIME, owner);

    assert(every_us > 0);
    watch->every_us = every_us;
    watch->on.ready = on_time;
    return add_timer(loop, watch, clock_boot_us(&clock_real) + every_us);
}

struct watch *loop_watch_signal(struct loop *loop, int number, signal_fn *on_signal, void *owner)
{
    struct watch *watch = add_watch(loop, WATCH_SIGNAL, owner);
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    watch->number = number;
    watch->on.signal = on_signal;
    watch->descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (watch->descriptor < 0) {
        perror("cannot watch a signal"); /* as with memory: nothing goes on without */
        abort();
    }
    return watch;
}

struct watch *loop_watch_child(struct loop *loop, pid_t pid, child_fn *on_end, void *owner)
{
    struct watch *watch = add_watch(loop, WATCH_CHILD, owner);

    assert(pid > 0);
    watch->pid = pid;
    watch->on.child = on_end;
    watch->descriptor = (int)syscall(SYS_pidfd_open, pid, 0); /* sets close-on-exec itself */
    if (watch->descriptor >= 0)
        return watch;
    /* An old kernel or no descriptor left: a child must not be forgotten for that. */
    watch->every_us = CHILD_LOOK_US;
    return add_timer(loop, watch, clock_boot_us(&clock_real));
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
    if (!watch || watch->ended)
        return;
    watch->ended = true;
    if (heap_has(&watch->timer))
        heap_remove(&loop->timers, &watch->timer);
    if ((watch->kind == WATCH_SIGNAL || watch->kind == WATCH_CHILD) && watch->descriptor >= 0)
        close(watch->descriptor);
    list_remove(&loop->watches, &watch->member);
    list_add_last(&loop->ended, &watch->member);
    loop->changed = true;
}

void loop_set_turn_end(struct loop *loop, watch_fn *on_turn_end, void *owner)
{
    loop->on_turn_end = on_turn_end;
    loop->turn_end_owner = owner;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

static void call_signal(struct watch *watch)
{
    struct signalfd_siginfo info;

    if (read(watch->descriptor, &info, sizeof(info)) == (ssize_t)sizeof(info))
        watch->on.signal(watch->owner, watch->number);
}

static void call_child(struct loop *loop, struct watch *watch)
{
    int status = 0;
    pid_t reaped = waitpid(watch->pid, &status, WNOHANG);

    if (reaped == 0)
        return;                   /* not yet */
    assert(reaped == watch->pid); /* nobody else may reap our children */
    loop_unwatch(loop, watch);
    watch->on.child(watch->owner, watch->pid, status);
}

static void call_watch(struct loop *loop, struct watch *watch)
{
    if (watch->ended)
        return; /* by a callback before it in this turn */
    switch (watch->kind) {
    case WATCH_TIME:
        if (watch->every_us == 0)
            loop_unwatch(loop, watch);
        watch->on.ready(watch->owner);
        break;
    case WATCH_SIGNAL:
        call_signal(watch);
        break;
    case WATCH_CHILD:
        call_child(loop, watch);
        break;
    case WATCH_SOCKET:
    case WATCH_DESCRIPTOR:
        watch->on.ready(watch->owner);
        break;
    }
}

/* Only those due now: a callback that sets a timer in the past is called again in the
 * next turn, after the sockets had theirs. */
static void call_timers(struct loop *loop)
{
    int64_t now_us = clock_boot_us(&clock_real);
    struct heap_node *node;
    struct list due;

    list_init(&due);
    while ((node = heap_first(&loop->timers)) && watch_of_timer(node)->at_us <= now_us) {
        heap_remove(&loop->timers, node);
        list_add_last(&due, &watch_of_timer(node)->due);
    }
    LIST_EACH(&due, member) {
        struct watch *watch = CONTAINER_OF(member, struct watch, due);

        list_remove(&due, member);
        if (!watch->ended && watch->every_us > 0) {
            watch->at_us += watch->every_us;
            if (watch->at_us <= now_us)
                watch->at_us = now_us + watch->every_us;
            heap_add(&loop->timers, &watch->timer);
        }
        call_watch(loop, watch);
    }
}

static zmq_pollitem_t item_of(const struct watch *watch)
{
    zmq_pollitem_t item = {.fd = watch->descriptor, .events = ZMQ_POLLIN};

    if (watch->socket) {
        item.socket = socket_handle(watch->socket);
        item.fd = item.socket ? -1 : socket_descriptor(watch->socket);
    }
    return item;
}

static void collect_items(struct loop *loop)
{
    size_t count = loop->watches.count;

    loop->polled = memory_resize(loop->polled, count + 1, sizeof(struct watch *));
    loop->items = memory_resize(loop->items, count + 1, sizeof(zmq_pollitem_t));
    loop->item_count = 0;
    LIST_EACH(&loop->watches, node) {
        struct watch *watch = CONTAINER_OF(node, struct watch, member);

        if (!watch->socket && watch->descriptor < 0)
            continue;
        loop->polled[loop->item_count] = watch;
        loop->items[loop->item_count++] = item_of(watch);
    }
    loop->changed = false;
}

/* Milliseconds until the next timer, rounded up so that it is due when we wake. */
static long wait_ms(const struct loop *loop)
{
    struct heap_node *node = heap_first(&loop->timers);
    int64_t left_us = WAIT_MAX_US;

    if (node && watch_of_timer(node)->at_us - clock_boot_us(&clock_real) < left_us)
        left_us = watch_of_timer(node)->at_us - clock_boot_us(&clock_real);
    return left_us <= 0 ? 0 : (long)((left_us + 999) / 1000);
}

static void run_turn(struct loop *loop)
{
    int ready;

    if (loop->changed)
        collect_items(loop);
    ready = zmq_poll(loop->items, (int)loop->item_count, wait_ms(loop));
    assert(ready >= 0 || errno == EINTR);
    call_timers(loop);
    /* A closed pipe or a broken descriptor comes as ZMQ_POLLERR alone. */
    for (size_t i = 0; ready > 0 && i < loop->item_count; i++)
        if (loop->items[i].revents & (ZMQ_POLLIN | ZMQ_POLLERR))
            call_watch(loop, loop->polled[i]);
    if (loop->on_turn_end)
        loop->on_turn_end(loop->turn_end_owner);
    free_watches(&loop->ended);
}

void loop_run(struct loop *loop)
{
    while (!loop->stopped)
        run_turn(loop);
    loop->stopped = false;
}
