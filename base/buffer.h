/* buffer.h - bytes that grow at the end
 *
 * The bytes are always followed by a NUL that `length` does not count, so
 * `bytes` is also a text when no NUL was put in.
 *
 * Owns: its bytes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *bytes; /* never NULL after buffer_init() */
    size_t length;
    size_t capacity;
};

void buffer_init(struct buffer *buffer);
void buffer_clear(struct buffer *buffer); /* frees; for CLEANUP(buffer_clear) */
void buffer_reset(struct buffer *buffer); /* length 0, memory kept */

/* Make room for `size` more bytes and return where they go; the caller then
 * adds what it wrote to `length`. */
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_add(struct buffer *buffer, const void *bytes, size_t size);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char character);
void buffer_print(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* In decimal; several times faster than buffer_print(). */
void buffer_add_unsigned(struct buffer *buffer, uint64_t value);
void buffer_add_signed(struct buffer *buffer, int64_t value);

/* Big-endian integers, for formats of our own (journal, canonical rows). */
void buffer_add_u32(struct buffer *buffer, uint32_t value);
void buffer_add_u64(struct buffer *buffer, uint64_t value);

/* Text as a person may see it: control bytes, invalid UTF-8, and characters
 * that change direction or have no width are written as \xNN or \u{NNNN}. */
void buffer_add_escaped(struct buffer *buffer, const char *text);

/* Text inside an element or an attribute of XML or HTML: & < > " as entities, without control bytes,
 * which XML 1.0 does not have (section 2.2). */
void buffer_add_markup(struct buffer *buffer, const char *text);

/* Hand over the bytes (free() them) and leave the buffer empty. */
char *buffer_steal(struct buffer *buffer);

#endif
