/* garbage.c - send what no peer should to a listening program
 *
 * usage: garbage ENDPOINT
 *
 * tcp://ADDRESS:PORT is taken for a CURVE server: everything happens before a handshake is
 * done.  On ipc:///PATH, where none is needed, frames of every bad shape follow too.
 * Prints one line for each kind of garbage, and exits 0 when all of it was sent and the
 * program still greets a newcomer; 1 if not; 2 for a wrong command line. */

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEWCOMERS      1000
#define CURVE_HELLO    194                  /* bytes of the command's body behind its name */
#define CLOSES_US      (20 * US_PER_SECOND) /* until a program must have given up on us */
#define LOOK_US        (US_PER_SECOND / 5)
#define ENDLESS_FRAMES 256
#define ENDLESS_SIZE   65536

/* Where it goes; err is what a connection failed of. */
struct target {
    const char *endpoint;
    struct error err;
};

/* Garbage: what to send once connected.  False: could not. */
struct garbage {
    const char *name;
    bool (*send)(int descriptor);
    bool after_handshake; /* on local sockets alone */
    bool must_close;      /* the other side must not keep the connection */
};

static bool send_buffer(int descriptor, const struct buffer *buffer)
{
    /* That the other side closes before all of it was sent is a good answer. */
    (void)peer_send(descriptor, buffer->bytes, buffer->length);
    return true;
}

static bool send_text(int descriptor, const char *text)
{
    return peer_send(descriptor, text, strlen(text));
}

/* --- before a handshake ----------------------------------------------------------------------- */

static bool send_one_byte(int descriptor)
{
    return peer_send(descriptor, "\xff", 1);
}

static bool send_http(int descriptor)
{
    return send_text(descriptor, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

static bool send_tls(int descriptor)
{
    /* A ClientHello of TLS 1.2 with one cipher suite (RFC 5246 7.4.1.2). */
    static const uint8_t hello[] = {0x16, 0x03, 0x01, 0x00, 0x2d, 0x01, 0x00, 0x00, 0x29, 0x03,
                                    0x03, 1,    2,    3,    4,    5,    6,    7,    8,    9,
                                    10,   11,   12,   13,   14,   15,   16,   17,   18,   19,
                                    20,   21,   22,   23,   24,   25,   26,   27,   28,   29,
                                    30,   31,   32,   0x00, 0x00, 0x02, 0xc0, 0x2f, 0x01, 0x00};

    return peer_send(descriptor, hello, sizeof(hello));
}

static bool send_ssh(int descriptor)
{
    return send_text(descriptor, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
}

static bool send_zeros(int descriptor)
{
    CLEANUP(memory_freep) char *zeros = memory_get(1, 1 << 16);

    (void)peer_send(descriptor, zeros, 1 << 16);
    return true;
}

/* An anonymous peer of ZMTP 1.0 begins with the length of its (empty) identity. */
static bool send_version_1(int descriptor)
{
    return peer_send(descriptor, "\x01\x00", 2);
}

static bool send_version_2(int descriptor)
{
    static const uint8_t greeting[] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 5, 0, 0};

    return peer_send(descriptor, greeting, sizeof(greeting));
}

static bool send_greeting(int descriptor, int major, int minor, const char *mechanism)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    peer_add_greeting(&buffer, major, minor, mechanism);
    return send_buffer(descriptor, &buffer);
}

static bool send_version_3_0(int descriptor)
{
    return send_greeting(descriptor, 3, 0, "CURVE");
}

static bool send_version_3_1(int descriptor)
{
    return send_greeting(descriptor, 3, 1, "CURVE");
}

static bool send_version_9_9(int descriptor)
{
    return send_greeting(descriptor, 9, 9, "CURVE");
}

static bool send_plain(int descriptor)
{
    return send_greeting(descriptor, 3, 0, "PLAIN");
}

static bool send_unknown_mechanism(int descriptor)
{
    return send_greeting(descriptor, 3, 0, "TRUST-ME-I-AM-ROOT.");
}

/* A greeting and commands of the CURVE handshake (ZeroMQ RFC 26) with bodies of nonsense. */
static bool send_curve(int descriptor, const char *first, size_t first_size, const char *second,
                       size_t second_size)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    uint8_t body[512];

    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (uint8_t)(i * 37);
    body[0] = 1; /* the version, so that the box is what is wrong */
    body[1] = 0;
    buffer_init(&buffer);
    peer_add_greeting(&buffer, 3, 0, "CURVE");
    peer_add_command(&buffer, first, body, first_size);
    if (second)
        peer_add_command(&buffer, second, body, second_size);
    return send_buffer(descriptor, &buffer);
}

