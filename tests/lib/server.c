/* server.c - a listening program of the test's own, in a process of its own */

#include "tests/lib/server.h"

#include "base/buffer.h"
#include "base/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct server {
    pid_t pid;
    int go;    /* written to: listen */
    int ready; /* read from: the endpoint */
    char endpoint[256];
};

/* In the child. */
struct child {
    struct serving serving;
    serve_fn *serve;
    const char *refused;
};

static void stop(const char *what)
{
    printf("Bail out! %s: %s\n", what, strerror(errno));
    exit(99);
}

static bool admit(void *owner, const char *key)
{
    const struct child *child = owner;

    return !child->refused || strcmp(child->refused, key) != 0;
}

static void on_message(void *owner)
{
    struct child *child = owner;
    struct sender from;
    uint8_t *bytes;
    size_t size;

    while (socket_receive(child->serving.socket, &from, &bytes, &size) == 1) {
        CLEANUP(memory_freep) uint8_t *received = bytes;
        CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
        struct error err;

        envelope = message_decode(received, size, &err);
        child->serve(&child->serving, &from, envelope);
    }
}

static void run_child(struct child *child, const char *endpoint, const struct key_pair *pair,
                      int go, int ready)
{
    struct loop *loop = loop_new();
    struct error err = {.text = ""};
    char byte;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(go, &byte, 1) != 1)
        _exit(0); /* nobody wants us any more */
    if (!socket_admit_with(loop, admit, child, &err))
        _exit(1);
    child->serving.socket = socket_listen(endpoint, pair, &err);
    if (!child->serving.socket) {
        printf("# %s\n", err.text);
        fflush(stdout);
        _exit(1);
    }
    endpoint = socket_endpoint(child->serving.socket);
    if (write(ready, endpoint, strlen(endpoint) + 1) < 0)
        _exit(1);
    loop_watch_socket(loop, child->serving.socket, on_message, child);
    loop_run(loop);
    _exit(0);
}

struct server *server_prepare(const char *endpoint, const struct key_pair *pair,
                              const char *refused, serve_fn *serve, void *owner)
{
    struct child child = {.serving.owner = owner, .serve = serve, .refused = refused};
    struct server *server = NEW(struct server);
    int go[2], ready[2];

    if (pipe(go) || pipe(ready))
        stop("pipe");
    fflush(stdout);
    server->pid = fork();
    if (server->pid < 0)
        stop("fork");
    if (server->pid == 0) {
        close(go[1]);
        close(ready[0]);
        run_child(&child, endpoint, pair, go[0], ready[1]);
    }
    close(go[0]);
    close(ready[1]);
    server->go = go[1];
    server->ready = ready[0];
    return server;
}

void server_go(struct server *server)
{
    if (write(server->go, "g", 1) != 1 ||
        read(server->ready, server->endpoint, sizeof(server->endpoint)) <= 0)
        stop("the server does not start");
}

struct server *server_start(const char *endpoint, const struct key_pair *pair, const char *refused,
                            serve_fn *serve, void *owner)
{
    struct server *server = server_prepare(endpoint, pair, refused, serve, owner);

    server_go(server);
    return server;
}

const char *server_endpoint(const struct server *server)
{
    return server->endpoint;
}

pid_t server_pid(const struct server *server)
{
    return server->pid;
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    close(server->go);
    close(server->ready);
    free(server);
}

void serving_answer(const struct serving *serving, const struct sender *to, uint64_t request,
                    Wire__Envelope *answer)
{
    CLEANUP(buffer_clear) struct buffer frame;

    buffer_init(&frame);
    answer->request = request;
    message_encode(answer, &frame);
    socket_send(serving->socket, to, frame.bytes, frame.length);
}

void *server_shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        stop("mmap");
    return memory;
}
