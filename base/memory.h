/* memory.h - memory that is there or the process ends, and who cleans it up
 *
 * Out of memory ends the process (docs/decisions): what was acknowledged is
 * committed, and sizes from outside are limited before anything is allocated.
 *
 * Owns: nothing.  Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* Zeroed memory for count things of size bytes; aborts on overflow. */
void *memory_get(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Grow or shrink; the new part is not zeroed; aborts on overflow. */
void *memory_resize(void *memory, size_t count, size_t size) __attribute__((returns_nonnull));
char *memory_copy(const char *text) __attribute__((malloc, returns_nonnull));
void *memory_copy_bytes(const void *bytes, size_t size) __attribute__((malloc, returns_nonnull));
/* As much of the text as there is room for, with its NUL; room > 0. */
void memory_put_text(char *place, size_t room, const char *text);
char *memory_format(const char *format, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* free(), for CLEANUP(memory_freep) on any pointer to heap memory. */
void memory_freep(void *place);

/* Overwrite with zeros in a way the compiler keeps: for keys and tokens. */
void memory_wipe(void *memory, size_t size);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define NEW(type)              ((type *)memory_get(1, sizeof(type)))
#define NEW_ARRAY(type, count) ((type *)memory_get((count), sizeof(type)))

/* Run `function` on the variable when it goes out of scope. */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* Define thing_freep() for CLEANUP() from thing_free(). */
#define DEFINE_CLEANUP(type, function)          \
    static inline void function##p(type *place) \
    {                                           \
        if (*place)                             \
            function(*place);                   \
    }

/* Take the pointer out of a cleaned-up variable: the caller owns it now. */
#define STEAL(place)                         \
    __extension__({                          \
        __typeof__(place) stolen_ = (place); \
        (place) = NULL;                      \
        stolen_;                             \
    })

/* clang-format off */
/* The structure that holds `member` at `pointer`. */
#define CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer) - offsetof(type, member)))
/* clang-format on */

#endif
