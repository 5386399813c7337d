/* test_digest.c - the published values of the digests, and hexadecimal */

#include "base/digest.h"
#include "base/memory.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

static void check_hex(const void *bytes, size_t size, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer hex;

    buffer_init(&hex);
    hex_print(bytes, size, &hex);
    CU_ASSERT_STRING_EQUAL(hex.bytes, expected);
}

/* Keyed BLAKE2b with 16 bytes of result, as computed by another implementation. */
static void test_mac(void)
{
    uint8_t key[MAC_KEY_SIZE], mac[MAC_SIZE], other[MAC_SIZE];

    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    mac_of(key, "abc", 3, mac);
    check_hex(mac, sizeof(mac), "1a64be47e4729d951c302ee543f97cf3");
    mac_of(key, "abd", 3, other);
    CU_ASSERT_FALSE(bytes_equal(mac, other, sizeof(mac)));
    key[31] ^= 1;
    mac_of(key, "abc", 3, other);
    CU_ASSERT_FALSE(bytes_equal(mac, other, sizeof(mac)));
    CU_ASSERT_TRUE(bytes_equal(mac, mac, sizeof(mac)));
    CU_ASSERT_TRUE(bytes_equal("a", "b", 0));
}

/* RFC 3720, B.4. */
static void test_crc32c(void)
{
    uint8_t bytes[32];

    memset(bytes, 0, sizeof(bytes));
    CU_ASSERT_EQUAL(crc32c(0, bytes, sizeof(bytes)), 0x8a9136aa);
    memset(bytes, 0xff, sizeof(bytes));
    CU_ASSERT_EQUAL(crc32c(0, bytes, sizeof(bytes)), 0x62a8ab43);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    CU_ASSERT_EQUAL(crc32c(0, bytes, sizeof(bytes)), 0x46dd794e);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(31 - i);
    CU_ASSERT_EQUAL(crc32c(0, bytes, sizeof(bytes)), 0x113fdb5c);
    CU_ASSERT_EQUAL(crc32c(0, "123456789", 9), 0xe3069283);
    CU_ASSERT_EQUAL(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    CU_ASSERT_EQUAL(crc32c(0, NULL, 0), 0);
}

static void test_hexadecimal(void)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"00ff10",    true },
        {"00ff1",     false},
        {"00ff100",   false},
        {"",          false},
        {"00ff1g",    false},
        {"00FF10",    false}, /* one text for one value */
        {"0x00ff",    false},
        {" 0ff10",    false},
        {"00ff1\xff", false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t bytes[3] = {1, 2, 3};
        struct error err;

        CU_ASSERT_EQUAL(hex_parse(cases[i].text, bytes, sizeof(bytes), &err), cases[i].good);
        if (cases[i].good)
            check_hex(bytes, sizeof(bytes), cases[i].text);
        else
            check_hex(bytes, sizeof(bytes), "010203");
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"keyed BLAKE2b", test_mac        },
        {"CRC-32C",       test_crc32c     },
        {"hexadecimal",   test_hexadecimal},
        CU_TEST_INFO_NULL,
    };

    return run_suite("digest", tests);
}
