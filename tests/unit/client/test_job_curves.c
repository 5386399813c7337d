/* test_job_curves.c - what a job used over its time, drawn */

#include "client/job_curves.h"
#include "tests/lib/runner.h"

#include <locale.h>
#include <string.h>

/* Two steps of 250 ms and half a one: the cores half busy, then all, then none. */
static const char samples[] =
    "0 250000 125000;500000 1073741824 0 0 10000;1000000 2147483648 0 4096 20000;0 0 0 0 0";

static void draw(enum curve curve, struct buffer *text)
{
    Wire__JobView view = WIRE__JOB_VIEW__INIT;
    Wire__JobShown shown = WIRE__JOB_SHOWN__INIT;
    struct job_row row = {.view = &view, .shown = &shown};
    struct series series;

    view.name = (char *)(uintptr_t) "a<b";
    view.cores = 4;
    view.memory = UINT64_C(2) << 30;
    CU_ASSERT_FALSE(job_series(&row, &series));
    shown.samples = (char *)(uintptr_t) "hostile\033[2J";
    CU_ASSERT_FALSE(job_series(&row, &series));
    shown.samples = (char *)(uintptr_t)samples;
    CU_ASSERT_FATAL(job_series(&row, &series));
    if (curve == CURVE_COUNT)
        curves_print_svg(&view, &series, text);
    else
        curve_print(&view, &series, curve, text);
}

static void check(enum curve curve, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    draw(curve, &text);
    if (strcmp(text.bytes, expected) != 0)
        printf("# %s\n", text.bytes);
    CU_ASSERT_STRING_EQUAL(text.bytes, expected);
}

static void test_lines(void)
{
    CU_ASSERT_PTR_NOT_NULL(setlocale(LC_CTYPE, "C.UTF-8"));
    check(CURVE_CPU, "▅█▁ at most 4 of 4 cores");
    check(CURVE_MEMORY, "▅█▁ at most 2G of 2G");
    check(CURVE_READ, "");
    check(CURVE_WRITTEN, "▁█▁ at most 4K in 0.25 s");
    check(CURVE_POWER, "▅█▁ at most 80 W");
}

static void test_lines_of_ascii(void)
{
    setlocale(LC_CTYPE, "C");
    check(CURVE_CPU, "=#_ at most 4 of 4 cores");
    check(CURVE_WRITTEN, "_#_ at most 4K in 0.25 s");
}

static void test_picture(void)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    draw(CURVE_COUNT, &text);
    CU_ASSERT_EQUAL(strncmp(text.bytes, "<svg ", 5), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, "a&lt;b"));
    CU_ASSERT_PTR_NULL(strstr(text.bytes, "nan"));
    /* The second of the steps: as high as all, two fifths of the width, behind the first. */
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text.bytes, "<rect x=\"346.0\" y=\"40.0\" width=\"256.0\" height=\"90.0\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, "00:00:00"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"lines of text",                    test_lines         },
        {"lines where there is ASCII alone", test_lines_of_ascii},
        {"a picture",                        test_picture       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("curves of jobs", tests);
}
