/* links.c - TCP links that a test cuts */

#include "tests/crash/links.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/parse.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAY_BYTES   65536
#define PAIRS_MOST  400 /* two descriptors each */
#define AMID_BYTES  61  /* no message ends there */
#define SLOW_US     (US_PER_SECOND / 3)
#define WAKE_MS     10 /* while something is late */
#define NO_CUT      CUT_KIND_COUNT
#define UP          0
#define DOWN        1
#define POLLED_MOST (1 + LINKS_MOST + 2 * PAIRS_MOST)

/* What is said to the process. */
struct order {
    unsigned link;
    enum cut_kind kind; /* NO_CUT: heal it */
    bool up;
};

struct links {
    pid_t child;
    int orders;
    unsigned count;
    uint16_t ports[LINKS_MOST];
};

/* --- the process --------------------------------------------------------------------------------- */

struct link {
    int listener;
    enum cut_kind cut;
    unsigned way; /* of CUT_HALF and CUT_ONE_WAY */
};

struct way {
    char bytes[WAY_BYTES];
    size_t filled;
    int64_t due_us; /* then it goes on, if it is late */
    bool ended;     /* nothing comes any more */
    bool told;      /* and the other side knows */
};

struct pair {
    struct list_node of_relay;
    struct link *link;
    int sides[2]; /* that sends UP, and that sends DOWN */
    struct way ways[2];
    bool forgotten;
    size_t amid; /* bytes up to its reset; 0: none is due */
};

struct relay {
    uint16_t port;
    int orders;
    unsigned count;
    struct link links[LINKS_MOST];
    struct list pairs;
};

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void end_pair(struct relay *relay, struct pair *pair, bool by_reset)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    for (unsigned i = 0; i < 2; i++) {
        if (by_reset)
            setsockopt(pair->sides[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        close(pair->sides[i]);
    }
    list_remove(&relay->pairs, &pair->of_relay);
    free(pair);
}

static void connect_through(struct relay *relay, struct link *link)
{
    struct sockaddr_in address = loopback(relay->port);
    struct pair *pair = NEW(struct pair);

    pair->link = link;
    pair->sides[UP] = accept4(link->listener, NULL, NULL, SOCK_CLOEXEC);
    pair->sides[DOWN] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    list_add_last(&relay->pairs, &pair->of_relay);
    if (link->cut == CUT_WHOLE || link->cut == CUT_AMID || relay->pairs.count > PAIRS_MOST ||
        connect(pair->sides[DOWN], (struct sockaddr *)&address, sizeof(address)) != 0) {
        end_pair(relay, pair, true);
        return;
    }
    for (unsigned i = 0; i < 2; i++)
        fcntl(pair->sides[i], F_SETFL, O_NONBLOCK);
}

static void cut_pair(struct relay *relay, struct pair *pair, const struct order *order)
{
    struct way *way = &pair->ways[pair->link->way];

    if (order->kind == CUT_WHOLE)
        end_pair(relay, pair, true);
    else if (order->kind == CUT_AMID)
        pair->amid = AMID_BYTES;
    else if (order->kind == CUT_FORGOTTEN)
        pair->forgotten = true;
    else if (order->kind == CUT_HALF)
        way->ended = true;
}

/* What was to be cut amid a message, and had none, is cut now. */
static void obey(struct relay *relay, const struct order *order)
{
    struct link *link = &relay->links[order->link];

    link->cut = order->kind;
    link->way = order->up ? UP : DOWN;
    LIST_EACH(&relay->pairs, node) {
        struct pair *pair = CONTAINER_OF(node, struct pair, of_relay);

        if (pair->link != link || pair->forgotten)
            continue;
        if (pair->amid > 0)
            end_pair(relay, pair, true);
        else
            cut_pair(relay, pair, order);
    }
}

static bool stands_still(const struct pair *pair, unsigned way)
{
    return pair->forgotten || pair->link->cut == CUT_STILL || pair->link->cut == CUT_FORGOTTEN ||
           (pair->link->cut == CUT_ONE_WAY && pair->link->way == way);
}

static bool wants_in(const struct pair *pair, unsigned way)
{
    return !stands_still(pair, way) && !pair->ways[way].ended && pair->ways[way].filled < WAY_BYTES;
}

static bool wants_out(const struct pair *pair, unsigned way, int64_t now_us)
{
    return !stands_still(pair, way) && pair->ways[way].filled > 0 &&
           pair->ways[way].due_us <= now_us;
}

/* False: the connection is no more. */
static bool bring_in(struct pair *pair, unsigned way, int64_t now_us)
{
    struct way *at = &pair->ways[way];
    ssize_t got = read(pair->sides[way], at->bytes + at->filled, WAY_BYTES - at->filled);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0)
        at->ended = true;
    if (pair->link->cut == CUT_SLOW && at->filled == 0)
        at->due_us = now_us + SLOW_US;
    at->filled += (size_t)got;
    return true;
}

/* False, too, when the bytes up to its reset are through. */
static bool bring_out(struct pair *pair, unsigned way)
{
    struct way *at = &pair->ways[way];
    bool is_last = pair->amid > 0 && pair->amid <= at->filled;
    ssize_t put =
        send(pair->sides[!way], at->bytes, is_last ? pair->amid : at->filled, MSG_NOSIGNAL);

    if (put < 0)
        return errno == EAGAIN || errno == EINTR;
    at->filled -= (size_t)put;
    memmove(at->bytes, at->bytes + put, at->filled);
    if (pair->amid > 0)
        pair->amid -= (size_t)put;
    return !is_last || pair->amid > 0;
}

