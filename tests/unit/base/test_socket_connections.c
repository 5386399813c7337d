/* test_socket_connections.c - on TCP a peer may hold so much, and not more */

#include "base/buffer.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/socket.h"
#include "base/socket_connections.h"
#include "tests/lib/curve.h"
#include "tests/lib/peer.h"
#include "tests/lib/runner.h"
#include "tests/unit/base/socket_scene.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANY_PORT "tcp://127.0.0.1:0"
#define FRAME    (1 << 20)

/* MiB by which the process may grow: see test_message_that_never_ends().  The address sanitizer
 * keeps what was freed for a while, so that its figures say nothing. */
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define GROWTH_MAX 4096
#else
#define GROWTH_MAX 220
#endif

/* Each test has one good client, which must not notice anything. */
static struct socket *start(struct scene *scene)
{
    struct socket *client;

    scene_start(scene, ANY_PORT);
    client = scene_dial(scene);
    CU_ASSERT_TRUE(scene_echo(scene, client, "before", 6));
    return client;
}

static void end(struct scene *scene, struct socket *client)
{
    CU_ASSERT_TRUE(scene_echo(scene, client, "after", 5));
    socket_free(client);
    scene_end(scene);
}

static unsigned long resident_mib(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;

    CU_ASSERT_EQUAL(fscanf(file, "%*s %lu", &pages), 1);
    fclose(file);
    return pages * (unsigned long)sysconf(_SC_PAGESIZE) >> 20;
}

static bool is_ended(void *owner)
{
    struct scene *scene = owner;

    return admission_ended(scene->admission) >= 1;
}

/* The rogue is another process, so that what it keeps is not measured. */
static pid_t fork_endless(const struct scene *scene)
{
    pid_t pid = fork();
    struct curve curve;
    struct error err;
    void *bytes;

    if (pid != 0)
        return pid;
    alarm(120);
    bytes = memory_get(1, FRAME);
    while (curve_connect(&curve, socket_endpoint(scene->server), &scene->client_pair,
                         scene->server_pair.public, &err)) {
        while (curve_send(&curve, CURVE_MORE, bytes, FRAME))
            ;
        curve_close(&curve);
    }
    _exit(1);
}

static const uint64_t lengths[] = {
    0, SOCKET_FRAME_MAX + 100, UINT64_C(1) << 31, UINT64_C(1) << 63, UINT64_MAX,
};

/* In a process of its own: is the connection closed at each of the lengths? */
static void claim_lengths(const struct scene *scene)
{
    struct curve curve;
    struct error err;

    alarm(120);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        CLEANUP(buffer_clear) struct buffer frame;

        buffer_init(&frame);
        peer_add_claim(&frame, PEER_LONG, lengths[i], "", 0);
        if (!curve_connect(&curve, socket_endpoint(scene->server), &scene->client_pair,
                           scene->server_pair.public, &err) ||
            !peer_send(curve.descriptor, frame.bytes, frame.length) ||
            !peer_is_closed(curve.descriptor, 20 * US_PER_SECOND))
            _exit(1);
        curve_close(&curve);
    }
    _exit(0);
}

/* Good commands of a handshake where they do not belong. */
static bool is_cut_off(struct curve *curve, const struct buffer *frame, int64_t within_us)
{
    return peer_send(curve->descriptor, frame->bytes, frame->length) &&
           peer_is_closed(curve->descriptor, within_us);
}

/* Behind HELLO, in place of INITIATE: its own HELLO when `frame` is NULL.  Whoever does not end the
 * handshake is cut off after two seconds anyway, so that only what comes sooner shows something; on a
 * busy machine not every try does. */
static bool is_cut_off_at_once(const struct scene *scene, const struct buffer *frame)
{
    for (int i = 0; i < 10; i++) {
        struct curve curve;
        struct error err;
        bool is_closed;

        if (!curve_begin(&curve, socket_endpoint(scene->server), &scene->client_pair,
                         scene->server_pair.public, &err))
            return false;
        is_closed = is_cut_off(&curve, frame ? frame : &curve.hello, US_PER_SECOND);
        curve_close(&curve);
        if (is_closed)
            return true;
    }
    return false;
}

