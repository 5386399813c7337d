/* fuzz_escape.c - any text is shown without anything that a terminal would obey */

#include "base/buffer.h"
#include "base/memory.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    CLEANUP(buffer_clear) struct buffer once = {0};
    CLEANUP(buffer_clear) struct buffer twice = {0};

    buffer_init(&text);
    buffer_init(&once);
    buffer_init(&twice);
    buffer_add(&text, bytes, size); /* up to the first NUL it is the text */
    buffer_add_escaped(&once, text.bytes);
    for (size_t i = 0; i < once.length; i++)
        if ((unsigned char)once.bytes[i] < ' ' || once.bytes[i] == 0x7f)
            abort();
    /* what was made harmless stays as it is */
    buffer_add_escaped(&twice, once.bytes);
    if (once.length != twice.length)
        abort();
    return 0;
}
