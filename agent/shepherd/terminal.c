/* terminal.c - a terminal for the task of rank 0 */

#include "agent/shepherd/terminal.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* How long input may lie when nothing tells that it has come, and how often a terminal that nobody
 * has open is looked at. */
enum { LOOK_MS = 100 };

/* More than the kernel keeps of what nobody has read (64 KiB: tty_buffer_set_limit()). */
enum { DRAIN_MOST = 128 << 10 };

void terminal_init(struct terminal *terminal)
{
    *terminal = (struct terminal){-1, -1, -1, -1, -1, -1, .silent = false};
}

static void set_size(int descriptor, uint16_t rows, uint16_t columns)
{
    const struct winsize size = {.ws_row = rows, .ws_col = columns};

    if (rows > 0 && columns > 0)
        ioctl(descriptor, TIOCSWINSZ, &size);
}

static bool open_pair(struct terminal *terminal, const struct shepherd_order *order,
                      struct error *err)
{
    terminal->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (terminal->master < 0 || unlockpt(terminal->master) != 0)
        return fail_errno(err, "make a terminal");
    terminal->slave = ioctl(terminal->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal->slave < 0)
        return fail_errno(err, "open the terminal");
    if (order->spool->mapped && fchown(terminal->slave, order->account->uid, (gid_t)-1) != 0)
        return fail_errno(err, "give the terminal to %s", order->account->name);
    set_size(terminal->slave, order->start->rows, order->start->columns);
    return true;
}

static bool open_input(struct terminal *terminal, const struct shepherd_order *order,
                       struct error *err)
{
    char name[RECORD_NAME_SIZE], link[64];

    input_name(order->task_name, name);
    terminal->input = openat(order->spool->output, name,
                             O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (terminal->input < 0)
        return fail_errno(err, "make %s in the spool", name);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", terminal->input);
    terminal->notices = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (terminal->notices >= 0 && inotify_add_watch(terminal->notices, link, IN_MODIFY) < 0)
        file_closep(&terminal->notices); /* then it is looked at from time to time */
    return true;
}

bool terminal_open(struct terminal *terminal, const struct shepherd_order *order, int output,
                   const sigset_t *signals, struct error *err)
{
    terminal->output = output;
    terminal->signals = signalfd(-1, signals, SFD_CLOEXEC);
    if (terminal->signals < 0)
        return fail_errno(err, "wait beside the terminal");
    return open_pair(terminal, order, err) && open_input(terminal, order, err);
}

void terminal_started(struct terminal *terminal)
{
    file_closep(&terminal->slave);
}

/* --- what it prints ----------------------------------------------------------------------------- */

/* How many bytes there were.  What a full disk does not take is lost, as it is to others. */
static size_t take_output(struct terminal *terminal)
{
    char bytes[16384];
    ssize_t got = read(terminal->master, bytes, sizeof(bytes));
    struct error ignored;

    terminal->silent = got < 0 && errno == EIO;
    if (got <= 0)
        return 0;
    file_write_all(terminal->output, bytes, (size_t)got, &ignored);
    return (size_t)got;
}

/* Others of the user's may have opened it by its name and print on: the tasks have ended, and what they
 * left is no more than a terminal holds. */
void terminal_drain(struct terminal *terminal)
{
    size_t all = 0;

    if (terminal->master < 0)
        return;
    for (size_t got = 1; got > 0 && all < DRAIN_MOST; all += got)
        got = take_output(terminal);
}

/* --- what is typed ------------------------------------------------------------------------------ */

/* The next frame, whole; false when there is none yet. */
static bool read_frame(struct terminal *terminal)
{
    struct input_frame frame;
    off_t offset = (off_t)terminal->offset;

    if (pread(terminal->input, &frame, sizeof(frame), offset) != (ssize_t)sizeof(frame) ||
        frame.size > sizeof(terminal->bytes) ||
        pread(terminal->input, terminal->bytes, frame.size, offset + (off_t)sizeof(frame)) !=
            (ssize_t)frame.size)
        return false;
    terminal->offset += sizeof(frame) + frame.size;
    terminal->at = 0;
    terminal->size = frame.size;
    set_size(terminal->master, frame.rows, frame.columns);
    return true;
}

static void give_input(struct terminal *terminal)
{
    while (terminal->at < terminal->size || read_frame(terminal)) {
        ssize_t put =
            write(terminal->master, terminal->bytes + terminal->at, terminal->size - terminal->at);

        if (put < 0)
            return; /* it has enough to read */
        terminal->at += (size_t)put;
    }
}

void terminal_wait(struct terminal *terminal)
{
    bool full = terminal->at < terminal->size;
    struct pollfd ready[] = {
        {.fd = terminal->signals,                        .events = POLLIN},
        {.fd = terminal->silent ? -1 : terminal->master,
         .events = (short)(POLLIN | (full ? POLLOUT : 0))                },
        {.fd = terminal->notices,                        .events = POLLIN},
    };
    bool looks = terminal->silent || terminal->notices < 0;
    struct inotify_event notices[64];

    if (poll(ready, 3, looks ? LOOK_MS : -1) < 0)
        return;
    while (terminal->notices >= 0 && read(terminal->notices, notices, sizeof(notices)) > 0)
        continue;
    give_input(terminal);
    take_output(terminal);
}

/* --- the task ----------------------------------------------------------------------------------- */

bool terminal_take(const struct terminal *terminal)
{
    return ioctl(terminal->slave, TIOCSCTTY, 0) == 0 && dup2(terminal->slave, 0) == 0 &&
           dup2(terminal->slave, 1) == 1 && dup2(terminal->slave, 2) == 2;
}
