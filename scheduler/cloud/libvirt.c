/* libvirt.c - a provider over a host of virtual machines, by libvirt */

#include "scheduler/cloud/libvirt.h"

#include "base/child.h"
#include "base/file.h"
#include "base/parse.h"
#include "scheduler/cloud/libvirt_talk.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER_DATA_MAX  262144
#define MEMORY_MOST    (UINT64_C(1) << 50)
#define CORES_MOST     65536
#define VARIABLES_MOST 8

struct libvirt {
    struct provider provider;
    const struct provider_settings *settings;
    pid_t process; /* 0: none */
    int socket;    /* to it; -1: none */
    struct buffer question, answer;
    size_t place; /* in the answer, behind its error */
};

/* --- the process -------------------------------------------------------------------------------- */

static void end_process(struct libvirt *own)
{
    if (own->process == 0)
        return;
    file_closep(&own->socket);
    own->socket = -1;
    kill(own->process, SIGKILL);
    while (waitpid(own->process, NULL, 0) < 0 && errno == EINTR)
        continue;
    own->process = 0;
}

/* What ssh needs to find its keys, and libvirt a person's own daemon; nothing else. */
static void take_environment(char *variables[VARIABLES_MOST])
{
    static const char *const names[] = {"PATH", "HOME", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"};
    size_t count = 0;

    static_assert(COUNT_OF(names) < VARIABLES_MOST, "room for all, and the end");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *value = getenv(names[i]);

        if (value)
            variables[count++] = memory_format("%s=%s", names[i], value);
    }
    variables[count] = NULL;
}

static bool start_process(struct libvirt *own, int socket, struct error *err)
{
    char *variables[VARIABLES_MOST];
    char *const arguments[] = {own->settings->program, NULL};
    const struct child_request request = {
        .program = own->settings->program,
        .arguments = arguments,
        .environment = variables,
        .input = socket,
        .output = -1,
        .error = STDERR_FILENO,
        .extra = -1,
    };
    bool started;

    take_environment(variables);
    started = child_start(&request, &own->process, err);
    for (size_t i = 0; variables[i]; i++)
        free(variables[i]);
    return started;
}

/* --- questions ---------------------------------------------------------------------------------- */

/* The answer's error is ours. */
static bool exchange(struct libvirt *own, const struct buffer *question, struct error *err)
{
    const char *text;
    uint64_t code;

    if (!talk_send(own->socket, question, own->settings->timeout_us, err) ||
        !talk_receive(own->socket, &own->answer, own->settings->timeout_us, err)) {
        end_process(own);
        return fail_in(err, "libvirt at %.100s", own->settings->url);
    }
    own->place = 0;
    if (!talk_next_number(&own->answer, &own->place, INT32_MAX, &code) ||
        !(text = talk_next(&own->answer, &own->place))) {
        end_process(own);
        return fail(err, ERROR_UNAVAILABLE, "tequio-libvirt gave no answer that can be read");
    }
    return code == 0 || fail(err, (enum error_code)code, "%s", text);
}

static bool begin(struct libvirt *own, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer message;
    int ends[2];
    bool started;

    buffer_init(&message);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno(err, "a socket for %s", own->settings->program);
    started = start_process(own, ends[1], err);
    close(ends[1]);
    if (!started) {
        close(ends[0]);
        return false;
    }
    own->socket = ends[0];
    talk_add_settings(&message, own->settings);
    return exchange(own, &message, err);
}

static struct buffer *new_question(struct libvirt *own, const char *verb)
{
    buffer_reset(&own->question);
    talk_add(&own->question, verb);
    return &own->question;
}

static bool ask(struct libvirt *own, struct error *err)
{
    if (own->process == 0 && !begin(own, err)) {
        end_process(own);
        return false;
    }
    return exchange(own, &own->question, err);
}

static bool fail_answer(struct libvirt *own, struct error *err)
{
    end_process(own);
    return fail(err, ERROR_UNAVAILABLE, "tequio-libvirt gave an answer that makes no sense");
}

