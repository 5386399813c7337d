/* listen.c - the scheduler's sockets: one ROUTER per door */

#include "scheduler/listen.h"

#include <stdlib.h>

#define MESSAGES_PER_TURN 256

static const char *const names[DOOR_COUNT] = {
    [DOOR_AGENTS] = "agents",
    [DOOR_CLIENTS] = "clients",
    [DOOR_ADMINS] = "admins",
    [DOOR_LOCAL] = "local",
};

struct entrance {
    struct listen *listen;
    enum door door;
    struct socket *socket;
    struct watch *watch;
};

struct listen {
    struct loop *loop;
    struct service *service;
    struct admission *admission;
    struct entrance entrances[DOOR_COUNT];
    struct transport transport;
    uint64_t ended; /* connections, that were told of */
};

static bool send_to(void *state, enum door door, const struct sender *to, const void *bytes,
                    size_t size)
{
    struct listen *listen = state;
    struct socket *socket = listen->entrances[door].socket;

    return socket && socket_send(socket, to, bytes, size);
}

struct listen *listen_new(struct loop *loop)
{
    struct listen *listen = NEW(struct listen);

    listen->loop = loop;
    listen->transport = (struct transport){.send = send_to, .state = listen};
    return listen;
}

void listen_free(struct listen *listen)
{
    if (!listen)
        return;
    for (int door = 0; door < DOOR_COUNT; door++) {
        loop_unwatch(listen->loop, listen->entrances[door].watch);
        socket_free(listen->entrances[door].socket);
    }
    admission_free(listen->admission);
    free(listen);
}

const struct transport *listen_transport(const struct listen *listen)
{
    return &listen->transport;
}

static void on_ready(void *owner)
{
    struct entrance *entrance = owner;
    struct sender sender;
    uint8_t *bytes;
    size_t size;

    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        if (socket_receive(entrance->socket, &sender, &bytes, &size) != 1)
            return;
        service_receive(entrance->listen->service, entrance->door, &sender, bytes, size);
        free(bytes);
    }
}

static bool admit(void *owner, const char *key)
{
    const struct listen *listen = owner;

    return service_admits(listen->service, key);
}

static bool open_entrance(struct listen *listen, enum door door, const char *endpoint,
                          const struct key_pair *pair, struct error *err)
{
    struct entrance *entrance = &listen->entrances[door];

    if (!endpoint)
        return true;
    entrance->listen = listen;
    entrance->door = door;
    entrance->socket = socket_listen(endpoint, pair, err);
    if (!entrance->socket)
        return fail_in(err, "listen-%s", names[door]);
    entrance->watch = loop_watch_socket(listen->loop, entrance->socket, on_ready, entrance);
    return true;
}

bool listen_open(struct listen *listen, struct service *service, const struct settings *settings,
                 const struct key_pair *pair, struct error *err)
{
    listen->service = service;
    listen->admission = socket_admit_with(listen->loop, admit, listen, err);
    if (!listen->admission)
        return false;
    listen_set_limits(listen, settings);
    for (int door = 0; door < DOOR_COUNT; door++)
        if (!open_entrance(listen, (enum door)door, settings->endpoints[door], pair, err))
            return false;
    return true;
}

void listen_set_limits(struct listen *listen, const struct settings *settings)
{
    struct socket_limits limits = {
        .per_address = settings->connections_per_address,
        .per_key = settings->connections_per_key,
    };

    admission_set_limits(listen->admission, &limits);
}

uint64_t listen_take_ended(struct listen *listen, const char **ret_last)
{
    uint64_t count = admission_ended(listen->admission) - listen->ended;

    listen->ended += count;
    *ret_last = admission_last_ended(listen->admission);
    return count;
}

void listen_print(const struct listen *listen, struct buffer *buffer)
{
    for (int door = 0; door < DOOR_COUNT; door++)
        if (listen->entrances[door].socket)
            buffer_print(buffer, "%s %s\n", names[door],
                         socket_endpoint(listen->entrances[door].socket));
}
