/* directive.h - one #TEQUIO or #SBATCH line, cut into words
 *
 * Owns: the words.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_DIRECTIVE_H
#define CLIENT_DIRECTIVE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct directive {
    size_t line;
    uint32_t component; /* behind so many lines "#SBATCH hetjob" */
    int count;          /* of the words; the first stands for the program's name */
    char **words;
    bool has_variable; /* "$NAME" in it, which nobody expands */
};

/* What follows "#TEQUIO", "#SBATCH" or "#SLURM" at the start of the line; NULL: no directive. */
const char *directive_options(const char *line);

/* Quotes and backslashes as in a shell, a word that begins with '#' starts a comment.  False for a
 * quote that is not closed, and for a dash that a word processor made. */
bool directive_parse(const char *text, struct directive *ret_directive, struct error *err);
void directive_clear(struct directive *directive);

#endif
