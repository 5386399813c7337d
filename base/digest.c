/* digest.c - keyed BLAKE2b, CRC-32C, hexadecimal */

#include "base/digest.h"

#include <sodium.h>
#include <string.h>

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return bytes_equal(a->bytes, b->bytes, DIGEST_SIZE);
}

void mac_of(const uint8_t key[MAC_KEY_SIZE], const void *bytes, size_t size,
            uint8_t ret_mac[MAC_SIZE])
{
    crypto_generichash(ret_mac, MAC_SIZE, bytes, size, key, MAC_KEY_SIZE);
}

bool bytes_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

/* Four bits at a time: the remainder of each value of four bits, for the polynomial
 * 0x1edc6f41 with its bits in reverse. */
uint32_t crc32c(uint32_t start, const void *bytes, size_t size)
{
    static const uint32_t remainders[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    const uint8_t *place = bytes;
    uint32_t rest = ~start;

    for (size_t i = 0; i < size; i++) {
        rest ^= place[i];
        rest = rest >> 4 ^ remainders[rest & 15];
        rest = rest >> 4 ^ remainders[rest & 15];
    }
    return ~rest;
}

void hex_print(const void *bytes, size_t size, struct buffer *buffer)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *place = bytes;

    for (size_t i = 0; i < size; i++) {
        buffer_add_char(buffer, digits[place[i] >> 4]);
        buffer_add_char(buffer, digits[place[i] & 15]);
    }
}

/* Its value, or 16 when it is no digit. */
static unsigned digit_of(char character)
{
    if (character >= '0' && character <= '9')
        return (unsigned)(character - '0');
    if (character >= 'a' && character <= 'f')
        return (unsigned)(character - 'a') + 10;
    return 16;
}

bool hex_parse(const char *text, void *bytes, size_t size, struct error *err)
{
    uint8_t *place = bytes;

    /* All of it before any is written: on failure nothing has changed. */
    if (strlen(text) != 2 * size)
        return fail(err, ERROR_INVALID, "expected %zu hexadecimal digits, not %zu characters",
                    2 * size, strlen(text));
    for (size_t i = 0; i < 2 * size; i++)
        if (digit_of(text[i]) > 15)
            return fail(err, ERROR_INVALID, "expected digits 0 to 9 and a to f, at character %zu",
                        i + 1);
    for (size_t i = 0; i < size; i++)
        place[i] = (uint8_t)(digit_of(text[2 * i]) << 4 | digit_of(text[2 * i + 1]));
    return true;
}
