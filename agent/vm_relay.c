/* vm_relay.c - between a job's guest and the node: output, signals, the end */

#include "agent/vm_relay.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 64, PIECE = 65536, CONNECT_MS = 30000 };

struct port {
    int listener;      /* -1: QEMU has connected */
    int socket;        /* -1: not connected, or at its end */
    struct buffer got; /* what is not passed on yet */
    bool complete;     /* the mark has come, or the end */
};

struct vm_relay {
    struct port ports[VM_PORT_COUNT];
    char mark[VM_MARK_SIZE + 1];
    int outputs[2];
    bool ready;       /* there is a script */
    bool lost;        /* the machine has ended, and had not told of the script's end */
    uint64_t waiting; /* signals for it: bit N - 1 */
    int64_t heard_us; /* the start, then of the script; of the clock since boot */
    struct vm_end end;
};

/* --- sockets -------------------------------------------------------------------------------------- */

static bool port_listen(struct port *port, const char *folder, const char *name, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name);

    if (length >= (int)sizeof(address.sun_path))
        return fail(err, ERROR_INVALID, "%.120s: the path is too long for a socket", folder);
    port->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (port->listener < 0 ||
        bind(port->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(port->listener, 1) != 0)
        return fail_errno(err, "socket %.120s", address.sun_path);
    return true;
}

/* QEMU has connected before its machine starts: it is there, or it never will be. */
static bool port_accept(struct port *port, struct error *err)
{
    struct pollfd ready = {.fd = port->listener, .events = POLLIN};

    if (poll(&ready, 1, CONNECT_MS) == 1)
        port->socket = accept4(port->listener, NULL, NULL, SOCK_CLOEXEC);
    if (port->socket < 0)
        return fail(err, ERROR_UNAVAILABLE, "the virtual machine has not connected its ports");
    file_closep(&port->listener);
    port->listener = -1;
    return true;
}

/* False: its end. */
static bool port_read(struct port *port)
{
    ssize_t got;

    do
        got = read(port->socket, buffer_reserve(&port->got, PIECE), PIECE);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        port->got.length += (size_t)got;
        return true;
    }
    file_closep(&port->socket);
    port->socket = -1;
    return false;
}

static void drop_first(struct buffer *buffer, size_t count)
{
    memmove(buffer->bytes, buffer->bytes + count, buffer->length - count);
    buffer->length -= count;
    buffer->bytes[buffer->length] = '\0';
}

/* --- output --------------------------------------------------------------------------------------- */

/* How much at the end may be the mark's beginning. */
static size_t begun_mark(const struct vm_relay *relay, const struct buffer *got)
{
    size_t most = got->length < VM_MARK_SIZE ? got->length : VM_MARK_SIZE - 1;

    for (size_t size = most; size > 0; size--)
        if (memcmp(got->bytes + got->length - size, relay->mark, size) == 0)
            return size;
    return 0;
}

static bool pass_on(struct vm_relay *relay, enum vm_port which, struct error *err)
{
    struct port *port = &relay->ports[which];
    const char *mark = memmem(port->got.bytes, port->got.length, relay->mark, VM_MARK_SIZE);
    size_t size =
        mark ? (size_t)(mark - port->got.bytes) : port->got.length - begun_mark(relay, &port->got);

    if (!file_write_all(relay->outputs[which], port->got.bytes, size, err))
        return fail_in(err, "the job's %s", vm_port_name(which));
    drop_first(&port->got, size);
    port->complete = mark != NULL;
    return true;
}

static bool on_output(struct vm_relay *relay, enum vm_port which, struct error *err)
{
    struct port *port = &relay->ports[which];

    if (relay->ready)
        relay->heard_us = clock_boot_us(&clock_real);
    if (port_read(port))
        return pass_on(relay, which, err);
    port->complete = true; /* and what began like the mark was none */
    return file_write_all(relay->outputs[which], port->got.bytes, port->got.length, err);
}

