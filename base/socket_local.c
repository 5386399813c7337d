/* socket_local.c - the local sockets of base/socket.h */

#include "base/socket_local.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/random.h"
#include "base/socket_counts.h"
#include "base/socket_path.h"
#include "base/socket_stream.h"
#include "base/table.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_MAX 64
#define LOOKS_MAX  64 /* in one call, so that a flood does not hold the loop */

/* A message begun is to be whole after this; looked after every half of it. */
#define MESSAGE_US INT64_C(5000000)

#define RECONNECT_LEAST_US INT64_C(100000)
#define RECONNECT_MOST_US  INT64_C(5000000)

#define ROUTE_SIZE sizeof(uint64_t)

struct peer {
    struct stream stream;
    uint64_t number; /* its route; never given twice */
    uid_t uid;
    int64_t begun_us;        /* when the message that is not whole began; 0: none */
    bool waits_to_send;      /* epoll says when the kernel takes more */
    struct list_node member; /* of local->peers */
    struct list_node ready;  /* in local->ready: there may be something to read */
};

struct local {
    int epoll;
    int listener; /* -1 for a dialler */
    int spare;    /* given up to turn a peer away when there is no other descriptor */
    int timer;    /* a dialler tries again, a listener looks after messages begun */
    bool timing;  /* the listener's timer is set */
    char *path;
    struct list peers; /* of a dialler: one, connected or not */
    struct list ready;
    struct table *by_number;
    struct counts *users; /* of a listener */
    size_t peers_max;
    uint64_t next_number;
    int64_t reconnect_us; /* how long to wait the next time */
    uint64_t dropped;
};

static struct local *local_new(const char *path)
{
    struct local *local = NEW(struct local);

    *local = (struct local){
        .epoll = epoll_create1(EPOLL_CLOEXEC),
        .listener = -1,
        .spare = -1,
        .timer = -1,
        .path = memory_copy(path),
        .by_number = table_new(),
        .users = counts_new(),
        .next_number = 1,
        .reconnect_us = RECONNECT_LEAST_US,
    };
    list_init(&local->peers);
    list_init(&local->ready);
    return local;
}

/* `what` comes back with the events: a peer, or the place of the descriptor in local. */
static bool watch(struct local *local, int descriptor, unsigned events, void *what)
{
    struct epoll_event event = {.events = events, .data = {.ptr = what}};

    return epoll_ctl(local->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

/* Before it is closed: that alone does not end the watch while a child that was just forked has it
 * open, too, and then the peer may be gone. */
static void unwatch(struct local *local, const struct peer *peer)
{
    if (peer->stream.descriptor >= 0)
        epoll_ctl(local->epoll, EPOLL_CTL_DEL, peer->stream.descriptor, NULL);
}

/* Ask to be told, or not, when the kernel takes more of what waits. */
static void watch_output(struct local *local, struct peer *peer, bool waits)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLRDHUP | (waits ? EPOLLOUT : 0),
        .data = {.ptr = peer},
    };

    if (peer->stream.descriptor < 0 || peer->waits_to_send == waits)
        return;
    peer->waits_to_send = waits;
    epoll_ctl(local->epoll, EPOLL_CTL_MOD, peer->stream.descriptor, &event);
}

static struct peer *add_peer(struct local *local, int descriptor, uid_t uid)
{
    struct peer *peer = NEW(struct peer);

    stream_init(&peer->stream, descriptor);
    peer->number = local->next_number++;
    peer->uid = uid;
    list_add_last(&local->peers, &peer->member);
    table_put_number(local->by_number, peer->number, peer);
    return peer;
}

static void remove_peer(struct local *local, struct peer *peer)
{
    if (local->listener >= 0)
        counts_remove(local->users, &peer->uid, sizeof(peer->uid));
    if (list_has(&peer->ready))
        list_remove(&local->ready, &peer->ready);
    list_remove(&local->peers, &peer->member);
    table_remove_number(local->by_number, peer->number);
    unwatch(local, peer);
    stream_clear(&peer->stream);
    free(peer);
}

void local_free(struct local *local)
{
    if (!local)
        return;
    LIST_EACH(&local->peers, node)
        remove_peer(local, CONTAINER_OF(node, struct peer, member));
    if (local->listener >= 0) {
        unlink(local->path); /* before it is closed, while it is surely ours */
        close(local->listener);
    }
    if (local->spare >= 0)
        close(local->spare);
    if (local->timer >= 0)
        close(local->timer);
    if (local->epoll >= 0)
        close(local->epoll);
    table_free(local->by_number);
    counts_free(local->users);
    free(local->path);
    free(local);
}

static bool add_timer(struct local *local)
{
    local->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    return local->timer >= 0 && watch(local, local->timer, EPOLLIN, &local->timer);
}

