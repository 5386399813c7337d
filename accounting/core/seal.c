/* seal.c - what stands for a person in the books */

#include "accounting/core/seal.h"

#include "base/digest.h"
#include "base/memory.h"

#include <string.h>

#define MARK       "c:"
#define BYTES_USED 30

void seal_make(const char *name, const uint8_t salt[SEAL_SALT_SIZE], char ret_seal[SEAL_SIZE])
{
    struct digest digest = digest_of_two(salt, SEAL_SALT_SIZE, name, strlen(name));
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_add_text(&text, MARK);
    hex_print(digest.bytes, BYTES_USED, &text);
    memory_put_text(ret_seal, SEAL_SIZE, text.bytes);
}

bool seal_is(const char *text)
{
    return strncmp(text, MARK, strlen(MARK)) == 0;
}
