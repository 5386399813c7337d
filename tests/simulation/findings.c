/* findings.c - what was found to be wrong in a simulated world */

#include "tests/simulation/findings.h"

#include <stdarg.h>
#include <stdio.h>

void findings_add(struct findings *findings, const char *format, ...)
{
    char text[sizeof(findings->first)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (findings->count++ == 0)
        snprintf(findings->first, sizeof(findings->first), "%s", text);
    trace_say(findings->trace, "WRONG", "%s", text);
}