static bool send_hello_of_wrong_size(int descriptor)
{
    return send_curve(descriptor, "HELLO", CURVE_HELLO - 1, NULL, 0);
}

static bool send_hello_with_wrong_box(int descriptor)
{
    return send_curve(descriptor, "HELLO", CURVE_HELLO, NULL, 0);
}

static bool send_hello_twice(int descriptor)
{
    return send_curve(descriptor, "HELLO", CURVE_HELLO, "HELLO", CURVE_HELLO);
}

static bool send_initiate_first(int descriptor)
{
    return send_curve(descriptor, "INITIATE", 248, NULL, 0);
}

static bool send_ready_to_curve(int descriptor)
{
    return send_curve(descriptor, "READY", 30, NULL, 0);
}

/* --- after the handshake of a local socket ------------------------------------------------------ */

static bool send_claim(int descriptor, uint64_t claimed)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    peer_add_claim(&buffer, PEER_MESSAGE, claimed, "abc", 3);
    return send_buffer(descriptor, &buffer);
}

static bool send_length_0(int descriptor)
{
    return peer_send(descriptor, "\0\0", 2);
}

static bool send_length_31(int descriptor)
{
    return send_claim(descriptor, UINT64_C(1) << 31);
}

static bool send_length_63(int descriptor)
{
    return send_claim(descriptor, UINT64_C(1) << 63);
}

static bool send_length_64(int descriptor)
{
    return send_claim(descriptor, UINT64_MAX);
}

static bool send_one_command(int descriptor, const char *name, const char *body)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    peer_add_command(&buffer, name, body, strlen(body));
    return send_buffer(descriptor, &buffer);
}

static bool send_unknown_command(int descriptor)
{
    return send_one_command(descriptor, "ABRACADABRA", "open");
}

static bool send_subscribe(int descriptor)
{
    return send_one_command(descriptor, "SUBSCRIBE", "everything") && peer_send(descriptor,
                                                                                "\0\x04\x01"
                                                                                "all",
                                                                                6);
}

static bool send_empty_command(int descriptor)
{
    return peer_send(descriptor, "\x04\x00", 2);
}

static bool send_three_frames(int descriptor)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    peer_add_frame(&buffer, PEER_MORE, "one", 3);
    peer_add_frame(&buffer, PEER_MORE, "two", 3);
    peer_add_frame(&buffer, PEER_MESSAGE, "three", 5);
    return send_buffer(descriptor, &buffer);
}

static bool send_endless_multipart(int descriptor)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    CLEANUP(memory_freep) char *bytes = memory_get(1, ENDLESS_SIZE);

    buffer_init(&buffer);
    peer_add_frame(&buffer, PEER_MORE, bytes, ENDLESS_SIZE);
    for (int i = 0; i < ENDLESS_FRAMES; i++)
        if (!peer_send(descriptor, buffer.bytes, buffer.length))
            break;
    return true;
}

static bool send_half_a_frame_and_close(int descriptor)
{
    return send_claim(descriptor, 1000) && shutdown(descriptor, SHUT_WR) == 0;
}

static const struct garbage all_garbage[] = {
    {"one byte, then silence",          send_one_byte,               false, true },
    {"an HTTP request",                 send_http,                   false, true },
    {"a TLS hello",                     send_tls,                    false, true },
    {"an SSH banner",                   send_ssh,                    false, true },
    {"65,536 zeros",                    send_zeros,                  false, true },
    {"a greeting of ZMTP 1.0",          send_version_1,              false, true },
    {"a greeting of ZMTP 2.0",          send_version_2,              false, true },
    {"a greeting of ZMTP 3.0, no more", send_version_3_0,            false, true },
    {"a greeting of ZMTP 3.1, no more", send_version_3_1,            false, true },
    {"a greeting of ZMTP 9.9, no more", send_version_9_9,            false, true },
    {"the mechanism PLAIN",             send_plain,                  false, true },
    {"a mechanism that nobody knows",   send_unknown_mechanism,      false, true },
    {"a CURVE hello of the wrong size", send_hello_of_wrong_size,    false, true },
    {"a CURVE hello with a wrong box",  send_hello_with_wrong_box,   false, true },
    {"a CURVE hello twice",             send_hello_twice,            false, true },
    {"a CURVE initiate before hello",   send_initiate_first,         false, true },
    {"the NULL handshake's ready",      send_ready_to_curve,         false, true },
    {"a frame of length 0",             send_length_0,               true,  false},
    {"a frame of length 2^31",          send_length_31,              true,  true },
    {"a frame of length 2^63",          send_length_63,              true,  true },
    {"a frame of length 2^64 - 1",      send_length_64,              true,  true },
    {"a command that nobody knows",     send_unknown_command,        true,  false},
    {"a subscription",                  send_subscribe,              true,  false},
    {"an empty command",                send_empty_command,          true,  false},
    {"a message of three frames",       send_three_frames,           true,  false},
    {"a message that does not end",     send_endless_multipart,      true,  false},
    {"half a frame, then a half-close", send_half_a_frame_and_close, true,  true },
};

