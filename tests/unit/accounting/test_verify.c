/* test_verify.c - whoever changes a report is caught, by the check that is named for it
 *
 * Those who cannot sign are caught by the first checks; for the others the forger holds the
 * network's key and signs what he changed again. */

#include "accounting/checkpoint.h"
#include "accounting/manifest.h"
#include "accounting/proof.h"
#include "accounting/verify.h"
#include "tests/lib/runner.h"
#include "tests/unit/accounting/forge.h"
#include "tests/unit/accounting/sample_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_a_true_report_is_verified(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);

    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 0);
}

static void test_another_key_is_refused(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    struct signing_key other;

    signing_key_make(&other);
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &other), 10);
}

static void test_every_bit_of_the_signature_counts(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    char *signature = forge_file(scene.bundle, SIGNATURE_NAME)->bytes.bytes;

    for (int bit = 0; bit < SIGNATURE_SIZE * 8; bit++) {
        signature[bit / 8] = (char)(signature[bit / 8] ^ (1 << bit % 8));
        CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 10);
        signature[bit / 8] = (char)(signature[bit / 8] ^ (1 << bit % 8));
    }
}

static void test_a_changed_file_is_named(void)
{
    static const char *const names[] = {"R01.csv",    "R02.csv",     "R03.csv",    "R04.csv",
                                        "leaves.txt", "report.json", "report.txt", "report.es.pdf"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CLEANUP(scene_clear) struct scene scene = scene_make(1);
        struct buffer *bytes = &forge_file(scene.bundle, names[i])->bytes;

        bytes->bytes[bytes->length / 2] = (char)(bytes->bytes[bytes->length / 2] ^ 1);
        CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 11);
    }
}

static void test_a_missing_or_added_file_is_found(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    struct bundle_file *last = &scene.bundle->files[scene.bundle->count - 1];

    scene.bundle->count--;
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 11);
    scene.bundle->count++;
    scene.bundle->files[scene.bundle->count] = *last;
    scene.bundle->count++;
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 11);
    scene.bundle->count--;
}

/* What a forger with the key changes, and which check catches him. */
static const struct {
    const char *what;
    const char *file, *from, *to;
    int status;
} forgeries[] = {
    {"an amount in the summary",   "R01.csv",        ".",                    "1.",                    12},
    {"a project's sum",            "R02.csv",        ".",                    "1.",                    12},
    {"a user's sum",               "R03.csv",        ".",                    "1.",                    12},
    {"the core count of a row",    "R04.csv",        ",1,2,",                ",1,3,",                 12},
    {"the user of a row",          "R04.csv",        ",user1,",              ",user2,",               12},
    {"the project of a row",       "R04.csv",        ",astro,",              ",bio,",                 12},
    {"the end state of a row",     "R04.csv",        "COMPLETED",            "FAILED",                12},
    {"the cluster of a row",       "R04.csv",        ",cc,",                 ",ee,",                  12},
    {"the partition of a row",     "R04.csv",        ",day,",                ",die,",                 15},
    {"a cluster's sum",            "R07.csv",        ".",                    "1.",                    12},
    {"a waiting time",             "R08.csv",        "000,",                 "001,",                  12},
    {"an efficiency",              "R09.csv",        "astro,",               "astro,1",               12},
    {"the job of a row",           "R04.csv",        "\n2,CHG/1/1/",         "\n2,CHG/9/1/",          13},
    {"a figure of the page",       "report.es.html", "Cobrado, SU</th><td>", "Cobrado, SU</th><td>9", 12},
    {"a bar of the page",          "report.en.html", "width=\"3",            "width=\"2",             12},
    {"a figure of the statement",  "report.es.pdf",  "(10000.00)",           "(20000.00)",            23},
    {"the grant in the summary",   "R01.csv",        ",10000.000000,",       ",90000.000000,",        23},
    {"a correction put in",        "R15.csv",        "delta_usu\n",
     "delta_usu\n9,RFD/1/2,refund,1,limit:astro,5\n",                                                 21},
    {"a leaf",                     "leaves.txt",     "user1",                "user2",                 15},
    {"the grant in the chain",     "leaves.txt",     "10000000000",          "90000000000",           15},
    {"a row under another number", "R04.csv",        "\n3,",                 "\n4,",                  15},
    {"a row under no number",      "R04.csv",        "\n2,",                 "\n0,",                  15},
    {"another header",             "R04.csv",        "inst_seq",             "number",                12},
    {"whose seal it is",           "people.csv",     "user3",                "user1",                 15},
    {"a salt",                     "people.csv",     ",5a00",                ",5b00",                 15},
    {"a person more",              "people.csv",     "salt\n",
     "salt\neva,5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\n",                  22},
    {"a salt that is none",        "people.csv",     ",5a00",                ",5a",                   15},
    {"a row with a negative time", "R04.csv",        ",1,2,",                ",1,2,-",                12},
};

