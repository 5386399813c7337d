/* socket_scene.c - a server that echoes, and peers that are not what they should be */

#include "tests/unit/base/socket_scene.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/parse.h"
#include "tests/lib/scratch.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DEADLINE_US INT64_C(60000000)
#define LOOK_US     INT64_C(2000)

static bool on_admit(void *owner, const char *key)
{
    struct scene *scene = owner;

    scene->asked++;
    return strcmp(key, scene->client_pair.public) == 0;
}

static void on_server(void *owner)
{
    struct scene *scene = owner;
    struct sender sender;
    uint8_t *bytes;
    size_t size;

    while (socket_receive(scene->server, &sender, &bytes, &size) == 1) {
        scene->received++;
        scene->sender = sender;
        scene->size = size;
        socket_send(scene->server, &sender, bytes, size);
        free(bytes);
    }
}

struct wait {
    struct scene *scene;
    bool (*holds)(void *owner);
    void *owner;
    int64_t deadline_us;
};

static void on_turn(void *owner)
{
    struct wait *wait = owner;

    wait->scene->late = clock_boot_us(&clock_real) > wait->deadline_us;
    if (wait->scene->late || wait->holds(wait->owner))
        loop_stop(wait->scene->loop);
}

static void on_look(void *owner)
{
    (void)owner; /* the end of the turn does the rest */
}

bool scene_until(struct scene *scene, bool (*holds)(void *owner), void *owner)
{
    struct wait wait = {
        .scene = scene,
        .holds = holds,
        .owner = owner,
        .deadline_us = clock_boot_us(&clock_real) + DEADLINE_US,
    };
    struct watch *look = loop_watch_interval(scene->loop, LOOK_US, on_look, NULL);

    loop_set_turn_end(scene->loop, on_turn, &wait);
    loop_run(scene->loop);
    loop_set_turn_end(scene->loop, NULL, NULL);
    loop_unwatch(scene->loop, look);
    return !scene->late;
}

struct listening {
    struct scene *scene;
    const char *endpoint;
    struct error err;
};

/* libzmq closes in a thread of its own: an address just given up may still be in use. */
static bool listens(void *owner)
{
    struct listening *listening = owner;
    struct scene *scene = listening->scene;

    scene->server = socket_listen(listening->endpoint, &scene->server_pair, &listening->err);
    return scene->server || listening->err.code != ERROR_CONFLICT;
}

void scene_listen(struct scene *scene, const char *endpoint)
{
    struct listening listening = {.scene = scene, .endpoint = endpoint};

    CU_ASSERT_TRUE(scene_until(scene, listens, &listening));
    if (!scene->server)
        printf("# %s\n", listening.err.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene->server);
    scene->server_watch = loop_watch_socket(scene->loop, scene->server, on_server, scene);
}

void scene_unlisten(struct scene *scene)
{
    loop_unwatch(scene->loop, scene->server_watch);
    socket_free(scene->server);
    scene->server = NULL;
}

void scene_start(struct scene *scene, const char *endpoint)
{
    CLEANUP(memory_freep) char *path = scratch_path("socket");
    CLEANUP(memory_freep) char *local = memory_format("ipc://%s", path);
    struct error err = {0};

    memset(scene, 0, sizeof(*scene));
    scene->loop = loop_new();
    key_pair_make(&scene->server_pair);
    key_pair_make(&scene->client_pair);
    scene->admission = socket_admit_with(scene->loop, on_admit, scene, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene->admission);
    scene_listen(scene, endpoint ? endpoint : local);
}

void scene_end(struct scene *scene)
{
    socket_free(scene->server);
    admission_free(scene->admission);
    loop_free(scene->loop);
    socket_end();
}

struct socket *scene_dial(struct scene *scene)
{
    const char *endpoint = socket_endpoint(scene->server);
    struct error err;
    struct socket *client;

    client = socket_dial(endpoint, &scene->client_pair, scene->server_pair.public, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    return client;
}

bool scene_turns(void *owner)
{
    (void)owner;
    return true;
}

struct echo {
    struct socket *client;
    const void *bytes;
    size_t size;
};

static bool has_come_back(void *owner)
{
    struct echo *echo = owner;
    CLEANUP(memory_freep) uint8_t *bytes = NULL;
    size_t size;

    if (socket_receive(echo->client, NULL, &bytes, &size) != 1)
        return false;
    return size == echo->size && memcmp(bytes, echo->bytes, size) == 0;
}

bool scene_echo(struct scene *scene, struct socket *client, const void *bytes, size_t size)
{
    struct echo echo = {client, bytes, size};

    return socket_send(client, NULL, bytes, size) && scene_until(scene, has_come_back, &echo);
}

static int dial_local(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
    if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

static int dial_tcp(const char *port_text)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct error err;
    uint32_t port = 0;

    parse_u32(port_text, 1, 65535, &port, &err);
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

int raw_dial(const struct scene *scene)
{
    const char *endpoint = socket_endpoint(scene->server);

    if (strncmp(endpoint, "ipc://", 6) == 0)
        return dial_local(endpoint + 6);
    return dial_tcp(strrchr(endpoint, ':') + 1);
}

/* False once the server has cut the stream, which may be before all is sent. */
bool raw_send(int descriptor, const void *bytes, size_t size)
{
    return send(descriptor, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

bool raw_greet(int descriptor, const char *mechanism)
{
    uint8_t greeting[64] = {0xff, [9] = 0x7f, [10] = 3};

    memcpy(greeting + 12, mechanism, strnlen(mechanism, 20));
    return raw_send(descriptor, greeting, sizeof(greeting));
}

bool raw_message(int descriptor, uint32_t length, const void *bytes, size_t size)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    buffer_add_u32(&buffer, length);
    buffer_add(&buffer, bytes, size);
    return raw_send(descriptor, buffer.bytes, buffer.length);
}

static bool is_cut(void *owner)
{
    const int *descriptor = owner;
    char bytes[4096];
    ssize_t got;

    do
        got = recv(*descriptor, bytes, sizeof(bytes), MSG_DONTWAIT);
    while (got > 0);
    return got == 0 || (errno != EAGAIN && errno != EINTR);
}

bool raw_is_cut(struct scene *scene, int descriptor)
{
    return scene_until(scene, is_cut, &descriptor);
}
