/* parse_signal.c - signals by name and number */

#include "base/parse.h"

#include "base/parse_inside.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

const char *signal_name(int number)
{
    return number > 0 && number < NSIG ? sigabbrev_np(number) : NULL;
}

bool parse_signal(const char *text, int *ret_number, struct error *err)
{
    const char *place = text;
    char shown[TEXT_SHOWN_SIZE];
    uint64_t number;

    if (scan_number(&place, (uint64_t)SIGRTMAX, &number) && !*place && number > 0) {
        *ret_number = (int)number;
        return true;
    }
    place = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    for (int i = 1; i < NSIG; i++) {
        const char *name = signal_name(i);

        if (name && strcasecmp(name, place) == 0) {
            *ret_number = i;
            return true;
        }
    }
    return fail(err, ERROR_INVALID, "%s is not a signal: write a name such as TERM or 1 to %d",
                text_show(text, shown), SIGRTMAX);
}
