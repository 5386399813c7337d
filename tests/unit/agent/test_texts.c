/* test_texts.c - a start's texts are exactly what its request announces */

#include "agent/shepherd/texts.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "tests/lib/runner.h"

#include <stdint.h>
#include <string.h>

static const struct request_start announced = {
    .tasks = 1,
    .argument_count = 1,
    .environment_count = 2,
    .script_size = 10,
    .limit_us = INT64_MAX,
};

/* As runtime_texts.c puts them. */
static const char good_texts[] = "#!/bin/sh\n" /* script */
                                 "/home\0out\0\0in\0"
                                 "one argument\0"
                                 "A=b\0C=\0";

static void test_texts_are_exact(void)
{
    static const size_t size = sizeof(good_texts) - 1;
    char longer[sizeof(good_texts) + 1] = "";
    struct start_texts texts;
    struct error err;

    CU_ASSERT(start_texts_read(&announced, good_texts, size, &texts, &err));
    CU_ASSERT_EQUAL(texts.script_size, 10);
    CU_ASSERT_STRING_EQUAL(texts.directory, "/home");
    CU_ASSERT_STRING_EQUAL(texts.output, "out");
    CU_ASSERT_STRING_EQUAL(texts.error, "");
    CU_ASSERT_STRING_EQUAL(texts.input, "in");
    CU_ASSERT_STRING_EQUAL(texts.arguments[0], "one argument");
    CU_ASSERT_PTR_NULL(texts.arguments[1]);
    CU_ASSERT_STRING_EQUAL(texts.environment[1], "C=");
    CU_ASSERT_PTR_NULL(texts.environment[2]);
    start_texts_clear(&texts);
    for (size_t cut = 0; cut < size; cut++) {
        /* In memory of its own, so that reading past the end is seen. */
        CLEANUP(memory_freep) char *copy = memory_copy_bytes(good_texts, cut);

        CU_ASSERT(!start_texts_read(&announced, copy, cut, &texts, &err));
    }
    memcpy(longer, good_texts, size);
    CU_ASSERT(!start_texts_read(&announced, longer, size + 1, &texts, &err));
}

static void test_bad_texts(void)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
#define TEXTS(text) {text, sizeof(text) - 1}
        TEXTS("#!/bin/sh\nhome\0out\0\0in\0one\0A=b\0C=\0"), /* directory not absolute */
        TEXTS("#!/bin/sh\n\0out\0\0in\0one\0A=b\0C=\0"),     /* none */
        TEXTS("#!/bin/sh\n/home\0out\0\0in\0one\0A\0C=\0"),  /* no '=' */
        TEXTS("#!/bin/sh\n/home\0out\0\0in\0one\0=b\0C=\0"), /* no name */
        TEXTS("#!/bin/sh\n/home\0out\0\0in\0one\0\0C=\0"),
#undef TEXTS
    };
    static const char rest[] = "\0out\0\0in\0one\0A=b\0C=\0";
    struct start_texts texts;
    struct error err;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT(!start_texts_read(&announced, cases[i].bytes, cases[i].size, &texts, &err));
    /* A path longer than any path. */
    CLEANUP(buffer_clear) struct buffer bytes;
    buffer_init(&bytes);
    buffer_add(&bytes, "#!/bin/sh\n/", 11);
    for (int i = 0; i < 4096; i++)
        buffer_add_char(&bytes, 'x');
    buffer_add(&bytes, rest, sizeof(rest) - 1);
    CU_ASSERT(!start_texts_read(&announced, bytes.bytes, bytes.length, &texts, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"texts are exact", test_texts_are_exact},
        {"bad texts",       test_bad_texts      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("texts", tests);
}
