/* error.h - why something could not be done, for a program and for a person
 *
 * The code is the same number on the wire and in a client's exit status; the
 * text says what was being done to what.  A function that can fail returns
 * bool (or a pointer) and takes `struct error *err` last, never NULL.  On
 * failure it has changed nothing.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

/* The code is part of the protocol: add at the end, never renumber. */
#define ERROR_CODES(X)                                                 \
    X(INVALID, 1)     /* the request makes no sense as written */      \
    X(NOT_FOUND, 2)   /* the thing named does not exist */             \
    X(DENIED, 3)      /* the caller may not do this */                 \
    X(CONFLICT, 4)    /* not in the present state; a retry may work */ \
    X(EXHAUSTED, 5)   /* a limit or a quota is reached */              \
    X(UNAVAILABLE, 6) /* a peer or a device does not answer */         \
    X(IO, 7)          /* the operating system said no */               \
    X(INTERNAL, 8)    /* a bug of ours */

enum error_code {
    ERROR_NONE = 0,
#define X(name, number) ERROR_##name = number,
    ERROR_CODES(X)
#undef X
};

struct error {
    enum error_code code;
    char text[240];
};

/* Fill *err and return false, so that a failing function can end with
 * `return fail(err, ERROR_NOT_FOUND, "no job %s", name);` */
bool fail(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Like fail() with ERROR_IO and the meaning of errno appended. */
bool fail_errno(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put "format: " before the text already in *err; keep its code; return false. */
bool fail_in(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The analyzer cannot see that they always return false, and would follow paths that are
 * none. */
#ifdef __clang_analyzer__
#define fail(...)       ((fail)(__VA_ARGS__), false)
#define fail_errno(...) ((fail_errno)(__VA_ARGS__), false)
#define fail_in(...)    ((fail_in)(__VA_ARGS__), false)
#endif

/* "not-found" and so on; "unknown" for a number outside the table. */
const char *error_code_name(enum error_code code);

#endif
