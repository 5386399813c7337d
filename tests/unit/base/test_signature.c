/* test_signature.c - the published Ed25519 signatures, and what must not pass for one */

#include "base/digest.h"
#include "base/memory.h"
#include "base/signature.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* RFC 8032, 7.1, tests 1 to 3. */
static const struct {
    const char *seed, *public, *message, *signature;
} vectors[] = {
    {
     "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
     "",                                                                 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b", },
    {
     "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",                                                                 "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
     "72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00", },
    {
     "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",                                                               "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
     "af82",          "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
        "4dc6594a7c15e9716ed28dc027beceea1ec40a", },
};

static void test_published_signatures(void)
{
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        CLEANUP(memory_freep) char *line = memory_format("%s\n", vectors[i].seed);
        CLEANUP(memory_freep) char *path = scratch_file("seed", line, strlen(line));
        size_t size = strlen(vectors[i].message) / 2;
        uint8_t message[2], expected[SIGNATURE_SIZE], made[SIGNATURE_SIZE];
        struct signing_key key;
        struct error err;
        uint8_t public[SIGNATURE_PUBLIC_KEY_SIZE];

        CU_ASSERT_EQUAL(chmod(path, 0600), 0);
        CU_ASSERT_TRUE_FATAL(signing_key_read(path, &key, &err));
        CU_ASSERT_TRUE(hex_parse(vectors[i].public, public, sizeof(public), &err));
        CU_ASSERT_TRUE(bytes_equal(key.public, public, sizeof(public)));
        CU_ASSERT_TRUE(hex_parse(vectors[i].message, message, size, &err));
        CU_ASSERT_TRUE(hex_parse(vectors[i].signature, expected, sizeof(expected), &err));
        sign_bytes(&key, message, size, made);
        CU_ASSERT_TRUE(bytes_equal(made, expected, sizeof(made)));
        CU_ASSERT_TRUE(signature_is_good(public, message, size, expected));
    }
}

static void test_any_changed_bit_is_seen(void)
{
    struct signing_key key;
    uint8_t message[] = "an amount of 12 SU", signature[SIGNATURE_SIZE];

    signing_key_make(&key);
    sign_bytes(&key, message, sizeof(message), signature);
    CU_ASSERT_TRUE(signature_is_good(key.public, message, sizeof(message), signature));
    for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CU_ASSERT_FALSE(signature_is_good(key.public, message, sizeof(message), signature));
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof(message); bit++) {
        message[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CU_ASSERT_FALSE(signature_is_good(key.public, message, sizeof(message), signature));
        message[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CU_ASSERT_FALSE(signature_is_good(key.public, message, sizeof(message) - 1, signature));
    CU_ASSERT_TRUE(signature_is_good(key.public, message, sizeof(message), signature));
}

static void test_other_key(void)
{
    struct signing_key one, two;
    uint8_t signature[SIGNATURE_SIZE];

    signing_key_make(&one);
    signing_key_make(&two);
    sign_bytes(&one, "x", 1, signature);
    CU_ASSERT_FALSE(bytes_equal(one.public, two.public, sizeof(one.public)));
    CU_ASSERT_FALSE(signature_is_good(two.public, "x", 1, signature));
}

/* Adding the group's order to the second half gives another text with the same meaning,
 * which a careless check takes. */
static void test_number_that_is_not_reduced(void)
{
    static const uint8_t order[32] = {
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,        0xd6,
        0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10,
    };
    struct signing_key key;
    uint8_t signature[SIGNATURE_SIZE];
    unsigned carry = 0;

    signing_key_make(&key);
    sign_bytes(&key, "x", 1, signature);
    for (size_t i = 0; i < sizeof(order); i++) {
        carry += signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    CU_ASSERT_FALSE(signature_is_good(key.public, "x", 1, signature));
}

/* Keys of small order have signatures that fit many messages. */
static void test_keys_of_small_order(void)
{
    static const uint8_t zero[SIGNATURE_PUBLIC_KEY_SIZE] = {0};
    static const uint8_t one[SIGNATURE_PUBLIC_KEY_SIZE] = {1};
    uint8_t signature[SIGNATURE_SIZE] = {1};

    CU_ASSERT_FALSE(signature_is_good(zero, "x", 1, signature));
    CU_ASSERT_FALSE(signature_is_good(one, "x", 1, signature));
    memset(signature, 0, sizeof(signature));
    CU_ASSERT_FALSE(signature_is_good(zero, "x", 1, signature));
    CU_ASSERT_FALSE(signature_is_good(one, "x", 1, signature));
}

static void test_files(void)
{
    CLEANUP(memory_freep) char *secret = scratch_path("signing.key");
    CLEANUP(memory_freep) char *open = scratch_path("signing.pub");
    struct signing_key written, read;
    uint8_t public[SIGNATURE_PUBLIC_KEY_SIZE];
    struct stat status;
    struct error err;

    signing_key_make(&written);
    CU_ASSERT_TRUE(signing_key_write(secret, &written, &err));
    CU_ASSERT_TRUE(public_key_write(open, written.public, &err));
    CU_ASSERT_EQUAL(stat(secret, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0777, 0600);
    CU_ASSERT_EQUAL(status.st_size, 65);
    CU_ASSERT_TRUE(signing_key_read(secret, &read, &err));
    CU_ASSERT_TRUE(bytes_equal(&read, &written, sizeof(read)));
    CU_ASSERT_TRUE(public_key_read(open, public, &err));
    CU_ASSERT_TRUE(bytes_equal(public, written.public, sizeof(public)));

    CU_ASSERT_EQUAL(chmod(secret, 0644), 0);
    CU_ASSERT_FALSE(signing_key_read(secret, &read, &err));
}

static void test_files_that_are_no_keys(void)
{
    static const char *const contents[] = {
        "",
        "\n",
        "d75a98",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\n",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511ad7\n",
        "z75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n",
    };

    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        CLEANUP(memory_freep)
        char *path = scratch_file("no-key", contents[i], strlen(contents[i]));
        uint8_t public[SIGNATURE_PUBLIC_KEY_SIZE];
        struct signing_key key;
        struct error err = {0};

        CU_ASSERT_EQUAL(chmod(path, 0600), 0);
        CU_ASSERT_FALSE(public_key_read(path, public, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, path));
        CU_ASSERT_FALSE(signing_key_read(path, &key, &err));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"published signatures",         test_published_signatures      },
        {"any changed bit is seen",      test_any_changed_bit_is_seen   },
        {"another key",                  test_other_key                 },
        {"a number that is not reduced", test_number_that_is_not_reduced},
        {"keys of small order",          test_keys_of_small_order       },
        {"files",                        test_files                     },
        {"files that are no keys",       test_files_that_are_no_keys    },
        CU_TEST_INFO_NULL,
    };

    return run_suite("signature", tests);
}
