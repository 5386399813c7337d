/* test_socket_admission.c - only who is admitted gets a word in, and who it is says the
 * transport */

#include "base/socket.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/base/socket_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANY_PORT "tcp://127.0.0.1:0"
#define NOBODY   65534

static bool is_refused(void *owner)
{
    return socket_state(owner) == SOCKET_REFUSED;
}

static void test_key_that_is_not_admitted(void)
{
    struct scene scene;
    struct key_pair pair;
    struct socket *stranger, *client;
    struct error err;

    scene_start(&scene, ANY_PORT);
    key_pair_make(&pair);
    stranger = socket_dial(socket_endpoint(scene.server), &pair, scene.server_pair.public, &err);
    CU_ASSERT_TRUE(socket_send(stranger, NULL, "let me in", 9));
    CU_ASSERT_TRUE(scene_until(&scene, is_refused, stranger));
    CU_ASSERT(scene.asked >= 1);
    CU_ASSERT_EQUAL(scene.received, 0);

    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "hello", 5));
    CU_ASSERT_EQUAL(scene.received, 1);
    socket_free(stranger);
    socket_free(client);
    scene_end(&scene);
}

static bool is_mistaken(void *owner)
{
    return socket_state(owner) == SOCKET_MISTAKEN;
}

static void test_client_that_expects_another_server(void)
{
    struct scene scene;
    struct key_pair other;
    struct socket *client;
    struct error err;

    scene_start(&scene, ANY_PORT);
    key_pair_make(&other);
    client = socket_dial(socket_endpoint(scene.server), &scene.client_pair, other.public, &err);
    CU_ASSERT_TRUE(socket_send(client, NULL, "secret", 6));
    CU_ASSERT_TRUE(scene_until(&scene, is_mistaken, client));
    CU_ASSERT_EQUAL(scene.asked, 0);
    CU_ASSERT_EQUAL(scene.received, 0);
    socket_free(client);
    scene_end(&scene);
}

/* A public key is no secret: to show one is not to have it. */
static void test_borrowed_public_key(void)
{
    struct scene scene;
    struct key_pair thief;
    struct socket *client;
    struct error err;

    scene_start(&scene, ANY_PORT);
    key_pair_make(&thief);
    memcpy(thief.public, scene.client_pair.public, sizeof(thief.public));
    client = socket_dial(socket_endpoint(scene.server), &thief, scene.server_pair.public, &err);
    CU_ASSERT_TRUE(socket_send(client, NULL, "I am you", 8));
    CU_ASSERT_TRUE(scene_until(&scene, is_mistaken, client));
    CU_ASSERT_EQUAL(scene.received, 0);
    socket_free(client);
    scene_end(&scene);
}

static void test_listening_needs_someone_to_ask(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("unasked");
    CLEANUP(memory_freep) char *local = memory_format("ipc://%s", path);
    struct key_pair pair;
    struct error err;

    key_pair_make(&pair);
    CU_ASSERT_PTR_NULL(socket_listen(ANY_PORT, &pair, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INTERNAL);
    CU_ASSERT_PTR_NULL(socket_listen(local, NULL, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INTERNAL);
    socket_end();
}

static bool admit_none(void *owner, const char *key)
{
    (void)owner;
    (void)key;
    return false;
}

static void test_one_admission_per_process(void)
{
    struct scene scene;
    struct socket *client;
    struct error err;

    scene_start(&scene, ANY_PORT);
    CU_ASSERT_PTR_NULL(socket_admit_with(scene.loop, admit_none, NULL, &err));
    client = scene_dial(&scene);
    CU_ASSERT_TRUE(scene_echo(&scene, client, "hello", 5));
    socket_free(client);
    scene_end(&scene);
}

/* A process of another user, made before libzmq has threads here.  It is told the
 * endpoint through a pipe, says hello, and ends. */
struct other {
    pid_t pid;
    int tell;
};

static void speak_as_nobody(int ear)
{
    char endpoint[256] = "";
    struct error err;
    struct socket *client;

    if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0 || read(ear, endpoint, sizeof(endpoint) - 1) <= 0)
        _exit(1);
    client = socket_dial(endpoint, NULL, NULL, &err);
    if (!client || !socket_send(client, NULL, "I am root", 9))
        _exit(2);
    _exit(socket_wait(client, 20000000) ? 0 : 3);
}

static struct other start_other(void)
{
    int ends[2];
    struct other other;

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    other.pid = fork();
    if (other.pid == 0) {
        close(ends[1]);
        speak_as_nobody(ends[0]);
    }
    close(ends[0]);
    other.tell = ends[1];
    return other;
}

static bool is_received(void *owner)
{
    struct scene *scene = owner;

    return scene->received > 0;
}

static void test_uid_of_another_user(void)
{
    struct scene scene;
    struct other other;
    const char *endpoint;
    int status;

    if (geteuid() != 0) {
        CU_PASS("only root can act as another user");
        return;
    }
    CU_ASSERT_EQUAL(chmod(scratch_directory(), 0711), 0);
    other = start_other();
    scene_start(&scene, NULL);
    endpoint = socket_endpoint(scene.server);
    CU_ASSERT(write(other.tell, endpoint, strlen(endpoint)) > 0);
    CU_ASSERT_TRUE(scene_until(&scene, is_received, &scene));
    CU_ASSERT_EQUAL(scene.sender.uid, NOBODY);
    CU_ASSERT_STRING_EQUAL(scene.sender.key, "");
    CU_ASSERT_EQUAL(waitpid(other.pid, &status, 0), other.pid);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(other.tell);
    scene_end(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the uid of another user",              test_uid_of_another_user               },
        {"a key that is not admitted",           test_key_that_is_not_admitted          },
        {"a client that expects another server", test_client_that_expects_another_server},
        {"a borrowed public key",                test_borrowed_public_key               },
        {"listening needs someone to ask",       test_listening_needs_someone_to_ask    },
        {"one admission per process",            test_one_admission_per_process         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("socket_admission", tests);
}
