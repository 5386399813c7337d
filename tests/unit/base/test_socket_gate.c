/* test_socket_gate.c - strangers do not use up the descriptors */

#include "base/clock.h"
#include "base/parse.h"
#include "base/socket.h"
#include "tests/lib/runner.h"
#include "tests/unit/base/socket_scene.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT = 400, STRANGERS_MOST = 190, EVERY_US = 5000 };

struct crowd {
    struct scene *scene;
    struct socket *client;
    int raw[STRANGERS_MOST];
    size_t count;
    int64_t next_us;
};

/* The kernel takes a connection at once, or drops what asks for it. */
static int dial(const struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd item = {.fd = descriptor, .events = POLLOUT};
    struct error err;
    uint32_t port = 0;

    CU_ASSERT(descriptor >= 0);
    parse_u32(strrchr(socket_endpoint(scene->server), ':') + 1, 1, 65535, &port, &err);
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0 ||
        poll(&item, 1, 200) == 1)
        return descriptor;
    close(descriptor);
    return -1;
}

/* One more stranger now and then, until one is turned away. */
static bool is_turned_away(void *owner)
{
    struct crowd *crowd = owner;

    if (crowd->count == STRANGERS_MOST || clock_boot_us(&clock_real) < crowd->next_us)
        return false;
    crowd->next_us = clock_boot_us(&clock_real) + EVERY_US;
    crowd->raw[crowd->count] = dial(crowd->scene);
    if (crowd->raw[crowd->count] < 0)
        return true;
    crowd->count++;
    return false;
}

static bool is_let_in(void *owner)
{
    struct crowd *crowd = owner;
    int raw = dial(crowd->scene);

    if (raw >= 0)
        close(raw);
    return raw >= 0;
}

static void disperse(struct crowd *crowd)
{
    while (crowd->count > 0)
        close(crowd->raw[--crowd->count]);
}

static void check_flood(const char *endpoint)
{
    struct scene scene;
    struct crowd crowd = {.scene = &scene};
    struct socket *later;
    int spare;

    scene_start(&scene, endpoint);
    crowd.client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, crowd.client, "before", 6));
    CU_ASSERT_TRUE(scene_until(&scene, is_turned_away, &crowd));

    /* Files can still be opened, and who is in stays in. */
    spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CU_ASSERT(spare >= 0 && spare < LIMIT * 9 / 10);
    close(spare);
    CU_ASSERT_TRUE(scene_echo(&scene, crowd.client, "meanwhile", 9));
    CU_ASSERT_EQUAL(scene.asked, 1);

    disperse(&crowd);
    CU_ASSERT_TRUE(scene_until(&scene, is_let_in, &crowd));
    later = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, later, "later", 5));
    CU_ASSERT_TRUE(scene_echo(&scene, crowd.client, "after", 5));
    CU_ASSERT_EQUAL(scene.asked, 2); /* `later` and no one again */
    socket_free(later);
    socket_free(crowd.client);
    scene_end(&scene);
}

static void test_listeners_shut_and_open_again(void)
{
    struct rlimit before, limit;

    CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = (struct rlimit){.rlim_cur = LIMIT, .rlim_max = before.rlim_max};
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    check_flood("tcp://127.0.0.1:*");
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"listeners shut and open again", test_listeners_shut_and_open_again},
        CU_TEST_INFO_NULL,
    };

    return run_suite("socket_gate", tests);
}