static void test_forgeries_by_who_can_sign(void)
{
    for (size_t i = 0; i < COUNT_OF(forgeries); i++) {
        CLEANUP(scene_clear) struct scene scene = scene_make(1);
        int status;

        forge_replace(scene.bundle, forgeries[i].file, forgeries[i].from, forgeries[i].to);
        forge_sign(scene.bundle, scene.report, &scene.key);
        status = forge_verify(scene.bundle, NULL, &scene.key);
        if (status != forgeries[i].status)
            fprintf(stderr, "# %s: status %d, not %d\n", forgeries[i].what, status,
                    forgeries[i].status);
        CU_ASSERT_EQUAL(status, forgeries[i].status);
    }
}

static void remove_file(struct bundle *bundle, const char *name)
{
    struct bundle_file *file = forge_file(bundle, name);
    size_t place = (size_t)(file - bundle->files);

    buffer_clear(&file->bytes);
    bundle->count--;
    memmove(file, file + 1, (bundle->count - place) * sizeof(*file));
}

/* The books have a seal, and nothing says whose. */
static void test_openings_left_out_are_missed(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    const struct bundle_file *leaves = bundle_find(scene.bundle, "leaves.txt");

    CU_ASSERT_PTR_NULL(strstr(leaves->bytes.bytes, SAMPLE_SEALED));
    CU_ASSERT_PTR_NOT_NULL(strstr(leaves->bytes.bytes, " c:"));
    remove_file(scene.bundle, "people.csv");
    forge_sign(scene.bundle, scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 15);
}

/* Everybody by name, and no file of openings. */
static void test_a_report_from_before_seals_is_verified(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    CLEANUP(bundle_freep) struct bundle *old = NULL;

    for (size_t i = 0; i < scene.report->line_count; i++)
        if (scene.report->lines[i].has_usage)
            forge_line(scene.report, &scene.report->lines[i]);
    openings_free(STEAL(scene.report->openings));
    old = forge_harmony(scene.report, &scene.key);
    remove_file(old, "people.csv");
    forge_sign(old, scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(old, NULL, &scene.key), 0);
}

static void test_a_row_left_out_is_missed(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);

    forge_cut_row(scene.bundle, "R04.csv", 6); /* the waived one: the sums of SU stay the same */
    forge_sign(scene.bundle, scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 12);
}

/* All files made again without one job, in harmony: only the chain knows. */
static void test_a_ghost_report_in_harmony_breaks_the_chain(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    struct report_line *line = &scene.report->lines[3];
    CLEANUP(bundle_freep) struct bundle *ghost = NULL;

    line->usage.cpu_used_us += 1;
    ghost = bundle_make(scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(ghost, NULL, &scene.key), 15);
}

/* A job billed twice, all sums right, though the chain has it once. */
static void test_a_row_that_came_twice_is_found(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    CLEANUP(bundle_freep) struct bundle *forged = NULL;
    struct report *report = scene.report;
    const struct bundle_file *leaves = bundle_find(scene.bundle, "leaves.txt");
    struct report_line *twin;

    report->lines = memory_resize(report->lines, report->line_count + 1, sizeof(*report->lines));
    twin = &report->lines[report->line_count];
    *twin = report->lines[report->line_count - 1];
    report->line_count++;
    report_add_usage(report, &twin->usage);
    forged = bundle_make(report, &scene.key);
    buffer_reset(&forge_file(forged, "leaves.txt")->bytes);
    buffer_add(&forge_file(forged, "leaves.txt")->bytes, leaves->bytes.bytes, leaves->bytes.length);
    forge_sign(forged, report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(forged, NULL, &scene.key), 13);
}

static void test_rows_in_another_order(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    struct bundle_file *file = forge_file(scene.bundle, "R04.csv");
    char *third = file->bytes.bytes, *fourth, *end;
    CLEANUP(memory_freep) char *kept = NULL;

    for (int i = 0; i < 3; i++)
        third = strchr(third, '\n') + 1;
    fourth = strchr(third, '\n') + 1;
    end = strchr(fourth, '\n') + 1;
    kept = memory_copy_bytes(third, (size_t)(fourth - third));
    memmove(third, fourth, (size_t)(end - fourth));
    memcpy(third + (end - fourth), kept, (size_t)(fourth - third));
    forge_sign(scene.bundle, scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 15);
}

