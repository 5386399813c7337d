/* last_word.h - why a job fails, in the words of what starts its batch script
 *
 * tequio-stage leaves a line in the job's scratch directory when a file cannot be brought or carried away.  The
 * directory is the user's, so anything may be there: only a plain file of the user's own counts, reached
 * without links and mounts, and only letters that can be printed.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_LAST_WORD_H
#define AGENT_SHEPHERD_LAST_WORD_H

#include "agent/shepherd/shepherd.h"

/* *ret_text is "" when nothing was said. */
void last_word_read(const struct shepherd_order *order, char *ret_text, size_t size);

#endif
