/* arena.h - memory freed all at once
 *
 * For what lives exactly as long as one message: the decoder puts a whole envelope
 * into one arena, a handler puts the parts of its answer into another.  To get is to move
 * a pointer; a single piece is never given back.
 *
 * Owns: all that it handed out.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_ARENA_H
#define PROTO_ARENA_H

#include "base/memory.h"

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
struct arena *arena_new_sized(size_t size); /* takes no more from the heap for that many bytes */
void arena_free(struct arena *arena);
DEFINE_CLEANUP(struct arena *, arena_free)

/* All it handed out is gone; the memory it started with is kept for the next. */
void arena_reset(struct arena *arena);

/* Zeroed, fit for any type; aborts on overflow. */
void *arena_get(struct arena *arena, size_t count, size_t size);
void *arena_take(struct arena *arena, size_t size); /* not zeroed */
char *arena_copy(struct arena *arena, const char *text);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A copy fit for the wire: bytes that are not UTF-8 are written as \xNN, for names of files
 * and whatever else comes from outside. */
char *arena_copy_utf8(struct arena *arena, const char *text);

#define ARENA_NEW(arena, type)              ((type *)arena_get((arena), 1, sizeof(type)))
#define ARENA_NEW_ARRAY(arena, type, count) ((type *)arena_get((arena), (count), sizeof(type)))

/* Bytes taken from the heap so far. */
size_t arena_size(const struct arena *arena);

#endif
