/* test_export.c - what is given to others has what it should, and the open data have nobody */

#include "accounting/csv.h"
#include "accounting/export.h"
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

/* A month with so many people and projects more than the sample has. */
static struct export_source make_source(unsigned people, unsigned projects)
{
    CLEANUP(report_freep) struct report *report = sample_report(1);
    struct export_source source = {0};
    struct signing_key key;
    struct error err;

    for (size_t i = 0; i < report->line_count; i++) {
        struct usage *usage = &report->lines[i].usage;

        if (!report->lines[i].has_usage)
            continue;
        snprintf(usage->user, sizeof(usage->user), "user%zu", i % people);
        snprintf(usage->project, sizeof(usage->project), "project%zu", i % projects);
    }
    signing_key_make(&key);
    source.bundle = bundle_make(report, &key);
    CU_ASSERT(manifest_read(source.bundle->files[0].bytes.bytes,
                            source.bundle->files[0].bytes.length, &source.manifest, &err));
    return source;
}

static void clear_source(struct export_source *source)
{
    bundle_free(source->bundle);
    manifest_clear(&source->manifest);
}

static void test_a_record_for_each_attempt(void)
{
    CLEANUP(clear_source) struct export_source source = make_source(3, 2);
    CLEANUP(buffer_clear) struct buffer text;
    struct error err;

    buffer_init(&text);
    CU_ASSERT(export_usage_records(&source, 1, &text, &err));
    CU_ASSERT_EQUAL(count_of(text.bytes, "<urf:UsageRecord>"), SAMPLE_JOBS);
    CU_ASSERT_EQUAL(count_of(text.bytes, "</urf:UsageRecord>"), SAMPLE_JOBS);
    CU_ASSERT_EQUAL(count_of(text.bytes, "<urf:RecordId>net/"), SAMPLE_JOBS);
    CU_ASSERT(count_of(text.bytes, "<urf:WallDuration>PT") == SAMPLE_JOBS);
}

static uint64_t sum_of(const char *text, const char *name)
{
    uint64_t sum = 0;

    for (; (text = strstr(text, name)); text += strlen(name))
        sum += strtoull(text + strlen(name), NULL, 10);
    return sum;
}

/* Blocks of what is alike; nothing is lost. */
static void test_the_summary_adds_up(void)
{
    CLEANUP(clear_source) struct export_source source = make_source(1, 1);
    CLEANUP(buffer_clear) struct buffer text;
    struct error err;

    buffer_init(&text);
    CU_ASSERT(export_apel(&source, 1, &text, &err));
    CU_ASSERT(strncmp(text.bytes, "APEL-summary-job-message: v0.2\nSite: cc\nMonth: 11\n", 50) ==
              0);
    CU_ASSERT_EQUAL(sum_of(text.bytes, "NumberOfJobs: "), SAMPLE_JOBS);
    /* Seven sizes of jobs, of one person in one project. */
    CU_ASSERT_EQUAL(count_of(text.bytes, "%%\n"), SAMPLE_JOBS < 7 ? SAMPLE_JOBS : 7);
}

static unsigned open_rows(unsigned people, unsigned projects)
{
    CLEANUP(clear_source) struct export_source source = make_source(people, projects);
    CLEANUP(buffer_clear) struct buffer text;
    CLEANUP(buffer_clear) struct buffer package;
    struct error err;

    buffer_init(&text);
    buffer_init(&package);
    CU_ASSERT(export_open_table(&source, 1, &text, &err));
    export_open_package(&source, 1, &text, &package);
    CU_ASSERT(!strstr(text.bytes, "user0") && !strstr(text.bytes, "project0"));
    CU_ASSERT(!strstr(package.bytes, "user0") && !strstr(package.bytes, "project0"));
    return count_of(text.bytes, "\n") - 1;
}

static void test_small_cells_are_left_out(void)
{
    CU_ASSERT_EQUAL(open_rows(5, 2), 1);
    CU_ASSERT_EQUAL(open_rows(4, 2), 0);
    CU_ASSERT_EQUAL(open_rows(5, 1), 0);
    CU_ASSERT_EQUAL(open_rows(12, 3), 1);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a record for each attempt", test_a_record_for_each_attempt},
        {"the summary adds up",       test_the_summary_adds_up      },
        {"small cells are left out",  test_small_cells_are_left_out },
        CU_TEST_INFO_NULL,
    };

    return run_suite("export", tests);
}
