/* test_chain.c - the chain of hashes, against values made with another tool
 *
 *     printf '\0abc' | sha256sum
 *     (printf '\2'; 32 zero bytes; printf '\0\0\0\0\0\0\0\1'; the leaf's bytes) | sha256sum */

#include "accounting/core/ledger.h"
#include "tests/lib/runner.h"

#include <string.h>

static void print_hex(const struct digest *digest, char text[DIGEST_HEX])
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    hex_print(digest->bytes, DIGEST_SIZE, &buffer);
    memcpy(text, buffer.bytes, DIGEST_HEX);
}

static void test_known_values(void)
{
    struct digest head = {0};
    struct digest leaf = chain_leaf("abc", 3);
    char text[DIGEST_HEX];

    print_hex(&leaf, text);
    CU_ASSERT_STRING_EQUAL(text,
                           "609f6e36d2405585188d5cfd761f407c7cc46a7d3f314c88270469dde315fcd1");
    head = chain_next(&head, 1, &leaf);
    print_hex(&head, text);
    CU_ASSERT_STRING_EQUAL(text,
                           "34529dae57a12b5c3addf84cbf13cb900204b083369eab75eb6ded89904d17fa");
}

/* Each of the three things that go in changes what comes out. */
static void test_all_of_it_counts(void)
{
    struct digest zero = {0}, one = {{1}};
    struct digest leaf = chain_leaf("abc", 3), other = chain_leaf("abd", 3);
    struct digest head = chain_next(&zero, 5, &leaf);
    struct digest changed[] = {
        chain_next(&one, 5, &leaf),
        chain_next(&zero, 6, &leaf),
        chain_next(&zero, 5, &other),
    };

    for (size_t i = 0; i < COUNT_OF(changed); i++)
        CU_ASSERT_FALSE(digest_equal(&head, &changed[i]));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"values known from elsewhere",           test_known_values    },
        {"head, number and leaf all change them", test_all_of_it_counts},
        CU_TEST_INFO_NULL,
    };

    return run_suite("chain", tests);
}
