/* jobfile.h - a job script and the options in its #TEQUIO and #SBATCH lines
 *
 * Read as sbatch does (measured, see docs/man/tequio-submit.1.scd): directives
 * count until the first line that is neither blank nor a comment; they begin at the first column;
 * quotes are honoured, " # " starts a comment, nothing is expanded.  What Slurm
 * passes over in silence although its author meant something is noted with its line number.
 *
 * Owns: its bytes and words.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOBFILE_H
#define CLIENT_JOBFILE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOBFILE_SIZE_MAX        (4u << 20)
#define JOBFILE_INTERPRETER_MAX 255 /* bytes of the first line that Linux reads */

struct jobfile;

/* path "-": standard input.  NULL with the reason: not a regular file, too large, no "#!", DOS
 * line ends, NUL bytes, nothing to run, or a directive that cannot be read. */
struct jobfile *jobfile_read(const char *path, struct error *err);

/* The same for bytes in memory; `name` is for messages. */
struct jobfile *jobfile_parse(const char *name, const void *bytes, size_t size, struct error *err);

/* A script that runs one shell command. */
struct jobfile *jobfile_wrap(const char *command, struct error *err);
void jobfile_free(struct jobfile *file);
DEFINE_CLEANUP(struct jobfile *, jobfile_free)

/* Read the directives of a component (0: the first, or the job), in their order, into the struct
 * that the rules are for; the texts are the jobfile's. */
bool jobfile_options(const struct jobfile *file, uint32_t component,
                     const struct option_rule *rules, void *place, struct error *err);

/* One more than there are lines "#SBATCH hetjob". */
uint32_t jobfile_components(const struct jobfile *file);

/* What was noticed, as lines "NAME:LINE: text\n"; "" when there is nothing. */
const char *jobfile_notes(const struct jobfile *file);

const void *jobfile_bytes(const struct jobfile *file, size_t *ret_size);

/* The script's name as the job's: without folders, "wrap" or "stdin" for those. */
const char *jobfile_name(const struct jobfile *file);

#endif
