/* http_script.c - a server that answers each request as the test says */

#include "tests/unit/scheduler/http_script.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUESTS_MOST 64
#define REQUEST_MOST  32768
#define LIFE_S        60 /* a child that is forgotten ends by itself */

/* Shared with the child. */
struct notes {
    size_t count;
    char requests[REQUESTS_MOST][REQUEST_MOST];
};

struct http_script {
    pid_t child;
    int port;
    struct notes *notes;
};

static int listen_somewhere(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert(listener >= 0);
    assert(bind(listener, (struct sockaddr *)&address, size) == 0);
    assert(listen(listener, 16) == 0);
    assert(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    *ret_port = ntohs(address.sin_port);
    return listener;
}

static size_t body_length(const char *request)
{
    const char *line = strcasestr(request, "\r\nContent-Length:");

    return line ? strtoul(line + 17, NULL, 10) : 0;
}

/* All of it, with its body. */
static bool read_request(int connection, char *request)
{
    size_t length = 0;

    for (;;) {
        const char *end = strstr(request, "\r\n\r\n");
        ssize_t got;

        if (end && length >= (size_t)(end - request) + 4 + body_length(request))
            return true;
        got = read(connection, request + length, REQUEST_MOST - 1 - length);
        if (got <= 0)
            return false;
        length += (size_t)got;
        request[length] = '\0';
    }
}

static void reset(int connection)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void add_body(const char *body, int port, struct buffer *text)
{
    const char *word;

    while ((word = strstr(body, "@PORT@"))) {
        buffer_add(text, body, (size_t)(word - body));
        buffer_print(text, "%d", port);
        body = word + 6;
    }
    buffer_add_text(text, body);
}

static void send_reply(int connection, const struct reply *reply, int port)
{
    CLEANUP(buffer_clear) struct buffer head, body;
    size_t short_by = reply->kind == REPLY_HALF ? 1 : 0;

    buffer_init(&head);
    buffer_init(&body);
    add_body(reply->body ? reply->body : "", port, &body);
    buffer_print(&head, "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n",
                 reply->status, body.length + short_by, reply->headers ? reply->headers : "");
    buffer_add(&head, body.bytes, body.length);
    (void)!write(connection, head.bytes, head.length);
}

/* Until whoever asks gives up: what comes after that is answered again. */
static void hang(int connection)
{
    char more[64];

    while (read(connection, more, sizeof(more)) > 0)
        continue;
}

static void answer(const struct http_script *script, int connection, const struct reply *reply)
{
    if (reply->kind == REPLY_RESET)
        reset(connection);
    else if (reply->kind == REPLY_HANG)
        hang(connection);
    else
        send_reply(connection, reply, script->port);
}

static void serve(const struct http_script *script, int listener, const struct reply *replies,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int connection = accept(listener, NULL, NULL);

        if (connection < 0 || !read_request(connection, script->notes->requests[i]))
            _exit(1);
        script->notes->count++;
        answer(script, connection, &replies[i]);
        close(connection);
    }
    close(listener);
    _exit(0);
}

struct http_script *http_script_start(const struct reply *replies, size_t count)
{
    struct http_script *script = NEW(struct http_script);
    int listener = listen_somewhere(&script->port);

    assert(count <= REQUESTS_MOST);
    script->notes = mmap(NULL, sizeof(*script->notes), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(script->notes != MAP_FAILED);
    script->child = fork();
    assert(script->child >= 0);
    if (script->child == 0) {
        alarm(LIFE_S);
        serve(script, listener, replies, count);
    }
    close(listener);
    return script;
}

int http_script_port(const struct http_script *script)
{
    return script->port;
}

size_t http_script_count(const struct http_script *script)
{
    return script->notes->count;
}

const char *http_script_request(const struct http_script *script, size_t index)
{
    assert(index < REQUESTS_MOST);
    return script->notes->requests[index];
}

void http_script_stop(struct http_script *script)
{
    kill(script->child, SIGKILL);
    waitpid(script->child, NULL, 0);
    munmap(script->notes, sizeof(*script->notes));
    free(script);
}
