/* scratch.h - a directory of the test's own, gone when the program ends
 *
 * It is made on first use under $TMPDIR (or /tmp), mode 0700, and removed with
 * all that is in it at exit() of the process that made it (not of its children).
 *
 * Owns: the directory.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_SCRATCH_H
#define TESTS_LIB_SCRATCH_H

#include <stddef.h>

/* Its absolute path. */
const char *scratch_directory(void);

/* The path of `name` in it; free() it. */
char *scratch_path(const char *name) __attribute__((malloc, returns_nonnull));

/* Write a whole file in it, and return its path; free() it. */
char *scratch_file(const char *name, const void *bytes, size_t size)
    __attribute__((malloc, returns_nonnull));

#endif