static void set_timer(struct local *local, int64_t wait_us)
{
    struct itimerspec time = {
        .it_value = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000},
    };

    timerfd_settime(local->timer, 0, &time, NULL);
}

/* --- listening ---------------------------------------------------------------------------- */

static size_t peers_max(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 4 > LOCAL_PEERS_MAX)
        return LOCAL_PEERS_MAX;
    return (size_t)limit.rlim_cur / 4;
}

struct local *local_listen(const char *path, struct error *err)
{
    CLEANUP(local_freep) struct local *local = local_new(path);

    local->peers_max = peers_max();
    local->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    local->listener = socket_path_listen(path, err);
    if (local->listener < 0)
        return NULL;
    if (local->epoll < 0 || local->spare < 0 || !add_timer(local) ||
        !watch(local, local->listener, EPOLLIN, &local->listener)) {
        fail_errno(err, "listen on %s", path);
        return NULL;
    }
    return STEAL(local);
}

/* Without a descriptor for it a peer would wait, and the listener call, for ever. */
static void turn_away(struct local *local)
{
    int descriptor;

    close(local->spare);
    descriptor = accept4(local->listener, NULL, NULL, SOCK_CLOEXEC);
    if (descriptor >= 0)
        close(descriptor);
    local->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_peer(struct local *local)
{
    int descriptor = accept4(local->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct ucred user;
    socklen_t size = sizeof(user);
    struct peer *peer;

    if (descriptor < 0) {
        if (errno == EMFILE || errno == ENFILE)
            turn_away(local);
        return;
    }
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &user, &size) != 0 ||
        local->peers.count >= local->peers_max ||
        !counts_add(local->users, &user.uid, sizeof(user.uid), LOCAL_PEERS_PER_UID)) {
        close(descriptor);
        return;
    }
    peer = add_peer(local, descriptor, user.uid);
    if (!watch(local, descriptor, EPOLLIN | EPOLLRDHUP, peer))
        remove_peer(local, peer);
}

/* --- dialling ------------------------------------------------------------------------------ */

static struct peer *only_peer(const struct local *local)
{
    return CONTAINER_OF(list_first(&local->peers), struct peer, member);
}

/* Each time twice as long, and by chance somewhat more, so that not all come at once. */
static void try_later(struct local *local)
{
    int64_t wait_us = local->reconnect_us + random_below((uint32_t)local->reconnect_us / 4);

    set_timer(local, wait_us);
    local->reconnect_us *= 2;
    if (local->reconnect_us > RECONNECT_MOST_US)
        local->reconnect_us = RECONNECT_MOST_US;
}

static void connect_or_try_later(struct local *local)
{
    struct peer *peer = only_peer(local);
    int descriptor = socket_path_connect(local->path);

    if (descriptor < 0) {
        try_later(local);
        return;
    }
    peer->waits_to_send = false;
    stream_connect(&peer->stream, descriptor);
    watch(local, descriptor, EPOLLIN | EPOLLRDHUP, peer);
    watch_output(local, peer, !stream_flush(&peer->stream));
}

struct local *local_dial(const char *path, struct error *err)
{
    CLEANUP(local_freep) struct local *local = local_new(path);

    if (!socket_path_check(path, err))
        return NULL;
    if (local->epoll < 0 || !add_timer(local)) {
        fail_errno(err, "dial %s", path);
        return NULL;
    }
    add_peer(local, -1, (uid_t)-1);
    connect_or_try_later(local);
    return STEAL(local);
}

/* --- both ----------------------------------------------------------------------------------- */

static void end_peer(struct local *local, struct peer *peer)
{
    if (peer->stream.header_size == STREAM_HEADER)
        local->dropped++; /* in the midst of a message, or one too long */
    if (local->listener >= 0) {
        remove_peer(local, peer);
        return;
    }
    if (list_has(&peer->ready))
        list_remove(&local->ready, &peer->ready);
    unwatch(local, peer);
    stream_disconnect(&peer->stream);
    try_later(local);
}

/* Nothing more has come of a message: the listener gives it so long and no longer. */
static void note_begun(struct local *local, struct peer *peer)
{
    if (local->listener < 0 || peer->stream.header_size == 0 || peer->begun_us > 0)
        return;
    peer->begun_us = clock_boot_us(&clock_real);
    if (!local->timing)
        set_timer(local, MESSAGE_US / 2);
    local->timing = true;
}

static void end_late_peers(struct local *local)
{
    int64_t late_us = clock_boot_us(&clock_real) - MESSAGE_US;

    local->timing = false;
    LIST_EACH(&local->peers, node) {
        struct peer *peer = CONTAINER_OF(node, struct peer, member);

        if (peer->begun_us > 0 && peer->begun_us < late_us)
            end_peer(local, peer);
        else if (peer->begun_us > 0)
            local->timing = true;
    }
    if (local->timing)
        set_timer(local, MESSAGE_US / 2);
}

