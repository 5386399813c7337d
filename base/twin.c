/* twin.c - a copy of this process that answers one question */

#include "base/twin.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT 3
#define NICER  5 /* so much less urgent than what it must not delay */

/* Nothing of the origin is written twice: no exit handler runs, no buffer is flushed. */
__attribute__((noreturn)) static void be_twin(twin_fn *work, void *owner, pid_t origin, int output)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != origin ||
        (output != OUTPUT && dup2(output, OUTPUT) != OUTPUT) ||
        close_range(OUTPUT + 1, ~0U, 0) != 0)
        _exit(1);
    (void)setpriority(PRIO_PROCESS, 0, NICER); /* without it it is only as urgent as we are */
    work(owner, OUTPUT);
    _exit(0);
}

bool twin_start(twin_fn *work, void *owner, struct twin *ret_twin, struct error *err)
{
    pid_t origin = getpid();
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(err, ERROR_IO, "pipe: %s", strerror(errno));
    pid = fork();
    if (pid == 0)
        be_twin(work, owner, origin, ends[1]);
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return fail(err, ERROR_EXHAUSTED, "fork: %s", strerror(errno));
    }
    *ret_twin = (struct twin){pid, ends[0]};
    return true;
}

void twin_kill(struct twin *twin)
{
    (void)close(twin->descriptor);
    (void)kill(twin->pid, SIGKILL); /* it has answered, or nobody wants its answer any more */
}

void twin_end(struct twin *twin)
{
    int status;

    twin_kill(twin);
    while (waitpid(twin->pid, &status, 0) < 0 && errno == EINTR)
        ;
}

bool twin_write(int output, const void *bytes, size_t size)
{
    const char *place = bytes;

    while (size > 0) {
        ssize_t done = write(output, place, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        place += done;
        size -= (size_t)done;
    }
    return true;
}

static size_t read_all(int descriptor, void *bytes, size_t size)
{
    size_t length = 0;

    while (length < size) {
        ssize_t done = read(descriptor, (char *)bytes + length, size - length);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            break;
        length += (size_t)done;
    }
    return length;
}

bool twin_ask(twin_fn *work, void *owner, void *ret_answer, size_t size, struct error *err)
{
    CLEANUP(memory_freep) uint8_t *answer = NEW_ARRAY(uint8_t, size);
    struct twin twin;
    size_t length;

    if (!twin_start(work, owner, &twin, err))
        return false;
    length = read_all(twin.descriptor, answer, size);
    twin_end(&twin);
    if (length != size)
        return fail(err, ERROR_INTERNAL, "a copy of the process ended without an answer");
    memcpy(ret_answer, answer, size);
    return true;
}
