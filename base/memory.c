/* memory.c - memory that is there or the process ends, and who cleans it up */

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_MOST 1024

/* No error goes up from here: nobody above could do anything without memory. */
static void *must_have(void *memory, size_t count, size_t size)
{
    if (!memory) {
        fprintf(stderr, "out of memory: %zu x %zu bytes\n", count, size);
        abort();
    }
    return memory;
}

void *memory_get(size_t count, size_t size)
{
    /* What is small comes from the thread's own cache, which calloc() of glibc does not use. */
    if (count < SMALL_MOST && size < SMALL_MOST && count * size - 1 < SMALL_MOST)
        return memset(must_have(malloc(count * size), count, size), 0, count * size);
    /* calloc() of nothing may return NULL */
    return must_have(calloc(count ? count : 1, size ? size : 1), count, size);
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    return must_have(reallocarray(memory, count ? count : 1, size ? size : 1), count, size);
}

char *memory_copy(const char *text)
{
    return memory_copy_bytes(text, strlen(text) + 1);
}

void *memory_copy_bytes(const void *bytes, size_t size)
{
    void *copy = memory_get(size, 1);

    if (size > 0) /* bytes may be NULL when there are none */
        memcpy(copy, bytes, size);
    return copy;
}

void memory_put_text(char *place, size_t room, const char *text)
{
    size_t length = strnlen(text, room - 1);

    memcpy(place, text, length);
    place[length] = '\0';
}

char *memory_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return must_have(length < 0 ? NULL : text, 1, 1);
}

void memory_freep(void *place)
{
    void *memory;

    /* `place` is a pointer to some type of pointer: read it as bytes. */
    memcpy(&memory, place, sizeof(memory));
    free(memory);
}

void memory_wipe(void *memory, size_t size)
{
    if (size > 0)
        explicit_bzero(memory, size);
}
