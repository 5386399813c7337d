/* test_socket_key.c - keys and the files that hold them */

#include "base/socket.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The test vector of ZeroMQ RFC 26's Z85 (RFC 32): a key pair that many use in examples. */
#define PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
#define OTHER  "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

static void test_made_pairs_are_valid_and_differ(void)
{
    struct key_pair one, two;

    key_pair_make(&one);
    key_pair_make(&two);
    CU_ASSERT_TRUE(key_text_is_valid(one.public));
    CU_ASSERT_TRUE(key_text_is_valid(one.secret));
    CU_ASSERT_STRING_NOT_EQUAL(one.public, two.public);
    CU_ASSERT_STRING_NOT_EQUAL(one.public, one.secret);
}

static void test_texts_that_are_keys_or_not(void)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {PUBLIC,                                           true },
        {SECRET,                                           true },
        {OTHER,                                            true },
        {"",                                               false},
        {"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI",        false}, /* 39 */
        {PUBLIC "x",                                       false},
        {PUBLIC "00000",                                   false}, /* a multiple of 5 */
        {"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI ",       false},
        {"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI\"",      false}, /* not in the alphabet */
        {"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI\\",      false},
        {"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{h\xc3\xb1", false},
        {"########################################",       false}, /* above 2^32 - 1 */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT_EQUAL(key_text_is_valid(cases[i].text), cases[i].valid);
}

static void test_what_is_written_is_read(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("pair");
    struct key_pair written, read;
    struct stat status;
    struct error err;

    key_pair_make(&written);
    CU_ASSERT_TRUE(key_pair_write(path, &written, &err));
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0777, 0600);
    CU_ASSERT_TRUE_FATAL(key_pair_read(path, &read, &err));
    CU_ASSERT_STRING_EQUAL(read.public, written.public);
    CU_ASSERT_STRING_EQUAL(read.secret, written.secret);
}

/* words NULL: good */
static void check_file(const char *content, mode_t mode, const char *words)
{
    CLEANUP(memory_freep) char *path = scratch_file("key", content, strlen(content));
    struct key_pair pair = {.public = "untouched"};
    struct error err = {0};
    bool good;

    CU_ASSERT_EQUAL(chmod(path, mode), 0);
    good = key_pair_read(path, &pair, &err);
    CU_ASSERT_EQUAL(good, words == NULL);
    if (good)
        return;
    CU_ASSERT_STRING_EQUAL(pair.public, "untouched");
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, path));
    CU_ASSERT_PTR_NULL(strstr(err.text, SECRET)); /* no secret in a message */
    if (!strstr(err.text, words))
        printf("# %s\n", err.text);
}

static void test_files_that_are_good_or_not(void)
{
    check_file("public = " PUBLIC "\nsecret = " SECRET "\n", 0600, NULL);
    check_file("# ours\n\nsecret=" SECRET "\r\n  public =\t" PUBLIC, 0400, NULL);
    check_file("public = " PUBLIC "\nsecret = " SECRET "\n", 0644, "");
    check_file("public = " PUBLIC "\nsecret = " SECRET "\n", 0620, "");
    check_file("", 0600, "secret key is missing");
    check_file("secret = " SECRET "\n", 0600, "public key is missing");
    check_file("public = " PUBLIC "\n", 0600, "secret key is missing");
    check_file("public = " SECRET "\nsecret = " PUBLIC "\n", 0600, "belong together");
    check_file("public = " PUBLIC "\nsecret = " PUBLIC "\n", 0600, "belong together");
    check_file("public = " OTHER "\nsecret = " SECRET "\n", 0600, "belong together");
    check_file("public = " PUBLIC "\npublic = " PUBLIC "\n", 0600, "twice");
    check_file("public = " PUBLIC "\nsecret = short\n", 0600, "line 2: a key is 40");
    check_file("public = " PUBLIC "\nsecret = " SECRET "x\n", 0600, "line 2: a key is 40");
    check_file("public = " PUBLIC "\nsecret " SECRET "\n", 0600, "line 2: expected");
    check_file("secretive = " SECRET "\n", 0600, "line 1: expected");
    check_file("-----BEGIN PRIVATE KEY-----\n", 0600, "line 1: expected");
}

static void test_bytes_that_are_no_text(void)
{
    CLEANUP(memory_freep) char *path = scratch_file("binary", "public\0 =", 9);
    CLEANUP(memory_freep) char *large = NEW_ARRAY(char, 5000);
    CLEANUP(memory_freep) char *large_path = NULL;
    struct key_pair pair;
    struct error err;

    CU_ASSERT_EQUAL(chmod(path, 0600), 0);
    CU_ASSERT_FALSE(key_pair_read(path, &pair, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "not a text"));
    memset(large, '\n', 5000);
    large_path = scratch_file("large", large, 5000);
    CU_ASSERT_EQUAL(chmod(large_path, 0600), 0);
    CU_ASSERT_FALSE(key_pair_read(large_path, &pair, &err));
    CU_ASSERT_FALSE(key_pair_read(scratch_directory(), &pair, &err));
    CU_ASSERT_FALSE(key_pair_read("/nonexistent/key", &pair, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"made pairs are valid and differ", test_made_pairs_are_valid_and_differ},
        {"texts that are keys or not",      test_texts_that_are_keys_or_not     },
        {"what is written is read",         test_what_is_written_is_read        },
        {"files that are good or not",      test_files_that_are_good_or_not     },
        {"bytes that are no text",          test_bytes_that_are_no_text         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("socket_key", tests);
}
