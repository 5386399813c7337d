/* test_sha256.c - one block by the processor's instructions, where it has them */

#include "base/sha256.h"
#include "tests/lib/runner.h"

#include <string.h>

static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* FIPS 180-4's example "abc".  A processor without the instructions leaves the state as it was. */
static void test_one_block(void)
{
    static const uint32_t expected[8] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                         0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    uint8_t block[SHA256_BLOCK] = {'a', 'b', 'c', 0x80};
    uint32_t state[8];
    bool done;

    block[SHA256_BLOCK - 1] = 24;
    memcpy(state, start, sizeof(state));
    done = sha256_blocks(state, block, 1);
    CU_ASSERT_EQUAL(memcmp(state, done ? expected : start, sizeof(state)), 0);
}

static void test_no_block_changes_nothing(void)
{
    uint32_t state[8];

    memcpy(state, start, sizeof(state));
    (void)sha256_blocks(state, NULL, 0);
    CU_ASSERT_EQUAL(memcmp(state, start, sizeof(state)), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"one block",                test_one_block               },
        {"no block changes nothing", test_no_block_changes_nothing},
        CU_TEST_INFO_NULL,
    };

    return run_suite("sha256", tests);
}
