/* test_render_html.c - the page shows what the report has, and nothing in a name becomes markup */

#include "accounting/render.h"
#include "tests/lib/runner.h"
#include "tests/unit/accounting/sample_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned count_of(const char *text, const char *word)
{
    unsigned count = 0;

    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

static void test_both_languages_show_the_same(void)
{
    CLEANUP(report_freep) struct report *report = sample_report(1);
    CLEANUP(buffer_clear) struct buffer english;
    CLEANUP(buffer_clear) struct buffer spanish;

    buffer_init(&english);
    buffer_init(&spanish);
    render_html_english(report, &english);
    render_html_spanish(report, &spanish);
    CU_ASSERT(strstr(english.bytes, "<html lang=\"en\">") && strstr(spanish.bytes, "lang=\"es\""));
    CU_ASSERT(strstr(english.bytes, "Usage report") && strstr(spanish.bytes, "Informe de uso"));
    CU_ASSERT(count_of(english.bytes, "<svg ") == 3 && count_of(spanish.bytes, "<svg ") == 3);
    CU_ASSERT_EQUAL(count_of(english.bytes, "<rect "), 2 + 4 + 1); /* projects, persons, clusters */
    CU_ASSERT_EQUAL(count_of(english.bytes, "<script"), 0);
    CU_ASSERT_EQUAL(count_of(english.bytes, "http"), 0);
    CU_ASSERT_EQUAL(count_of(english.bytes, HTML_ITEMS_MARK), 1);
    CU_ASSERT(strstr(english.bytes, "The University, &quot;ours&quot;") != NULL);
}

/* More than fit: the smallest are one bar, and every one has its row. */
static void test_many_projects(void)
{
    CLEANUP(report_freep) struct report *report = sample_report(1);
    CLEANUP(buffer_clear) struct buffer page;
    struct usage usage = report->lines[1].usage;

    for (int i = 0; i < 20; i++) {
        snprintf(usage.project, sizeof(usage.project), "p%02d", i);
        usage.charged_micro = 1000000 * (i + 1);
        report_add_usage(report, &usage);
    }
    buffer_init(&page);
    render_html_english(report, &page);
    CU_ASSERT_EQUAL(count_of(page.bytes, "<rect "), 13 + 4 + 1);
    CU_ASSERT(strstr(page.bytes, ">others<") != NULL);
    CU_ASSERT(strstr(page.bytes, "<th scope=\"row\">p00</th>") != NULL);
    CU_ASSERT(strstr(page.bytes, "<th scope=\"row\">p19") < strstr(page.bytes, "\">p18</th>"));
}

static void test_markup_in_a_title(void)
{
    CLEANUP(report_freep) struct report *report = sample_report(1);
    CLEANUP(buffer_clear) struct buffer page;

    free(report->title);
    report->title = memory_copy("<script>alert('&')</script>");
    buffer_init(&page);
    render_html_spanish(report, &page);
    CU_ASSERT_EQUAL(count_of(page.bytes, "<script"), 0);
    CU_ASSERT(strstr(page.bytes, "&lt;script&gt;alert('&amp;')") != NULL);
}

static void test_an_empty_month(void)
{
    struct report report = {.network = (char *)"net",
                            .institution = (char *)"uni",
                            .title = (char *)"",
                            .ror = (char *)"",
                            .provisional = true};
    CLEANUP(buffer_clear) struct buffer page;

    buffer_init(&page);
    render_html_spanish(&report, &page);
    CU_ASSERT_EQUAL(count_of(page.bytes, "<svg"), 0);
    CU_ASSERT_EQUAL(count_of(page.bytes, "No se usó nada."), 3);
    CU_ASSERT(strstr(page.bytes, "el mes no ha terminado") != NULL);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"both languages show the same",       test_both_languages_show_the_same},
        {"many projects: the rest is one bar", test_many_projects               },
        {"markup in a title is text",          test_markup_in_a_title           },
        {"an empty month",                     test_an_empty_month              },
        CU_TEST_INFO_NULL,
    };

    return run_suite("render_html", tests);
}
