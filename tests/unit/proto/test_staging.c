/* test_staging.c - URLs and paths of files that come and go with a job */

#include "base/memory.h"
#include "proto/staging.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

static void test_urls(void)
{
    static const char *const good[] = {
        "https://host/f", "http://host:80/a=b?c=d&e=%20", "sftp://me@host/~/f",
        "FILE:///etc/f",  "https://[::1]:8443/f",
    };
    struct error err;

    for (size_t i = 0; i < COUNT_OF(good); i++)
        CU_ASSERT(staging_check_url(good[i], &err));
}

static void test_bad_urls(void)
{
    static const char *const bad[] = {
        "",         "/f",          "host/f",         "https:/host/f",         "https://",
        "http:///", "ftp://h/f",   "https://h/a b",  "https://h/a\nb",        "https://u:p@h/f",
        "scp://h/", "file://h/f",  "https://h/f#x",  "javascript://h",        "https://?x",
        "data://x", "-https://h/", "https\x7f://h/", "averyverylongname://h",
    };
    char *longest = memory_get(STAGE_URL_MAX + 2, 1);
    struct error err;

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CU_ASSERT(!staging_check_url(bad[i], &err));
    memset(longest, 'a', STAGE_URL_MAX + 1);
    memcpy(longest, "https://", strlen("https://"));
    CU_ASSERT(!staging_check_url(longest, &err));
    longest[STAGE_URL_MAX] = '\0';
    CU_ASSERT(staging_check_url(longest, &err));
    free(longest);
}

/* What is behind a ? may be as good as a password. */
static void test_secrets_are_not_told(void)
{
    struct error err;

    CU_ASSERT(!staging_check_url("ftp://host/f?sig=secret", &err));
    CU_ASSERT_PTR_NULL(strstr(err.text, "secret"));
    CU_ASSERT(!staging_check_url("https://me:secret@host/f", &err));
    CU_ASSERT_PTR_NULL(strstr(err.text, "secret"));
}

static void test_paths(void)
{
    static const char *const good[] = {"f", "a/b/c", "...", "a/..b", ".hidden", "a b", "~", "ñ"};
    static const char *const bad[] = {"",      ".",    "..",   "/f",     "a//b", "a/",
                                      "a/./b", "../f", "a/..", "a/../b", "a\nb", "a\x01"};
    struct error err;

    for (size_t i = 0; i < COUNT_OF(good); i++)
        CU_ASSERT(staging_check_path(good[i], &err));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CU_ASSERT(!staging_check_path(bad[i], &err));
}

static void test_items(void)
{
    Wire__StageItem one = WIRE__STAGE_ITEM__INIT, two = WIRE__STAGE_ITEM__INIT;
    Wire__StageItem *both[] = {&one, &two};
    Wire__StageItem *many[STAGE_ITEMS_MAX + 1];
    struct error err;

    one.url = two.url = (char[]){"https://host/f"};
    one.path = (char[]){"f"};
    two.path = (char[]){"g"};
    CU_ASSERT(staging_check(both, 2, both, 2, &err));
    one.digest = (char[]){"12"};
    CU_ASSERT(!staging_check(both, 2, NULL, 0, &err));
    one.digest = (char[]){"b1103d32344cbf2a2c482741e37bdd8392ad6404375f39263a1e6d2309084892"};
    CU_ASSERT(staging_check(both, 2, NULL, 0, &err));
    CU_ASSERT(!staging_check(NULL, 0, both, 1, &err)); /* nobody knows it beforehand */
    two.path = one.path;
    CU_ASSERT(!staging_check(both, 2, NULL, 0, &err));
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = &one;
    CU_ASSERT(!staging_check(NULL, 0, many, COUNT_OF(many), &err));
}

static void test_contents(void)
{
    Wire__StageItem one = WIRE__STAGE_ITEM__INIT;
    Wire__StageItem two = WIRE__STAGE_ITEM__INIT;
    Wire__StageItem *items[] = {&one, &two};
    static uint8_t bytes[STAGE_FILE_MAX + 1];
    struct error err;

    one.path = (char[]){"f"};
    two.path = (char[]){"g"};
    CU_ASSERT(staging_check(items, 2, NULL, 0, &err)); /* empty ones */
    CU_ASSERT(!staging_check(NULL, 0, items, 1, &err));
    one.content = (ProtobufCBinaryData){STAGE_FILE_MAX, bytes};
    CU_ASSERT(staging_check(items, 2, NULL, 0, &err));
    one.content.len++;
    CU_ASSERT(!staging_check(items, 2, NULL, 0, &err));
    one.content.len = 1;
    one.url = (char[]){"https://host/f"};
    CU_ASSERT(!staging_check(items, 2, NULL, 0, &err));
}

static void test_contents_together(void)
{
    static uint8_t bytes[STAGE_FILE_MAX];
    Wire__StageItem all[5];
    Wire__StageItem *items[5];
    struct error err;

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        static char names[COUNT_OF(all)][2] = {"a", "b", "c", "d", "e"};

        all[i] = (Wire__StageItem)WIRE__STAGE_ITEM__INIT;
        all[i].path = names[i];
        all[i].content = (ProtobufCBinaryData){sizeof(bytes), bytes};
        items[i] = &all[i];
    }
    CU_ASSERT(staging_check(items, 4, NULL, 0, &err));
    CU_ASSERT(!staging_check(items, 5, NULL, 0, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"URLs",                      test_urls                },
        {"URLs that are none",        test_bad_urls            },
        {"secrets are not told",      test_secrets_are_not_told},
        {"paths that lead out",       test_paths               },
        {"digests, places, how many", test_items               },
        {"files that go along",       test_contents            },
        {"all that go along",         test_contents_together   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("staging", tests);
}
