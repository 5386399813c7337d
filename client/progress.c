/* progress.c - one line on a person's terminal that is written over and over */

#include "client/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void progress_init(struct progress *progress, bool quiet)
{
    const char *terminal = getenv("TERM");

    buffer_init(&progress->shown);
    progress->shows =
        !quiet && isatty(STDERR_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0);
}

void progress_hide(struct progress *progress)
{
    if (progress->shown.length > 0)
        fputs("\r\033[K", stderr);
    buffer_reset(&progress->shown);
}

void progress_show(struct progress *progress, const char *text)
{
    if (!progress->shows || strcmp(progress->shown.bytes, text) == 0)
        return;
    progress_hide(progress);
    fputs(text, stderr);
    fflush(stderr);
    buffer_add_text(&progress->shown, text);
}

void progress_clear(struct progress *progress)
{
    progress_hide(progress);
    buffer_clear(&progress->shown);
}
