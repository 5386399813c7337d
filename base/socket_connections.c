/* socket_connections.c - what each connection on TCP may hold */

#include "base/socket_connections.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/socket_counts.h"
#include "base/table.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Looked at in one go: half a millisecond.  All are, when memory has grown by so much since. */
#define LOOK_MOST    512
#define GROWN_BYTES  (UINT64_C(32) << 20)
#define ADDRESS_TEXT 64

/* What comes beside a message's own bytes: a handshake; the head of a frame and what CURVE adds;
 * heartbeats, which are counted with the next message.  A little too much, so that nobody is
 * ever taken for one who holds back. */
#define HANDSHAKE_BYTES        2048
#define FRAME_BYTES            48
#define HEARTBEAT_BYTES_SECOND 8

/* Who dials has something to say. */
#define SILENT_US (5 * US_PER_MINUTE)

struct connection {
    int descriptor;
    uint64_t cookie;
    uint64_t address; /* see read_address() */
    char address_text[ADDRESS_TEXT];
    char key[SOCKET_KEY_TEXT]; /* "" until its first message */
    int64_t opened_us;
    int64_t heard_us;
    uint64_t taken;   /* of the bytes that it brought, so many were received */
    uint64_t waiting; /* the others, as of the last look */
    bool counted;     /* with its address */
    bool shut;
    struct list_node member; /* of in_turn */
};

struct connections {
    struct socket_limits limits;
    struct table *by_descriptor;
    struct list in_turn; /* to be looked at, the first one first */
    struct counts *of_address;
    struct counts *of_key;
    uint64_t waiting;
    uint64_t resident; /* bytes of the process, when all were looked at */
    uint64_t ended;
    char last_ended[ADDRESS_TEXT + SOCKET_KEY_TEXT + 128];
};

struct connections *connections_new(void)
{
    struct connections *connections = NEW(struct connections);

    connections->limits =
        (struct socket_limits){SOCKET_CONNECTIONS_PER_ADDRESS, SOCKET_CONNECTIONS_PER_KEY};
    connections->by_descriptor = table_new();
    connections->of_address = counts_new();
    connections->of_key = counts_new();
    list_init(&connections->in_turn);
    return connections;
}

void connections_set_limits(struct connections *connections, const struct socket_limits *limits)
{
    connections->limits = *limits;
}

static struct connection *find(const struct connections *connections, int descriptor)
{
    return table_get_number(connections->by_descriptor, (uint64_t)descriptor);
}

bool connections_has(const struct connections *connections, int descriptor)
{
    return descriptor >= 0 && find(connections, descriptor) != NULL;
}

static void forget_key(struct connections *connections, struct connection *connection)
{
    if (*connection->key)
        counts_remove(connections->of_key, connection->key, strlen(connection->key));
    *connection->key = '\0';
}

static void forget(struct connections *connections, struct connection *connection)
{
    forget_key(connections, connection);
    if (connection->counted)
        counts_remove(connections->of_address, &connection->address, sizeof(connection->address));
    connections->waiting -= connection->waiting;
    list_remove(&connections->in_turn, &connection->member);
    table_remove_number(connections->by_descriptor, (uint64_t)connection->descriptor);
    free(connection);
}

void connections_free(struct connections *connections)
{
    if (!connections)
        return;
    LIST_EACH(&connections->in_turn, node)
        forget(connections, CONTAINER_OF(node, struct connection, member));
    table_free(connections->by_descriptor);
    counts_free(connections->of_address);
    counts_free(connections->of_key);
    free(connections);
}

/* --- what the kernel says ---------------------------------------------------------------------- */

static bool read_cookie(int descriptor, uint64_t *ret_cookie)
{
    socklen_t size = sizeof(*ret_cookie);

    return getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, ret_cookie, &size) == 0;
}

static bool read_brought(int descriptor, uint64_t *ret_bytes)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);

    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return false;
    *ret_bytes = info.tcpi_bytes_received;
    return true;
}

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

static in_port_t port_of(int descriptor)
{
    union address own = {0};
    socklen_t size = sizeof(own);

    if (getsockname(descriptor, &own.any, &size) != 0)
        return 0;
    return own.any.sa_family == AF_INET    ? own.four.sin_port
           : own.any.sa_family == AF_INET6 ? own.six.sin6_port
                                           : 0;
}

/* One number for an IPv4 address; of IPv6 the /64, since who has one has all of it. */
static bool read_address(int descriptor, uint64_t *ret_number, char ret_text[ADDRESS_TEXT])
{
    union address peer = {0};
    socklen_t size = sizeof(peer);
    const uint8_t *bytes = peer.six.sin6_addr.s6_addr;

    if (getpeername(descriptor, &peer.any, &size) != 0)
        return false;
    *ret_number = 0;
    if (peer.any.sa_family == AF_INET) {
        *ret_number = UINT64_C(0xffff) << 32 | ntohl(peer.four.sin_addr.s_addr);
        return inet_ntop(AF_INET, &peer.four.sin_addr, ret_text, ADDRESS_TEXT) != NULL;
    }
    if (peer.any.sa_family != AF_INET6)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&peer.six.sin6_addr))
        bytes += 8; /* the last eight bytes: 0000 ffff and the IPv4 address */
    for (int i = 0; i < 8; i++)
        *ret_number = *ret_number << 8 | bytes[i];
    return inet_ntop(AF_INET6, &peer.six.sin6_addr, ret_text, ADDRESS_TEXT) != NULL;
}

