/* mail.c - hand a notice to the machine's mail program, by the interface that sendmail has */

#include "accounting/mail.h"

#include "accounting/figures.h"
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 30000

bool mail_address_is_good(const char *address)
{
    const char *at = strchr(address, '@');

    return at && at > address && at[1] && *address != '-' && !strchr(at + 1, '@') &&
           strlen(address) < NOTICE_ADDRESS_MAX &&
           strspn(address, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                           "@._+-") == strlen(address);
}

static void add_amounts(struct buffer *buffer, const struct notice *notice, const char *granted,
                        const char *used)
{
    buffer_print(buffer, "  %s: ", granted);
    figure_add_amount(buffer, notice->granted_micro);
    buffer_print(buffer, " SU\n  %s: ", used);
    figure_add_amount(buffer, notice->used_micro);
    buffer_add_text(buffer, " SU\n");
}

void mail_print(const struct mail *mail, const char *to, const struct notice *notice,
                struct buffer *buffer)
{
    const char *dash = *notice->project ? "/" : "";

    buffer_print(buffer, "From: %s\nTo: %s\nSubject: [%s] %s%s%s: %u %%\n", mail->from, to,
                 mail->network, notice->institution, dash, notice->project, notice->percent);
    /* The same for each try, so that whoever gets it twice can tell. */
    buffer_print(buffer, "Message-ID: <notice-%" PRIu64 "-%" PRId64 "@%s.tequio.invalid>\n",
                 notice->id, notice->at_us, mail->network);
    buffer_add_text(buffer, "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
                            "Content-Type: text/plain; charset=utf-8\n"
                            "Content-Transfer-Encoding: 8bit\n\n");
    buffer_print(buffer, "Se ha usado el %u %% o más de lo concedido a %s%s%s.\n", notice->percent,
                 notice->institution, dash, notice->project);
    add_amounts(buffer, notice, "concedido", "usado");
    buffer_print(buffer, "\n%u %% or more of what was granted to %s%s%s has been used.\n",
                 notice->percent, notice->institution, dash, notice->project);
    add_amounts(buffer, notice, "granted", "used");
    buffer_add_text(buffer, "\n  tequio quota\n  tequio notices\n");
}

/* A pipe holds all of a message, so that writing it cannot wait for the program. */
static int fill_pipe(const struct buffer *text, struct error *err)
{
    int ends[2];
    ssize_t written;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        fail_errno(err, "a pipe for the mail program");
        return -1;
    }
    written = write(ends[1], text->bytes, text->length);
    close(ends[1]);
    if (written == (ssize_t)text->length)
        return ends[0];
    close(ends[0]);
    fail(err, ERROR_IO, "the message is too long for a pipe");
    return -1;
}

static bool wait_for(pid_t pid, const char *program, struct error *err)
{
    struct pollfd ready = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    int status, events;

    do
        events = poll(&ready, 1, DEADLINE_MS);
    while (events < 0 && errno == EINTR);
    if (ready.fd >= 0)
        close(ready.fd);
    if (events != 1)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (events != 1)
        return fail(err, ERROR_UNAVAILABLE, "%s did not end in %d seconds", program,
                    DEADLINE_MS / 1000);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return fail(err, ERROR_UNAVAILABLE, "%s ended with %s %d", program,
                WIFEXITED(status) ? "status" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

bool mail_send(const struct mail *mail, const char *to, const struct notice *notice,
               struct error *err)
{
    /* -oi: a line with a dot alone does not end it; --: an address is no option. */
    const char *const arguments[] = {mail->program, "-oi", "-f", mail->from, "--", to, NULL};
    const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    CLEANUP(buffer_clear) struct buffer text;
    struct child_request request = {
        .program = mail->program,
        .arguments = (char *const *)(uintptr_t)arguments,
        .environment = (char *const *)(uintptr_t)environment,
        .output = -1,
        .error = -1,
        .extra = -1,
    };
    bool started;
    pid_t pid;

    buffer_init(&text);
    mail_print(mail, to, notice, &text);
    request.input = fill_pipe(&text, err);
    if (request.input < 0)
        return false;
    started = child_start(&request, &pid, err);
    close(request.input);
    return started && wait_for(pid, mail->program, err);
}
