/* test_socket.c - messages arrive whole, with their sender, or not at all */

#include "base/socket.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/base/socket_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANY_PORT "tcp://127.0.0.1:0"

static void test_sender_on_tcp_is_its_key(void)
{
    struct scene scene;
    struct socket *client;

    scene_start(&scene, ANY_PORT);
    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "hello", 5));
    CU_ASSERT_STRING_EQUAL(scene.sender.key, scene.client_pair.public);
    CU_ASSERT_EQUAL(scene.sender.uid, (uid_t)-1);
    CU_ASSERT_EQUAL(scene.asked, 1);
    socket_free(client);
    scene_end(&scene);
}

static void test_sender_on_a_local_socket_is_its_uid(void)
{
    struct scene scene;
    struct socket *client;

    scene_start(&scene, NULL);
    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "hello", 5));
    CU_ASSERT_STRING_EQUAL(scene.sender.key, "");
    CU_ASSERT_EQUAL(scene.sender.uid, getuid());
    CU_ASSERT_EQUAL(scene.asked, 0);
    socket_free(client);
    scene_end(&scene);
}

static void check_sizes(const char *endpoint)
{
    CLEANUP(memory_freep) char *bytes = NEW_ARRAY(char, SOCKET_FRAME_MAX + 1);
    struct scene scene;
    struct socket *client;

    memset(bytes, 'x', SOCKET_FRAME_MAX + 1);
    scene_start(&scene, endpoint);
    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "", 0));
    CU_ASSERT_TRUE(scene_echo(&scene, client, bytes, SOCKET_FRAME_MAX));
    CU_ASSERT_FALSE(socket_send(client, NULL, bytes, SOCKET_FRAME_MAX + 1));
    CU_ASSERT_TRUE(scene_echo(&scene, client, "after", 5));
    CU_ASSERT_EQUAL(scene.received, 3);
    CU_ASSERT_EQUAL(socket_dropped(scene.server), 0);
    socket_free(client);
    scene_end(&scene);
}

static void test_any_size_up_to_the_limit(void)
{
    check_sizes(ANY_PORT);
    check_sizes(NULL);
}

static void test_port_0_is_told(void)
{
    struct scene scene;

    scene_start(&scene, ANY_PORT);
    CU_ASSERT(strncmp(socket_endpoint(scene.server), "tcp://127.0.0.1:", 16) == 0);
    CU_ASSERT_STRING_NOT_EQUAL(socket_endpoint(scene.server), ANY_PORT);
    scene_end(&scene);
}

static void test_star_is_any_port_too(void)
{
    struct scene scene;

    scene_start(&scene, "tcp://127.0.0.1:*");
    CU_ASSERT_PTR_NULL(strchr(socket_endpoint(scene.server), '*'));
    scene_end(&scene);
}

static void test_version_6(void)
{
    struct scene scene;
    struct socket *client;

    if (access("/proc/net/if_inet6", F_OK) != 0) {
        CU_PASS("no IPv6 on this machine");
        return;
    }
    scene_start(&scene, "tcp://[::1]:0");
    CU_ASSERT(strncmp(socket_endpoint(scene.server), "tcp://[::1]:", 12) == 0);
    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "hello", 5));
    socket_free(client);
    scene_end(&scene);
}

static bool is_gone(void *owner)
{
    struct scene *scene = owner;

    return !socket_send(scene->server, &scene->sender, "still there?", 12);
}

static void test_sending_to_one_who_left_fails(void)
{
    struct scene scene;
    struct socket *client;

    scene_start(&scene, ANY_PORT);
    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "hello", 5));
    CU_ASSERT_TRUE(socket_send(scene.server, &scene.sender, "now", 3));
    socket_free(client);
    CU_ASSERT_TRUE(scene_until(&scene, is_gone, &scene));
    scene_end(&scene);
}

static bool is_asked_twice(void *owner)
{
    struct scene *scene = owner;

    return scene->asked == 2;
}

