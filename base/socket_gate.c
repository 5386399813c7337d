/* socket_gate.c - take no new peers while descriptors run short; look at those that are in */

#include "base/list.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/socket_connections.h"
#include "base/socket_inside.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Often enough: in this time a flood does not use up the reserve. */
#define LOOK_US INT64_C(100000)

struct gate {
    struct loop *loop;
    struct watch *watch;
    struct list listeners;
    struct connections *connections;
};

/* How many of a hundred descriptors are in use: the kernel gives out the lowest one that is
 * free, so its number tells. */
static unsigned percent_in_use(void)
{
    int lowest = open("/", O_PATH | O_CLOEXEC);
    struct rlimit limit;

    if (lowest < 0)
        return 100;
    close(lowest);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    return (unsigned)((rlim_t)lowest * 100 / limit.rlim_cur);
}

/* A filter that lets nothing through: who dials hears nothing, and tries again. */
static bool shut(const struct socket *socket)
{
    struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
    struct sock_fprog program = {.len = 1, .filter = &nothing};

    return setsockopt(socket->listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ==
           0;
}

static bool reopen(const struct socket *socket)
{
    int ignored = 0;

    return setsockopt(socket->listener, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored)) ==
           0;
}

static void on_look(void *owner)
{
    struct gate *gate = owner;
    unsigned percent = percent_in_use();

    LIST_EACH(&gate->listeners, node) {
        struct socket *socket = CONTAINER_OF(node, struct socket, member);

        if (!socket->shut && percent >= 80)
            socket->shut = shut(socket);
        else if (socket->shut && percent < 75)
            socket->shut = !reopen(socket);
        socket_note_connections(socket, gate->connections);
    }
    connections_look(gate->connections);
}

struct gate *gate_new(struct loop *loop)
{
    struct gate *gate = NEW(struct gate);

    gate->loop = loop;
    list_init(&gate->listeners);
    gate->connections = connections_new();
    gate->watch = loop_watch_interval(loop, LOOK_US, on_look, gate);
    return gate;
}

void gate_free(struct gate *gate)
{
    if (!gate)
        return;
    loop_unwatch(gate->loop, gate->watch);
    LIST_EACH(&gate->listeners, node)
        list_remove(&gate->listeners, node);
    connections_free(gate->connections);
    free(gate);
}

void gate_add(struct gate *gate, struct socket *socket)
{
    list_add_last(&gate->listeners, &socket->member);
}

void gate_remove(struct gate *gate, struct socket *socket)
{
    list_remove(&gate->listeners, &socket->member);
}

struct connections *gate_connections(struct gate *gate)
{
    return gate->connections;
}
