/* interrupt.c - Ctrl-C as something to ask about, not something that happens */

#include "client/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static void fill(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

void interrupt_block(void)
{
    sigset_t set;

    fill(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int interrupt_take(void)
{
    static const struct timespec at_once = {0};
    sigset_t set;
    int number;

    fill(&set);
    number = sigtimedwait(&set, NULL, &at_once);
    return number > 0 ? number : 0;
}