/* An end comes behind all bytes; when both directions have theirs, the pair is over. */
static bool pass_ends(struct pair *pair)
{
    for (unsigned way = 0; way < 2; way++) {
        struct way *at = &pair->ways[way];

        if (!at->ended || at->told || at->filled > 0 || stands_still(pair, way))
            continue;
        at->told = true;
        shutdown(pair->sides[!way], SHUT_WR);
    }
    return !pair->ways[UP].told || !pair->ways[DOWN].told;
}

static void move(struct relay *relay, const struct pollfd *polled, int64_t now_us)
{
    LIST_EACH(&relay->pairs, node) {
        struct pair *pair = CONTAINER_OF(node, struct pair, of_relay);
        bool good = true;

        for (unsigned way = 0; good && way < 2; way++) {
            if (wants_in(pair, way) && polled[way].revents & (POLLIN | POLLHUP | POLLERR))
                good = bring_in(pair, way, now_us);
            if (good && wants_out(pair, way, now_us))
                good = bring_out(pair, way);
        }
        polled += 2;
        if (!good || !pass_ends(pair))
            end_pair(relay, pair, !good);
    }
}

/* How long nothing need be done unless something comes. */
static int watch_pair(const struct pair *pair, struct pollfd *polled, int64_t now_us)
{
    int wait_ms = -1;

    for (unsigned way = 0; way < 2; way++) {
        short events = 0;

        if (wants_in(pair, way))
            events |= POLLIN;
        if (wants_out(pair, !way, now_us))
            events |= POLLOUT;
        if (pair->ways[way].due_us > now_us)
            wait_ms = WAKE_MS;
        polled[way] = (struct pollfd){.fd = events ? pair->sides[way] : -1, .events = events};
    }
    return wait_ms;
}

static void relay_once(struct relay *relay)
{
    struct pollfd polled[POLLED_MOST] = {
        {.fd = relay->orders, .events = POLLIN}
    };
    struct pollfd *of_pairs = polled + 1 + relay->count, *end = of_pairs;
    int64_t now_us = clock_boot_us(&clock_real);
    struct order order;
    int wait_ms = -1;

    for (unsigned i = 0; i < relay->count; i++)
        polled[1 + i] = (struct pollfd){.fd = relay->links[i].listener, .events = POLLIN};
    LIST_EACH(&relay->pairs, node) {
        if (watch_pair(CONTAINER_OF(node, struct pair, of_relay), end, now_us) >= 0)
            wait_ms = WAKE_MS;
        end += 2;
    }
    if (poll(polled, (nfds_t)(end - polled), wait_ms) < 0)
        return;
    move(relay, of_pairs, clock_boot_us(&clock_real));
    for (unsigned i = 0; i < relay->count; i++)
        if (polled[1 + i].revents)
            connect_through(relay, &relay->links[i]);
    if (!polled[0].revents)
        return;
    if (read(relay->orders, &order, sizeof(order)) != sizeof(order))
        _exit(0); /* whoever gave them is gone */
    obey(relay, &order);
}

/* --- whoever gives the orders ---------------------------------------------------------------------- */

static int listen_somewhere(uint16_t *ret_port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return -1;
    *ret_port = ntohs(address.sin_port);
    return listener;
}

static void serve(uint16_t port, int orders, const int *listeners, unsigned count)
{
    struct relay *relay = NEW(struct relay);

    relay->port = port;
    relay->orders = orders;
    relay->count = count;
    list_init(&relay->pairs);
    for (unsigned i = 0; i < count; i++)
        relay->links[i] = (struct link){.listener = listeners[i], .cut = NO_CUT};
    for (;;)
        relay_once(relay);
}

struct links *links_start(uint16_t port, unsigned count)
{
    CLEANUP(memory_freep) struct links *links = NEW(struct links);
    int listeners[LINKS_MOST], orders[2];

    assert(count <= LINKS_MOST);
    links->count = count;
    for (unsigned i = 0; i < count; i++)
        if ((listeners[i] = listen_somewhere(&links->ports[i])) < 0)
            return NULL;
    if (pipe2(orders, O_CLOEXEC) != 0)
        return NULL;
    links->orders = orders[1];
    links->child = fork();
    if (links->child == 0) {
        close(orders[1]);
        serve(port, orders[0], listeners, count);
    }
    close(orders[0]);
    for (unsigned i = 0; i < count; i++)
        close(listeners[i]);
    return links->child > 0 ? STEAL(links) : NULL;
}

uint16_t links_port(const struct links *links, unsigned link)
{
    assert(link < links->count);
    return links->ports[link];
}

static void give_order(const struct links *links, unsigned link, enum cut_kind kind, bool up)
{
    const struct order order = {.link = link, .kind = kind, .up = up};
    ssize_t put = write(links->orders, &order, sizeof(order));

    assert(put == sizeof(order));
    (void)put;
}

void links_cut(struct links *links, unsigned link, enum cut_kind kind, bool up)
{
    assert(kind < CUT_KIND_COUNT);
    give_order(links, link, kind, up);
}

void links_heal(struct links *links, unsigned link)
{
    give_order(links, link, NO_CUT, false);
}

void links_stop(struct links *links)
{
    if (!links)
        return;
    close(links->orders);
    waitpid(links->child, NULL, 0);
    free(links);
}

const char *cut_kind_name(enum cut_kind kind)
{
    static const char *const names[CUT_KIND_COUNT] = {
        "whole", "amid a message", "half", "still", "one way", "forgotten", "slow",
    };

    return names[kind];
}
