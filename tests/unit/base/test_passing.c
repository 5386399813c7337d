/* test_passing.c - a descriptor comes over a socket, and none that nobody asked for stays */

#include "base/passing.h"
#include "tests/lib/runner.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Two ends of a socket, and the message that goes through it. */
struct scene {
    int ends[2];
    char byte;
    struct iovec part;
    struct msghdr message;
    struct passing passing;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){.byte = 'x'};
    scene->part = (struct iovec){&scene->byte, 1};
    scene->message = (struct msghdr){.msg_iov = &scene->part, .msg_iovlen = 1};
    CU_ASSERT_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, scene->ends), 0);
}

static int receive(struct scene *scene)
{
    scene->message = (struct msghdr){.msg_iov = &scene->part, .msg_iovlen = 1};
    passing_expect(&scene->passing, &scene->message);
    CU_ASSERT_EQUAL(recvmsg(scene->ends[1], &scene->message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT), 1);
    return passing_take(&scene->message);
}

static void end(struct scene *scene)
{
    close(scene->ends[0]);
    close(scene->ends[1]);
}

/* The lowest number that is free: as before when nothing was left open. */
static int next_descriptor(void)
{
    int descriptor = dup(STDERR_FILENO);

    close(descriptor);
    return descriptor;
}

static void test_one_comes(void)
{
    struct scene scene;
    int pipe_ends[2], came;

    begin(&scene);
    CU_ASSERT_EQUAL(pipe2(pipe_ends, O_CLOEXEC), 0);
    passing_put(&scene.passing, &scene.message, pipe_ends[1]);
    CU_ASSERT_EQUAL(sendmsg(scene.ends[0], &scene.message, MSG_NOSIGNAL), 1);
    close(pipe_ends[1]);
    came = receive(&scene);
    CU_ASSERT(came >= 0);
    CU_ASSERT_EQUAL(write(came, "y", 1), 1);
    CU_ASSERT_EQUAL(read(pipe_ends[0], &scene.byte, 1), 1);
    CU_ASSERT_EQUAL(scene.byte, 'y');
    close(came);
    close(pipe_ends[0]);
    end(&scene);
}

static void test_none_comes(void)
{
    struct scene scene;

    begin(&scene);
    passing_put(&scene.passing, &scene.message, -1);
    CU_ASSERT_EQUAL(sendmsg(scene.ends[0], &scene.message, MSG_NOSIGNAL), 1);
    CU_ASSERT_EQUAL(receive(&scene), -1);
    end(&scene);
}

/* One more than there is room for. */
static void test_others_are_closed(void)
{
    enum { COUNT = PASSING_MOST + 1 };
    union {
        char bytes[CMSG_SPACE(COUNT * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct scene scene;
    int before, came;

    begin(&scene);
    before = next_descriptor();
    scene.message.msg_control = control.bytes;
    scene.message.msg_controllen = sizeof(control.bytes);
    control.align = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                                     .cmsg_type = SCM_RIGHTS,
                                     .cmsg_len = CMSG_LEN(COUNT * sizeof(int))};
    for (size_t i = 0; i < COUNT; i++)
        memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &scene.ends[0], sizeof(int));
    CU_ASSERT_EQUAL(sendmsg(scene.ends[0], &scene.message, MSG_NOSIGNAL), 1);
    came = receive(&scene);
    CU_ASSERT_EQUAL(came, before);
    close(came);
    CU_ASSERT_EQUAL(next_descriptor(), before);
    end(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"one comes",         test_one_comes        },
        {"none comes",        test_none_comes       },
        {"others are closed", test_others_are_closed},
        CU_TEST_INFO_NULL,
    };

    return run_suite("passing", tests);
}
