/* error.c - why something could not be done, for a program and for a person */

#include "base/error.h"

#include "base/memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    enum error_code code;
    const char *name;
} names[] = {
    {ERROR_NONE,        "none"       },
    {ERROR_INVALID,     "invalid"    },
    {ERROR_NOT_FOUND,   "not-found"  },
    {ERROR_DENIED,      "denied"     },
    {ERROR_CONFLICT,    "conflict"   },
    {ERROR_EXHAUSTED,   "exhausted"  },
    {ERROR_UNAVAILABLE, "unavailable"},
    {ERROR_IO,          "io"         },
    {ERROR_INTERNAL,    "internal"   },
};

/* The parentheses keep the analyzer's macros of these names away (error.h). */
bool(fail)(struct error *err, enum error_code code, const char *format, ...)
{
    char text[sizeof(err->text)];
    va_list arguments;

    /* The arguments may point into err->text, so it is not written in place. */
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    err->code = code;
    memcpy(err->text, text, sizeof(text));
    return false;
}

bool(fail_errno)(struct error *err, const char *format, ...)
{
    int number = errno;
    const char *meaning = strerrordesc_np(number);
    char text[sizeof(err->text)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (!meaning)
        return fail(err, ERROR_IO, "%s: error %d", text, number);
    return fail(err, ERROR_IO, "%s: %s", text, meaning);
}

bool(fail_in)(struct error *err, const char *format, ...)
{
    char text[sizeof(err->text)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return fail(err, err->code, "%s: %s", text, err->text);
}

const char *error_code_name(enum error_code code)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].code == code)
            return names[i].name;
    return "unknown";
}
