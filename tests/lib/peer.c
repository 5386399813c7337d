/* peer.c - a raw connection to a listening program, for what no library would send */

#include "tests/lib/peer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_US   (30 * US_PER_SECOND)
#define GREETING_SIZE 64

static bool read_tcp(const char *text, struct sockaddr_in *ret_address, struct error *err)
{
    CLEANUP(memory_freep) char *host = memory_copy(text);
    char *colon = strrchr(host, ':');
    uint32_t port;

    if (!colon || !parse_u32(colon + 1, 1, 65535, &port, err))
        return fail(err, ERROR_INVALID, "%s is not ADDRESS:PORT", text);
    *colon = '\0';
    *ret_address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &ret_address->sin_addr) != 1)
        return fail(err, ERROR_INVALID, "%s is not an IPv4 address", host);
    return true;
}

static int connect_to(const void *address, socklen_t size, struct error *err)
{
    const struct sockaddr *where = address;
    int descriptor = socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (descriptor >= 0 && connect(descriptor, where, size) == 0)
        return descriptor;
    fail_errno(err, "connect");
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

int peer_connect(const char *endpoint, struct error *err)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in remote;

    if (strncmp(endpoint, "tcp://", 6) == 0)
        return read_tcp(endpoint + 6, &remote, err) ? connect_to(&remote, sizeof(remote), err) : -1;
    if (strncmp(endpoint, "ipc://", 6) != 0 || strlen(endpoint + 6) >= sizeof(local.sun_path)) {
        fail(err, ERROR_INVALID, "%s is neither tcp://ADDRESS:PORT nor ipc:///PATH", endpoint);
        return -1;
    }
    memcpy(local.sun_path, endpoint + 6, strlen(endpoint + 6));
    return connect_to(&local, sizeof(local), err);
}

static bool wait_for(int descriptor, short events, int64_t until_us)
{
    struct pollfd item = {.fd = descriptor, .events = events};
    int64_t left_us;
    int ready;

    do {
        left_us = until_us - clock_boot_us(&clock_real);
        ready = poll(&item, 1, left_us > 0 ? (int)(left_us / 1000 + 1) : 0);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

bool peer_send(int descriptor, const void *bytes, size_t size)
{
    int64_t until_us = clock_boot_us(&clock_real) + PATIENCE_US;
    const char *place = bytes;

    while (size > 0) {
        ssize_t sent;

        if (!wait_for(descriptor, POLLOUT, until_us))
            return false;
        sent = send(descriptor, place, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (sent > 0) {
            place += sent;
            size -= (size_t)sent;
        }
    }
    return true;
}

bool peer_receive(int descriptor, void *bytes, size_t size)
{
    int64_t until_us = clock_boot_us(&clock_real) + PATIENCE_US;
    char *place = bytes;

    while (size > 0) {
        ssize_t got;

        if (!wait_for(descriptor, POLLIN, until_us))
            return false;
        got = recv(descriptor, place, size, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        if (got > 0) {
            place += got;
            size -= (size_t)got;
        }
    }
    return true;
}

bool peer_is_closed(int descriptor, int64_t timeout_us)
{
    int64_t until_us = clock_boot_us(&clock_real) + timeout_us;
    char thrown_away[4096];

    while (wait_for(descriptor, POLLIN, until_us)) {
        ssize_t got = recv(descriptor, thrown_away, sizeof(thrown_away), MSG_DONTWAIT);

        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return true;
    }
    return false;
}

void peer_add_greeting(struct buffer *buffer, int major, int minor, const char *mechanism)
{
    char greeting[GREETING_SIZE] = {0};

    greeting[0] = (char)0xff; /* the signature: 10 bytes */
    greeting[9] = 0x7f;
    greeting[10] = (char)major;
    greeting[11] = (char)minor;
    memcpy(greeting + 12, mechanism, strlen(mechanism));
    buffer_add(buffer, greeting, sizeof(greeting));
}

void peer_add_claim(struct buffer *buffer, unsigned flags, uint64_t claimed, const void *bytes,
                    size_t size)
{
    if (claimed > 255)
        flags |= PEER_LONG;
    buffer_add_char(buffer, (char)flags);
    if (flags & PEER_LONG)
        buffer_add_u64(buffer, claimed);
    else
        buffer_add_char(buffer, (char)claimed);
    buffer_add(buffer, bytes, size);
}

void peer_add_frame(struct buffer *buffer, unsigned flags, const void *bytes, size_t size)
{
    peer_add_claim(buffer, flags, size, bytes, size);
}

void peer_add_command(struct buffer *buffer, const char *name, const void *bytes, size_t size)
{
    CLEANUP(buffer_clear) struct buffer body;

    buffer_init(&body);
    buffer_add_char(&body, (char)strlen(name));
    buffer_add_text(&body, name);
    buffer_add(&body, bytes, size);
    peer_add_frame(buffer, PEER_COMMAND, body.bytes, body.length);
}