/* In a process of its own: each once more, in the handshake and behind it, and another's. */
static void repeat_handshakes(const struct scene *scene)
{
    const char *endpoint = socket_endpoint(scene->server), *key = scene->server_pair.public;
    const int64_t within_us = 20 * US_PER_SECOND;
    struct curve whole, other;
    struct error err;
    bool good;

    alarm(120);
    good = is_cut_off_at_once(scene, NULL) &&
           curve_connect(&whole, endpoint, &scene->client_pair, key, &err) &&
           is_cut_off(&whole, &whole.hello, within_us) &&
           curve_connect(&other, endpoint, &scene->client_pair, key, &err) &&
           is_cut_off(&other, &other.initiate, within_us) &&
           is_cut_off_at_once(scene, &whole.initiate);
    _exit(good ? 0 : 1);
}

struct child {
    pid_t pid;
    int status;
};

static bool has_ended(void *owner)
{
    struct child *child = owner;

    return waitpid(child->pid, &child->status, WNOHANG) == child->pid;
}

static void test_repeated_handshakes(void)
{
    struct scene scene;
    struct socket *client = start(&scene);
    struct child child = {.pid = fork()};

    if (child.pid == 0)
        repeat_handshakes(&scene);
    CU_ASSERT_TRUE(scene_until(&scene, has_ended, &child));
    CU_ASSERT_EQUAL(child.status, 0);
    CU_ASSERT_EQUAL(scene.received, 1);
    end(&scene, client);
}

static void test_lengths_that_cannot_be(void)
{
    struct scene scene;
    struct socket *client = start(&scene);
    unsigned long before = resident_mib();
    struct child child = {.pid = fork()};

    if (child.pid == 0)
        claim_lengths(&scene);
    CU_ASSERT_TRUE(scene_until(&scene, has_ended, &child));
    CU_ASSERT_EQUAL(child.status, 0);
    CU_ASSERT_EQUAL(scene.received, 1);
    CU_ASSERT(resident_mib() < before + GROWTH_MAX);
    end(&scene, client);
}

static bool is_ended_often(void *owner)
{
    struct scene *scene = owner;

    return admission_ended(scene->admission) >= 5;
}

static bool is_hello_received(void *owner)
{
    struct scene *scene = owner;

    return scene->received >= 2 && scene->size == 5;
}

/* libzmq hands on a subscription as if it were a message, and swallows what it does not know; what
 * comes after them is heard.  (Also: the peer of these tests is taken for one.) */
static void test_commands_that_nobody_knows(void)
{
    struct scene scene;
    struct socket *client = start(&scene);
    pid_t pid = fork();
    struct curve curve;
    struct error err;
    uint8_t answer[2 + 16 + 16 + 1 + 5];
    int status;

    if (pid == 0) {
        bool good = curve_connect(&curve, socket_endpoint(scene.server), &scene.client_pair,
                                  scene.server_pair.public, &err) &&
                    curve_send(&curve, CURVE_COMMAND, "\7NONSENSE", 9) &&
                    curve_send(&curve, CURVE_COMMAND, "\x09SUBSCRIBEx", 11) &&
                    curve_send(&curve, 0, "hello", 5) &&
                    peer_receive(curve.descriptor, answer, sizeof(answer));

        _exit(good ? 0 : 1);
    }
    CU_ASSERT_TRUE(scene_until(&scene, is_hello_received, &scene));
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_EQUAL(socket_dropped(scene.server), 0);
    end(&scene, client);
}

/* It is cut, dials again and goes on so: what is kept stays under what one connection may have
 * brought, and what came until it was noticed. */
