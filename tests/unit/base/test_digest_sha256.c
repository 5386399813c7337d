/* test_digest_sha256.c - the published values of SHA-256, and each way to cut the bytes */

#include "base/digest.h"
#include "base/memory.h"
#include "tests/lib/runner.h"

#include <stdint.h>
#include <string.h>

static void check_hex(const void *bytes, size_t size, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer hex;

    buffer_init(&hex);
    hex_print(bytes, size, &hex);
    CU_ASSERT_STRING_EQUAL(hex.bytes, expected);
}

/* FIPS 180-4's examples. */
static void test_sha256(void)
{
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    struct digest empty = digest_of(NULL, 0);
    struct digest abc = digest_of("abc", 3);
    struct digest longer = digest_of(two_blocks, strlen(two_blocks));
    struct digest parts = digest_of_two("a", 1, "bc", 2);

    check_hex(empty.bytes, DIGEST_SIZE,
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_hex(abc.bytes, DIGEST_SIZE,
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_hex(longer.bytes, DIGEST_SIZE,
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CU_ASSERT_TRUE(digest_equal(&abc, &parts));
    CU_ASSERT_FALSE(digest_equal(&abc, &empty));
    parts.bytes[DIGEST_SIZE - 1] ^= 1;
    CU_ASSERT_FALSE(digest_equal(&abc, &parts));
}

/* Each length up to some blocks, in one piece and cut in two, where the first fills its blocks and
 * where it does not: the digests' own chain, as another implementation has it. */
static void test_sha256_lengths(void)
{
    struct digest chain = {{0}};
    uint8_t bytes[300];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(7 * i + 3);
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        struct digest whole = digest_of(bytes, size);

        for (size_t first = 0; first <= size; first += 1 + size / 5) {
            struct digest cut = digest_of_two(bytes, first, bytes + first, size - first);

            CU_ASSERT_TRUE(digest_equal(&cut, &whole));
        }
        chain = digest_of_two(chain.bytes, DIGEST_SIZE, whole.bytes, DIGEST_SIZE);
    }
    check_hex(chain.bytes, DIGEST_SIZE,
              "a1ffdcdd67ac09feb460db0e221bebad6abc7cf4e8d23ee7aa25f89363992757");
}

static void test_sha256_stream(void)
{
    CLEANUP(digest_stream_freep) struct digest_stream *stream = digest_stream_new();
    struct digest now = digest_stream_now(stream), whole = digest_of(NULL, 0);

    CU_ASSERT_TRUE(digest_equal(&now, &whole));
    digest_stream_add(stream, "a", 1);
    now = digest_stream_now(stream); /* which takes nothing away */
    whole = digest_of("a", 1);
    CU_ASSERT_TRUE(digest_equal(&now, &whole));
    digest_stream_add(stream, "bc", 2);
    now = digest_stream_now(stream);
    whole = digest_of("abc", 3);
    CU_ASSERT_TRUE(digest_equal(&now, &whole));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"SHA-256",                test_sha256        },
        {"SHA-256 of each length", test_sha256_lengths},
        {"SHA-256 of a stream",    test_sha256_stream },
        CU_TEST_INFO_NULL,
    };

    return run_suite("SHA-256", tests);
}
