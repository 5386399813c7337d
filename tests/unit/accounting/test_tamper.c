/* test_tamper.c - the ways in which the operator or a thief may change the books, and what finds them
 *
 * Each row of docs/reports.md, "Who cheats is found", is a test here or names its own.  All that
 * can be signed again is, and all that can be made to agree agrees. */

#include "accounting/checkpoint.h"
#include "accounting/verify.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/accounting/forge.h"
#include "tests/unit/accounting/sample_report.h"

#include <stdio.h>
#include <string.h>

enum {
    TOTALS = 12,
    CHARGES = 13,
    CHAIN = 15,
    WITNESS = 18,
    PREVIOUS = 19,
    CORRECTIONS = 21,
    STATEMENT = 23
};

static struct report_line *add_line(struct report *report, size_t like)
{
    struct report_line *line;

    report->lines = memory_resize(report->lines, report->line_count + 1, sizeof(*report->lines));
    line = &report->lines[report->line_count++];
    *line = report->lines[like];
    line->sequence = report->lines[report->line_count - 2].sequence + 1;
    return line;
}

/* The bundle's leaves.txt, chain and log as they truly were; all else as it is. */
static void keep_chain(struct bundle *forged, const struct scene *scene)
{
    static const char *const names[] = {"leaves.txt", "checkpoint", "proofs.txt"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct bundle_file *from = bundle_find(scene->bundle, names[i]);
        struct bundle_file *to = forge_file(forged, names[i]);

        buffer_reset(&to->bytes);
        buffer_add(&to->bytes, from->bytes.bytes, from->bytes.length);
    }
    forge_sign(forged, scene->report, &scene->key);
}

/* A job that never was, in the items and in every sum. */
static struct bundle *with_ghost(struct scene *scene)
{
    struct report_line *ghost = add_line(scene->report, scene->report->line_count - 1);

    ghost->key = "CHG/4711/1/0";
    ghost->usage.job = 4711;
    report_add_usage(scene->report, &ghost->usage);
    return bundle_make(scene->report, &scene->key);
}

static void test_a_ghost_job(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    CLEANUP(bundle_freep) struct bundle *forged = with_ghost(&scene);

    keep_chain(forged, &scene);
    CU_ASSERT_EQUAL(forge_verify(forged, NULL, &scene.key), CHAIN);
}

/* What another university was shown as the month's log. */
static int witness_status(const struct bundle *bundle, const struct bundle *theirs,
                          const struct signing_key *key)
{
    const struct bundle_file *note = bundle_find(theirs, CHECKPOINT_NAME);
    struct verification verification = {
        .bundle = bundle, .witness = &note->bytes, .public_key = key->public};

    return forge_status(&verification);
}

/* The whole past written anew by who has the stolen key: what nobody else was shown. */
static void test_a_stolen_key(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    CLEANUP(bundle_freep) struct bundle *forged = NULL;
    struct usage *usage = &scene.report->lines[1].usage;

    usage->cpu_used_us += 1;
    scene.report->totals.cpu_used_us += 1;
    for (size_t i = 0; i < scene.report->projects.count; i++)
        if (strcmp(scene.report->projects.all[i].name, usage->project) == 0)
            scene.report->projects.all[i].totals.cpu_used_us += 1;
    for (size_t i = 0; i < scene.report->users.count; i++)
        if (strcmp(scene.report->users.all[i].name, usage->user) == 0)
            scene.report->users.all[i].totals.cpu_used_us += 1;
    scene.report->clusters.all[0].totals.cpu_used_us += 1;
    forge_line(scene.report, &scene.report->lines[1]);
    forged = forge_harmony(scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(forged, NULL, &scene.key), 0); /* alone it agrees with itself */
    CU_ASSERT_EQUAL(witness_status(scene.bundle, scene.bundle, &scene.key), 0);
    CU_ASSERT_EQUAL(witness_status(forged, scene.bundle, &scene.key), WITNESS);
}

/* The same, and the month after it: the report that was kept does not lead to it. */
static void test_an_old_month_written_anew(void)
{
    CLEANUP(scene_clear) struct scene second = scene_make(2);
    CLEANUP(report_freep) struct report *first = sample_report(1);
    CLEANUP(bundle_freep) struct bundle *other = NULL;
    CLEANUP(bundle_freep) struct bundle *kept = bundle_make(first, &second.key);

    CU_ASSERT_EQUAL(forge_verify(second.bundle, kept, &second.key), 0);
    first->lines[1].usage.cpu_used_us += 1;
    forge_line(first, &first->lines[1]);
    other = forge_harmony(first, &second.key);
    CU_ASSERT_EQUAL(forge_verify(second.bundle, other, &second.key), PREVIOUS);
}

/* An agent's old batch once more, and the scheduler believed it: the attempt is there twice. */
static void test_an_old_batch_again(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    CLEANUP(bundle_freep) struct bundle *forged = NULL;
    struct report_line *again = add_line(scene.report, 3);

    report_add_usage(scene.report, &again->usage);
    forge_line(scene.report, again);
    forged = forge_harmony(scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(forged, NULL, &scene.key), CHARGES);
}

/* All agrees, but its date says that it was posted into a month that had ended. */
static void test_a_correction_in_a_closed_month(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(2);
    CLEANUP(bundle_freep) struct bundle *forged = NULL;
    struct report_line *line = &scene.report->lines[scene.report->line_count - 1];

    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 0);
    line->at_us = scene.report->period.start_us - 1;
    forge_line(scene.report, line);
    forged = forge_harmony(scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(forged, NULL, &scene.key), CORRECTIONS);
    line->at_us = scene.report->period.end_us;
    forge_line(scene.report, line);
    bundle_free(forged);
    forged = forge_harmony(scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(forged, NULL, &scene.key), CORRECTIONS);
}

/* The price of a row in harmony with a factor that was changed afterwards: the chain has the old. */
static void test_a_factor_changed_afterwards(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    CLEANUP(bundle_freep) struct bundle *forged = NULL;
    struct usage *usage = &scene.report->lines[2].usage;

    usage->factor_ppm = 1000000;
    forged = bundle_make(scene.report, &scene.key);
    keep_chain(forged, &scene);
    CU_ASSERT_EQUAL(forge_verify(forged, NULL, &scene.key), CHARGES);
}

/* A page that says something else than its tables. */
static void test_a_page_that_differs(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);

    forge_replace(scene.bundle, "report.es.pdf", "(10000.00)", "(90000.00)");
    forge_sign(scene.bundle, scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), STATEMENT);
    scene_clear(&scene);
    scene = scene_make(1);
    forge_replace(scene.bundle, "report.es.html", "Cobrado, SU</th><td>", "Cobrado, SU</th><td>9");
    forge_sign(scene.bundle, scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), TOTALS);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a ghost job",                    test_a_ghost_job                   },
        {"a stolen key",                   test_a_stolen_key                  },
        {"an old month written anew",      test_an_old_month_written_anew     },
        {"an old batch again",             test_an_old_batch_again            },
        {"a correction in a closed month", test_a_correction_in_a_closed_month},
        {"a factor changed afterwards",    test_a_factor_changed_afterwards   },
        {"a page that differs",            test_a_page_that_differs           },
        CU_TEST_INFO_NULL,
    };

    return run_suite("tamper", tests);
}
