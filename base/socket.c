/* socket.c - 0MQ sockets as this product uses them */

#include "base/socket.h"

#include "base/random.h"
#include "base/socket_connections.h"
#include "base/socket_inside.h"
#include "base/socket_local.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define TCP_PREFIX "tcp://"
#define IPC_PREFIX "ipc://"

/* What CURVE adds to a frame (ZeroMQ RFC 26: command name, nonce, box, flags), and some. */
#define FRAME_OVERHEAD 64

#define IO_THREADS  2     /* a handshake costs 0.6 ms: two threads make 3,000 a second */
#define SOCKETS_MAX 16384 /* of one process; libzmq's own limit of 1,023 is low for tests */

/* Messages not as they should be that one call takes away before it returns. */
#define JUNK_MAX 64

/* libzmq has one context for all sockets that meet in inproc://, so the process has one. */
static struct {
    void *context;
    size_t socket_count;
    struct gate *gate; /* NULL while nobody is there to say who is let in */
} process;

struct setting {
    int option;
    int value;
};

static const struct setting common_settings[] = {
    {ZMQ_IPV6,      1    },
    {ZMQ_LINGER,    500  }, /* ms; so that an end cannot hang */
    {ZMQ_TCP_MAXRT, 30000}, /* ms until a mute peer is given up */
};

/* Heartbeats are the dialling side's: at the server they would cost CPU for each peer. */
static const struct setting
    listen_settings
        [] =
            {
                {ZMQ_ROUTER_MANDATORY,    1    }, /* sending to a peer that has gone fails */
                {ZMQ_ROUTER_HANDOVER,     0    }, /* nobody takes over another's return address */
                {ZMQ_HANDSHAKE_IVL,       2000 }, /* ms that a stranger may hold a descriptor */
                {ZMQ_BACKLOG,             4096 },
                {ZMQ_SNDHWM,              10000}, /* for each peer */
                {ZMQ_RCVHWM,              10000},
                {ZMQ_TCP_KEEPALIVE,       1    }, /* finds peers that vanished without heartbeats */
                {ZMQ_TCP_KEEPALIVE_IDLE,  60   },
                {ZMQ_TCP_KEEPALIVE_INTVL, 10   },
                {ZMQ_TCP_KEEPALIVE_CNT,   6    },
};

