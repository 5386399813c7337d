/* job_end.h - how a job has ended, in a sentence
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOB_END_H
#define CLIENT_JOB_END_H

#include "base/buffer.h"
#include "proto/message.h"

/* Nothing, where it has not ended.  What comes from elsewhere is in it as it came. */
void job_end_print(const Wire__JobView *job, struct buffer *sentence);

#endif
