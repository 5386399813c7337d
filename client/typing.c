/* typing.c - what a person types, sent into a step that has a terminal */

#include "client/typing.h"

#include "base/file.h"
#include "base/parse.h"
#include "base/random.h"
#include "client/session.h"
#include "client/text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PAUSE_LEAST_MS 50
#define PAUSE_MOST_MS  1000
#define TYPE_AGAIN_MS  50
#define END_AGAIN_MS   1000

enum { KEYS_MAX = 4096, KEY_DETACH = 0x1d, KEY_END = 0x04 };

struct typing {
    int to_process; /* closed: it ends */
    pid_t process;  /* 0: it was seen to end */
    bool has_terminal;
    struct termios before;
};

/* What the process of its own knows. */
struct sender_state {
    struct session *session;
    struct typing_options options;
    const struct typing *typing;
    int from_parent;
    int window; /* signalfd */
    struct typing_place place;
    uint64_t offset;
    uint32_t writer;
    uint8_t last; /* byte that was sent */
};

void typing_size(uint32_t *ret_rows, uint32_t *ret_columns)
{
    struct winsize size = {0};

    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        size.ws_row = size.ws_col = 0;
    *ret_rows = size.ws_row;
    *ret_columns = size.ws_col;
}

/* --- the person's terminal ------------------------------------------------------------------ */

static void make_raw(const struct typing *typing)
{
    struct termios raw = typing->before;

    if (!typing->has_terminal)
        return;
    cfmakeraw(&raw);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static void restore(const struct typing *typing)
{
    if (typing->has_terminal)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &typing->before);
}

/* --- the process of its own ----------------------------------------------------------------- */

/* The other process has ended, or is done; waits for that at most so long. */
static bool is_over(const struct sender_state *state, int wait_ms)
{
    struct pollfd parent = {.fd = state->from_parent, .events = POLLIN};

    return poll(&parent, 1, wait_ms) != 0;
}

_Noreturn static void leave(const struct sender_state *state)
{
    restore(state->typing);
    _exit(0);
}

static Wire__Envelope *ask(const struct sender_state *state, Wire__Envelope *envelope,
                           Wire__Envelope__BodyCase expected, struct error *err)
{
    if (state->options.credential)
        return session_ask_agent(state->session, envelope, expected, 0, err);
    return session_ask(state->session, envelope, expected, err);
}

/* False when nothing can be typed there any more. */
static bool send_keys(struct sender_state *state, const uint8_t *keys, size_t count, bool size,
                      struct error *err)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepInput body = WIRE__STEP_INPUT__INIT;

    body.job = state->place.job;
    body.array = state->place.array;
    body.step = state->place.step;
    if (state->options.credential)
        body.credential = *state->options.credential;
    body.writer = state->writer;
    body.bytes = (ProtobufCBinaryData){.len = count, .data = (uint8_t *)(uintptr_t)keys};
    if (size)
        typing_size(&body.rows, &body.columns);
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_INPUT;
    envelope.step_input = &body;
    for (bool taken = false; !taken;) {
        CLEANUP(message_freep) Wire__Envelope *answer = NULL;

        body.offset = state->offset;
        answer = ask(state, &envelope, WIRE__ENVELOPE__BODY_STEP_TAKEN, err);
        if (!answer && (err->code != ERROR_UNAVAILABLE || is_over(state, TYPE_AGAIN_MS)))
            return false;
        if (!answer)
            continue; /* it is just starting, or the scheduler is */
        taken = answer->step_taken->taken;
        state->offset = answer->step_taken->offset;
    }
    if (count > 0)
        state->last = keys[count - 1];
    return true;
}

/* What is no terminal has ended, for whichever program reads then: a single Ctrl-D would end but
 * the first of them. */
static void send_end(struct sender_state *state, struct error *err)
{
    static const uint8_t end[] = {'\n', KEY_END};
    bool whole = state->last == '\n' || state->last == 0;

    if (!send_keys(state, end, whole ? 0 : 1, false, err))
        return;
    while (send_keys(state, end + 1, 1, false, err))
        if (is_over(state, END_AGAIN_MS))
            leave(state);
}

/* False when there are no more. */
static bool take_keys(struct sender_state *state, struct error *err)
{
    uint8_t keys[KEYS_MAX];
    ssize_t count = read(STDIN_FILENO, keys, sizeof(keys));

    err->code = ERROR_NONE;
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (count <= 0) {
        if (!state->typing->has_terminal)
            send_end(state, err);
        return false;
    }
    if (state->options.detachable && memchr(keys, KEY_DETACH, (size_t)count))
        leave(state);
    return send_keys(state, keys, (size_t)count, false, err);
}

