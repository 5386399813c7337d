/* test_socket_local.c - on one machine too a peer can disturb nobody but itself */

#include "base/memory.h"
#include "base/socket.h"
#include "base/socket_local.h"
#include "tests/lib/runner.h"
#include "tests/unit/base/socket_scene.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Each test has one good client, which must not notice anything. */
static struct socket *start(struct scene *scene)
{
    struct socket *client;

    scene_start(scene, NULL);
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

static void test_lengths_that_cannot_be_end_the_connection(void)
{
    static const uint32_t lengths[] = {
        SOCKET_FRAME_MAX + 1, UINT32_C(1) << 31, UINT32_MAX, UINT32_C(0x47455420), /* "GET " */
        UINT32_C(0x5353482d),                                                      /* "SSH-" */
        UINT32_C(0x16030100),                                                      /* TLS */
        UINT32_C(0xff000000),                                                      /* ZMTP */
    };
    struct scene scene;
    struct socket *client = start(&scene);

    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        int raw = raw_dial(&scene);

        CU_ASSERT_TRUE(raw_message(raw, lengths[i], "", 0));
        CU_ASSERT_TRUE(raw_is_cut(&scene, raw));
        CU_ASSERT_EQUAL(socket_dropped(scene.server), i + 1);
        close(raw);
    }
    CU_ASSERT_EQUAL(scene.received, 1);
    end(&scene, client);
}

static bool is_received_three_times(void *owner)
{
    struct scene *scene = owner;

    return scene->received == 3;
}

static void test_bytes_that_come_one_by_one(void)
{
    static const char bytes[] = {0, 0, 0, 2, 'h', 'i', 0, 0, 0, 0};
    struct scene scene;
    struct socket *client = start(&scene);
    int raw = raw_dial(&scene);

    for (size_t i = 0; i < sizeof(bytes); i++) {
        CU_ASSERT_TRUE(raw_send(raw, bytes + i, 1));
        CU_ASSERT_TRUE(scene_until(
            &scene, i + 1 < sizeof(bytes) ? scene_turns : is_received_three_times, &scene));
    }
    CU_ASSERT_EQUAL(scene.size, 0);
    CU_ASSERT_EQUAL(scene.sender.uid, getuid());
    CU_ASSERT_EQUAL(socket_dropped(scene.server), 0);
    close(raw);
    end(&scene, client);
}

static bool has_answered(void *owner)
{
    char bytes[64];
    const int *raw = owner;

    return recv(*raw, bytes, sizeof(bytes), MSG_DONTWAIT) == 4 + 2;
}

static void test_half_a_message_and_no_more(void)
{
    struct scene scene;
    struct socket *client = start(&scene);
    int quiet = raw_dial(&scene), half = raw_dial(&scene), closing = raw_dial(&scene);
    int begun = raw_dial(&scene);

    CU_ASSERT_TRUE(raw_message(half, 1000, "abc", 3));
    CU_ASSERT_TRUE(raw_send(begun, "", 1));
    CU_ASSERT_TRUE(raw_message(closing, 1000, "abc", 3));
    CU_ASSERT_EQUAL(shutdown(closing, SHUT_WR), 0);
    CU_ASSERT_TRUE(raw_is_cut(&scene, closing));
    CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
    CU_ASSERT_EQUAL(socket_dropped(scene.server), 1);
    CU_ASSERT_TRUE(raw_is_cut(&scene, half)); /* after a while */
    CU_ASSERT_TRUE(raw_is_cut(&scene, begun));
    CU_ASSERT_TRUE(raw_message(quiet, 2, "hi", 2)); /* who has not begun may wait */
    CU_ASSERT_TRUE(scene_until(&scene, has_answered, &quiet));
    close(quiet);
    close(half);
    close(begun);
    close(closing);
    end(&scene, client);
}

struct crowd {
    struct scene *scene;
    int raw[LOCAL_PEERS_PER_UID + 10];
};

static void test_one_user_has_so_many_connections(void)
{
    struct scene scene;
    struct crowd crowd = {.scene = &scene};
    struct socket *client = start(&scene);
    size_t answered = 0, cut = 0;

    for (size_t i = 0; i < COUNT_OF(crowd.raw); i++) {
        crowd.raw[i] = raw_dial(&scene);
        CU_ASSERT(crowd.raw[i] >= 0);
        (void)raw_message(crowd.raw[i], 2, "hi", 2);
    }
    CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
    /* The good client has one of the places. */
    for (size_t i = 0; i < COUNT_OF(crowd.raw); i++) {
        if (i < LOCAL_PEERS_PER_UID - 1)
            answered += scene_until(&scene, has_answered, &crowd.raw[i]);
        else
            cut += raw_is_cut(&scene, crowd.raw[i]);
    }
    CU_ASSERT_EQUAL(answered, LOCAL_PEERS_PER_UID - 1);
    CU_ASSERT_EQUAL(cut, COUNT_OF(crowd.raw) - LOCAL_PEERS_PER_UID + 1);
    for (size_t i = 0; i < COUNT_OF(crowd.raw); i++)
        close(crowd.raw[i]);
    end(&scene, client);
}

