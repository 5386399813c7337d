/* thread.c - a thread that no signal reaches */

#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

bool thread_start(pthread_t *ret_thread, thread_fn *run, void *owner, struct error *err)
{
    sigset_t all, before;
    int status;

    sigfillset(&all); /* a new thread inherits the mask */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    status = pthread_create(ret_thread, NULL, run, owner);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = status;
    return status == 0 || fail_errno(err, "cannot start a thread");
}

pthread_t thread_new(thread_fn *run, void *owner)
{
    struct error err;
    pthread_t thread;

    if (!thread_start(&thread, run, owner, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return thread;
}
