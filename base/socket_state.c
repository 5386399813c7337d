/* socket_state.c - how dialling goes, from libzmq's socket monitor */

#include "base/memory.h"
#include "base/socket.h"
#include "base/socket_inside.h"
#include "base/socket_local.h"

#include <assert.h>
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

bool socket_monitor(struct socket *socket, struct error *err)
{
    char endpoint[64];
    int unlimited = 0, no_linger = 0, events = 0;

    for (size_t i = 0; i < COUNT_OF(meanings); i++)
        events |= meanings[i].event;
    snprintf(endpoint, sizeof(endpoint), "inproc://monitor-%p", (void *)socket);
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

void socket_monitor_end(struct socket *socket)
{
    if (!socket->monitor)
        return;
    zmq_socket_monitor(socket->handle, NULL, 0);
    zmq_close(socket->monitor);
    socket->monitor = NULL;
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
    unsigned char news[6]; /* uint16_t event, uint32_t value, in the machine's order */
    uint16_t event;

    if (socket->local)
        return local_state(socket->local);
    assert(socket->monitor); /* only dialling sockets have a state */
    while (zmq_recv(socket->monitor, news, sizeof(news), ZMQ_DONTWAIT) == (int)sizeof(news)) {
        memcpy(&event, news, sizeof(event));
        zmq_recv(socket->monitor, NULL, 0, ZMQ_DONTWAIT); /* the address */
        take_event(socket, event);
    }
    return socket->state;
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
