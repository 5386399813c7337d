/* file.h - whole files, written so that a crash leaves the old or the new one
 *
 * Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Add a whole regular file of at most `most` bytes to the buffer.  Directories, pipes
 * and devices are refused without waiting on them; ERROR_NOT_FOUND when there is none. */
bool file_read(const char *path, size_t most, struct buffer *buffer, struct error *err);

/* Write path.tmp, sync it, rename it over `path`, sync the directory.  A device or pipe stays what
 * it is, and is written to: root that says /dev/null must not take it from everybody. */
bool file_replace(const char *path, const void *bytes, size_t size, mode_t mode, struct error *err);

/* Refuse a key or configuration file that others could read (`secret`) or
 * change: wrong owner, or mode with group or world bits, also of its directory. */
bool file_check_private(const char *path, bool secret, struct error *err);

/* mkdir -p of the last element only, then check that it is a directory of ours. */
bool file_make_directory(const char *path, mode_t mode, struct error *err);
bool file_sync_directory(const char *path, struct error *err);
bool file_write_all(int descriptor, const void *bytes, size_t size, struct error *err);

/* close() for CLEANUP(file_closep) on an int that is -1 or a descriptor. */
void file_closep(int *descriptor);

/* Take the descriptor out of a cleaned-up variable: the caller owns it now. */
int file_steal(int *descriptor);

/* Raise the soft limit of open descriptors to the hard one; the number now in force. */
unsigned long file_raise_limit(void);

#endif
