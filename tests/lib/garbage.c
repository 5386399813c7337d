/* garbage.c - send what no peer should to a listening program
 *
 * usage: garbage ENDPOINT
 *
 * tcp://ADDRESS:PORT is taken for a CURVE server: everything happens before a handshake is
 * done.  On ipc:///PATH, where there is none, messages of every bad shape are sent.
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

#define NEWCOMERS   1000
#define CURVE_HELLO 194                  /* bytes of the command's body behind its name */
#define CLOSES_US   (20 * US_PER_SECOND) /* until a program must have given up on us */
#define LOOK_US     (US_PER_SECOND / 5)
#define MANY        256
#define MANY_SIZE   65536

enum { TCP = 1, LOCAL = 2, BOTH = TCP | LOCAL };

/* Where it goes; err is what a connection failed of. */
struct target {
    const char *endpoint;
    struct error err;
};

/* Garbage: what to send once connected.  False: could not. */
struct garbage {
    const char *name;
    bool (*send)(int descriptor);
    unsigned where;  /* TCP, LOCAL */
    bool must_close; /* the other side must not keep the connection */
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

/* A greeting and a command of the CURVE handshake (ZeroMQ RFC 26) with a body of nonsense. */
static bool send_curve(int descriptor, const char *name, size_t size)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    uint8_t body[512];

    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (uint8_t)(i * 37);
    body[0] = 1; /* the version, so that the box is what is wrong */
    body[1] = 0;
    buffer_init(&buffer);
    peer_add_greeting(&buffer, 3, 0, "CURVE");
    peer_add_command(&buffer, name, body, size);
    return send_buffer(descriptor, &buffer);
}

static bool send_hello_of_wrong_size(int descriptor)
{
    return send_curve(descriptor, "HELLO", CURVE_HELLO - 1);
}

static bool send_hello_with_wrong_box(int descriptor)
{
    return send_curve(descriptor, "HELLO", CURVE_HELLO);
}

static bool send_initiate_first(int descriptor)
{
    return send_curve(descriptor, "INITIATE", 248);
}

static bool send_ready_to_curve(int descriptor)
{
    return send_curve(descriptor, "READY", 30);
}

/* --- on a local socket: a length of 32 bits, and so many bytes ------------------------------------ */

static bool send_message(int descriptor, uint32_t claimed, const void *bytes, size_t size)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    buffer_add_u32(&buffer, claimed);
    buffer_add(&buffer, bytes, size);
    return send_buffer(descriptor, &buffer);
}

static bool send_length_0(int descriptor)
{
    return send_message(descriptor, 0, "", 0);
}

static bool send_nonsense(int descriptor)
{
    return send_message(descriptor, 9, "nonsense!", 9);
}

static bool send_length_31(int descriptor)
{
    return send_message(descriptor, UINT32_C(1) << 31, "abc", 3);
}

static bool send_length_32(int descriptor)
{
    return send_message(descriptor, UINT32_MAX, "abc", 3);
}

static bool send_half_a_message(int descriptor)
{
    return send_message(descriptor, 1000, "abc", 3);
}

static bool send_half_a_message_and_close(int descriptor)
{
    return send_half_a_message(descriptor) && shutdown(descriptor, SHUT_WR) == 0;
}

static bool send_half_a_length(int descriptor)
{
    return peer_send(descriptor, "\0\0", 2);
}

static bool send_many(int descriptor)
{
    CLEANUP(memory_freep) char *bytes = memory_get(1, MANY_SIZE);

    for (int i = 0; i < MANY; i++)
        if (!send_message(descriptor, MANY_SIZE, bytes, MANY_SIZE))
            break;
    return true;
}

static const struct garbage all_garbage[] = {
    {"one byte, then silence",          send_one_byte,                 TCP,   true },
    {"an HTTP request",                 send_http,                     BOTH,  true },
    {"a TLS hello",                     send_tls,                      BOTH,  true },
    {"an SSH banner",                   send_ssh,                      BOTH,  true },
    {"65,536 zeros",                    send_zeros,                    TCP,   true },
    {"a greeting of ZMTP 1.0",          send_version_1,                BOTH,  true },
    {"a greeting of ZMTP 2.0",          send_version_2,                BOTH,  true },
    {"a greeting of ZMTP 3.0, no more", send_version_3_0,              BOTH,  true },
    {"a greeting of ZMTP 3.1, no more", send_version_3_1,              BOTH,  true },
    {"a greeting of ZMTP 9.9, no more", send_version_9_9,              BOTH,  true },
    {"the mechanism PLAIN",             send_plain,                    TCP,   true },
    {"a mechanism that nobody knows",   send_unknown_mechanism,        TCP,   true },
    {"a CURVE hello of the wrong size", send_hello_of_wrong_size,      TCP,   true },
    {"a CURVE hello with a wrong box",  send_hello_with_wrong_box,     TCP,   true },
    {"a CURVE initiate before hello",   send_initiate_first,           TCP,   true },
    {"the NULL handshake's ready",      send_ready_to_curve,           TCP,   true },
    {"a message of length 0",           send_length_0,                 LOCAL, false},
    {"a message of nonsense",           send_nonsense,                 LOCAL, false},
    {"many empty messages",             send_zeros,                    LOCAL, false},
    {"many large messages",             send_many,                     LOCAL, false},
    {"a message of length 2^31",        send_length_31,                LOCAL, true },
    {"a message of length 2^32 - 1",    send_length_32,                LOCAL, true },
    {"half a length, then silence",     send_half_a_length,            LOCAL, true },
    {"half a message, then silence",    send_half_a_message,           LOCAL, true },
    {"half a message and a half-close", send_half_a_message_and_close, LOCAL, true },
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

/* A local socket does not speak first: a newcomer is kept while it is quiet.  The first may be
 * sent away, until those before them are seen to be gone. */
static bool takes(struct target *target)
{
    int64_t end_us = clock_boot_us(&clock_real) + CLOSES_US;

    do {
        int descriptor = peer_connect(target->endpoint, &target->err);
        bool closed;

        if (descriptor < 0)
            return false;
        closed = peer_is_closed(descriptor, LOOK_US);
        close(descriptor);
        if (!closed)
            return true;
    } while (clock_boot_us(&clock_real) < end_us);
    return fail(&target->err, ERROR_UNAVAILABLE, "it takes nobody any more");
}

static bool send_garbage(struct target *target, const struct garbage *garbage)
{
    int descriptor = peer_connect(target->endpoint, &target->err);
    bool closed;

    if (descriptor < 0)
        return false;
    if (!garbage->send(descriptor)) {
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

static bool send_all(struct target *target)
{
    bool local = strncmp(target->endpoint, "ipc://", 6) == 0;

    for (size_t i = 0; i < COUNT_OF(all_garbage); i++)
        if ((all_garbage[i].where & (local ? LOCAL : TCP)) &&
            !send_garbage(target, &all_garbage[i]))
            return false;
    return send_newcomers(target) && (local ? takes(target) : greets(target));
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
