/* fuzz_sets.c - sets of numbers and lists of names read back what they print */

#include "base/hostlist.h"
#include "base/idset.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void check_idset(const char *text)
{
    struct error err = {0};
    CLEANUP(idset_freep) struct idset *set = idset_parse(text, &err);
    CLEANUP(idset_freep) struct idset *again = NULL;
    CLEANUP(buffer_clear) struct buffer printed = {0};

    if (!set) {
        if (err.code == ERROR_NONE || !*err.text)
            abort();
        return;
    }
    if (idset_count(set) == 0 || idset_first(set) == IDSET_NONE)
        abort();
    buffer_init(&printed);
    idset_print(set, &printed);
    again = idset_parse(printed.bytes, &err);
    if (!again || !idset_equal(set, again))
        abort();
}

static void check_hostlist(const char *text)
{
    struct error err = {0};
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_parse(text, &err);
    CLEANUP(hostlist_freep) struct hostlist *again = NULL;
    CLEANUP(buffer_clear) struct buffer printed = {0};

    if (!list) {
        if (err.code == ERROR_NONE || !*err.text)
            abort();
        return;
    }
    if (hostlist_count(list) > HOSTLIST_MAX)
        abort();
    buffer_init(&printed);
    hostlist_print(list, &printed);
    again = hostlist_parse(printed.bytes, &err);
    if (!again || hostlist_count(again) != hostlist_count(list))
        abort();
    for (size_t i = 0; i < hostlist_count(list); i++)
        if (strcmp(hostlist_at(list, i), hostlist_at(again, i)) != 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    buffer_add(&text, bytes, size);
    check_idset(text.bytes);
    check_hostlist(text.bytes);
    return 0;
}