static void test_message_that_never_ends(void)
{
    struct scene scene;
    struct socket *client = start(&scene);
    unsigned long before = resident_mib();
    pid_t rogue = fork_endless(&scene);
    int64_t begun_us = clock_boot_us(&clock_real);

    CU_ASSERT_TRUE(scene_until(&scene, is_ended, &scene));
    CU_ASSERT_PTR_NOT_NULL(strstr(admission_last_ended(scene.admission), "127.0.0.1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(admission_last_ended(scene.admission), "no whole message"));
    CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
    CU_ASSERT_TRUE(scene_until(&scene, is_ended_often, &scene));
    printf("# cut off 5 times in %ld ms; memory grew by %ld MiB\n",
           (long)((clock_boot_us(&clock_real) - begun_us) / 1000), (long)(resident_mib() - before));
    CU_ASSERT(resident_mib() < before + GROWTH_MAX);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
    CU_ASSERT_EQUAL(kill(rogue, SIGKILL), 0);
    CU_ASSERT_EQUAL(waitpid(rogue, NULL, 0), rogue);
    CU_ASSERT_EQUAL(scene.received, 3);
    end(&scene, client);
}

/* What a good peer sends is never held against it, however much it is. */
static void test_who_sends_much_that_is_taken_stays(void)
{
    CLEANUP(memory_freep) char *bytes = NEW_ARRAY(char, SOCKET_FRAME_MAX);
    struct scene scene;
    struct socket *client = start(&scene);

    for (int i = 0; i < 40; i++)
        CU_ASSERT_TRUE(scene_echo(&scene, client, bytes, SOCKET_FRAME_MAX));
    for (int i = 0; i < 5000; i++)
        CU_ASSERT_TRUE(scene_echo(&scene, client, "x", 1));
    CU_ASSERT_EQUAL(admission_ended(scene.admission), 0);
    CU_ASSERT_EQUAL(scene.asked, 1); /* it never dialled again */
    end(&scene, client);
}

struct entry {
    struct socket *client;
    unsigned turns;
};

/* Until the server has noticed that others have gone it may cut this one, too, and what it had
 * sent is lost: then it sends again. */
static bool is_let_in(void *owner)
{
    struct entry *entry = owner;
    CLEANUP(memory_freep) uint8_t *bytes = NULL;
    size_t size;

    if (entry->turns++ % 500 == 0)
        (void)socket_send(entry->client, NULL, "later", 5);
    return socket_receive(entry->client, NULL, &bytes, &size) == 1;
}

static void test_address_has_so_many_connections(void)
{
    struct scene scene;
    struct socket *client = start(&scene);
    const struct socket_limits limits = {.per_address = 5, .per_key = 100};
    int raw[8];

    admission_set_limits(scene.admission, &limits);
    for (size_t i = 0; i < COUNT_OF(raw); i++)
        raw[i] = raw_dial(&scene);
    for (size_t i = 4; i < COUNT_OF(raw); i++) /* the good client has one of the places */
        CU_ASSERT_TRUE(raw_is_cut(&scene, raw[i]));
    CU_ASSERT_EQUAL(admission_ended(scene.admission), 4);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
    for (size_t i = 0; i < COUNT_OF(raw); i++)
        close(raw[i]);
    /* There is room again. */
    struct entry later = {scene_dial(&scene), 0};

    CU_ASSERT_TRUE(scene_until(&scene, is_let_in, &later));
    socket_free(later.client);
    end(&scene, client);
}

static void test_key_has_so_many_connections(void)
{
    struct scene scene;
    struct socket *client = start(&scene), *second, *third;
    const struct socket_limits limits = {.per_address = 100, .per_key = 2};

    admission_set_limits(scene.admission, &limits);
    second = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, second, "second", 6));
    third = scene_dial(&scene);
    CU_ASSERT_TRUE(socket_send(third, NULL, "third", 5));
    CU_ASSERT_TRUE(scene_until(&scene, is_ended, &scene));
    CU_ASSERT_PTR_NOT_NULL(strstr(admission_last_ended(scene.admission), scene.client_pair.public));
    CU_ASSERT_EQUAL(scene.received, 2); /* it was not heard */
    CU_ASSERT_EQUAL(socket_dropped(scene.server), 1);
    CU_ASSERT_TRUE(scene_echo(&scene, second, "more", 4));
    socket_free(second);
    CU_ASSERT_TRUE(scene_echo(&scene, third, "at last", 7)); /* by itself, when there is room */
    socket_free(third);
    end(&scene, client);
}

