/* stage.c - tequio-stage: a job's script between files that are brought and files that are carried away
 *
 * `tequio-stage PROGRAM [ARGUMENT]...` brings what TEQUIO_STAGE_IN_… names (stage_item.h) into the
 * job's directory and becomes the program.  Where something is to be carried away it stays, does that when the
 * program has ended by itself, whatever its exit code, and ends as the program did; or fails if the program has
 * not.  All as the job's user, in its cgroup: nobody else needs rights for it. */

#include "agent/stage.h"
#include "agent/about.h"
#include "agent/runtime.h"
#include "agent/stage_curl.h"
#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "tequio-stage"

enum { NOT_FOUND = 127, NOT_EXECUTED = 126, NOT_STAGED = 74 /* EX_IOERR of sysexits.h */ };

struct work {
    struct stage_items in;
    struct stage_items out;
    struct stage_rules rules;
};

static void work_clear(struct work *work)
{
    stage_items_clear(&work->in);
    stage_items_clear(&work->out);
    stage_rules_clear(&work->rules);
}

/* One line, for the shepherd to put into the record of the job's end. */
static void leave_word(const char *text)
{
    const char *scratch = getenv("TEQUIO_SCRATCH");
    CLEANUP(memory_freep) char *path = memory_format("%s/" LAST_WORD_FILE, scratch);
    CLEANUP(file_closep) int file = -1;
    struct error ignored;

    if (!scratch)
        return;
    unlink(path);
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file >= 0)
        (void)file_write_all(file, text, strlen(text), &ignored);
}

static int fail_item(const struct stage_item *item, const char *option, const char *then,
                     const struct error *why)
{
    CLEANUP(memory_freep)
    char *text =
        memory_format("%s of %s (%s): %s%s", option, item->path, item->shown, why->text, then);

    fprintf(stderr, NAME ": %s\n", text);
    leave_word(text);
    return NOT_STAGED;
}

static int bring_all(const struct work *work)
{
    struct error why;

    for (uint32_t i = 0; i < work->in.count; i++)
        if (!stage_bring(&work->in.all[i], &work->rules, &why))
            return fail_item(&work->in.all[i], "--stage-in", "; the script was not started", &why);
    return 0;
}

/* What one failure leaves undone is no reason to leave the others. */
static int carry_all(const struct work *work)
{
    int status = 0;

    for (uint32_t i = 0; i < work->out.count; i++) {
        struct error why;

        if (!stage_carry(&work->out.all[i], &work->rules, &why))
            status = fail_item(&work->out.all[i], "--stage-out", "", &why);
    }
    return status;
}

/* --- the program ---------------------------------------------------------------------------------- */

_Noreturn static void become(char **words)
{
    int number;

    execvp(words[0], words);
    number = errno;
    fprintf(stderr, NAME ": %s: %s\n", words[0], strerror(number));
    _exit(number == ENOENT ? NOT_FOUND : NOT_EXECUTED);
}

_Noreturn static void end_as(int status)
{
    if (!WIFSIGNALED(status))
        _exit(WEXITSTATUS(status));
    child_end_alike(WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
}

/* Signals for the job reach the program, too.  One for the script alone reaches this process alone: the shepherd marks
 * it (shepherd.c), and it is passed on. */
static int await(pid_t child, const sigset_t *all, bool *ret_ended)
{
    *ret_ended = false;
    for (;;) {
        siginfo_t info;
        int status, number = sigwaitinfo(all, &info);

        if (number == SIGTERM)
            *ret_ended = true;
        if (number > 0 && info.si_code == SI_QUEUE)
            kill(child, number);
        if (number == SIGCHLD && waitpid(child, &status, WNOHANG) == child)
            return status;
    }
}

/* Its exit code, or by what it ended; *ret_ended: somebody, or the time limit, has ended the job. */
static bool run(char **words, int *ret_status, bool *ret_ended)
{
    sigset_t all, before;
    pid_t child;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child = fork();
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        become(words);
    }
    if (child > 0)
        *ret_status = await(child, &all, ret_ended);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child > 0;
}

static int run_between(const struct work *work, char **words)
{
    int status = 0, carried;
    bool ended;

    if (!run(words, &status, &ended)) {
        fprintf(stderr, NAME ": start the script: %s\n", strerror(errno));
        return NOT_EXECUTED;
    }
    if (ended) {
        fputs(NAME ": the job was ended: nothing is carried away\n", stderr);
        end_as(status);
    }
    carried = carry_all(work);
    if (status != 0)
        end_as(status);
    return carried;
}

int main(int argc, char **argv)
{
    static const struct about about = {
        .name = NAME,
        .usage = "PROGRAM [ARGUMENT]...",
        .purpose =
            "Inside a job with --stage-in or --stage-out: brings files, becomes PROGRAM or runs\n"
            "it, and carries files away.  The agent starts it: see tequio-submit(1).",
    };
    CLEANUP(work_clear) struct work work = {0};
    struct error err;
    int status;

    if (about_is_all(&about, argc, argv, &status))
        return status;
    if (!stage_items_take(STAGE_IN, &work.in, &err) ||
        !stage_items_take(STAGE_OUT, &work.out, &err) || !stage_rules_take(&work.rules, &err) ||
        !stage_curl_open(&err)) {
        fprintf(stderr, NAME ": %s\n", err.text);
        return NOT_EXECUTED;
    }
    status = bring_all(&work);
    if (status == 0 && work.out.count == 0)
        become(argv + 1);
    if (status == 0)
        status = run_between(&work, argv + 1);
    stage_curl_close();
    return status;
}