/* --- all of it ------------------------------------------------------------------------------------ */

static bool greets(struct target *target)
{
    uint8_t first;
    int descriptor = peer_connect(target->endpoint, &target->err);
    bool greeted;

    if (descriptor < 0)
        return false;
    greeted = peer_receive(descriptor, &first, 1) && first == 0xff;
    close(descriptor);
    return greeted || fail(&target->err, ERROR_UNAVAILABLE, "it does not greet any more");
}

static bool send_garbage(struct target *target, const struct garbage *garbage)
{
    int descriptor = peer_connect(target->endpoint, &target->err);
    bool closed;

    if (descriptor < 0)
        return false;
    if ((garbage->after_handshake && !peer_handshake(descriptor, "", 0)) ||
        !garbage->send(descriptor)) {
        close(descriptor);
        return fail(&target->err, ERROR_IO, "could not send %s", garbage->name);
    }
    closed = peer_is_closed(descriptor, garbage->must_close ? CLOSES_US : LOOK_US);
    printf("%s: %s\n", garbage->name, closed ? "closed" : "kept");
    close(descriptor);
    return closed || !garbage->must_close ||
           fail(&target->err, ERROR_CONFLICT, "%s: the connection was kept", garbage->name);
}

static bool send_newcomers(struct target *target)
{
    static int descriptors[NEWCOMERS];
    int count;

    for (count = 0; count < NEWCOMERS; count++) {
        descriptors[count] = peer_connect(target->endpoint, &target->err);
        if (descriptors[count] < 0)
            break;
    }
    for (int i = 0; i < count; i++)
        close(descriptors[i]);
    printf("%d connections at once: %s\n", NEWCOMERS, count == NEWCOMERS ? "taken" : "refused");
    return count == NEWCOMERS;
}

/* Connections with these routing ids, all open at one time. */
static bool send_routes(struct target *target)
{
    static const struct {
        const char *bytes;
        size_t size;
    } routes[] = {
        {"same",   4  },
        {"same",   4  },
        {"\0zero", 5  },
        {"",       0  },
        {NULL,     100},
        {NULL,     100}
    };
    char longest[100];
    int descriptors[COUNT_OF(routes)];
    bool connected = true;

    memset(longest, 'r', sizeof(longest));
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        descriptors[i] = peer_connect(target->endpoint, &target->err);
        if (descriptors[i] < 0)
            connected = false;
        else
            (void)(peer_handshake(descriptors[i], routes[i].bytes ? routes[i].bytes : longest,
                                  routes[i].size) &&
                   peer_send(descriptors[i], "\0\1x", 3));
    }
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        if (descriptors[i] < 0)
            continue;
        printf("routing id %zu of %zu: %s\n", i + 1, COUNT_OF(routes),
               peer_is_closed(descriptors[i], LOOK_US) ? "closed" : "kept");
        close(descriptors[i]);
    }
    return connected;
}

static bool send_all(struct target *target)
{
    bool local = strncmp(target->endpoint, "ipc://", 6) == 0;

    for (size_t i = 0; i < COUNT_OF(all_garbage); i++)
        if ((local || !all_garbage[i].after_handshake) && !send_garbage(target, &all_garbage[i]))
            return false;
    return (!local || send_routes(target)) && send_newcomers(target) && greets(target);
}

int main(int argc, char **argv)
{
    struct target target = {.err = {.text = ""}};

    if (argc != 2) {
        fprintf(stderr, "usage: garbage ENDPOINT\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    target.endpoint = argv[1];
    if (!send_all(&target)) {
        fprintf(stderr, "garbage: %s: %s\n", target.endpoint, target.err.text);
        return target.err.code == ERROR_INVALID ? 2 : 1;
    }
    return 0;
}