/* --- control -------------------------------------------------------------------------------------- */

static void tell_signals(struct vm_relay *relay)
{
    char line[32];

    for (int number = 1; number <= 64; number++) {
        if (!(relay->waiting & (UINT64_C(1) << (number - 1))))
            continue;
        snprintf(line, sizeof(line), "signal %d\n", number);
        if (send(relay->ports[VM_CONTROL].socket, line, strlen(line), MSG_NOSIGNAL) < 0)
            return; /* its end is seen where it is read */
    }
    relay->waiting = 0;
}

/* No process ends by those that stop it, let it go on or are ignored. */
static bool may_end(uint32_t number)
{
    static const int others[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU,
                                 SIGCONT, SIGCHLD, SIGURG,  SIGWINCH};

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if ((int)number == others[i])
            return false;
    return true;
}

static bool on_line(struct vm_relay *relay, const char *line, struct error *err)
{
    uint32_t number;

    if (strcmp(line, "ready") == 0) {
        relay->ready = true;
        tell_signals(relay);
        return true;
    }
    if (strncmp(line, "exit ", 5) == 0 && parse_u32(line + 5, 0, 255, &number, err))
        relay->end.exit_code = (int)number;
    else if (strncmp(line, "signal ", 7) == 0 && parse_u32(line + 7, 1, 64, &number, err) &&
             may_end(number))
        relay->end.exit_signal = (int)number;
    else
        return fail(err, ERROR_INVALID, "the guest says what makes no sense: %.40s", line);
    if (!relay->ready)
        return fail(err, ERROR_UNAVAILABLE,
                    "the guest could not begin with the script: it says %.40s", line);
    relay->ports[VM_CONTROL].complete = true;
    relay->heard_us = clock_boot_us(&clock_real);
    return true;
}

static bool on_control(struct vm_relay *relay, struct error *err)
{
    struct port *port = &relay->ports[VM_CONTROL];
    char *end;

    if (!port_read(port)) {
        relay->lost = port->complete = true; /* there may be output on its way */
        return true;
    }
    while (!port->complete && (end = memchr(port->got.bytes, '\n', port->got.length))) {
        *end = '\0';
        if (!on_line(relay, port->got.bytes, err))
            return false;
        drop_first(&port->got, (size_t)(end - port->got.bytes) + 1);
    }
    /* What comes behind the end is nobody's. */
    return port->complete || port->got.length < LINE_MAX_SIZE ||
           fail(err, ERROR_INVALID, "the guest says a line without an end");
}

static bool ends_all(int number)
{
    return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;
}

static bool on_signal(struct vm_relay *relay, int signals, struct error *err)
{
    struct signalfd_siginfo info;

    if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return true;
    if (!relay->ready && ends_all((int)info.ssi_signo)) {
        relay->end.exit_signal = (int)info.ssi_signo;
        return fail(err, ERROR_CONFLICT, "ended before the guest had begun with the script");
    }
    relay->waiting |= UINT64_C(1) << (info.ssi_signo - 1);
    if (relay->ready)
        tell_signals(relay);
    return true;
}

/* --- all ------------------------------------------------------------------------------------------ */

static bool is_over(const struct vm_relay *relay)
{
    for (size_t i = 0; i < VM_PORT_COUNT; i++)
        if (!relay->ports[i].complete)
            return false;
    return true;
}

/* Of the clock since boot; INT64_MAX: as long as the script takes. */
static int64_t due_us(const struct vm_relay *relay, const struct vm_patience *patience)
{
    if (!relay->ready)
        return relay->heard_us + patience->ready_us;
    return relay->ports[VM_CONTROL].complete ? relay->heard_us + patience->end_us : INT64_MAX;
}

