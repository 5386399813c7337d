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

static void test_messages_of_many_frames_are_dropped(void)
{
    struct scene scene;
    struct socket *client = start(&scene, NULL);
    int raw = raw_enter(&scene, "", 0);

    raw_frame(raw, true, "a", 1);
    raw_frame(raw, false, "b", 1);
    raw_frame(raw, true, "", 0); /* as a REQ socket sends */
    raw_frame(raw, false, "c", 1);
    for (int i = 0; i < 1000; i++)
        raw_frame(raw, true, "d", 1);
    raw_frame(raw, false, "", 0);
    raw_frame(raw, false, "good", 4);
    CU_ASSERT_TRUE(scene_until(&scene, is_received_twice, &scene));
    CU_ASSERT_EQUAL(scene.size, 4);
    CU_ASSERT_EQUAL(scene.sender.uid, getuid());
    CU_ASSERT_EQUAL(socket_dropped(scene.server), 3);
    close(raw);
    end(&scene, client);
}

static void test_flood_of_junk_does_not_hold_the_loop(void)
{
    struct scene scene;
    struct socket *client = start(&scene, NULL);
    int raw = raw_enter(&scene, "", 0);

    for (int i = 0; i < 2000; i++) {
        raw_frame(raw, true, "a", 1);
        raw_frame(raw, false, "b", 1);
    }
    raw_frame(raw, false, "good", 4);
    CU_ASSERT_TRUE(scene_until(&scene, is_received_twice, &scene));
    CU_ASSERT_EQUAL(socket_dropped(scene.server), 2000);
    close(raw);
    end(&scene, client);
}

static void test_frame_that_is_too_long_cuts_the_connection(void)
{
    static const uint64_t sizes[] = {
        SOCKET_FRAME_MAX + 1000, UINT64_C(1) << 31, UINT64_C(1) << 32,
        (UINT64_C(1) << 63) - 1, UINT64_C(1) << 63, UINT64_MAX,
    };
    struct scene scene;
    struct socket *client = start(&scene, NULL);

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        int raw = raw_enter(&scene, "", 0);

        CU_ASSERT_TRUE(raw_frame(raw, false, NULL, sizes[i]));
        CU_ASSERT_TRUE(raw_is_cut(&scene, raw));
        close(raw);
    }
    CU_ASSERT_EQUAL(scene.received, 1);
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
    struct socket *client = start(&scene, NULL);
    int raw = raw_enter(&scene, "", 0);

    CU_ASSERT_TRUE(raw_frame(raw, false, bytes, SOCKET_FRAME_MAX + 1));
    CU_ASSERT_TRUE(scene_until(&scene, is_dropped, &scene));
    CU_ASSERT_EQUAL(scene.received, 1);
    close(raw);
    end(&scene, client);
}

static void test_commands_after_the_handshake(void)
{
    static const char *const commands[] = {
        "\4\6\5READY",          /* again */
        "\4\13\7UNKNOWNxyz",    /* a name nobody knows */
        "\4\1\7",               /* a name longer than the command */
        "\4\12\11SUBSCRIBE",    /* nothing for a ROUTER */
        "\377\377\377\377\377", /* no flags at all */
    };
    struct scene scene;
    struct socket *client = start(&scene, NULL);

    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        int raw = raw_enter(&scene, "", 0);

        CU_ASSERT_TRUE(raw_send(raw, commands[i], strlen(commands[i])));
        CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
        close(raw);
    }
    end(&scene, client);
}

static void test_routing_ids_of_ones_own_choice(void)
{
    struct scene scene;
    struct socket *client = start(&scene, NULL);
    struct sender good = scene.sender;
    char longest[256];
    int raw[4];

    memset(longest, 'i', sizeof(longest));
    raw[0] = raw_enter(&scene, good.route, good.route_size); /* the good client's */
    raw[1] = raw_enter(&scene, longest, 100);
    raw[2] = raw_enter(&scene, longest, 100); /* twice */
    raw[3] = raw_enter(&scene, "\0", 1);
    for (size_t i = 0; i < COUNT_OF(raw); i++)
        raw_frame(raw[i], false, "mine", 4);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
    /* What is sent to the good client's address still goes to it. */
    CU_ASSERT_TRUE(socket_send(scene.server, &good, "for you", 7));
    CU_ASSERT_TRUE(socket_wait(client, 20000000));
    for (size_t i = 0; i < COUNT_OF(raw); i++)
        close(raw[i]);
    end(&scene, client);
}

/* A process of its own, since what libzmq starts from is new in each. */
static void tell_first_route(int where)
{
    struct scene scene;
    struct socket *client = start(&scene, NULL);

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
        {"commands after the handshake",                 test_commands_after_the_handshake         },
        {"routing ids of one's own choice",              test_routing_ids_of_ones_own_choice       },
        {"strangers are cut off",                        test_strangers_are_cut_off                },
        {"handshakes that go wrong",                     test_handshakes_that_go_wrong             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("socket_junk", tests);
}
