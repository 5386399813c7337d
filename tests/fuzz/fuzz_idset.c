/* fuzz_idset.c - a set of numbers is refused with a reason, or prints so that it reads back */

#include "base/idset.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CLEANUP(idset_freep) struct idset *set = NULL;
    CLEANUP(idset_freep) struct idset *again = NULL;
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct error err = {0};

    buffer_init(&text);
    buffer_add(&text, bytes, size);
    set = idset_parse(text.bytes, &err);
    if (!set) {
        if (err.code != ERROR_INVALID || !*err.text)
            abort();
        return 0;
    }
    if (idset_count(set) == 0)
        abort();
    buffer_reset(&text);
    idset_print(set, &text);
    again = idset_parse(text.bytes, &err);
    if (!again || !idset_equal(set, again))
        abort();
    return 0;
}
