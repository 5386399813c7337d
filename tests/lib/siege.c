/* siege.c - crowd a listening program for some seconds, in every way that a peer can
 *
 * usage: siege SECONDS ENDPOINT [KEY-FILE SERVER-KEY]
 *
 * Keeps many connections open: silent ones, ones that send a byte now and then, ones that pour
 * out zeros or lengths that cannot be, and dials again as they are closed.  With a key that is
 * let in, it also sends a message whose frames never end, and the largest messages of nonsense.
 * ENDPOINT is tcp://ADDRESS:PORT, ipc:///PATH, or packets:///PATH for a socket of packets.
 * Prints what it did.  Exits 0, 1 when it could not even begin, 2 for a wrong command line. */

#include "base/clock.h"
#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/curve.h"
#include "tests/lib/peer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CROWD   150
#define TURN_MS 20

/* What a connection brings; the crowd has them by turns. */
static const struct {
    const char *bytes;
    size_t size;
    bool slowly; /* a byte in each turn */
    bool often;  /* again and again */
} manners[] = {
    {"",                                                    0,  false, false}, /* silent */
    {"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0CURVE\0\0\0\0\0\0\0", 24, true,  false},
    {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",                   27, false, false},
    {"\0\0\0\0\0\0\0\0",                                    8,  false, true },
    {"\x7f\xff\xff\xff",                                    4,  false, false},
    {"\0\x10\0\0half of a message, and no more",            33, true,  false},
    {"\0\0\0\x09nonsense!",                                 13, false, true },
    {"\x01\0\x09\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff",  13, false, true },
};

struct soldier {
    int descriptor;
    size_t manner;
    size_t sent;
};

struct siege {
    const char *endpoint;
    int64_t until_us;
    struct soldier crowd[CROWD];
    unsigned long dialled, closed, refused;
    struct error err;
};

static int dial_packets(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
    if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

static int dial(struct siege *siege)
{
    const char *packets = "packets://";

    if (strncmp(siege->endpoint, packets, strlen(packets)) == 0)
        return dial_packets(siege->endpoint + strlen(packets));
    return peer_connect(siege->endpoint, &siege->err);
}

static void enlist(struct siege *siege, struct soldier *soldier)
{
    soldier->descriptor = dial(siege);
    soldier->manner = siege->dialled++ % COUNT_OF(manners);
    soldier->sent = 0;
    siege->refused += soldier->descriptor < 0;
}

/* False when the other side has closed. */
static bool act(struct soldier *soldier)
{
    const char *bytes = manners[soldier->manner].bytes;
    size_t size = manners[soldier->manner].size, left = size - soldier->sent;
    char thrown_away[4096];
    ssize_t done = 0;

    if (manners[soldier->manner].slowly && left > 1)
        left = 1;
    if (left > 0)
        done = send(soldier->descriptor, bytes + soldier->sent, left, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (done < 0 && errno != EAGAIN)
        return false;
    if (done > 0)
        soldier->sent += (size_t)done;
    if (manners[soldier->manner].often && soldier->sent == size)
        soldier->sent = 0;
    done = recv(soldier->descriptor, thrown_away, sizeof(thrown_away), MSG_DONTWAIT);
    return done > 0 || (done < 0 && errno == EAGAIN);
}

static void take_turn(struct siege *siege)
{
    for (size_t i = 0; i < CROWD; i++) {
        struct soldier *soldier = &siege->crowd[i];

        if (soldier->descriptor < 0) {
            enlist(siege, soldier);
        } else if (!act(soldier)) {
            close(soldier->descriptor);
            soldier->descriptor = -1;
            siege->closed++;
        }
    }
    poll(NULL, 0, TURN_MS);
}

/* An admitted peer, in a process of its own: `flags` of every frame. */
static void besiege_from_inside(const struct siege *siege, const struct key_pair *pair,
                                const char *server_key, unsigned flags, size_t size)
{
    CLEANUP(memory_freep) void *bytes = memory_get(1, size);
    unsigned long cut = 0;
    struct curve curve;
    struct error err;

    memset(bytes, 0x0b, size); /* of protobuf: groups that open and never close */
    while (clock_boot_us(&clock_real) < siege->until_us) {
        if (!curve_connect(&curve, siege->endpoint, pair, server_key, &err))
            continue;
        while (clock_boot_us(&clock_real) < siege->until_us &&
               curve_send(&curve, flags, bytes, size))
            ;
        curve_close(&curve);
        cut++;
    }
    printf("from inside, frames of %zu bytes: cut off %lu times\n", size, cut);
}

static const struct {
    unsigned flags;
    size_t size;
} inside[] = {
    {CURVE_MORE, 1 << 20         },
    {CURVE_MORE, 10              },
    {0,          SOCKET_FRAME_MAX},
};

static bool start_inside(const struct siege *siege, const char *key_file, const char *server_key,
                         struct error *err)
{
    struct key_pair pair;

    if (!key_pair_read(key_file, &pair, err))
        return false;
    for (size_t i = 0; i < COUNT_OF(inside); i++) {
        if (fork() != 0)
            continue;
        besiege_from_inside(siege, &pair, server_key, inside[i].flags, inside[i].size);
        exit(EXIT_SUCCESS);
    }
    return true;
}

static bool begin(struct siege *siege, int argc, char **argv)
{
    uint32_t seconds;

    if ((argc != 3 && argc != 5) || !parse_u32(argv[1], 1, 600, &seconds, &siege->err))
        return fail(&siege->err, ERROR_INVALID,
                    "usage: siege SECONDS ENDPOINT [KEY-FILE SERVER-KEY]");
    siege->endpoint = argv[2];
    siege->until_us = clock_boot_us(&clock_real) + seconds * US_PER_SECOND;
    for (size_t i = 0; i < CROWD; i++)
        siege->crowd[i].descriptor = -1;
    return argc == 3 || start_inside(siege, argv[3], argv[4], &siege->err);
}

int main(int argc, char **argv)
{
    struct siege siege = {.err = {.text = ""}};

    if (!begin(&siege, argc, argv)) {
        fprintf(stderr, "siege: %s\n", siege.err.text);
        return siege.err.code == ERROR_INVALID ? 2 : 1;
    }
    while (clock_boot_us(&clock_real) < siege.until_us)
        take_turn(&siege);
    while (wait(NULL) > 0)
        ;
    printf("%s: dialled %lu times, refused %lu, closed %lu\n", siege.endpoint, siege.dialled,
           siege.refused, siege.closed);
    return siege.refused == siege.dialled;
}