/* The operator himself posts the last job once more, and all sums and hashes are right. */
static int charge_again(const char *key)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    CLEANUP(bundle_freep) struct bundle *forged = NULL;
    struct report *report = scene.report;
    struct report_line *twin;

    report->lines = memory_resize(report->lines, report->line_count + 1, sizeof(*report->lines));
    twin = &report->lines[report->line_count];
    *twin = report->lines[report->line_count - 1];
    if (key)
        twin->key = key;
    report->line_count++;
    forge_line(report, twin);
    report_add_usage(report, &twin->usage);
    forged = forge_harmony(report, &scene.key);
    return forge_verify(forged, NULL, &scene.key);
}

static void test_a_job_charged_twice_under_another_key(void)
{
    CU_ASSERT_EQUAL(charge_again("CHG/77/1/0"), 13);
    CU_ASSERT_EQUAL(charge_again(NULL), 13); /* the same key again */
}

/* The last rows cut off, all else in harmony: but the next month does not follow. */
static void test_last_rows_cut_off(void)
{
    CLEANUP(scene_clear) struct scene second = scene_make(2);
    CLEANUP(report_freep) struct report *cut = sample_report(1);
    CLEANUP(bundle_freep) struct bundle *forged = NULL;

    cut->line_count -= 2;
    forged = forge_harmony(cut, &second.key);
    CU_ASSERT_EQUAL(forge_verify(second.bundle, forged, &second.key), 19);
}

/* A row of somebody else's university, with its own posting in the chain. */
static void test_people_of_others_are_found(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    CLEANUP(bundle_freep) struct bundle *forged = NULL;
    struct report_line *line = &scene.report->lines[2];

    snprintf(line->usage.institution, sizeof(line->usage.institution), "otra");
    forge_line(scene.report, line);
    forged = forge_harmony(scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(forged, NULL, &scene.key), 22);
}

static void test_a_cheaper_factor_is_recomputed(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    CLEANUP(bundle_freep) struct bundle *forged = NULL;

    scene.report->lines[2].usage.factor_ppm = 2000000;
    forged = bundle_make(scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(forged, NULL, &scene.key), 13);
}

static void test_a_month_continues_the_one_before(void)
{
    CLEANUP(scene_clear) struct scene first = scene_make(1);
    CLEANUP(scene_clear) struct scene second = scene_make(2);
    CLEANUP(bundle_freep) struct bundle *kept = bundle_make(first.report, &second.key);

    CU_ASSERT_EQUAL(forge_verify(second.bundle, kept, &second.key), 0);
    CU_ASSERT_EQUAL(forge_verify(kept, second.bundle, &second.key), 19);
    CU_ASSERT_EQUAL(forge_verify(second.bundle, first.bundle, &second.key), 19);
}

static void test_rewritten_history_does_not_fit_the_kept_month(void)
{
    CLEANUP(scene_clear) struct scene second = scene_make(2);
    CLEANUP(bundle_freep) struct bundle *kept = NULL;
    CLEANUP(report_freep) struct report *other = sample_report(1);

    other->head.bytes[0] ^= 1;
    kept = bundle_make(other, &second.key);
    CU_ASSERT_EQUAL(forge_verify(second.bundle, kept, &second.key), 19);
}

/* The checkpoint of another log, all else as it is; signed by the forger who has the key. */
static void swap_log(struct bundle *bundle, struct report *report, const struct signing_key *key)
{
    struct bundle_file *checkpoint = forge_file(bundle, CHECKPOINT_NAME);
    struct bundle_file *proofs = forge_file(bundle, PROOFS_NAME);

    buffer_reset(&checkpoint->bytes);
    checkpoint_print(&report->proofs.checkpoint, &checkpoint->bytes);
    checkpoint_sign(key, &checkpoint->bytes);
    buffer_reset(&proofs->bytes);
    proofs_print(&report->proofs, &proofs->bytes);
    forge_sign(bundle, report, key);
}

static void test_a_chain_beside_the_log_is_found(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);

    scene.report->proofs.checkpoint.root.bytes[3] ^= 1;
    swap_log(scene.bundle, scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 16);
    scene.report->proofs.checkpoint.root.bytes[3] ^= 1;
    scene.report->proofs.has_leaf = false;
    swap_log(scene.bundle, scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 16);
    buffer_add_text(&forge_file(scene.bundle, PROOFS_NAME)->bytes, "growth 1 2\nnonsense\n");
    forge_sign(scene.bundle, scene.report, &scene.key);
    CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 16);
}