static const struct setting dial_settings[] = {
    {ZMQ_SNDHWM,            1000 }, /* what waits for the scheduler to come back */
    {ZMQ_RCVHWM,            10000},
    {ZMQ_CONNECT_TIMEOUT,   5000 },
    {ZMQ_RECONNECT_IVL,     100  },
    {ZMQ_RECONNECT_IVL_MAX, 5000 },
    {ZMQ_HEARTBEAT_IVL,     10000},
    {ZMQ_HEARTBEAT_TIMEOUT, 30000},
    {ZMQ_HEARTBEAT_TTL,     60000}, /* then the server forgets us */
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool fail_zmq(struct error *err, const char *doing, const char *endpoint)
{
    enum error_code code = errno == EINVAL       ? ERROR_INVALID
                           : errno == EADDRINUSE ? ERROR_CONFLICT
                                                 : ERROR_IO;

    return fail(err, code, "%s %s: %s", doing, endpoint, zmq_strerror(errno));
}

void *socket_context(void)
{
    if (!process.context) {
        process.context = zmq_ctx_new();
        assert(process.context);
        zmq_ctx_set(process.context, ZMQ_IO_THREADS, IO_THREADS);
        zmq_ctx_set(process.context, ZMQ_MAX_SOCKETS, SOCKETS_MAX);
    }
    return process.context;
}

void socket_end(void)
{
    assert(process.socket_count == 0); /* else libzmq would wait for ever */
    if (process.context)
        zmq_ctx_term(process.context);
    process.context = NULL;
}

void socket_set_gate(struct gate *gate)
{
    process.gate = gate;
}

struct socket *socket_new(int type, struct error *err)
{
    void *handle = zmq_socket(socket_context(), type);
    struct socket *socket;

    if (!handle) {
        fail(err, ERROR_EXHAUSTED, "make a socket: %s", zmq_strerror(errno));
        return NULL;
    }
    socket = NEW(struct socket);
    socket->handle = handle;
    socket->router = type == ZMQ_ROUTER;
    socket->listener = -1;
    process.socket_count++;
    return socket;
}

static void free_handle(struct socket *socket)
{
    socket_monitor_end(socket);
    if (list_has(&socket->member))
        gate_remove(process.gate, socket);
    zmq_close(socket->handle);
    process.socket_count--;
}

void socket_free(struct socket *socket)
{
    if (!socket)
        return;
    if (socket->local)
        local_free(socket->local);
    else
        free_handle(socket);
    free(socket->endpoint);
    free(socket);
}

void *socket_handle(struct socket *socket)
{
    return socket->handle;
}

int socket_descriptor(const struct socket *socket)
{
    return local_descriptor(socket->local);
}

const char *socket_endpoint(const struct socket *socket)
{
    return socket->endpoint;
}

uint64_t socket_dropped(const struct socket *socket)
{
    return socket->local ? local_dropped(socket->local) : socket->dropped;
}

static bool set_text(struct socket *socket, int option, const char *text)
{
    return zmq_setsockopt(socket->handle, option, text, strlen(text)) == 0;
}

static bool apply(struct socket *socket, const struct setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (zmq_setsockopt(socket->handle, settings[i].option, &settings[i].value, sizeof(int)))
            return false;
    return true;
}

static bool set_limits(struct socket *socket, const struct setting *settings, size_t count)
{
    int64_t frame_max = SOCKET_FRAME_MAX + FRAME_OVERHEAD;

    return apply(socket, common_settings, COUNT_OF(common_settings)) &&
           apply(socket, settings, count) &&
           zmq_setsockopt(socket->handle, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) == 0;
}

/* A plain IPv4 address stays one: as an IPv6 socket it would be told as [::ffff:…]. */
static int wants_version_6(const char *endpoint)
{
    const char *address = endpoint + strlen(TCP_PREFIX);
    const char *port = strrchr(address, ':');

    return !port || strspn(address, "0123456789.") < (size_t)(port - address);
}

static bool set_server(struct socket *socket, const char *endpoint, const struct key_pair *pair)
{
    const struct setting server[] = {
        {ZMQ_CURVE_SERVER, 1                        },
        {ZMQ_IPV6,         wants_version_6(endpoint)},
    };

    return apply(socket, server, COUNT_OF(server)) &&
           set_text(socket, ZMQ_CURVE_SECRETKEY, pair->secret) &&
           set_text(socket, ZMQ_ZAP_DOMAIN, SOCKET_ADMISSION_DOMAIN);
}

static bool set_client(struct socket *socket, const struct key_pair *pair, const char *server_key)
{
    return set_text(socket, ZMQ_CURVE_SERVERKEY, server_key) &&
           set_text(socket, ZMQ_CURVE_PUBLICKEY, pair->public) &&
           set_text(socket, ZMQ_CURVE_SECRETKEY, pair->secret);
}

static bool keep_endpoint(struct socket *socket, const char *asked, struct error *err)
{
    char name[512]; /* longer than any address: a path has 107 bytes, a host name 255 */
    size_t size = sizeof(name);

    if (zmq_getsockopt(socket->handle, ZMQ_LAST_ENDPOINT, name, &size))
        return fail_zmq(err, "ask for the address of", asked);
    socket->endpoint = memory_copy(name);
    return true;
}

static bool check_transport(const char *endpoint, const struct key_pair *pair, struct error *err)
{
    if (starts_with(endpoint, IPC_PREFIX))
        return true;
    if (!starts_with(endpoint, TCP_PREFIX))
        return fail(err, ERROR_INVALID, "%s is neither tcp://ADDRESS:PORT nor ipc:///PATH",
                    endpoint);
    if (!pair)
        return fail(err, ERROR_INVALID, "%s needs a key pair: nothing is sent in clear", endpoint);
    return true;
}

/* A ROUTER numbers its peers from a number that libzmq takes from rand(), which it never
 * seeds.  A peer that knows the next number can claim it as its routing id; giving it to
 * the next peer then ends the process in an assertion (libzmq 4.3.4).  So nobody may know. */
static struct socket *new_router(struct error *err)
{
    unsigned seed;

    random_fill(&seed, sizeof(seed));
    srand(seed);
    return socket_new(ZMQ_ROUTER, err);
}

/* Note the descriptor, which libzmq tells in the event that it listens: the first one. */
static bool bind_and_note(struct socket *socket, const char *endpoint)
{
    int events = ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED;
    struct error ignored;
    uint16_t event;
    uint32_t value;
    bool bound;

    if (!socket_monitor(socket, events, &ignored))
        return false;
    bound = zmq_bind(socket->handle, endpoint) == 0;
    if (bound && socket_monitor_take(socket, &event, &value))
        socket->listener = (int)value;
    return bound;
}

static struct socket *wrap_local(struct local *local, const char *endpoint)
{
    struct socket *socket;

    if (!local)
        return NULL;
    socket = NEW(struct socket);
    socket->local = local;
    socket->endpoint = memory_copy(endpoint);
    return socket;
}

struct socket *socket_listen(const char *endpoint, const struct key_pair *pair, struct error *err)
{
    CLEANUP(socket_freep) struct socket *socket = NULL;

    if (!check_transport(endpoint, pair, err))
        return NULL;
    if (!process.gate) {
        fail(err, ERROR_INTERNAL, "listen on %s: nobody says who is let in", endpoint);
        return NULL;
    }
    if (starts_with(endpoint, IPC_PREFIX))
        return wrap_local(local_listen(endpoint + strlen(IPC_PREFIX), err), endpoint);
    socket = new_router(err);
    if (!socket)
        return NULL;
    if (!set_limits(socket, listen_settings, COUNT_OF(listen_settings)) ||
        !set_server(socket, endpoint, pair) || !bind_and_note(socket, endpoint)) {
        fail_zmq(err, "listen on", endpoint);
        return NULL;
    }
    if (!keep_endpoint(socket, endpoint, err))
        return NULL;
    gate_add(process.gate, socket);
    return STEAL(socket);
}

struct socket *socket_dial(const char *endpoint, const struct key_pair *pair,
                           const char *server_key, struct error *err)
{
    CLEANUP(socket_freep) struct socket *socket = NULL;

    if (!check_transport(endpoint, pair, err))
        return NULL;
    if (starts_with(endpoint, IPC_PREFIX))
        return wrap_local(local_dial(endpoint + strlen(IPC_PREFIX), err), endpoint);
    if (!server_key || !key_text_is_valid(server_key)) {
        fail(err, ERROR_INVALID, "%s: the server's key is not 40 characters of Z85", endpoint);
        return NULL;
    }
    socket = socket_new(ZMQ_DEALER, err);
    if (!socket || !socket_monitor(socket, socket_state_events(), err))
        return NULL;
    if (!set_limits(socket, dial_settings, COUNT_OF(dial_settings)) ||
        !set_client(socket, pair, server_key) || !socket_connect_all(socket, endpoint)) {
        fail_zmq(err, "dial", endpoint);
        return NULL;
    }
    socket->endpoint = memory_copy(endpoint);
    return STEAL(socket);
}

/* A message has one frame, or two at a ROUTER; of more, only the count is kept. */
struct message {
    zmq_msg_t frames[3];
    size_t count;
    size_t size; /* of all frames */
};

static void message_init(struct message *message)
{
    for (size_t i = 0; i < COUNT_OF(message->frames); i++)
        zmq_msg_init(&message->frames[i]);
    message->count = message->size = 0;
}

static void message_clear(struct message *message)
{
    for (size_t i = 0; i < COUNT_OF(message->frames); i++)
        zmq_msg_close(&message->frames[i]);
}

static int receive_frame(struct socket *socket, zmq_msg_t *frame)
{
    int size;

    do
        size = zmq_msg_recv(frame, socket->handle, ZMQ_DONTWAIT);
    while (size < 0 && errno == EINTR);
    return size;
}

/* All frames of one message; they arrive together or not at all. */
static bool message_take(struct message *message, struct socket *socket)
{
    zmq_msg_t *frame;

    do {
        frame = &message->frames[message->count < 2 ? message->count : 2];
        if (receive_frame(socket, frame) < 0)
            return false;
        message->count++;
        message->size += zmq_msg_size(frame);
    } while (zmq_msg_more(frame));
    return true;
}

/* What the admission said of the connection that the frame came on: its key. */
static bool read_user(zmq_msg_t *frame, struct sender *sender)
{
    const char *user = zmq_msg_gets(frame, "User-Id");

    if (!user || strlen(user) != SOCKET_KEY_TEXT - 1)
        return false;
    memcpy(sender->key, user, SOCKET_KEY_TEXT);
    return true;
}

static bool read_sender(struct message *message, struct sender *sender)
{
    size_t size = zmq_msg_size(&message->frames[0]);

    if (size > SOCKET_ROUTE_MAX || !read_user(&message->frames[1], sender))
        return false;
    sender->route_size = size;
    memcpy(sender->route, zmq_msg_data(&message->frames[0]), size);
    return true;
}

/* Count it for the connection that brought it; false when it must not be heard. */
static bool note_heard(struct socket *socket, struct message *message)
{
    struct connections *connections;
    struct sender sender;
    int descriptor;

    if (!process.gate || message->count < 2 || !read_user(&message->frames[1], &sender))
        return true; /* message_read() says what is wrong with it */
    connections = gate_connections(process.gate);
    descriptor = zmq_msg_get(&message->frames[1], ZMQ_SRCFD);
    if (!connections_has(connections, descriptor))
        socket_note_connections(socket, connections);
    return connections_heard(connections, descriptor, sender.key, message->size, message->count);
}

/* False for a message that is not as it should be. */
static bool message_read(struct message *message, bool router, struct sender *ret_sender,
                         zmq_msg_t **ret_payload)
{
    struct sender sender = {.uid = (uid_t)-1};
    zmq_msg_t *payload = &message->frames[router ? 1 : 0];

    if (message->count != (router ? 2u : 1u) || zmq_msg_size(payload) > SOCKET_FRAME_MAX)
        return false;
    if (router && !read_sender(message, &sender))
        return false;
    if (ret_sender)
        *ret_sender = sender;
    *ret_payload = payload;
    return true;
}

int socket_receive(struct socket *socket, struct sender *ret_sender, uint8_t **ret_bytes,
                   size_t *ret_size)
{
    if (socket->local)
        return local_receive(socket->local, ret_sender, ret_bytes, ret_size);
    for (int tries = 0; tries < JUNK_MAX; tries++) {
        CLEANUP(message_clear) struct message message;
        zmq_msg_t *payload;

        message_init(&message);
        if (!message_take(&message, socket))
            return 0;
        if (socket->router && !note_heard(socket, &message)) {
            socket->dropped++;
            continue;
        }
        if (message_read(&message, socket->router, ret_sender, &payload)) {
            *ret_size = zmq_msg_size(payload);
            *ret_bytes = memory_get(*ret_size + 1, 1);
            memcpy(*ret_bytes, zmq_msg_data(payload), *ret_size);
            return 1;
        }
        socket->dropped++;
    }
    return 0; /* the loop calls again */
}

static bool send_frame(struct socket *socket, const void *bytes, size_t size, int more)
{
    int sent;

    do
        sent = zmq_send(socket->handle, bytes, size, ZMQ_DONTWAIT | more);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

bool socket_send(struct socket *socket, const struct sender *to, const void *bytes, size_t size)
{
    if (socket->local)
        return local_send(socket->local, to, bytes, size);
    assert(socket->router == (to != NULL));
    if (!socket->router)
        socket_state(socket); /* its news must not pile up */
    if (size > SOCKET_FRAME_MAX)
        return false;
    if (to && !send_frame(socket, to->route, to->route_size, ZMQ_SNDMORE))
        return false;
    return send_frame(socket, bytes, size, 0);
}

bool socket_wait(struct socket *socket, int64_t timeout_us)
{
    zmq_pollitem_t item = {.socket = socket->handle, .events = ZMQ_POLLIN};
    int64_t timeout_ms = timeout_us <= 0 ? 0 : (timeout_us + 999) / 1000;

    if (socket->local)
        return local_wait(socket->local, timeout_us);
    return zmq_poll(&item, 1, (long)timeout_ms) > 0;
}