static void test_who_goes_is_forgotten(void)
{
    struct scene scene;
    struct socket *client = start(&scene);
    const struct socket_limits limits = {.per_address = 20, .per_key = 10};

    admission_set_limits(scene.admission, &limits);
    for (int i = 0; i < 50; i++) {
        struct socket *passing = scene_dial(&scene);

        CU_ASSERT_TRUE(scene_echo(&scene, passing, "hello", 5));
        socket_free(passing);
    }
    end(&scene, client);
}

/* --- news that come late ------------------------------------------------------------------------ */

static int listen_somewhere(struct sockaddr_in *ret_address)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof(*ret_address);

    *ret_address = (struct sockaddr_in){.sin_family = AF_INET};
    ret_address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CU_ASSERT_EQUAL_FATAL(bind(listener, (struct sockaddr *)ret_address, size), 0);
    CU_ASSERT_EQUAL_FATAL(listen(listener, 1), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(listener, (struct sockaddr *)ret_address, &size), 0);
    return listener;
}

/* As much as one connection may leave lying, and more; all of it is read here. */
static void bring(int from, int to, size_t size)
{
    static char bytes[FRAME];

    for (size_t brought = 0; brought < size;) {
        ssize_t sent = send(from, bytes, FRAME, MSG_DONTWAIT | MSG_NOSIGNAL), got;

        CU_ASSERT_FATAL(sent > 0);
        for (ssize_t left = sent; left > 0; left -= got) {
            got = recv(to, bytes, FRAME, 0);
            CU_ASSERT_FATAL(got > 0);
        }
        brought += (size_t)sent;
    }
}

/* Each listener tells of its own connections only, so that news of one that had this number before
 * may come when another listener's is known by it: that one stays known, and what was taken of it
 * is not forgotten. */
static void test_news_of_an_earlier_one_come_late(void)
{
    static const char key[SOCKET_KEY_TEXT] = "somebody";
    struct connections *connections = connections_new();
    struct sockaddr_in here, elsewhere;
    int listener = listen_somewhere(&here), other = listen_somewhere(&elsewhere);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), accepted;

    CU_ASSERT_EQUAL_FATAL(connect(client, (struct sockaddr *)&here, sizeof(here)), 0);
    accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    connections_opened(connections, listener, accepted);
    connections_opened(connections, other, accepted);
    CU_ASSERT_TRUE(connections_has(connections, accepted));

    bring(client, accepted, CONNECTION_WAITING_MOST + FRAME);
    CU_ASSERT_TRUE(connections_heard(connections, accepted, key, CONNECTION_WAITING_MOST, 1));
    connections_look(connections);
    connections_opened(connections, listener, accepted);
    connections_look(connections);
    CU_ASSERT_EQUAL(connections_ended(connections), 0);

    bring(client, accepted, CONNECTION_WAITING_MOST);
    connections_look(connections);
    CU_ASSERT_EQUAL(connections_ended(connections), 1);
    close(client), close(accepted), close(listener), close(other);
    connections_free(connections);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"commands that nobody knows",         test_commands_that_nobody_knows        },
        {"handshakes repeated",                test_repeated_handshakes               },
        {"lengths that cannot be",             test_lengths_that_cannot_be            },
        {"a message that never ends",          test_message_that_never_ends           },
        {"who sends much that is taken stays", test_who_sends_much_that_is_taken_stays},
        {"an address has so many connections", test_address_has_so_many_connections   },
        {"a key has so many connections",      test_key_has_so_many_connections       },
        {"who goes is forgotten",              test_who_goes_is_forgotten             },
        {"news of an earlier one come late",   test_news_of_an_earlier_one_come_late  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("socket_connections", tests);
}