static void test_client_comes_back_to_a_new_server(void)
{
    CLEANUP(memory_freep) char *endpoint = NULL;
    struct scene scene;
    struct socket *client;

    scene_start(&scene, ANY_PORT);
    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "one", 3));
    endpoint = memory_copy(socket_endpoint(scene.server));
    scene_unlisten(&scene);
    scene_listen(&scene, endpoint);
    CU_ASSERT_TRUE(scene_until(&scene, is_asked_twice, &scene));
    CU_ASSERT_TRUE(scene_echo(&scene, client, "two", 3));
    CU_ASSERT_EQUAL(scene.asked, 2);
    socket_free(client);
    scene_end(&scene);
}

static bool is_received(void *owner)
{
    struct scene *scene = owner;

    return scene->received > 0;
}

static void on_client(void *owner)
{
    CLEANUP(memory_freep) uint8_t *bytes = NULL;
    size_t size;

    socket_receive(owner, NULL, &bytes, &size);
}

static void test_server_may_start_later(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("later");
    CLEANUP(memory_freep) char *endpoint = memory_format("ipc://%s", path);
    struct scene scene;
    struct error err;
    struct socket *client = socket_dial(endpoint, NULL, NULL, &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    CU_ASSERT_TRUE(socket_send(client, NULL, "early", 5));
    scene_start(&scene, endpoint);
    loop_watch_socket(scene.loop, client, on_client, client);
    CU_ASSERT_TRUE(scene_until(&scene, is_received, &scene));
    CU_ASSERT_EQUAL(scene.size, 5);
    socket_free(client);
    scene_end(&scene);
}

static bool is_sent(void *client)
{
    return socket_send(client, NULL, "1", 1);
}

/* Nothing is kept for the one that is not there. */
static void test_one_of_several_answers(void)
{
    struct scene scene;
    struct error err;
    CLEANUP(memory_freep) char *endpoints = NULL;
    struct socket *client;

    scene_start(&scene, "tcp://127.0.0.1:*");
    endpoints = memory_format("tcp://127.0.0.1:1, %s", socket_endpoint(scene.server));
    client = socket_dial(endpoints, &scene.client_pair, scene.server_pair.public, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    CU_ASSERT_TRUE(scene_until(&scene, is_sent, client));
    CU_ASSERT_TRUE(scene_until(&scene, is_received, &scene));
    for (int i = 2; i <= 10; i++)
        CU_ASSERT_TRUE(scene_echo(&scene, client, "another", 7));
    CU_ASSERT_EQUAL(scene.received, 10);
    socket_free(client);
    scene_end(&scene);
}

static void test_wait_without_a_loop(void)
{
    struct scene scene;
    struct socket *client;

    scene_start(&scene, NULL);
    client = scene_dial(&scene);
    CU_ASSERT_FALSE(socket_wait(client, 0));
    CU_ASSERT_FALSE(socket_wait(client, 1000));
    CU_ASSERT_TRUE(socket_send(client, NULL, "x", 1));
    CU_ASSERT_TRUE(scene_until(&scene, is_received, &scene));
    CU_ASSERT_TRUE(socket_wait(client, 20000000));
    socket_free(client);
    scene_end(&scene);
}

/* endpoint, and words of the refusal */
static void check_refused(const char *endpoint, const struct key_pair *pair, const char *words)
{
    struct error err = {0};

    CU_ASSERT_PTR_NULL(socket_listen(endpoint, pair, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
    if (!strstr(err.text, words))
        printf("# %s: %s\n", endpoint, err.text);
}

static void test_endpoints_that_are_refused(void)
{
    CLEANUP(memory_freep) char *path = scratch_file("file", "precious", 8);
    CLEANUP(memory_freep) char *file = memory_format("ipc://%s", path);
    CLEANUP(memory_freep) char *missing = memory_format("ipc://%s/a/b", scratch_directory());
    struct scene scene;
    struct stat status;

    scene_start(&scene, NULL);
    check_refused("udp://127.0.0.1:1", &scene.server_pair, "neither tcp");
    check_refused("inproc://x", &scene.server_pair, "neither tcp");
    check_refused("tcp://127.0.0.1:0", NULL, "key pair");
    check_refused("tcp://127.0.0.1", &scene.server_pair, "listen on");
    check_refused("tcp://127.0.0.1:65536", &scene.server_pair, "listen on");
    check_refused("tcp://127.0.0.1:x", &scene.server_pair, "listen on");
    check_refused("ipc://relative", NULL, "absolute");
    check_refused("ipc://@abstract", NULL, "absolute");
    check_refused("ipc:///a23456789b123456789c123456789d123456789e123456789f123456789"
                  "g123456789h123456789i123456789j123456789k12345678",
                  NULL, "at most 107");
    check_refused(missing, NULL, "listen on");
    check_refused(file, NULL, "not a socket");
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_size, 8);
    scene_end(&scene);
}

static void test_addresses_in_use(void)
{
    struct scene scene;
    struct error err;
    struct socket *other, *client;

    scene_start(&scene, ANY_PORT);
    CU_ASSERT_PTR_NULL(socket_listen(socket_endpoint(scene.server), &scene.server_pair, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    scene_end(&scene);

    scene_start(&scene, NULL);
    other = socket_listen(socket_endpoint(scene.server), NULL, &err);
    CU_ASSERT_PTR_NULL(other);
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "another program listens"));
    client = scene_dial(&scene); /* and the one who was first is still reached */
    CU_ASSERT_TRUE(scene_echo(&scene, client, "hello", 5));
    socket_free(client);
    scene_end(&scene);
}

static void test_socket_file_left_behind_is_replaced(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("socket");
    struct scene scene;
    struct socket *client;
    struct stat status;
    int pipe_ends[2];
    char done;

    CU_ASSERT_EQUAL_FATAL(pipe(pipe_ends), 0);
    if (fork() == 0) {
        scene_start(&scene, NULL);
        if (write(pipe_ends[1], "x", 1) == 1)
            _exit(0); /* as kill -9 would: nothing is removed */
        _exit(1);
    }
    close(pipe_ends[1]);
    CU_ASSERT_EQUAL(read(pipe_ends[0], &done, 1), 1);
    CU_ASSERT_EQUAL(read(pipe_ends[0], &done, 1), 0); /* it has ended */
    close(pipe_ends[0]);

    CU_ASSERT_EQUAL(stat(path, &status), 0);
    scene_start(&scene, NULL);
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0777, 0666);
    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "hello", 5));
    socket_free(client);
    scene_end(&scene);
    CU_ASSERT_EQUAL(stat(path, &status), -1); /* a proper end takes it away */
}

