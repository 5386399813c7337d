/* test_socket_state.c - a person can be told why nothing answers */

#include "base/clock.h"
#include "base/socket.h"
#include "tests/lib/runner.h"
#include "tests/unit/base/socket_scene.h"

#include <stdlib.h>
#include <string.h>

#define ANY_PORT "tcp://127.0.0.1:0"

static bool is_connected(void *owner)
{
    return socket_state(owner) == SOCKET_CONNECTED;
}

static bool is_dialling(void *owner)
{
    return socket_state(owner) == SOCKET_DIALLING;
}

static void check_life(const char *endpoint)
{
    CLEANUP(memory_freep) char *same = NULL;
    struct scene scene;
    struct socket *client;

    scene_start(&scene, endpoint);
    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_until(&scene, is_connected, client));

    same = memory_copy(socket_endpoint(scene.server));
    scene_unlisten(&scene);
    CU_ASSERT_TRUE(scene_until(&scene, is_dialling, client));
    scene_listen(&scene, same);
    CU_ASSERT_TRUE(scene_until(&scene, is_connected, client));
    socket_free(client);
    scene_end(&scene);
}

static void test_connected_lost_and_found(void)
{
    check_life(ANY_PORT);
    check_life(NULL);
}

/* The server sees a stranger, and what is sent goes there. */
static void test_dialled_again(void)
{
    struct scene scene;
    struct socket *client;
    struct sender before;

    scene_start(&scene, ANY_PORT);
    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "a", 1));
    before = scene.sender;
    CU_ASSERT_TRUE(scene_echo(&scene, client, "b", 1));
    CU_ASSERT_EQUAL(memcmp(&before.route, &scene.sender.route, before.route_size), 0);
    socket_dial_again(client);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "c", 1));
    CU_ASSERT_NOT_EQUAL(memcmp(&before.route, &scene.sender.route, before.route_size), 0);
    CU_ASSERT_STRING_EQUAL(before.key, scene.sender.key);
    socket_free(client);
    scene_end(&scene);

    scene_start(&scene, NULL);
    client = scene_dial(&scene);
    socket_dial_again(client);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "d", 1));
    socket_free(client);
    scene_end(&scene);
}

static bool is_mistaken(void *owner)
{
    return socket_state(owner) == SOCKET_MISTAKEN;
}

static void test_mistake_is_over_when_the_right_one_comes(void)
{
    CLEANUP(memory_freep) char *same = NULL;
    struct scene scene;
    struct key_pair other;
    struct socket *client;
    struct error err;

    scene_start(&scene, ANY_PORT);
    key_pair_make(&other);
    client = socket_dial(socket_endpoint(scene.server), &scene.client_pair, other.public, &err);
    CU_ASSERT_TRUE(scene_until(&scene, is_mistaken, client));

    same = memory_copy(socket_endpoint(scene.server));
    scene_unlisten(&scene);
    scene.server_pair = other;
    scene_listen(&scene, same);
    CU_ASSERT_TRUE(scene_until(&scene, is_connected, client));
    socket_free(client);
    scene_end(&scene);
}

/* How long it takes to end with something that cannot go out; the best of a few times. */
static int64_t end_unsent(bool forget)
{
    int64_t least_us = INT64_MAX;

    for (int i = 0; i < 5; i++) {
        int64_t begun_us = clock_boot_us(&clock_real), took_us;
        struct error err;
        struct key_pair pair, server;
        struct socket *socket;

        key_pair_make(&pair);
        key_pair_make(&server);
        socket = socket_dial("tcp://127.0.0.1:9", &pair, server.public, &err);
        CU_ASSERT_FATAL(socket != NULL);
        CU_ASSERT(socket_send(socket, NULL, "unsent", 6));
        if (forget)
            socket_forget(socket);
        socket_free(socket);
        socket_end();
        took_us = clock_boot_us(&clock_real) - begun_us;
        if (took_us < least_us)
            least_us = took_us;
    }
    return least_us;
}

static void test_an_end_waits_unless_it_need_not(void)
{
    CU_ASSERT(end_unsent(false) >= 400000);
    CU_ASSERT(end_unsent(true) < 400000);
}

static void test_each_state_has_its_own_text(void)
{
    for (int a = 0; a < SOCKET_STATE_COUNT; a++)
        for (int b = 0; b < a; b++)
            CU_ASSERT_STRING_NOT_EQUAL(socket_state_text((enum socket_state)a),
                                       socket_state_text((enum socket_state)b));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"connected, lost and found",                  test_connected_lost_and_found       },
        {"a mistake is over when the right one comes",
         test_mistake_is_over_when_the_right_one_comes                                     },
        {"dialled again over another connection",      test_dialled_again                  },
        {"each state has its own text",                test_each_state_has_its_own_text    },
        {"an end waits unless it need not",            test_an_end_waits_unless_it_need_not},
        CU_TEST_INFO_NULL,
    };

    return run_suite("socket_state", tests);
}
