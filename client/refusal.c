/* refusal.c - what the scheduler refuses, in the language of who asked */

#include "client/refusal.h"

#include "client/text.h"

#include <stdio.h>
#include <string.h>

enum { PARTS_MAX = 8 };

/* As in the sources of the scheduler (and of the options in base), where each number or text is a %s: `make lint` sees to
 * it.  One that is the end of another stands behind it. */
const char *const refusals[] = {
    N_("there is no job %s"),
    N_("no job %s waits, runs or has just ended"),
    N_("no job %s runs or waits"),
    N_("no job %s"),
    N_("job %s has already ended (%s)"),
    N_("job %s does not run"),
    N_("job %s is not held"),
    N_("job %s is held by an administrator"),
    N_("job %s belongs to somebody else"),
    N_("job %s is %s: only a pending job can be held"),
    N_("job %s is no array"),
    N_("no job and no filter given: say which jobs are meant"),
    N_("node %s does not answer"),
    N_("%s is for %s; you are %s%s"),
    N_("%s is not answered here: ask the address for administrators, or the scheduler's local "
       "socket"),
    N_("this key was revoked"),
    N_("more than %s requests a second: ask again"),
    N_("%s has %s pending jobs of at most %s: try again later"),
    N_("the budget does not cover its time limit: ask for less time or fewer cores, or ask the "
       "institution's manager for a grant (tequio quota)"),
    N_("no default partition: name one"),
    N_("cluster %s has no partition %s"),
    N_("the batch script is empty"),
    N_("the batch script has DOS line ends (CR LF); convert them, for example with dos2unix"),
    N_("the batch script's first line must begin with #! and the path of an interpreter, for "
       "example #!/bin/sh"),
    N_("the batch script contains a NUL byte: is it a program and not a script?"),
    N_("memory per node and memory per cpu exclude each other: give one"),
    N_("the time limit is longer than 10 years"),
    N_("the time span ends before it begins"),
    N_("no project %s whose quota you may see"),
    N_("no institution %s of whose quota you may see anything"),
    N_("the scheduler's disk is nearly full (%s): jobs go on, but nothing new is taken in until "
       "its operator makes room"),
    N_("an URL with a password in it: write it into ~/.netrc of the cluster, or use a signed URL"),
    N_("path %s: write one below the job's directory, without . and .."),
    N_("%s: two files would be brought to %s"),
    N_("unknown option --%s: did you mean --%s?"),
    N_("unknown option --%s"),
    N_("unknown option -%s in %s"),
    N_("unknown option -%s"),
    N_("option --%s may be --%s or --%s"),
    N_("option %s needs a value: %s"),
    N_("option %s takes no value"),
    NULL,
};

struct piece {
    const char *start;
    int length;
};

/* What stands in the text for each %s: as little as can be, the last all that is left. */
static bool take_apart(const char *text, const char *from, struct piece pieces[PARTS_MAX])
{
    size_t count = 0;

    for (;;) {
        const char *mark = strstr(from, "%s");
        size_t fixed = mark ? (size_t)(mark - from) : strlen(from);
        const char *next, *found;

        if (strncmp(text, from, fixed) != 0)
            return false;
        text += fixed;
        if (!mark)
            return *text == '\0';
        if (count == PARTS_MAX)
            return false;
        from = mark + 2;
        next = strstr(from, "%s");
        fixed = next ? (size_t)(next - from) : strlen(from);
        found = text;
        while (*found && (strncmp(found, from, fixed) != 0 || (!next && found[fixed])))
            found++;
        if (fixed > 0 && !*found)
            return false;
        if (fixed == 0)
            found = text + strlen(text);
        pieces[count++] = (struct piece){text, (int)(found - text)};
        text = found;
    }
}

/* "%s" is the next, "%2$s" the second; how many bytes of `mark` that are, 0: it is neither. */
static size_t read_mark(const char *mark, size_t *next)
{
    if (mark[1] == 's') {
        (*next)++;
        return 2;
    }
    if (mark[1] < '1' || mark[1] > '0' + PARTS_MAX || strncmp(mark + 2, "$s", 2) != 0)
        return 0;
    *next = (size_t)(mark[1] - '0');
    return 4;
}

bool refusal_render(const char *text, const char *from, const char *to, char *ret_text, size_t size)
{
    struct piece pieces[PARTS_MAX] = {
        {"", 0}
    };
    size_t used = 0, next = 0;

    if (!take_apart(text, from, pieces))
        return false;
    while (*to) {
        size_t mark = *to == '%' ? read_mark(to, &next) : 0;
        struct piece piece = {to, 1};

        if (mark > 0 && (next > PARTS_MAX || !pieces[next - 1].start))
            return false;
        if (mark > 0)
            piece = pieces[next - 1];
        if (used + (size_t)piece.length >= size)
            return false;
        memcpy(ret_text + used, piece.start, (size_t)piece.length);
        used += (size_t)piece.length;
        to += mark > 0 ? mark : 1;
    }
    ret_text[used] = '\0';
    return true;
}

void refusal_translate(struct error *err)
{
    char text[sizeof(err->text)];

    for (size_t i = 0; refusals[i]; i++) {
        const char *translated = gettext(refusals[i]);

        if (translated != refusals[i] &&
            refusal_render(err->text, refusals[i], translated, text, sizeof(text))) {
            memcpy(err->text, text, sizeof(text));
            return;
        }
    }
}
