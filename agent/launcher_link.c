/* launcher_link.c - ask the launcher, whether it was restarted meanwhile or not */

#include "agent/launcher_link.h"

#include "base/child.h"
#include "base/file.h"
#include "base/passing.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_WAIT_S = 10, SPOOL_PATH_MAX = 4096, COMMAND_WORDS_MAX = 9 };

struct launcher_link {
    struct loop *loop;
    struct watch *child; /* the launcher we started; NULL: none */
    char *socket;        /* or */
    char *program, *config, *spool_option, *scratch;
    int connection; /* -1: none */
    bool broke;     /* the last exchange ended with the connection, not with time */
    uint64_t tag;
    uint32_t facts;
    char spool[SPOOL_PATH_MAX];
};

static void disconnect(struct launcher_link *link)
{
    file_closep(&link->connection);
    link->connection = -1;
}

struct launcher_link *launcher_link_new(struct loop *loop,
                                        const struct runtime_process_options *options)
{
    struct launcher_link *link = NEW(struct launcher_link);

    link->loop = loop;
    link->connection = -1;
    link->socket = options->socket ? memory_copy(options->socket) : NULL;
    link->program = options->program ? memory_copy(options->program) : NULL;
    link->config = options->config ? memory_copy(options->config) : NULL;
    link->spool_option = options->spool ? memory_copy(options->spool) : NULL;
    link->scratch = options->scratch ? memory_copy(options->scratch) : NULL;
    return link;
}

void launcher_link_free(struct launcher_link *link)
{
    if (!link)
        return;
    loop_unwatch(link->loop, link->child);
    disconnect(link);
    free(link->socket);
    free(link->program);
    free(link->config);
    free(link->spool_option);
    free(link->scratch);
    free(link);
}

/* --- connecting ------------------------------------------------------------------------------ */

static bool dial(struct launcher_link *link, struct error *err)
{
    CLEANUP(file_closep) int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(link->socket) >= sizeof(address.sun_path))
        return fail(err, ERROR_INVALID, "launcher %s: the path is too long", link->socket);
    memcpy(address.sun_path, link->socket, strlen(link->socket));
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof(address)) != 0) {
        fail_errno(err, "launcher %s", link->socket);
        err->code = ERROR_UNAVAILABLE;
        return false;
    }
    link->connection = file_steal(&connection);
    return true;
}

/* The next request starts another one. */
static void on_launcher_end(void *owner, pid_t pid, int wait_status)
{
    struct launcher_link *link = owner;

    (void)pid;
    (void)wait_status;
    link->child = NULL;
}

/* The words of its command line; all are ours or the link's. */
static void command_line(struct launcher_link *link, char *ret_words[COMMAND_WORDS_MAX])
{
    static char descriptor[] = "--fd=3", spool[] = "--spool", scratch[] = "--scratch",
                config[] = "--config";
    char *const pairs[][2] = {
        {spool,   link->spool_option},
        {scratch, link->scratch     },
        {config,  link->config      }
    };
    size_t count = 0;

    ret_words[count++] = link->program;
    ret_words[count++] = descriptor;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (!pairs[i][1])
            continue;
        ret_words[count++] = pairs[i][0];
        ret_words[count++] = pairs[i][1];
    }
    ret_words[count] = NULL;
}

static bool start_launcher(struct launcher_link *link, struct error *err)
{
    char *arguments[COMMAND_WORDS_MAX];
    char *environment[] = {NULL};
    struct child_request request = {.program = link->program,
                                    .arguments = arguments,
                                    .environment = environment,
                                    .input = -1,
                                    .output = -1,
                                    .error = 2};
    CLEANUP(file_closep) int ours = -1;
    CLEANUP(file_closep) int theirs = -1;
    int both[2];
    pid_t pid;

    if (!link->program || link->program[0] != '/')
        return fail(err, ERROR_INVALID, "launcher: neither a socket nor the program's whole path");
    command_line(link, arguments);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both) != 0)
        return fail_errno(err, "socket pair for the launcher");
    ours = both[0];
    theirs = both[1];
    request.extra = theirs;
    if (!child_start(&request, &pid, err))
        return fail_in(err, "launcher");
    loop_unwatch(link->loop, link->child);
    link->child = loop_watch_child(link->loop, pid, on_launcher_end, link);
    link->connection = file_steal(&ours);
    return true;
}

/* --- one exchange -------------------------------------------------------------------------------- */

static bool fail_link(struct launcher_link *link, const char *what, struct error *err)
{
    link->broke = true;
    fail_errno(err, "launcher: %s", what);
    err->code = ERROR_UNAVAILABLE;
    return false;
}

static bool send_request(struct launcher_link *link, const struct launcher_request *request,
                         struct error *err)
{
    struct iovec part = {request->head, request->size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct passing passing;