static bool on_measure(struct provider *provider, struct server_size *ret_size, struct error *err)
{
    struct libvirt *own = CONTAINER_OF(provider, struct libvirt, provider);
    uint64_t cores, memory_bytes;

    (void)new_question(own, "measure");
    if (!ask(own, err))
        return false;
    if (!talk_next_number(&own->answer, &own->place, CORES_MOST, &cores) || cores == 0 ||
        !talk_next_number(&own->answer, &own->place, MEMORY_MOST, &memory_bytes))
        return fail_answer(own, err);
    *ret_size = (struct server_size){(uint32_t)cores, memory_bytes};
    return true;
}

/* 1: one more, 0: no more, -1: that is no server. */
static int take_server(struct libvirt *own, struct server_list *list)
{
    const char *name = talk_next(&own->answer, &own->place);
    const char *id, *fault;
    struct server *server;
    uint64_t state, no_room;

    if (!name)
        return own->place == own->answer.length ? 0 : -1;
    id = talk_next(&own->answer, &own->place);
    if (!id || !talk_next_number(&own->answer, &own->place, SERVER_GOING, &state) ||
        !talk_next_number(&own->answer, &own->place, 1, &no_room) ||
        !(fault = talk_next(&own->answer, &own->place)) || strlen(name) >= SERVER_NAME_SIZE ||
        strlen(id) >= SERVER_ID_SIZE || list->count == SERVERS_MAX)
        return -1;
    server = server_list_add(list);
    server->state = (enum server_state)state;
    server->no_room = no_room;
    memory_put_text(server->name, sizeof(server->name), name);
    memory_put_text(server->id, sizeof(server->id), id);
    memory_put_text(server->fault, sizeof(server->fault), fault);
    return 1;
}

static bool on_list(struct provider *provider, struct server_list *ret_list, struct error *err)
{
    struct libvirt *own = CONTAINER_OF(provider, struct libvirt, provider);
    int taken;

    (void)new_question(own, "list");
    if (!ask(own, err))
        return false;
    while ((taken = take_server(own, ret_list)) > 0)
        continue;
    return taken == 0 || fail_answer(own, err);
}

static bool on_make(struct provider *provider, const char *name, const char *user_data,
                    char ret_id[SERVER_ID_SIZE], struct error *err)
{
    struct libvirt *own = CONTAINER_OF(provider, struct libvirt, provider);
    struct buffer *question = new_question(own, "make");
    const char *id;
    bool good;

    if (strlen(user_data) > USER_DATA_MAX)
        return fail(err, ERROR_INVALID, "the user data has %zu bytes; %d are the most",
                    strlen(user_data), USER_DATA_MAX);
    talk_add(question, name);
    talk_add(question, user_data);
    good = ask(own, err);
    memory_wipe(question->bytes, question->length);
    if (!good)
        return false;
    id = talk_next(&own->answer, &own->place);
    if (!id || !*id || strlen(id) >= SERVER_ID_SIZE)
        return fail_answer(own, err);
    memory_put_text(ret_id, SERVER_ID_SIZE, id);
    return true;
}

static bool on_remove(struct provider *provider, const char *id, struct error *err)
{
    struct libvirt *own = CONTAINER_OF(provider, struct libvirt, provider);

    talk_add(new_question(own, "remove"), id);
    return ask(own, err);
}

static int64_t on_wait(const struct provider *provider)
{
    (void)provider; /* libvirt does not say */
    return 0;
}

static void on_free(struct provider *provider)
{
    struct libvirt *own = CONTAINER_OF(provider, struct libvirt, provider);

    end_process(own);
    buffer_clear(&own->question);
    buffer_clear(&own->answer);
    free(own);
}

struct provider *libvirt_open(const struct provider_settings *settings, struct error *err)
{
    struct libvirt *own;

    if (settings->program[0] != '/' || access(settings->program, X_OK) != 0) {
        fail(err, ERROR_NOT_FOUND, "program: %.120s is no program that can be run",
             settings->program);
        return NULL;
    }
    own = NEW(struct libvirt);
    own->provider = (struct provider){
        .measure = on_measure,
        .list = on_list,
        .make = on_make,
        .remove = on_remove,
        .wait_us = on_wait,
        .free = on_free,
    };
    own->settings = settings;
    own->socket = -1;
    buffer_init(&own->question);
    buffer_init(&own->answer);
    return &own->provider;
}
