/* fuzz_hostlist.c - a list of nodes is refused with a reason, or its short form names the same
 * nodes in the same order */

#include "base/hostlist.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void compare(const struct hostlist *a, const struct hostlist *b)
{
    if (hostlist_count(a) != hostlist_count(b))
        abort();
    for (size_t i = 0; i < hostlist_count(a); i++)
        if (strcmp(hostlist_at(a, i), hostlist_at(b, i)) != 0 ||
            !hostlist_has(a, hostlist_at(b, i)))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CLEANUP(hostlist_freep) struct hostlist *list = NULL;
    CLEANUP(hostlist_freep) struct hostlist *again = NULL;
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct error err = {0};

    buffer_init(&text);
    buffer_add(&text, bytes, size);
    list = hostlist_parse(text.bytes, &err);
    if (!list) {
        if ((err.code != ERROR_INVALID && err.code != ERROR_EXHAUSTED) || !*err.text)
            abort();
        return 0;
    }
    buffer_reset(&text);
    hostlist_print(list, &text);
    again = hostlist_parse(text.bytes, &err);
    if (!again)
        abort();
    compare(list, again);
    return 0;
}