static bool fail_silent(const struct vm_relay *relay, const struct vm_patience *patience,
                        struct error *err)
{
    if (!relay->ready)
        return fail(err, ERROR_UNAVAILABLE,
                    "the guest has not begun with the script in %" PRId64
                    " s: does its image start tequio-guest?",
                    patience->ready_us / US_PER_SECOND);
    return fail(err, ERROR_UNAVAILABLE,
                "the script has ended (%s %d), but the guest does not say in %" PRId64
                " s where its output ends",
                relay->end.exit_signal > 0 ? "signal" : "exit status",
                relay->end.exit_signal > 0 ? relay->end.exit_signal : relay->end.exit_code,
                patience->end_us / US_PER_SECOND);
}

/* How long poll() may wait: rounded up, so that it is due then. */
static int wait_ms(int64_t due)
{
    int64_t left_us = due - clock_boot_us(&clock_real);

    if (due == INT64_MAX)
        return -1;
    if (left_us <= 0)
        return 0;
    return left_us / 1000 < INT_MAX ? (int)(left_us / 1000) + 1 : INT_MAX;
}

static bool turn(struct vm_relay *relay, int signals, const struct vm_patience *patience,
                 struct error *err)
{
    int64_t due = due_us(relay, patience);
    int count;
    struct pollfd ready[VM_PORT_COUNT + 1] = {
        {.fd = signals, .events = POLLIN}
    };

    for (int i = 0; i < VM_PORT_COUNT; i++)
        ready[i + 1] = (struct pollfd){
            .fd = relay->ports[i].complete ? -1 : relay->ports[i].socket,
            .events = POLLIN,
        };
    count = poll(ready, COUNT_OF(ready), wait_ms(due));
    if (count < 0)
        return errno == EINTR || fail_errno(err, "wait for the virtual machine");
    if (count == 0 && clock_boot_us(&clock_real) >= due)
        return fail_silent(relay, patience, err);
    if (ready[VM_OUTPUT + 1].revents && !on_output(relay, VM_OUTPUT, err))
        return false;
    if (ready[VM_ERROR + 1].revents && !on_output(relay, VM_ERROR, err))
        return false;
    if (ready[VM_CONTROL + 1].revents && !on_control(relay, err))
        return false;
    return !ready[0].revents || on_signal(relay, signals, err);
}

bool vm_relay_run(struct vm_relay *relay, int signals, const struct vm_patience *patience,
                  struct vm_end *ret_end, struct error *err)
{
    bool good = true;

    for (size_t i = 0; i < VM_PORT_COUNT; i++)
        if (!port_accept(&relay->ports[i], err))
            return false;
    relay->heard_us = clock_boot_us(&clock_real);
    while (good && !is_over(relay))
        good = turn(relay, signals, patience, err);
    *ret_end = relay->end;
    if (good && relay->lost)
        return fail(err, ERROR_UNAVAILABLE, "the virtual machine has ended before the script: %s",
                    relay->ready ? "it was switched off, or has crashed"
                                 : "does its image start tequio-guest?");
    return good;
}

struct vm_relay *vm_relay_new(const char *folder, const char *mark, const int outputs[2],
                              struct error *err)
{
    CLEANUP(vm_relay_freep) struct vm_relay *relay = NEW(struct vm_relay);

    memory_put_text(relay->mark, sizeof(relay->mark), mark);
    memcpy(relay->outputs, outputs, sizeof(relay->outputs));
    for (size_t i = 0; i < VM_PORT_COUNT; i++) {
        relay->ports[i].listener = relay->ports[i].socket = -1;
        buffer_init(&relay->ports[i].got);
    }
    for (int i = 0; i < VM_PORT_COUNT; i++)
        if (!port_listen(&relay->ports[i], folder, vm_port_name((enum vm_port)i), err))
            return NULL;
    return STEAL(relay);
}

void vm_relay_free(struct vm_relay *relay)
{
    if (!relay)
        return;
    for (size_t i = 0; i < VM_PORT_COUNT; i++) {
        file_closep(&relay->ports[i].listener);
        file_closep(&relay->ports[i].socket);
        buffer_clear(&relay->ports[i].got);
    }
    free(relay);
}