static uint64_t resident_bytes(void)
{
    char text[64] = "";
    int descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    unsigned long pages = 0;

    if (descriptor < 0)
        return 0;
    if (read(descriptor, text, sizeof(text) - 1) <= 0 || sscanf(text, "%*s %lu", &pages) != 1)
        pages = 0;
    close(descriptor);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* --- ending one -------------------------------------------------------------------------------- */

static void set_waiting(struct connections *connections, struct connection *connection,
                        uint64_t waiting)
{
    connections->waiting += waiting - connection->waiting;
    connection->waiting = waiting;
}

static bool is_same(const struct connection *connection)
{
    uint64_t cookie;

    return read_cookie(connection->descriptor, &cookie) && cookie == connection->cookie;
}

static void end(struct connections *connections, struct connection *connection, const char *key,
                const char *why)
{
    if (connection->shut || !is_same(connection))
        return;
    shutdown(connection->descriptor, SHUT_RDWR);
    connection->shut = true;
    connections->ended++;
    snprintf(connections->last_ended, sizeof(connections->last_ended), "%s%s%s: %s",
             connection->address_text, *key ? " key " : "", key, why);
    set_waiting(connections, connection, 0);
}

void connections_opened(struct connections *connections, int listener, int descriptor)
{
    struct connection new = {.descriptor = descriptor, .opened_us = clock_boot_us(&clock_real)};
    struct connection *connection = find(connections, descriptor);

    if (port_of(descriptor) != port_of(listener) || !read_cookie(descriptor, &new.cookie) ||
        !read_address(descriptor, &new.address, new.address_text))
        return; /* it has ended meanwhile, and the number may be another's */
    if (connection && connection->cookie == new.cookie)
        return; /* an earlier one's news came late, and had us look at this one */
    if (connection)
        forget(connections, connection);
    connection = NEW(struct connection);
    *connection = new;
    connection->taken = HANDSHAKE_BYTES;
    connection->heard_us = connection->opened_us;
    table_put_number(connections->by_descriptor, (uint64_t)descriptor, connection);
    list_add_last(&connections->in_turn, &connection->member);
    connection->counted = counts_add(connections->of_address, &connection->address,
                                     sizeof(connection->address), connections->limits.per_address);
    if (!connection->counted)
        end(connections, connection, "", "its address has too many connections");
}

void connections_closed(struct connections *connections, int descriptor)
{
    struct connection *connection = find(connections, descriptor);

    if (connection && !is_same(connection))
        forget(connections, connection);
}

/* A message may be of a connection that has ended, whose number another one has: then the next
 * message says another key. */
static bool count_key(struct connections *connections, struct connection *connection,
                      const char *key)
{
    forget_key(connections, connection);
    if (!counts_add(connections->of_key, key, strlen(key), connections->limits.per_key)) {
        end(connections, connection, key, "its key has too many connections");
        return false;
    }
    memcpy(connection->key, key, SOCKET_KEY_TEXT);
    return true;
}

bool connections_heard(struct connections *connections, int descriptor, const char *key,
                       size_t size, size_t frames)
{
    struct connection *connection = find(connections, descriptor);
    int64_t now_us = clock_boot_us(&clock_real);

    if (!connection)
        return true;
    connection->taken += size + frames * FRAME_BYTES;
    connection->taken +=
        (uint64_t)((now_us - connection->heard_us) / US_PER_SECOND) * HEARTBEAT_BYTES_SECOND;
    connection->heard_us = now_us;
    return strcmp(connection->key, key) == 0 || count_key(connections, connection, key);
}

/* --- looking ------------------------------------------------------------------------------------ */

static void check(struct connections *connections, struct connection *connection)
{
    uint64_t share = CONNECTIONS_WAITING_MOST / connections->in_turn.count;

    if (connection->waiting > CONNECTION_WAITING_MOST)
        end(connections, connection, connection->key,
            "it sent too much that is no whole message, or too fast");
    else if (connections->waiting > CONNECTIONS_WAITING_MOST && connection->waiting > share)
        end(connections, connection, connection->key, "it holds more than its share of what waits");
    else if (!*connection->key && clock_boot_us(&clock_real) - connection->opened_us > SILENT_US)
        end(connections, connection, connection->key, "it said nothing");
}

static void look_at(struct connections *connections, struct connection *connection)
{
    uint64_t brought;

    if (!is_same(connection) || !read_brought(connection->descriptor, &brought)) {
        forget(connections, connection);
        return;
    }
    if (connection->shut)
        return; /* it will be gone */
    if (connection->taken > brought)
        connection->taken = brought;
    set_waiting(connections, connection, brought - connection->taken);
    check(connections, connection);
}

void connections_look(struct connections *connections)
{
    uint64_t resident = resident_bytes();
    size_t count = connections->in_turn.count;

    if (count > LOOK_MOST && resident < connections->resident + GROWN_BYTES)
        count = LOOK_MOST;
    else
        connections->resident = resident;
    if (resident < connections->resident)
        connections->resident = resident;
    for (size_t i = 0; i < count; i++) {
        struct list_node *node = list_first(&connections->in_turn);

        list_remove(&connections->in_turn, node);
        list_add_last(&connections->in_turn, node);
        look_at(connections, CONTAINER_OF(node, struct connection, member));
    }
}

uint64_t connections_ended(const struct connections *connections)
{
    return connections->ended;
}

const char *connections_last_ended(const struct connections *connections)
{
    return connections->last_ended;
}