/* One who was turned away dials again, and gets in when there is room. */
static void test_turned_away_client_comes_back(void)
{
    struct scene scene;
    struct socket *client = start(&scene), *later;
    int raw[LOCAL_PEERS_PER_UID - 1];

    for (size_t i = 0; i < COUNT_OF(raw); i++)
        raw[i] = raw_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
    later = scene_dial(&scene);
    CU_ASSERT_TRUE(socket_send(later, NULL, "patience", 8));
    CU_ASSERT_TRUE(scene_echo(&scene, client, "more", 4));
    for (size_t i = 0; i < COUNT_OF(raw); i++)
        close(raw[i]);
    CU_ASSERT_TRUE(scene_echo(&scene, later, "hello", 5));
    socket_free(later);
    end(&scene, client);
}

static void test_no_descriptors_left(void)
{
    struct scene scene;
    struct socket *client = start(&scene);
    struct rlimit before, limit;
    int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int raw[20];

    /* Room for the strangers' ends here, and for a few of those there. */
    close(lowest);
    CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = (struct rlimit){.rlim_cur = (rlim_t)lowest + 25, .rlim_max = before.rlim_max};
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    for (size_t i = 0; i < COUNT_OF(raw); i++)
        raw[i] = raw_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
    CU_ASSERT_TRUE(raw_is_cut(&scene, raw[COUNT_OF(raw) - 1]));
    for (size_t i = 0; i < COUNT_OF(raw); i++)
        close(raw[i]);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
    end(&scene, client);
}

static void test_peer_that_does_not_read(void)
{
    CLEANUP(memory_freep) char *bytes = NEW_ARRAY(char, SOCKET_FRAME_MAX);
    struct scene scene;
    struct socket *client = start(&scene);
    int raw = raw_dial(&scene), sent = 0;

    CU_ASSERT_TRUE(raw_message(raw, 2, "hi", 2));
    while (scene.received < 2)
        CU_ASSERT_TRUE(scene_until(&scene, scene_turns, &scene));
    struct sender deaf = scene.sender;

    while (sent < 100 && socket_send(scene.server, &deaf, bytes, SOCKET_FRAME_MAX))
        sent++;
    CU_ASSERT(sent >= 1 && sent <= 3); /* then it is refused, not kept */
    CU_ASSERT_TRUE(scene_echo(&scene, client, "meanwhile", 9));
    close(raw);
    end(&scene, client);
}

static bool is_whole(void *owner)
{
    struct socket *client = owner;
    CLEANUP(memory_freep) uint8_t *bytes = NULL;
    size_t size = 0;

    return socket_receive(client, NULL, &bytes, &size) == 1 && size == SOCKET_FRAME_MAX;
}

static void test_what_waited_arrives_in_order(void)
{
    CLEANUP(memory_freep) char *bytes = NEW_ARRAY(char, SOCKET_FRAME_MAX);
    struct scene scene;
    struct socket *client = start(&scene);

    for (int i = 0; i < 2; i++)
        CU_ASSERT_TRUE(socket_send(scene.server, &scene.sender, bytes, SOCKET_FRAME_MAX));
    for (int i = 0; i < 2; i++)
        CU_ASSERT_TRUE(scene_until(&scene, is_whole, client));
    end(&scene, client);
}

static void test_addresses_are_not_given_twice(void)
{
    struct scene scene;
    struct socket *client = start(&scene), *second;
    struct sender first = scene.sender, invented = {.route_size = 8, .route = {99}};

    second = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, second, "x", 1));
    CU_ASSERT(memcmp(first.route, scene.sender.route, first.route_size) != 0);
    socket_free(second);
    CU_ASSERT_FALSE(socket_send(scene.server, &invented, "x", 1));
    invented.route_size = 3;
    CU_ASSERT_FALSE(socket_send(scene.server, &invented, "x", 1));
    end(&scene, client);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"lengths that cannot be end the connection",
         test_lengths_that_cannot_be_end_the_connection                                    },
        {"bytes that come one by one",                test_bytes_that_come_one_by_one      },
        {"half a message and no more",                test_half_a_message_and_no_more      },
        {"one user has so many connections",          test_one_user_has_so_many_connections},
        {"a turned away client comes back",           test_turned_away_client_comes_back   },
        {"no descriptors left",                       test_no_descriptors_left             },
        {"a peer that does not read",                 test_peer_that_does_not_read         },
        {"what waited arrives in order",              test_what_waited_arrives_in_order    },
        {"addresses are not given twice",             test_addresses_are_not_given_twice   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("socket_local", tests);
}
