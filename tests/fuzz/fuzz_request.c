/* fuzz_request.c - the launcher's requests are taken whole or refused, whatever is in them
 *
 * Two bytes say how long the request is; behind it come the texts of a start. */

#include "agent/launcher/request_check.h"
#include "agent/shepherd/texts.h"

#include "base/memory.h"
#include "tests/fuzz/target.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Every text ends inside of the input, and can be read to its end. */
static void use_texts(const struct start_texts *texts)
{
    size_t length = strlen(texts->directory) + strlen(texts->output) + strlen(texts->error) +
                    strlen(texts->input);

    for (const char **text = texts->arguments; *text; text++)
        length += strlen(*text);
    for (const char **text = texts->environment; *text; text++)
        length += strlen(*text);
    assert(length <= REQUEST_TEXT_MAX);
    assert(!texts->script == (texts->script_size == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    union request request = {0};
    struct start_texts texts;
    struct error err = {0};
    size_t length;

    if (size < 2)
        return 0;
    length = (size_t)bytes[0] | (size_t)bytes[1] << 8;
    bytes += 2;
    size -= 2;
    if (length > size)
        length = size;
    if (length > 0)
        memcpy(&request, bytes, length < sizeof(request) ? length : sizeof(request));
    if (!request_check(&request, length, &err)) {
        assert(err.code == ERROR_INVALID);
        return 0;
    }
    if (request.head.kind != REQUEST_START)
        return 0;
    CLEANUP(memory_freep) char *copy = memory_copy_bytes(bytes + length, size - length);
    if (!start_texts_read(&request.start, copy, size - length, &texts, &err)) {
        assert(err.code == ERROR_INVALID);
        return 0;
    }
    use_texts(&texts);
    start_texts_clear(&texts);
    return 0;
}
