/* test_buffer.c - bytes that grow at the end, and text made harmless */

#include "base/buffer.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool holds(const struct buffer *buffer, const void *bytes, size_t size)
{
    return buffer->length == size && memcmp(buffer->bytes, bytes, size) == 0 &&
           buffer->bytes[size] == '\0' && buffer->capacity > size;
}

static void test_starts_as_an_empty_text(void)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    CU_ASSERT_TRUE(holds(&buffer, "", 0));
}

static void test_adds(void)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    buffer_add(&buffer, "a\0b", 3);
    buffer_add(&buffer, NULL, 0);
    buffer_add_text(&buffer, "cd");
    buffer_add_char(&buffer, 'e');
    buffer_print(&buffer, "%d", 12);
    CU_ASSERT_TRUE(holds(&buffer, "a\0bcde12", 8));
    buffer_reset(&buffer);
    CU_ASSERT_TRUE(holds(&buffer, "", 0));
}

/* Every size around the first capacity, where an off-by-one would be. */
static void test_print_grows_by_what_it_needs(void)
{
    for (int before = 0; before < 70; before++) {
        for (int width = 1; width < 140; width++) {
            CLEANUP(buffer_clear) struct buffer buffer;

            buffer_init(&buffer);
            buffer_print(&buffer, "%*s", before, "");
            buffer_print(&buffer, "%0*d", width, 7);
            CU_ASSERT_EQUAL(buffer.length, (size_t)(before + width));
            CU_ASSERT_EQUAL(strlen(buffer.bytes), buffer.length);
            CU_ASSERT_EQUAL(buffer.bytes[buffer.length - 1], '7');
        }
    }
}

static void test_reserve_leaves_a_nul_behind(void)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    char *place;

    buffer_init(&buffer);
    memset(buffer_reserve(&buffer, 500), 'x', 500);
    buffer.length += 10; /* of 500 written, ten are kept */
    place = buffer_reserve(&buffer, 100);
    CU_ASSERT_PTR_EQUAL(place, buffer.bytes + 10);
    memcpy(place, "yy", 2);
    buffer.length += 2;
    CU_ASSERT_TRUE(holds(&buffer, "xxxxxxxxxxyy", 12));
}

static void test_grows_to_a_megabyte(void)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    bool same = true;

    buffer_init(&buffer);
    for (int i = 0; i < 1 << 20; i++)
        buffer_add_char(&buffer, (char)i);
    CU_ASSERT_EQUAL(buffer.length, 1U << 20);
    for (int i = 0; i < 1 << 20; i++)
        same = same && buffer.bytes[i] == (char)i;
    CU_ASSERT_TRUE(same);
}

static void test_integers_are_big_endian(void)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    buffer_add_u32(&buffer, 0x01020304);
    buffer_add_u64(&buffer, 0xf1f2f3f4f5f6f7f8);
    CU_ASSERT_TRUE(holds(&buffer, "\x01\x02\x03\x04\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8", 12));
}

static void test_decimals(void)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    buffer_add_unsigned(&buffer, 0);
    buffer_add_char(&buffer, ' ');
    buffer_add_unsigned(&buffer, UINT64_MAX);
    buffer_add_char(&buffer, ' ');
    buffer_add_signed(&buffer, -7);
    buffer_add_char(&buffer, ' ');
    buffer_add_signed(&buffer, INT64_MIN);
    buffer_add_char(&buffer, ' ');
    buffer_add_signed(&buffer, INT64_MAX);
    CU_ASSERT_STRING_EQUAL(buffer.bytes,
                           "0 18446744073709551615 -7 -9223372036854775808 9223372036854775807");
}

/* As printf has them, at and around each power of ten. */
static void test_decimals_of_any_length(void)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    uint64_t power = 1;

    buffer_init(&buffer);
    for (int digits = 1; digits < 20; digits++, power *= 10)
        for (uint64_t number = power - 1; number <= power + 101; number++) {
            char expected[24];

            snprintf(expected, sizeof(expected), "%" PRIu64, number);
            buffer_reset(&buffer);
            buffer_add_unsigned(&buffer, number);
            CU_ASSERT_STRING_EQUAL(buffer.bytes, expected);
        }
}

