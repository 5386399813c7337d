/* test_socket_junk.c - what a peer sends that is not ours disturbs nobody else */

#include "base/socket.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/base/socket_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#define ANY_PORT "tcp://127.0.0.1:0"

/* Each test has one good client, which must not notice anything. */
static struct socket *start(struct scene *scene, const char *endpoint)
{
    struct socket *client;

    scene_start(scene, endpoint);
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

static bool is_received_twice(void *owner)
{
    struct scene *scene = owner;

    return scene->received == 2;
}

/* A peer that is admitted, and free to do what base/socket.h does not. */
struct rogue {
    void *context;
    void *handle;
};

static struct rogue rogue_start(const struct scene *scene, const void *route, size_t route_size)
{
    struct rogue rogue = {.context = zmq_ctx_new()};
    int no_linger = 0;

    rogue.handle = zmq_socket(rogue.context, ZMQ_DEALER);
    zmq_setsockopt(rogue.handle, ZMQ_LINGER, &no_linger, sizeof(no_linger));
    zmq_setsockopt(rogue.handle, ZMQ_CURVE_SERVERKEY, scene->server_pair.public, 40);
    zmq_setsockopt(rogue.handle, ZMQ_CURVE_PUBLICKEY, scene->client_pair.public, 40);
    zmq_setsockopt(rogue.handle, ZMQ_CURVE_SECRETKEY, scene->client_pair.secret, 40);
    if (route_size > 0)
        CU_ASSERT_EQUAL(zmq_setsockopt(rogue.handle, ZMQ_ROUTING_ID, route, route_size), 0);
    CU_ASSERT_EQUAL(zmq_connect(rogue.handle, socket_endpoint(scene->server)), 0);
    return rogue;
}

static void rogue_end(struct rogue *rogue)
{
    zmq_close(rogue->handle);
    zmq_ctx_term(rogue->context);
}

static void rogue_send(struct rogue *rogue, const void *bytes, size_t size, int more)
{
    CU_ASSERT_EQUAL(zmq_send(rogue->handle, bytes, size, more), (int)size);
}

static void test_messages_of_many_frames_are_dropped(void)
{
    struct scene scene;
    struct socket *client = start(&scene, ANY_PORT);
    struct rogue rogue = rogue_start(&scene, NULL, 0);

    rogue_send(&rogue, "a", 1, ZMQ_SNDMORE);
    rogue_send(&rogue, "b", 1, 0);
    rogue_send(&rogue, "", 0, ZMQ_SNDMORE); /* as a REQ socket sends */
    rogue_send(&rogue, "c", 1, 0);
    for (int i = 0; i < 1000; i++)
        rogue_send(&rogue, "d", 1, ZMQ_SNDMORE);
    rogue_send(&rogue, "", 0, 0);
    rogue_send(&rogue, "good", 4, 0);
    CU_ASSERT_TRUE(scene_until(&scene, is_received_twice, &scene));
    CU_ASSERT_EQUAL(scene.size, 4);
    CU_ASSERT_STRING_EQUAL(scene.sender.key, scene.client_pair.public);
    CU_ASSERT_EQUAL(socket_dropped(scene.server), 3);
    rogue_end(&rogue);
    end(&scene, client);
}

static void test_flood_of_junk_does_not_hold_the_loop(void)
{
    struct scene scene;
    struct socket *client = start(&scene, ANY_PORT);
    struct rogue rogue = rogue_start(&scene, NULL, 0);

    for (int i = 0; i < 900; i++) {
        rogue_send(&rogue, "a", 1, ZMQ_SNDMORE);
        rogue_send(&rogue, "b", 1, 0);
    }
    rogue_send(&rogue, "good", 4, 0);
    CU_ASSERT_TRUE(scene_until(&scene, is_received_twice, &scene));
    CU_ASSERT_EQUAL(socket_dropped(scene.server), 900);
    rogue_end(&rogue);
    end(&scene, client);
}

static bool is_dropped(void *owner)
{
    struct scene *scene = owner;

    return socket_dropped(scene->server) == 1;
}

/* The transport's limit leaves room for what CURVE adds; ours does not. */
static void test_frame_just_above_the_limit_is_dropped(void)
{
    CLEANUP(memory_freep) char *bytes = NEW_ARRAY(char, SOCKET_FRAME_MAX + 1);
    struct scene scene;
    struct socket *client = start(&scene, ANY_PORT);
    struct rogue rogue = rogue_start(&scene, NULL, 0);

    rogue_send(&rogue, bytes, SOCKET_FRAME_MAX + 1, 0);
    CU_ASSERT_TRUE(scene_until(&scene, is_dropped, &scene));
    CU_ASSERT_EQUAL(scene.received, 1);
    rogue_end(&rogue);
    end(&scene, client);
}

static bool is_asked_again(void *owner)
{
    struct scene *scene = owner;

    return scene->asked >= 3;
}

static void test_frame_that_is_too_long_cuts_the_connection(void)
{
    CLEANUP(memory_freep) char *bytes = NEW_ARRAY(char, 2 * SOCKET_FRAME_MAX);
    struct scene scene;
    struct socket *client = start(&scene, ANY_PORT);
    struct rogue rogue = rogue_start(&scene, NULL, 0);

    rogue_send(&rogue, bytes, 2 * SOCKET_FRAME_MAX, 0);
    CU_ASSERT_TRUE(scene_until(&scene, is_asked_again, &scene)); /* it was cut, and is back */
    CU_ASSERT_EQUAL(scene.received, 1);
    rogue_end(&rogue);
    end(&scene, client);
}

static bool is_greeted(void *owner)
{
    char bytes[16];

    return zmq_recv(owner, bytes, sizeof(bytes), ZMQ_DONTWAIT) == 5;
}

static void test_routing_ids_of_ones_own_choice(void)
{
    struct scene scene;
    struct socket *client = start(&scene, ANY_PORT);
    struct sender good = scene.sender;
    struct rogue same, odd;
    char longest[255];

    memset(longest, 'i', sizeof(longest));
    same = rogue_start(&scene, good.route, good.route_size); /* the good client's */
    odd = rogue_start(&scene, longest, sizeof(longest));
    rogue_send(&same, "hello", 5, 0);
    rogue_send(&odd, "hello", 5, 0);
    CU_ASSERT_TRUE(scene_until(&scene, is_greeted, odd.handle));
    /* What is sent to the good client's address still goes to it. */
    CU_ASSERT_TRUE(socket_send(scene.server, &good, "for you", 7));
    CU_ASSERT_TRUE(socket_wait(client, 20000000));
    CU_ASSERT_FALSE(is_greeted(same.handle));
    rogue_end(&same);
    rogue_end(&odd);
    end(&scene, client);
}

/* A process of its own, since what libzmq starts from is new in each. */
static void tell_first_route(int where)
{
    struct scene scene;
    struct socket *client = start(&scene, ANY_PORT);

    socket_free(client);
    _exit(write(where, scene.sender.route, scene.sender.route_size) > 0 ? 0 : 1);
}

static void read_first_route(char ret_route[SOCKET_ROUTE_MAX])
{
    int ends[2], status;
    pid_t pid;

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    pid = fork();
    if (pid == 0)
        tell_first_route(ends[1]);
    close(ends[1]);
    memset(ret_route, 0, SOCKET_ROUTE_MAX);
    CU_ASSERT(read(ends[0], ret_route, SOCKET_ROUTE_MAX) == 5);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_EQUAL(status, 0);
    close(ends[0]);
}

/* See new_router() in socket.c: who knows the next one can end the server. */
static void test_first_routing_id_is_not_known(void)
{
    char one[SOCKET_ROUTE_MAX], two[SOCKET_ROUTE_MAX];

    scratch_directory(); /* ours to remove, not the children's */
    read_first_route(one);
    read_first_route(two);
    CU_ASSERT(memcmp(one, two, sizeof(one)) != 0);
}

static const struct {
    const char *bytes;
    size_t size;
} strangers[] = {
#define STRANGER(text)         \
    {                          \
        text, sizeof(text) - 1 \
    }
    STRANGER("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"),
    STRANGER("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    STRANGER("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), /* TLS */
    STRANGER("\x01\x00"),                                     /* ZMTP 1.0 */
    STRANGER("\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05\0\0"),       /* ZMTP 2.0 */
    STRANGER("\xff\0\0\0\0\0\0\0\x01\x7f\x09\x09NULL"),       /* ZMTP 9.9 */
    STRANGER("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
    STRANGER("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    STRANGER("x"), /* and no more */
#undef STRANGER
};

static void test_strangers_are_cut_off(void)
{
    struct scene scene;
    struct socket *client = start(&scene, ANY_PORT);
    int raw[COUNT_OF(strangers) + 1];

    /* All at once, since the silent ones are cut by the time limit of the handshake. */
    for (size_t i = 0; i < COUNT_OF(raw); i++)
        raw[i] = raw_dial(&scene); /* the last one says nothing at all */
    for (size_t i = 0; i < COUNT_OF(strangers); i++)
        raw_send(raw[i], strangers[i].bytes, strangers[i].size);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
    for (size_t i = 0; i < COUNT_OF(raw); i++) {
        CU_ASSERT_TRUE(raw_is_cut(&scene, raw[i]));
        close(raw[i]);
    }
    CU_ASSERT_EQUAL(scene.asked, 1);
    end(&scene, client);
}

static void raw_command(int descriptor, const char *name, size_t size)
{
    char frame[2 + 255] = {4};
    size_t length = strlen(name);

    frame[1] = (char)size;
    frame[2] = (char)length;
    memcpy(frame + 3, name, length);
    raw_send(descriptor, frame, 2 + size);
}

static void test_handshakes_that_go_wrong(void)
{
    static const struct {
        const char *mechanism, *command;
        size_t size;
    } wrong[] = {
        {"NULL",                 "READY",    6  }, /* no encryption at all */
        {"PLAIN",                "HELLO",    20 },
        {"GSSAPI",               "INITIATE", 20 },
        {"CURVENOT",             "HELLO",    200},
        {"CURVE",                "HELLO",    200}, /* the right size, all zero */
        {"CURVE",                "HELLO",    199},
        {"CURVE",                "HELLO",    6  },
        {"CURVE",                "INITIATE", 200}, /* out of order */
        {"CURVE",                "MESSAGE",  100},
        {"CURVE",                "READY",    100},
        {"CURVE",                "ERROR",    100},
        {"ABCDEFGHIJKLMNOPQRST", "HELLO",    200},
    };
    struct scene scene;
    struct socket *client = start(&scene, ANY_PORT);

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        int raw = raw_dial(&scene);

        CU_ASSERT_TRUE(raw_greet(raw, wrong[i].mechanism));
        raw_command(raw, wrong[i].command, wrong[i].size);
        CU_ASSERT_TRUE(raw_is_cut(&scene, raw));
        close(raw);
    }
    CU_ASSERT_EQUAL(scene.asked, 1);
    CU_ASSERT_EQUAL(scene.received, 1);
    end(&scene, client);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the first routing id is not known",            test_first_routing_id_is_not_known        },
        {"messages of many frames are dropped",          test_messages_of_many_frames_are_dropped  },
        {"a flood of junk does not hold the loop",       test_flood_of_junk_does_not_hold_the_loop },
        {"a frame that is too long cuts the connection",
         test_frame_that_is_too_long_cuts_the_connection                                           },
        {"a frame just above the limit is dropped",      test_frame_just_above_the_limit_is_dropped},
        {"routing ids of one's own choice",              test_routing_ids_of_ones_own_choice       },
        {"strangers are cut off",                        test_strangers_are_cut_off                },
        {"handshakes that go wrong",                     test_handshakes_that_go_wrong             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("socket_junk", tests);
}