static void test_every_bit_of_the_checkpoint_counts(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    struct bundle_file *file = forge_file(scene.bundle, CHECKPOINT_NAME);

    for (size_t i = 0; i < file->bytes.length; i++) {
        file->bytes.bytes[i] ^= 1;
        forge_sign(scene.bundle, scene.report, &scene.key);
        CU_ASSERT_EQUAL(forge_verify(scene.bundle, NULL, &scene.key), 16);
        file->bytes.bytes[i] ^= 1;
    }
}

/* Another institution's past was rewritten: our own chain is whole, but the log is another. */
static void test_a_rewritten_log_did_not_grow(void)
{
    CLEANUP(scene_clear) struct scene second = scene_make(2);
    CLEANUP(report_freep) struct report *first = sample_report(1);
    CLEANUP(bundle_freep) struct bundle *kept = bundle_make(first, &second.key);
    CLEANUP(bundle_freep) struct bundle *other = NULL;

    CU_ASSERT_EQUAL(forge_verify(second.bundle, kept, &second.key), 0);
    first->proofs.checkpoint.root.bytes[0] ^= 1;
    other = bundle_make(first, &second.key);
    CU_ASSERT_EQUAL(forge_verify(second.bundle, other, &second.key), 17);
    second.report->proofs.before = 0;
    swap_log(second.bundle, second.report, &second.key);
    CU_ASSERT_EQUAL(forge_verify(second.bundle, kept, &second.key), 17);
}

static void test_two_logs_are_told_apart(void)
{
    CLEANUP(scene_clear) struct scene scene = scene_make(1);
    struct buffer *ours = &forge_file(scene.bundle, CHECKPOINT_NAME)->bytes;
    CLEANUP(buffer_clear) struct buffer theirs;
    struct verification verification = {
        .bundle = scene.bundle, .witness = ours, .public_key = scene.key.public};
    struct checkpoint checkpoint = scene.report->proofs.checkpoint;
    const struct check *witness = checks;
    struct error err;

    while (witness->needs != NEEDS_WITNESS)
        witness++;
    CU_ASSERT_EQUAL(witness->status, 18);
    CU_ASSERT(witness->run(&verification, &err));
    buffer_init(&theirs);
    verification.witness = &theirs;
    checkpoint.root.bytes[9] ^= 1;
    checkpoint_print(&checkpoint, &theirs);
    checkpoint_sign(&scene.key, &theirs);
    CU_ASSERT(!witness->run(&verification, &err));
    CU_ASSERT(strstr(err.text, "another log") != NULL);
    buffer_reset(&theirs);
    checkpoint = scene.report->proofs.checkpoint;
    checkpoint.leaves++;
    checkpoint_print(&checkpoint, &theirs);
    checkpoint_sign(&scene.key, &theirs);
    CU_ASSERT(!witness->run(&verification, &err));
    CU_ASSERT(strstr(err.text, "not of this month") != NULL);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a true report is verified",           test_a_true_report_is_verified                    },
        {"another key is refused",              test_another_key_is_refused                       },
        {"every bit of the signature counts",   test_every_bit_of_the_signature_counts            },
        {"a changed file is named",             test_a_changed_file_is_named                      },
        {"a missing or added file is found",    test_a_missing_or_added_file_is_found             },
        {"forgeries by who can sign",           test_forgeries_by_who_can_sign                    },
        {"openings left out are missed",        test_openings_left_out_are_missed                 },
        {"a report from before seals",          test_a_report_from_before_seals_is_verified       },
        {"a row left out is missed",            test_a_row_left_out_is_missed                     },
        {"a ghost in harmony breaks the chain", test_a_ghost_report_in_harmony_breaks_the_chain   },
        {"a row that came twice is found",      test_a_row_that_came_twice_is_found               },
        {"rows in another order",               test_rows_in_another_order                        },
        {"a job charged twice, another key",    test_a_job_charged_twice_under_another_key        },
        {"the last rows cut off",               test_last_rows_cut_off                            },
        {"people of others are found",          test_people_of_others_are_found                   },
        {"a cheaper factor is recomputed",      test_a_cheaper_factor_is_recomputed               },
        {"a month continues the one before",    test_a_month_continues_the_one_before             },
        {"rewritten history does not fit",      test_rewritten_history_does_not_fit_the_kept_month},
        {"a chain beside the log is found",     test_a_chain_beside_the_log_is_found              },
        {"every bit of the checkpoint counts",  test_every_bit_of_the_checkpoint_counts           },
        {"a rewritten log did not grow",        test_a_rewritten_log_did_not_grow                 },
        {"two logs are told apart",             test_two_logs_are_told_apart                      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("verify", tests);
}
