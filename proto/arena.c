/* arena.c - memory freed all at once */

#include "proto/arena.h"

#include "base/buffer.h"
#include "base/parse.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 4096 /* of the first one, and the least of the others */

/* Memory beyond what the arena started with; each at least doubles the whole. */
struct chunk {
    struct chunk *next;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *chunks; /* newest first */
    char *free;           /* next byte to hand out */
    char *end;
    size_t first_size; /* of `bytes` */
    size_t size;
    alignas(max_align_t) char bytes[];
};

static size_t round_up(size_t size)
{
    const size_t step = alignof(max_align_t);

    if (size > SIZE_MAX - step)
        abort();
    return (size + step - 1) / step * step;
}

struct arena *arena_new(void)
{
    return arena_new_sized(CHUNK_SIZE - sizeof(struct arena));
}

struct arena *arena_new_sized(size_t size)
{
    size_t room = round_up(size);
    struct arena *arena = memory_resize(NULL, 1, sizeof(*arena) + room);

    arena->chunks = NULL;
    arena->first_size = room;
    arena->size = room;
    arena->free = arena->bytes;
    arena->end = arena->bytes + room;
    return arena;
}

static void free_chunks(struct arena *arena)
{
    while (arena->chunks) {
        struct chunk *chunk = arena->chunks;

        arena->chunks = chunk->next;
        free(chunk);
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    free_chunks(arena);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    free_chunks(arena);
    arena->size = arena->first_size;
    arena->free = arena->bytes;
    arena->end = arena->bytes + arena->first_size;
}

/* Doubling: the rest of the old chunk, which is lost, is never more than what is used. */
static void grow(struct arena *arena, size_t need)
{
    size_t room = arena->size > CHUNK_SIZE ? round_up(arena->size) : CHUNK_SIZE;
    struct chunk *chunk;

    if (room < need)
        room = need;
    if (room > SIZE_MAX / 2)
        abort();
    chunk = memory_resize(NULL, 1, sizeof(*chunk) + room);
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->free = chunk->bytes;
    arena->end = chunk->bytes + room;
    arena->size += room;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t need = round_up(size);
    void *place;

    if (need > (size_t)(arena->end - arena->free))
        grow(arena, need);
    place = arena->free;
    arena->free += need;
    return place;
}

void *arena_get(struct arena *arena, size_t count, size_t size)
{
    void *place;

    if (size > 0 && count > SIZE_MAX / size)
        abort();
    place = arena_take(arena, count * size);
    memset(place, 0, count * size);
    return place;
}

char *arena_copy(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(arena_take(arena, size), text, size);
}

char *arena_copy_utf8(struct arena *arena, const char *text)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    if (text_is_utf8(text, strlen(text)))
        return arena_copy(arena, text);
    buffer_add_escaped(&buffer, text);
    return arena_copy(arena, buffer.bytes);
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    char *text;
    int length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        abort();
    text = arena_take(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

size_t arena_size(const struct arena *arena)
{
    return arena->size;
}
