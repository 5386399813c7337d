/* progress.h - one line on a person's terminal that is written over and over
 *
 * Says nothing where stderr is no terminal.
 *
 * Owns: the text last shown.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_PROGRESS_H
#define CLIENT_PROGRESS_H

#include "base/buffer.h"

#include <stdbool.h>

struct progress {
    bool shows;
    struct buffer shown;
};

void progress_init(struct progress *progress, bool quiet);
void progress_show(struct progress *progress, const char *text); /* escaped by the caller */
void progress_hide(struct progress *progress); /* before anything else is printed */
void progress_clear(struct progress *progress);

#endif
