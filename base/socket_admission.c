/* socket_admission.c - who is let in: libzmq's authentication requests (ZeroMQ RFC 27) */

#include "base/loop.h"
#include "base/memory.h"
#include "base/socket.h"
#include "base/socket_connections.h"
#include "base/socket_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define ZAP_VERSION "1.0"
#define KEY_BYTES   32

/* The frames of a request, in their order. */
enum field {
    FIELD_VERSION,
    FIELD_REQUEST,
    FIELD_DOMAIN,
    FIELD_ADDRESS,
    FIELD_ROUTE,
    FIELD_MECHANISM,
    FIELD_KEY,
    FIELD_COUNT
};

struct admission {
    struct loop *loop;
    struct socket *socket;
    struct watch *watch;
    struct gate *gate;
    admit_fn *admit;
    void *owner;
};

struct request {
    zmq_msg_t fields[FIELD_COUNT];
    size_t count;
};

static void request_init(struct request *request)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        zmq_msg_init(&request->fields[i]);
    request->count = 0;
}

static void request_clear(struct request *request)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        zmq_msg_close(&request->fields[i]);
}

static bool request_take(struct request *request, void *handle)
{
    zmq_msg_t *field;

    do {
        size_t last = FIELD_COUNT - 1;

        field = &request->fields[request->count < last ? request->count : last];
        if (zmq_msg_recv(field, handle, ZMQ_DONTWAIT) < 0)
            return false;
        request->count++;
    } while (zmq_msg_more(field));
    return true;
}

static bool field_is(struct request *request, enum field field, const char *text)
{
    zmq_msg_t *message = &request->fields[field];

    return zmq_msg_size(message) == strlen(text) &&
           memcmp(zmq_msg_data(message), text, strlen(text)) == 0;
}

/* The user id that libzmq hands out with each message of the connection; false: refused. */
static bool decide(struct admission *admission, struct request *request,
                   char ret_user[SOCKET_KEY_TEXT])
{
    if (request->count != FIELD_COUNT || !field_is(request, FIELD_VERSION, ZAP_VERSION) ||
        !field_is(request, FIELD_DOMAIN, SOCKET_ADMISSION_DOMAIN) ||
        !field_is(request, FIELD_MECHANISM, "CURVE") ||
        zmq_msg_size(&request->fields[FIELD_KEY]) != KEY_BYTES)
        return false;
    zmq_z85_encode(ret_user, zmq_msg_data(&request->fields[FIELD_KEY]), KEY_BYTES);
    return admission->admit(admission->owner, ret_user);
}

static void answer(void *handle, zmq_msg_t *request, bool admitted, const char *user)
{
    zmq_send(handle, ZAP_VERSION, strlen(ZAP_VERSION), ZMQ_SNDMORE);
    zmq_msg_send(request, handle, ZMQ_SNDMORE);
    zmq_send(handle, admitted ? "200" : "400", 3, ZMQ_SNDMORE);
    zmq_send(handle, "", 0, ZMQ_SNDMORE);
    zmq_send(handle, user, admitted ? strlen(user) : 0, ZMQ_SNDMORE);
    zmq_send(handle, "", 0, 0);
}

static void on_request(void *owner)
{
    struct admission *admission = owner;
    void *handle = socket_handle(admission->socket);

    for (;;) {
        CLEANUP(request_clear) struct request request;
        char user[SOCKET_KEY_TEXT];

        request_init(&request);
        if (!request_take(&request, handle))
            return;
        answer(handle, &request.fields[FIELD_REQUEST], decide(admission, &request, user), user);
    }
}

struct admission *socket_admit_with(struct loop *loop, admit_fn *admit, void *owner,
                                    struct error *err)
{
    CLEANUP(socket_freep) struct socket *socket = socket_new(ZMQ_REP, err);
    struct admission *admission;

    if (!socket)
        return NULL;
    if (zmq_bind(socket_handle(socket), SOCKET_ADMISSION_ENDPOINT)) {
        fail(err, ERROR_INTERNAL, "decide who is let in: %s", zmq_strerror(errno));
        return NULL;
    }
    admission = NEW(struct admission);
    *admission = (struct admission){
        .loop = loop,
        .socket = STEAL(socket),
        .admit = admit,
        .owner = owner,
    };
    admission->watch = loop_watch_socket(loop, admission->socket, on_request, admission);
    admission->gate = gate_new(loop);
    socket_set_gate(admission->gate);
    return admission;
}

void admission_free(struct admission *admission)
{
    if (!admission)
        return;
    socket_set_gate(NULL);
    gate_free(admission->gate);
    loop_unwatch(admission->loop, admission->watch);
    socket_free(admission->socket);
    free(admission);
}

void admission_set_limits(struct admission *admission, const struct socket_limits *limits)
{
    connections_set_limits(gate_connections(admission->gate), limits);
}

uint64_t admission_ended(const struct admission *admission)
{
    return connections_ended(gate_connections(admission->gate));
}

const char *admission_last_ended(const struct admission *admission)
{
    return connections_last_ended(gate_connections(admission->gate));
}