static void on_timer(struct local *local)
{
    uint64_t count;

    if (read(local->timer, &count, sizeof(count)) != (ssize_t)sizeof(count))
        return;
    if (local->listener >= 0)
        end_late_peers(local);
    else if (only_peer(local)->stream.descriptor < 0)
        connect_or_try_later(local);
}

static void on_peer(struct local *local, struct peer *peer, unsigned events)
{
    if (events & EPOLLOUT)
        watch_output(local, peer, !stream_flush(&peer->stream));
    if ((events & ~(unsigned)EPOLLOUT) && !list_has(&peer->ready))
        list_add_last(&local->ready, &peer->ready);
}

/* See what there is to do, without waiting; false when there is nothing. */
static bool look(struct local *local)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(local->epoll, events, EVENTS_MAX, 0);
    bool time = false;

    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &local->listener)
            accept_peer(local);
        else if (events[i].data.ptr == &local->timer)
            time = true;
        else
            on_peer(local, events[i].data.ptr, events[i].events);
    }
    if (time)
        on_timer(local); /* last: it may end peers that other events are about */
    return count > 0;
}

/* Of the peers that may have something to read, the first with a whole message. */
static struct peer *read_ready(struct local *local)
{
    struct list_node *node;

    while ((node = list_first(&local->ready))) {
        struct peer *peer = CONTAINER_OF(node, struct peer, ready);
        enum stream_news news = stream_read(&peer->stream);

        if (news == STREAM_HAS_MESSAGE)
            return peer;
        list_remove(&local->ready, &peer->ready);
        if (news == STREAM_ENDED)
            end_peer(local, peer);
        else
            note_begun(local, peer);
    }
    return NULL;
}

/* The next peer with a whole message, NULL when there is none. */
static struct peer *find_message(struct local *local)
{
    for (int looks = 0; looks < LOOKS_MAX; looks++) {
        struct peer *peer = read_ready(local);

        if (peer || !look(local))
            return peer;
    }
    return NULL;
}

int local_receive(struct local *local, struct sender *ret_sender, uint8_t **ret_bytes,
                  size_t *ret_size)
{
    struct peer *peer = find_message(local);

    if (!peer)
        return 0;
    *ret_bytes = stream_take(&peer->stream, ret_size);
    peer->begun_us = 0;
    local->reconnect_us = RECONNECT_LEAST_US;
    list_remove(&local->ready, &peer->ready); /* the others first */
    list_add_last(&local->ready, &peer->ready);
    if (ret_sender) {
        *ret_sender = (struct sender){.uid = peer->uid};
        if (local->listener >= 0) {
            ret_sender->route_size = ROUTE_SIZE;
            memcpy(ret_sender->route, &peer->number, ROUTE_SIZE);
        }
    }
    return 1;
}

static struct peer *find_peer(const struct local *local, const struct sender *to)
{
    uint64_t number;

    if (!to)
        return only_peer(local);
    if (to->route_size != ROUTE_SIZE)
        return NULL;
    memcpy(&number, to->route, ROUTE_SIZE);
    return table_get_number(local->by_number, number);
}

bool local_send(struct local *local, const struct sender *to, const void *bytes, size_t size)
{
    struct peer *peer;

    assert((local->listener >= 0) == (to != NULL));
    peer = find_peer(local, to);
    if (!peer || size > SOCKET_FRAME_MAX || !stream_send(&peer->stream, bytes, size))
        return false;
    watch_output(local, peer, !stream_flush(&peer->stream));
    return true;
}

bool local_wait(struct local *local, int64_t timeout_us)
{
    int64_t until_us = clock_boot_us(&clock_real) + timeout_us;

    for (;;) {
        struct pollfd item = {.fd = local->epoll, .events = POLLIN};
        int64_t left_us;

        if (find_message(local))
            return true;
        left_us = until_us - clock_boot_us(&clock_real);
        if (left_us <= 0 || poll(&item, 1, (int)((left_us + 999) / 1000)) < 0)
            return false;
    }
}

/* A connection that ended shows before what it still brought is read. */
static bool has_ended(const struct stream *stream)
{
    char byte;

    return recv(stream->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

enum socket_state local_state(struct local *local)
{
    struct peer *peer = only_peer(local);

    assert(local->listener < 0);
    look(local);
    if (peer->stream.descriptor < 0)
        return SOCKET_DIALLING;
    if (!has_ended(&peer->stream))
        return SOCKET_CONNECTED;
    end_peer(local, peer);
    return SOCKET_DIALLING;
}

uint64_t local_dropped(const struct local *local)
{
    return local->dropped;
}

int local_descriptor(const struct local *local)
{
    return local->epoll;
}
