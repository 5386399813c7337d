/* base64.c - bytes as text of RFC 4648, section 4 */

#include "base/base64.h"

#include "base/memory.h"

#include <assert.h>
#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

void base64_print(const void *bytes, size_t size, struct buffer *buffer)
{
    size_t length = (size + 2) / 3 * 4;
    unsigned char *place;
    int written;

    assert(size <= INT_MAX / 2);
    place = (unsigned char *)buffer_reserve(buffer, length + 1); /* it adds a NUL */
    written = EVP_EncodeBlock(place, bytes, (int)size);
    assert((size_t)written == length);
    (void)written;
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

/* EVP_DecodeBlock() forgives much, so what it made is written again and compared. */
bool base64_read(const char *text, size_t length, void *ret_bytes, size_t size)
{
    CLEANUP(buffer_clear) struct buffer bytes;
    CLEANUP(buffer_clear) struct buffer again;
    int count;

    buffer_init(&bytes);
    buffer_init(&again);
    if (size > INT_MAX / 2 || length != (size + 2) / 3 * 4)
        return false;
    count = EVP_DecodeBlock((unsigned char *)buffer_reserve(&bytes, length + 1),
                            (const unsigned char *)text, (int)length);
    if (count < 0 || (size_t)count < size)
        return false;
    base64_print(bytes.bytes, size, &again);
    if (memcmp(again.bytes, text, length) != 0)
        return false;
    memcpy(ret_bytes, bytes.bytes, size);
    return true;
}
