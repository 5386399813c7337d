/* test_bundle.c - a report's files, in a folder and back */

#include "accounting/bundle.h"
#include "base/file.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/accounting/sample_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct bundle *make(int month, const struct signing_key *key)
{
    CLEANUP(report_freep) struct report *report = sample_report(month);

    return bundle_make(report, key);
}

static void test_names(void)
{
    struct period period = {.name = "2026-11"};
    char *name = bundle_name("net", "uni", &period, false);
    char *other = bundle_name("", "uni", &period, true);

    CU_ASSERT_STRING_EQUAL(name, "net-uni-2026-11-r1");
    CU_ASSERT_STRING_EQUAL(other, "tequio-uni-2026-11-provisional");
    free(name);
    free(other);
}

static void test_the_signature_is_over_the_manifest(void)
{
    struct signing_key key;
    CLEANUP(bundle_freep) struct bundle *bundle = NULL;
    const struct bundle_file *manifest, *signature;

    signing_key_make(&key);
    bundle = make(1, &key);
    manifest = bundle_find(bundle, MANIFEST_NAME);
    signature = bundle_find(bundle, SIGNATURE_NAME);
    CU_ASSERT_FATAL(manifest && signature && signature->bytes.length == SIGNATURE_SIZE);
    CU_ASSERT(signature_is_good(key.public, manifest->bytes.bytes, manifest->bytes.length,
                                (const uint8_t *)signature->bytes.bytes));
    for (size_t i = 2; i < bundle->count; i++) /* each is listed */
        CU_ASSERT(strstr(manifest->bytes.bytes, bundle->files[i].name) != NULL);
    CU_ASSERT_PTR_NULL(bundle_find(bundle, "nothing.csv"));
}

static void test_the_same_report_gives_the_same_bytes(void)
{
    struct signing_key key;
    CLEANUP(bundle_freep) struct bundle *bundle = NULL;
    CLEANUP(bundle_freep) struct bundle *again = NULL;

    signing_key_make(&key);
    bundle = make(2, &key);
    again = make(2, &key);
    CU_ASSERT_EQUAL(bundle->count, again->count);
    for (size_t i = 0; i < bundle->count; i++)
        CU_ASSERT(bundle->files[i].bytes.length == again->files[i].bytes.length &&
                  memcmp(bundle->files[i].bytes.bytes, again->files[i].bytes.bytes,
                         bundle->files[i].bytes.length) == 0);
}

static void test_to_a_folder_and_back(void)
{
    CLEANUP(memory_freep) char *folder = scratch_path("written");
    CLEANUP(memory_freep) char *path = NULL;
    CLEANUP(memory_freep) char *left = NULL;
    CLEANUP(bundle_freep) struct bundle *bundle = NULL;
    CLEANUP(bundle_freep) struct bundle *read = NULL;
    struct signing_key key;
    struct error err = {.text = ""};

    mkdir(folder, 0755);
    signing_key_make(&key);
    bundle = make(1, &key);
    path = memory_format("%s/%s", folder, bundle->name);
    left = memory_format("%s.new", path);
    mkdir(left, 0755); /* what a write left that was interrupted */
    CU_ASSERT(bundle_write(bundle, folder, &err));
    CU_ASSERT(access(left, F_OK) != 0);
    read = bundle_read(path, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    CU_ASSERT_EQUAL(read->count, bundle->count);
    for (size_t i = 0; i < bundle->count; i++) {
        const struct bundle_file *file = bundle_find(read, bundle->files[i].name);

        CU_ASSERT(file && file->bytes.length == bundle->files[i].bytes.length &&
                  memcmp(file->bytes.bytes, bundle->files[i].bytes.bytes, file->bytes.length) == 0);
    }
    CU_ASSERT(!bundle_write(bundle, folder, &err)); /* it never changes */
    CU_ASSERT(access(left, F_OK) != 0);
}

static void test_what_is_no_bundle(void)
{
    CLEANUP(memory_freep) char *folder = scratch_path("foreign");
    CLEANUP(memory_freep)
    char *path = memory_format("%s/a-name-that-is-longer-than-any-of-a-report", folder);
    struct error err;

    CU_ASSERT_PTR_NULL(bundle_read("/nonexistent", &err));
    CU_ASSERT(strstr(err.text, "/nonexistent") != NULL);
    mkdir(folder, 0755);
    CU_ASSERT(file_replace(path, "x", 1, 0644, &err));
    CU_ASSERT_PTR_NULL(bundle_read(folder, &err));
    CU_ASSERT(strstr(err.text, "does not belong in a report's folder") != NULL);
    unlink(path);
    for (int i = 0; i <= BUNDLE_FILES_MAX; i++) {
        CLEANUP(memory_freep) char *name = memory_format("%s/%d", folder, i);

        CU_ASSERT(file_replace(name, "x", 1, 0644, &err));
    }
    CU_ASSERT_PTR_NULL(bundle_read(folder, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"names of bundles",                         test_names                               },
        {"the signature is over the manifest",       test_the_signature_is_over_the_manifest  },
        {"the same report gives the same bytes",     test_the_same_report_gives_the_same_bytes},
        {"to a folder and back, whole or not there", test_to_a_folder_and_back                },
        {"what is no bundle is refused",             test_what_is_no_bundle                   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("bundle", tests);
}
