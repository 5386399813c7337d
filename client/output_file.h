/* output_file.h - the file that an ended job wrote, read where it lies
 *
 * The nodes forget a job soon after its end; its output is then an ordinary file, which the
 * person's own machine may share with the node or not.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_OUTPUT_FILE_H
#define CLIENT_OUTPUT_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct session;

/* Write the rest of the job's output (errors) from `offset` on to the descriptor, if the job has
 * ended and its file can be read here; else false, with where it is in *err. */
bool output_file_copy(struct session *session, uint64_t job, bool errors, uint64_t offset,
                      int descriptor, struct error *err);

#endif