static void test_dialling_needs_a_server_key(void)
{
    struct key_pair pair;
    struct error err;

    key_pair_make(&pair);
    CU_ASSERT_PTR_NULL(socket_dial("tcp://127.0.0.1:1", &pair, NULL, &err));
    CU_ASSERT_PTR_NULL(socket_dial("tcp://127.0.0.1:1", &pair, "short", &err));
    CU_ASSERT_PTR_NULL(socket_dial("tcp://127.0.0.1:1", NULL, pair.public, &err));
    CU_ASSERT_PTR_NULL(socket_dial("nonsense", &pair, pair.public, &err));
    CU_ASSERT_PTR_NULL(socket_dial("tcp://:::", &pair, pair.public, &err));
    socket_end();
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a socket file left behind is replaced", test_socket_file_left_behind_is_replaced},
        {"a sender on TCP is its key",            test_sender_on_tcp_is_its_key           },
        {"a sender on a local socket is its uid", test_sender_on_a_local_socket_is_its_uid},
        {"any size up to the limit",              test_any_size_up_to_the_limit           },
        {"one of several answers",                test_one_of_several_answers             },
        {"port 0 is told",                        test_port_0_is_told                     },
        {"* is any port too",                     test_star_is_any_port_too               },
        {"IPv6",                                  test_version_6                          },
        {"sending to one who left fails",         test_sending_to_one_who_left_fails      },
        {"a client comes back to a new server",   test_client_comes_back_to_a_new_server  },
        {"the server may start later",            test_server_may_start_later             },
        {"wait without a loop",                   test_wait_without_a_loop                },
        {"endpoints that are refused",            test_endpoints_that_are_refused         },
        {"addresses in use",                      test_addresses_in_use                   },
        {"dialling needs a server key",           test_dialling_needs_a_server_key        },
        CU_TEST_INFO_NULL,
    };

    return run_suite("socket", tests);
}