static bool turn(struct sender_state *state, struct error *err)
{
    struct pollfd ready[] = {
        {.fd = STDIN_FILENO,       .events = POLLIN},
        {.fd = state->window,      .events = POLLIN},
        {.fd = state->from_parent, .events = POLLIN},
    };
    struct signalfd_siginfo signal;

    err->code = ERROR_NONE;
    poll(ready, 3, -1);
    if (ready[2].revents)
        leave(state);
    if (ready[1].revents && read(state->window, &signal, sizeof(signal)) > 0 &&
        !send_keys(state, NULL, 0, true, err))
        return false;
    return !ready[0].revents || take_keys(state, err);
}

static bool look_for_step(struct sender_state *state)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepList body = WIRE__STEP_LIST__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct error ignored;

    body.job = state->place.job;
    body.array = state->place.array;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_LIST;
    envelope.step_list = &body;
    answer = ask(state, &envelope, WIRE__ENVELOPE__BODY_STEP_LISTING, &ignored);
    for (size_t i = 0; answer && i < answer->step_listing->n_steps; i++)
        if (answer->step_listing->steps[i]->terminal && !answer->step_listing->steps[i]->ended) {
            state->place.step = answer->step_listing->steps[i]->step;
            return true;
        }
    return false;
}

_Noreturn static void type(struct sender_state *state)
{
    struct error err = {.code = ERROR_NONE};
    int pause_ms = PAUSE_LEAST_MS;

    if (read(state->from_parent, &state->place, sizeof(state->place)) !=
        (ssize_t)sizeof(state->place))
        _exit(0);
    while (state->place.step == 0 && !look_for_step(state)) {
        if (is_over(state, pause_ms))
            _exit(0);
        pause_ms = pause_ms < PAUSE_MOST_MS / 2 ? 2 * pause_ms : PAUSE_MOST_MS;
    }
    make_raw(state->typing);
    if (send_keys(state, NULL, 0, true, &err))
        while (turn(state, &err))
            continue;
    /* Its end is told by who shows what it printed. */
    if (err.code != ERROR_NONE && err.code != ERROR_CONFLICT && err.code != ERROR_NOT_FOUND) {
        fprintf(stderr, _("tequio: what you type is not passed on any more: %s"), err.text);
        fputs("\r\n", stderr); /* the terminal is raw */
    }
    is_over(state, -1);
    leave(state);
}

/* --- both ----------------------------------------------------------------------------------- */

/* Ctrl-C before the step runs is for the other process, which then ends this one. */
_Noreturn static void be_sender(struct typing *typing, struct session *session,
                                const struct typing_options *options, int from_parent)
{
    struct sender_state state = {
        .session = session,
        .options = *options,
        .typing = typing,
        .from_parent = from_parent,
    };
    sigset_t set;

    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    state.window = signalfd(-1, &set, SFD_CLOEXEC);
    random_fill(&state.writer, sizeof(state.writer));
    close(typing->to_process);
    type(&state);
}

struct typing *typing_start(struct session *session, const struct typing_options *options,
                            struct error *err)
{
    CLEANUP(typing_endp) struct typing *typing = NEW(struct typing);
    int both[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both) != 0) {
        typing->to_process = -1;
        fail_errno(err, _("read what is typed"));
        return NULL;
    }
    typing->to_process = both[0];
    typing->has_terminal = tcgetattr(STDIN_FILENO, &typing->before) == 0;
    typing->process = fork();
    if (typing->process == 0)
        be_sender(typing, session, options, both[1]);
    close(both[1]);
    if (typing->process < 0) {
        typing->process = 0;
        fail_errno(err, _("read what is typed"));
        return NULL;
    }
    return STEAL(typing);
}

void typing_into(const struct typing *typing, const struct typing_place *place)
{
    send(typing->to_process, place, sizeof(*place), MSG_NOSIGNAL);
}

bool typing_is_over(struct typing *typing)
{
    if (typing->process != 0 && waitpid(typing->process, NULL, WNOHANG) == typing->process)
        typing->process = 0;
    return typing->process == 0;
}

void typing_end(struct typing *typing)
{
    if (!typing)
        return;
    file_closep(&typing->to_process);
    if (typing->process != 0)
        while (waitpid(typing->process, NULL, 0) < 0 && errno == EINTR)
            continue;
    restore(typing);
    free(typing);
}