    request->head->magic = REQUEST_MAGIC;
    request->head->tag = ++link->tag;
    passing_put(&passing, &message, request->descriptor);
    if (sendmsg(link->connection, &message, MSG_NOSIGNAL) == (ssize_t)request->size)
        return true;
    return fail_link(link, "send", err);
}

/* One datagram: an answer, and up to REQUEST_READ_MAX bytes at `place`. */
static bool receive(struct launcher_link *link, struct answer *answer, char *place, size_t room,
                    int *ret_descriptor, struct error *err)
{
    struct pollfd ready = {.fd = link->connection, .events = POLLIN};
    struct iovec parts[] = {
        {answer, sizeof(*answer)},
        {place,  room           }
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = place ? 2 : 1};
    struct passing passing;
    ssize_t got;

    if (poll(&ready, 1, ANSWER_WAIT_S * 1000) == 0)
        return fail(err, ERROR_UNAVAILABLE, "launcher: no answer within %d s", ANSWER_WAIT_S);
    passing_expect(&passing, &message);
    got = recvmsg(link->connection, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got < 0)
        return fail_link(link, "receive", err);
    if (got == 0) {
        link->broke = true;
        return fail(err, ERROR_UNAVAILABLE, "launcher: connection closed");
    }
    *ret_descriptor = passing_take(&message);
    if ((size_t)got >= sizeof(*answer) && answer->magic == REQUEST_MAGIC && answer->size <= room &&
        (size_t)got == sizeof(*answer) + answer->size)
        return true;
    file_closep(ret_descriptor);
    return fail(err, ERROR_INTERNAL, "launcher: an answer of %zd bytes makes no sense", got);
}

/* Answers that came too late for their own request are thrown away. */
static bool receive_own(struct launcher_link *link, char *place, size_t room, struct answer *answer,
                        int *ret_descriptor, struct error *err)
{
    for (;;) {
        if (!receive(link, answer, place, room, ret_descriptor, err))
            return false;
        if (answer->tag == link->tag)
            return true;
        file_closep(ret_descriptor);
    }
}

static bool exchange(struct launcher_link *link, const struct launcher_request *request,
                     struct launcher_answer *ret_answer, struct error *err)
{
    struct buffer *buffer = request->buffer;
    size_t room = buffer ? REQUEST_READ_MAX : 0;
    char *place = buffer ? buffer_reserve(buffer, room) : NULL;
    struct answer answer;
    int passed = -1;

    if (!send_request(link, request, err) ||
        !receive_own(link, place, room, &answer, &passed, err)) {
        disconnect(link);
        return false;
    }
    if (answer.code != ERROR_NONE) {
        file_closep(&passed);
        return fail(err, (enum error_code)answer.code, "%.*s", (int)sizeof(answer.text),
                    answer.text);
    }
    if (buffer)
        buffer->length += answer.size;
    *ret_answer = (struct launcher_answer){answer.facts, answer.end != 0, answer.size, passed};
    return true;
}

static bool greet(struct launcher_link *link, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer spool;
    struct request_head hello = {.kind = REQUEST_HELLO};
    const struct launcher_request request = {&hello, sizeof(hello), -1, &spool};
    struct launcher_answer answer;

    buffer_init(&spool);
    if (!exchange(link, &request, &answer, err))
        return false;
    spool.bytes[spool.length] = '\0';
    if (link->spool[0] != '\0' && strcmp(link->spool, spool.bytes) != 0) {
        disconnect(link);
        return fail(err, ERROR_CONFLICT, "launcher: its spool was %s, and now is %s", link->spool,
                    spool.bytes);
    }
    snprintf(link->spool, sizeof(link->spool), "%s", spool.bytes);
    link->facts = answer.facts;
    return true;
}

/* A connection that was closed meanwhile is seen before a request is lost in it. */
static bool is_closed(const struct launcher_link *link)
{
    struct pollfd state = {.fd = link->connection, .events = POLLRDHUP};

    return poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
}

bool launcher_link_hello(struct launcher_link *link, struct error *err)
{
    if (link->connection >= 0 && !is_closed(link))
        return true;
    disconnect(link);
    return (link->socket ? dial(link, err) : start_launcher(link, err)) && greet(link, err);
}

bool launcher_link_ask(struct launcher_link *link, const struct launcher_request *request,
                       struct launcher_answer *ret_answer, struct error *err)
{
    link->broke = false;
    if (!launcher_link_hello(link, err))
        return false;
    if (exchange(link, request, ret_answer, err))
        return true;
    /* Killed in between.  All but a start may be asked twice. */
    return link->broke && request->head->kind != REQUEST_START && launcher_link_hello(link, err) &&
           exchange(link, request, ret_answer, err);
}

bool launcher_link_tell(struct launcher_link *link, struct request_head *head, size_t size)
{
    const struct launcher_request request = {head, size, -1, NULL};
    struct error ignored;

    return launcher_link_hello(link, &ignored) && send_request(link, &request, &ignored);
}

uint32_t launcher_link_facts(const struct launcher_link *link)
{
    return link->facts;
}

const char *launcher_link_spool(const struct launcher_link *link)
{
    return link->spool;
}
