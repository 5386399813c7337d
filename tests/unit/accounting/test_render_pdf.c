/* test_render_pdf.c - the statement has what the report has, on as many pages as it takes */

#include "accounting/pdf.h"
#include "accounting/render.h"
#include "accounting/statement.h"
#include "tests/lib/runner.h"
#include "tests/unit/accounting/sample_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned count_of(const struct buffer *file, const char *word)
{
    const char *place = file->bytes, *end = place + file->length;
    unsigned count = 0;

    while ((place = memmem(place, (size_t)(end - place), word, strlen(word)))) {
        place += strlen(word);
        count++;
    }
    return count;
}

static void test_both_languages(void)
{
    CLEANUP(report_freep) struct report *report = sample_report(1);
    CLEANUP(buffer_clear) struct buffer english;
    CLEANUP(buffer_clear) struct buffer spanish;

    buffer_init(&english);
    buffer_init(&spanish);
    render_pdf_english(report, &english);
    render_pdf_spanish(report, &spanish);
    CU_ASSERT(memcmp(english.bytes, "%PDF-1.", 7) == 0);
    CU_ASSERT(count_of(&english, "Usage report, November 2026") == 1);
    CU_ASSERT(count_of(&spanish, "Informe de uso, noviembre de 2026") == 1);
    CU_ASSERT(count_of(&english, "(10000.00)") == 1); /* granted */
    CU_ASSERT(count_of(&english, "(astro)") == 2 && count_of(&spanish, "(astro)") == 2);
    CU_ASSERT(count_of(&spanish, "openssl pkeyutl") == 1);
    CU_ASSERT(pdf_is_of_this_library(&english));
}

/* Dated by the month that it is of, not by when it was made. */
static void test_the_same_report_gives_the_same_bytes(void)
{
    CLEANUP(report_freep) struct report *report = sample_report(1);
    CLEANUP(buffer_clear) struct buffer first;
    CLEANUP(buffer_clear) struct buffer second;

    buffer_init(&first);
    buffer_init(&second);
    render_pdf_spanish(report, &first);
    report->made_us += 77777777;
    render_pdf_spanish(report, &second);
    CU_ASSERT(first.length == second.length &&
              memcmp(first.bytes, second.bytes, first.length) == 0);
    CU_ASSERT(count_of(&first, "D:20261201000000Z") == 2); /* made and changed */
}

static void test_a_long_table_says_its_titles_on_every_page(void)
{
    CLEANUP(report_freep) struct report *report = sample_report(1);
    CLEANUP(buffer_clear) struct buffer file;
    struct usage usage = report->lines[1].usage;

    for (int i = 0; i < 200; i++) {
        snprintf(usage.project, sizeof(usage.project), "project-%03d", i);
        report_add_usage(report, &usage);
    }
    buffer_init(&file);
    render_pdf_english(report, &file);
    CU_ASSERT(count_of(&file, "/Type /Page\n") >= 6);
    CU_ASSERT_EQUAL(count_of(&file, "(Page 1\\057"), 1);
    CU_ASSERT_EQUAL(count_of(&file, "(project-199)"), 1);
    CU_ASSERT(count_of(&file, "continued") >= 4);
    /* The titles of the long table and of the three others, and again where one goes on. */
    CU_ASSERT_EQUAL(count_of(&file, "(Core-hours)"), count_of(&file, "continued") + 4);
    CU_ASSERT(count_of(&file, "(Project)") >= 5);
    CU_ASSERT_EQUAL(count_of(&file, "(others)"), 1);
}

static void test_letters_of_many_languages(void)
{
    CLEANUP(report_freep) struct report *report = sample_report(1);
    CLEANUP(buffer_clear) struct buffer file;

    free(report->title);
    report->title = memory_copy("Tl\u0101huac \u6570 (a\\b)");
    buffer_init(&file);
    render_pdf_spanish(report, &file);
    CU_ASSERT(count_of(&file, "Tlahuac ?") >= 2); /* in the text and the footers */
    CU_ASSERT(count_of(&file, "P\\341gina") >= 1 || count_of(&file, "P\xe1gina") >= 1);
}

static void test_an_empty_month(void)
{
    struct report report = {.network = (char *)"net",
                            .institution = (char *)"uni",
                            .title = (char *)"",
                            .ror = (char *)"",
                            .provisional = true};
    CLEANUP(buffer_clear) struct buffer file;

    buffer_init(&file);
    render_pdf_english(&report, &file);
    CU_ASSERT_EQUAL(count_of(&file, "(Nothing was used.)"), 3);
    CU_ASSERT_EQUAL(count_of(&file, "the month has not ended"), 1);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"both languages",                             test_both_languages                      },
        {"the same report gives the same bytes",       test_the_same_report_gives_the_same_bytes},
        {"a long table says its titles on every page",
         test_a_long_table_says_its_titles_on_every_page                                        },
        {"letters of many languages",                  test_letters_of_many_languages           },
        {"an empty month",                             test_an_empty_month                      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("render_pdf", tests);
}
