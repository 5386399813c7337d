/* socket_state.c - how dialling goes, and what else libzmq's socket monitor tells */

#include "base/memory.h"
#include "base/random.h"
#include "base/socket.h"
#include "base/socket_connections.h"
#include "base/socket_inside.h"
#include "base/socket_local.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

/* From each event of the monitor to what it means. */
static const struct {
    int event;
    enum socket_state state;
} meanings[] = {
    {ZMQ_EVENT_HANDSHAKE_SUCCEEDED,        SOCKET_CONNECTED},
    {ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,      SOCKET_REFUSED  },
    {ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,  SOCKET_MISTAKEN },
    {ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, SOCKET_MISTAKEN },
    {ZMQ_EVENT_DISCONNECTED,               SOCKET_DIALLING },
};

/* One endpoint, or all of a list; false at the first at which it fails. */
static bool at_each(struct socket *socket, const char *endpoints,
                    int do_it(void *handle, const char *endpoint))
{
    while (*endpoints) {
        size_t size = strcspn(endpoints, ",");
        CLEANUP(memory_freep) char *endpoint = memory_format("%.*s", (int)size, endpoints);

        if (do_it(socket->handle, endpoint))
            return false;
        endpoints += size + strspn(endpoints + size, ", ");
    }
    return true;
}

/* Of a list nothing is kept for one that does not answer. */
bool socket_connect_all(struct socket *socket, const char *endpoints)
{
    int answering = strchr(endpoints, ',') != NULL;

    return !zmq_setsockopt(socket->handle, ZMQ_IMMEDIATE, &answering, sizeof(answering)) &&
           at_each(socket, endpoints, zmq_connect);
}

/* On a local socket the kernel tells when the other side is gone. */
void socket_dial_again(struct socket *socket)
{
    bool good;

    if (socket->local)
        return;
    good = at_each(socket, socket->endpoint, zmq_disconnect) &&
           at_each(socket, socket->endpoint, zmq_connect);
    assert(good); /* they were good the first time */
    (void)good;
}

int socket_state_events(void)
{
    int events = 0;

    for (size_t i = 0; i < COUNT_OF(meanings); i++)
        events |= meanings[i].event;
    return events;
}

bool socket_monitor(struct socket *socket, int events, struct error *err)
{
    char endpoint[64];
    int unlimited = 0, no_linger = 0;
    uint64_t number; /* the socket's address would come again before libzmq lets go of the name */

    random_fill(&number, sizeof(number));
    snprintf(endpoint, sizeof(endpoint), "inproc://monitor-%016" PRIx64, number);
    socket->monitor = zmq_socket(socket_context(), ZMQ_PAIR);
    /* libzmq's own thread would wait where a limit is reached. */
    if (!socket->monitor ||
        zmq_setsockopt(socket->monitor, ZMQ_RCVHWM, &unlimited, sizeof(unlimited)) ||
        zmq_setsockopt(socket->monitor, ZMQ_LINGER, &no_linger, sizeof(no_linger)) ||
        zmq_socket_monitor(socket->handle, endpoint, events) ||
        zmq_connect(socket->monitor, endpoint))
        return fail(err, ERROR_EXHAUSTED, "watch a socket: %s", zmq_strerror(zmq_errno()));
    return true;
}

/* A frame of uint16_t event and uint32_t value in the machine's order; then the address. */
bool socket_monitor_take(struct socket *socket, uint16_t *ret_event, uint32_t *ret_value)
{
    unsigned char news[sizeof(*ret_event) + sizeof(*ret_value)];

    if (zmq_recv(socket->monitor, news, sizeof(news), ZMQ_DONTWAIT) != (int)sizeof(news))
        return false;
    memcpy(ret_event, news, sizeof(*ret_event));
    memcpy(ret_value, news + sizeof(*ret_event), sizeof(*ret_value));
    zmq_recv(socket->monitor, NULL, 0, ZMQ_DONTWAIT);
    return true;
}

void socket_monitor_end(struct socket *socket)
{
    if (!socket->monitor)
        return;
    zmq_socket_monitor(socket->handle, NULL, 0);
    zmq_close(socket->monitor);
    socket->monitor = NULL;
}

void socket_note_connections(struct socket *socket, struct connections *connections)
{
    uint16_t event;
    uint32_t value;

    while (socket_monitor_take(socket, &event, &value)) {
        if (event == ZMQ_EVENT_ACCEPTED)
            connections_opened(connections, socket->listener, (int)value);
        else if (event == ZMQ_EVENT_DISCONNECTED)
            connections_closed(connections, (int)value);
    }
}

static void take_event(struct socket *socket, int event)
{
    for (size_t i = 0; i < COUNT_OF(meanings); i++) {
        if (meanings[i].event != event)
            continue;
        /* A refusal is followed by a disconnection, and stays the news. */
        if (event != ZMQ_EVENT_DISCONNECTED || socket->state == SOCKET_CONNECTED)
            socket->state = meanings[i].state;
    }
}

enum socket_state socket_state(struct socket *socket)
{
    uint16_t event;
    uint32_t value;

    if (socket->local)
        return local_state(socket->local);
    assert(socket->monitor); /* only dialling sockets have a state */
    while (socket_monitor_take(socket, &event, &value))
        take_event(socket, event);
    return socket->state;
}

void socket_forget(struct socket *socket)
{
    const int no_linger = 0;

    if (!socket->local)
        zmq_setsockopt(socket->handle, ZMQ_LINGER, &no_linger, sizeof(no_linger));
}

const char *socket_state_text(enum socket_state state)
{
    static const char *const texts[] = {
        "nobody answers there",
        "connected",
        "the server there does not admit this key",
        "who answers there has another key than the one expected of it",
    };
    static_assert(COUNT_OF(texts) == SOCKET_STATE_COUNT, "one text for each state");

    assert(state < SOCKET_STATE_COUNT);
    return texts[state];
}
