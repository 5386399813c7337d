/* base64.c - bytes as text of RFC 4648, section 4 */

#include "base/base64.h"

#include <assert.h>
#include <limits.h>
#include <openssl/evp.h>

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
