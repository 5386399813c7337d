/* test_pmix_link.c - servers of a step, each a process: what one sends the other gets */

#include "agent/pmix_link.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/socket.h"
#include "tests/lib/runner.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NODES = 20, DEADLINE_S = 30, LONG = 5 << 19, GOOD = 42 };

/* One process.  The last server asks the one before it, which is reached over the root, for
 * something long, and then ends all. */
struct server {
    struct pmix_job job;
    struct loop *loop;
    struct pmix_link *link;
    bool good;
};

static uint8_t pattern(size_t place)
{
    return (uint8_t)(place * 7 + place / 251);
}

static bool is_pattern(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != pattern(i))
            return false;
    return size == LONG;
}

static void answer(struct server *server, const struct pmix_note *ask)
{
    CLEANUP(memory_freep) uint8_t *bytes = NEW_ARRAY(uint8_t, LONG);
    struct pmix_note note = *ask;

    for (size_t i = 0; i < LONG; i++)
        bytes[i] = pattern(i);
    note.kind = PMIX_NOTE_MODEX;
    note.from = ask->to;
    note.to = ask->from;
    note.bytes = bytes;
    note.size = LONG;
    pmix_link_send(server->link, &note);
}

static void on_note(void *owner, size_t node, const struct pmix_note *note)
{
    struct server *server = owner;
    struct pmix_note end = {.kind = PMIX_NOTE_END, .from = NODES - 1, .status = GOOD};

    (void)node;
    if (note->kind == PMIX_NOTE_MODEX_ASK && note->number == 17) {
        answer(server, note);
    } else if (note->kind == PMIX_NOTE_MODEX && is_pattern(note->bytes, note->size)) {
        pmix_link_send(server->link, &end);
        server->good = true;
        loop_stop(server->loop);
    } else if (note->kind == PMIX_NOTE_END) {
        server->good = note->status == GOOD && note->from == NODES - 1;
        loop_stop(server->loop);
    }
}

static void on_trouble(void *owner, const struct error *why)
{
    (void)owner;
    (void)why;
    _exit(2);
}

static char name[] = "n";
static char *names[NODES];

static void start(struct server *server, size_t index)
{
    const struct pmix_link_calls calls = {on_note, on_trouble, server};
    struct error err;

    server->job = (struct pmix_job){
        .count = NODES, .index = index, .nodes = names, .all = NODES, .key = {1, 2, 3}
    };
    server->loop = loop_new();
    server->link = pmix_link_new(server->loop, &server->job, &calls, &err);
    if (!server->link)
        _exit(3);
}

/* Tell the address, and do what comes. */
_Noreturn static void be_server(size_t index, int output, const char *parent)
{
    struct server server = {.good = false};
    CLEANUP(buffer_clear) struct buffer address = {0};
    struct error err;

    alarm(DEADLINE_S);
    start(&server, index);
    buffer_init(&address);
    if (!pmix_link_address(server.link, &address, &err) ||
        write(output, address.bytes, address.length) != (ssize_t)address.length)
        _exit(4);
    close(output);
    if (index > 0 && !pmix_link_dial(server.link, parent, &err))
        _exit(5);
    if (index == NODES - 1)
        pmix_link_send(server.link, &(struct pmix_note){.kind = PMIX_NOTE_MODEX_ASK,
                                                        .from = NODES - 1,
                                                        .to = NODES - 4,
                                                        .number = 17});
    loop_run(server.loop);
    pmix_link_free(server.link);
    _exit(server.good ? GOOD : 6);
}

static pid_t start_server(size_t index, const char *parent, char *ret_address, size_t room)
{
    size_t length = 0;
    ssize_t size;
    int pipes[2];
    pid_t pid;

    if (pipe(pipes) != 0)
        abort();
    pid = fork();
    if (pid == 0)
        be_server(index, pipes[1], parent);
    close(pipes[1]);
    while ((size = read(pipes[0], ret_address + length, room - 1 - length)) > 0)
        length += (size_t)size;
    ret_address[length] = '\0';
    close(pipes[0]);
    return pid;
}

static void test_notes_arrive_over_the_tree(void)
{
    static char addresses[NODES][4096];
    pid_t pids[NODES];
    int good = 0;

    for (size_t i = 0; i < NODES; i++)
        pids[i] = start_server(i, i > 0 ? addresses[(i - 1) / PMIX_ARITY] : NULL, addresses[i],
                               sizeof(addresses[i]));
    for (size_t i = 0; i < NODES; i++) {
        int status = 0;

        waitpid(pids[i], &status, 0);
        good += WIFEXITED(status) && WEXITSTATUS(status) == GOOD;
    }
    CU_ASSERT_EQUAL(good, NODES);
}

static void derive(const uint8_t key[PMIX_KEY_SIZE], struct key_pair *pair)
{
    static const char purpose[] = "tequio-pmix";
    struct digest seed = digest_of_two(purpose, sizeof(purpose), key, PMIX_KEY_SIZE);

    key_pair_derive(seed.bytes, pair);
}

static enum socket_state state_of_dial(const char *address, const struct key_pair *pair,
                                       const char *server_key)
{
    CLEANUP(socket_freep) struct socket *socket = NULL;
    enum socket_state state = SOCKET_DIALLING;
    struct error err;

    socket = socket_dial(address, pair, server_key, &err);
    for (int i = 0; socket && i < 500 && state == SOCKET_DIALLING; i++) {
        socket_wait(socket, 10000);
        state = socket_state(socket);
    }
    return state;
}

static void test_a_stranger_is_not_let_in(void)
{
    static const uint8_t right[PMIX_KEY_SIZE] = {1, 2, 3}, wrong[PMIX_KEY_SIZE] = {1, 2, 4};
    char address[4096];
    struct key_pair ours, theirs;
    pid_t pid = start_server(0, NULL, address, sizeof(address));

    derive(right, &ours);
    derive(wrong, &theirs);
    address[strcspn(address, ",")] = '\0';
    CU_ASSERT_EQUAL(state_of_dial(address, &ours, ours.public), SOCKET_CONNECTED);
    CU_ASSERT_EQUAL(state_of_dial(address, &theirs, ours.public), SOCKET_REFUSED);
    CU_ASSERT_NOT_EQUAL(state_of_dial(address, &theirs, theirs.public), SOCKET_CONNECTED);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    socket_end();
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"notes arrive over the tree", test_notes_arrive_over_the_tree},
        {"a stranger is not let in",   test_a_stranger_is_not_let_in  },
        CU_TEST_INFO_NULL,
    };

    for (size_t i = 0; i < NODES; i++)
        names[i] = name;
    return run_suite("PMIx link", tests);
}
