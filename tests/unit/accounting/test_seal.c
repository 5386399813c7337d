/* test_seal.c - what stands for a person in the books */

#include "accounting/core/seal.h"

#include "base/parse.h"
#include "tests/lib/runner.h"

#include <string.h>

static const uint8_t salt[SEAL_SALT_SIZE] = {
    0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
    0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
};

/* By sha256sum, so that anybody can do it without our programs. */
static void test_it_is_a_digest(void)
{
    char seal[SEAL_SIZE];

    seal_make("ana", salt, seal);
    CU_ASSERT_STRING_EQUAL(seal, "c:6f23646333ffe1cb6cfe5b6ab1edb6494e37492596abdf3792342bb43dd1");
    CU_ASSERT(seal_is(seal));
}

static void test_name_and_salt_count(void)
{
    uint8_t other[SEAL_SALT_SIZE];
    char seal[SEAL_SIZE], of_eva[SEAL_SIZE], of_other[SEAL_SIZE];

    memcpy(other, salt, sizeof(other));
    other[SEAL_SALT_SIZE - 1] ^= 1;
    seal_make("ana", salt, seal);
    seal_make("eva", salt, of_eva);
    seal_make("ana", other, of_other);
    CU_ASSERT(strcmp(seal, of_eva) != 0);
    CU_ASSERT(strcmp(seal, of_other) != 0);
}

static void test_it_is_no_name(void)
{
    char seal[SEAL_SIZE];
    struct error err;

    seal_make("ana", salt, seal);
    CU_ASSERT_FALSE(parse_name(seal, "name", SEAL_SIZE, &err));
    CU_ASSERT_FALSE(seal_is("ana"));
    CU_ASSERT_FALSE(seal_is("cc"));
    CU_ASSERT_FALSE(seal_is(""));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"it is the digest of salt and name", test_it_is_a_digest     },
        {"name and salt both count",          test_name_and_salt_count},
        {"it is no name, no name is it",      test_it_is_no_name      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("seal", tests);
}
