/* test_report.c - a month's report has all of the month, and its sums foot */

#include "accounting/report.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/accounting/sample_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct report *make(const struct sample_store *sample, const char *institution, int month,
                           int64_t now_us, struct error *err)
{
    CLEANUP(store_reader_freep)
    struct store_reader *reader = store_reader_open(sample->path, err);
    struct period period = {
        .start_us = sample->start_us + (month - 1) * 30 * US_PER_DAY,
        .end_us = sample->start_us + month * 30 * US_PER_DAY,
    };

    snprintf(period.name, sizeof(period.name), "2026-%02u", 10u + (unsigned)month % 80);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
    return report_make(reader, institution, &period, now_us, err);
}

static const struct totals *group_named(const struct group_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->all[i].name, name) == 0)
            return &list->all[i].totals;
    return NULL;
}

/* Of jobs 1 to 10, 5 and 10 are waived; 3, 6 and 9 are of bio. */
static void test_sums_foot(void)
{
    struct sample_store sample;
    CLEANUP(report_freep) struct report *report = NULL;
    const struct totals *astro, *bio, *ana;
    struct error err = {.text = ""};

    sample_store_init(&sample, "foot");
    CU_ASSERT(sample_store_charge(&sample, 1, 10, sample.start_us + US_PER_DAY));
    report = make(&sample, "uni", 1, sample.start_us + 40 * US_PER_DAY, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    CU_ASSERT(!report->provisional);
    CU_ASSERT(report->line_count == 11 && report->first_sequence == 1);
    CU_ASSERT(report->totals.jobs == 10 && report->totals.jobs_ok == 8);
    CU_ASSERT_EQUAL(report->totals.jobs_fault, 2);
    CU_ASSERT_EQUAL(report->totals.charged_micro, 27 * INT64_C(1000000));
    CU_ASSERT_EQUAL(report->totals.waived_micro, 10 * INT64_C(1000000));
    CU_ASSERT_EQUAL(report->totals.core_us, 37 * US_PER_HOUR);
    CU_ASSERT_EQUAL(report->granted_micro, INT64_C(1000000) * 1000000);
    astro = group_named(&report->projects, "astro");
    bio = group_named(&report->projects, "bio");
    ana = group_named(&report->users, "ana");
    CU_ASSERT_FATAL(astro && bio && ana);
    CU_ASSERT_EQUAL(bio->jobs, 3);
    CU_ASSERT_EQUAL(astro->charged_micro + bio->charged_micro, report->totals.charged_micro);
    CU_ASSERT(memcmp(ana, &report->totals, sizeof(*ana)) == 0);
    sample_store_clear(&sample);
}

static void test_months_go_on_from_each_other(void)
{
    struct sample_store sample;
    CLEANUP(report_freep) struct report *first = NULL;
    CLEANUP(report_freep) struct report *second = NULL;
    CLEANUP(report_freep) struct report *empty = NULL;
    struct error err = {.text = ""};

    sample_store_init(&sample, "months");
    CU_ASSERT(sample_store_charge(&sample, 1, 3, sample.start_us + US_PER_DAY));
    CU_ASSERT(sample_store_charge(&sample, 4, 3, sample.start_us + 31 * US_PER_DAY));
    first = make(&sample, "uni", 1, sample.start_us + 40 * US_PER_DAY, &err);
    second = make(&sample, "uni", 2, sample.start_us + 40 * US_PER_DAY, &err);
    empty = make(&sample, "uni", 3, sample.start_us + 70 * US_PER_DAY, &err);
    CU_ASSERT_FATAL(first && second && empty);
    CU_ASSERT(second->provisional && empty->provisional);
    CU_ASSERT_EQUAL(second->first_sequence, first->last_sequence + 1);
    CU_ASSERT(digest_equal(&second->head_before, &first->head));
    CU_ASSERT(empty->line_count == 0 && empty->first_sequence == 0 && empty->totals.jobs == 0);
    CU_ASSERT_EQUAL(second->charged_ever_micro,
                    first->totals.charged_micro + second->totals.charged_micro);
    sample_store_clear(&sample);
}

static void test_what_cannot_be_reported(void)
{
    struct sample_store sample;
    struct error err = {.text = ""};

    sample_store_init(&sample, "cannot");
    CU_ASSERT(sample_store_charge(&sample, 1, 5, sample.start_us + US_PER_DAY));
    CU_ASSERT_PTR_NULL(make(&sample, "nobody", 1, sample.start_us, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT(sample_store_tamper(&sample, "DROP TRIGGER txn_keep_delete; PRAGMA foreign_keys ="
                                           " OFF; DELETE FROM txn WHERE sequence = 4"));
    CU_ASSERT_PTR_NULL(make(&sample, "uni", 1, sample.start_us, &err));
    CU_ASSERT(strstr(err.text, "chain of uni has a gap before entry 5") != NULL);
    CU_ASSERT(sample_store_tamper(&sample, "DROP TRIGGER txn_keep_update;"
                                           "UPDATE txn SET head = x'00' WHERE sequence = 2"));
    CU_ASSERT_PTR_NULL(make(&sample, "uni", 1, sample.start_us, &err));
    CU_ASSERT(strstr(err.text, "damaged digest") != NULL);
    sample_store_clear(&sample);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"sums foot, by project and by person",     test_sums_foot                   },
        {"months go on from each other",            test_months_go_on_from_each_other},
        {"an unknown institution, a damaged chain", test_what_cannot_be_reported     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("report", tests);
}