static void test_steal_hands_over(void)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    CLEANUP(memory_freep) char *bytes = NULL;

    buffer_init(&buffer);
    buffer_add_text(&buffer, "mine");
    bytes = buffer_steal(&buffer);
    CU_ASSERT_STRING_EQUAL(bytes, "mine");
    CU_ASSERT_TRUE(holds(&buffer, "", 0));
    buffer_add_text(&buffer, "next");
    CU_ASSERT_TRUE(holds(&buffer, "next", 4));
}

static const struct {
    const char *text;
    const char *shown;
} escapes[] = {
    {"",                             ""                            },
    {"plain text, 100%",             "plain text, 100%"            },
    {"Benito Ju\xc3\xa1rez",         "Benito Ju\xc3\xa1rez"        },
    {"\xe6\xbc\xa2\xf0\x9f\x8c\xbd", "\xe6\xbc\xa2\xf0\x9f\x8c\xbd"},
    {"a\nb\tc\x7f",                  "a\\x0ab\\x09c\\x7f"          },
    {"\x1b[31mred",                  "\\x1b[31mred"                },
    {"\xc2\x85",                     "\\u{0085}"                   }, /* next line, of C1 */
    {"\u202eevil",                   "\\u{202e}evil"               }, /* turns the direction */
    {"a\u200bb",                     "a\\u{200b}b"                 }, /* zero width space */
    {"a\u2028b",                     "a\\u{2028}b"                 }, /* line separator */
    {"\ufeffx",                      "\\u{feff}x"                  }, /* byte order mark */
    {"\xf3\xa0\x81\x81",             "\\u{e0041}"                  }, /* tag letter */
    {"\xff\xfe",                     "\\xff\\xfe"                  },
    {"\xc3",                         "\\xc3"                       }, /* cut short */
    {"\xe2\x82",                     "\\xe2\\x82"                  },
    {"\xf0\x9f\x8c",                 "\\xf0\\x9f\\x8c"             },
    {"\xc3(",                        "\\xc3("                      },
    {"\xc0\xaf",                     "\\xc0\\xaf"                  }, /* too long a form of '/' */
    {"\xe0\x80\xaf",                 "\\xe0\\x80\\xaf"             },
    {"\xf0\x80\x80\xaf",             "\\xf0\\x80\\x80\\xaf"        },
    {"\xed\xa0\x80",                 "\\xed\\xa0\\x80"             }, /* a surrogate */
    {"\xf4\x90\x80\x80",             "\\xf4\\x90\\x80\\x80"        }, /* above U+10FFFF */
    {"\xf5\x80\x80\x80",             "\\xf5\\x80\\x80\\x80"        },
    {"\x80",                         "\\x80"                       },
};

static void test_what_could_deceive_is_escaped(void)
{
    for (size_t i = 0; i < COUNT_OF(escapes); i++) {
        CLEANUP(buffer_clear) struct buffer buffer;

        buffer_init(&buffer);
        buffer_add_escaped(&buffer, escapes[i].text);
        CU_ASSERT_STRING_EQUAL(buffer.bytes, escapes[i].shown);
        if (strcmp(buffer.bytes, escapes[i].shown) != 0)
            printf("# row %zu: %s\n", i, buffer.bytes);
    }
}

static void test_text_of_markup(void)
{
    struct buffer buffer;

    buffer_init(&buffer);
    buffer_add_markup(&buffer, "a<b> & \"c\"\x01 \u00e9'");
    CU_ASSERT_STRING_EQUAL(buffer.bytes, "a&lt;b&gt; &amp; &quot;c&quot; \u00e9'");
    buffer_clear(&buffer);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"starts as an empty text",       test_starts_as_an_empty_text      },
        {"adds",                          test_adds                         },
        {"print grows by what it needs",  test_print_grows_by_what_it_needs },
        {"reserve leaves a NUL behind",   test_reserve_leaves_a_nul_behind  },
        {"grows to a megabyte",           test_grows_to_a_megabyte          },
        {"integers are big-endian",       test_integers_are_big_endian      },
        {"integers in decimal",           test_decimals                     },
        {"decimals of any length",        test_decimals_of_any_length       },
        {"steal hands over",              test_steal_hands_over             },
        {"what could deceive is escaped", test_what_could_deceive_is_escaped},
        {"text of markup",                test_text_of_markup               },
        CU_TEST_INFO_NULL,
    };

    return run_suite("buffer", tests);
}
