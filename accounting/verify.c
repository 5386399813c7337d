/* verify.c - the checks of a report, in the order in which they can be believed */

#include "accounting/verify.h"

#include "accounting/corrections.h"
#include "accounting/csv.h"
#include "accounting/pdf.h"
#include "accounting/people.h"
#include "accounting/proof.h"
#include "accounting/rates.h"
#include "accounting/render.h"
#include "accounting/statement.h"
#include "accounting/verify_items.h"
#include "base/digest.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool need_file(const struct bundle *bundle, const char *name,
                      const struct bundle_file **ret_file, struct error *err)
{
    *ret_file = bundle_find(bundle, name);
    return *ret_file || fail(err, ERROR_NOT_FOUND, "%s has no %s", bundle->name, name);
}

static bool check_signature(struct verification *verification, struct error *err)
{
    const struct bundle_file *manifest, *signature;

    if (!need_file(verification->bundle, MANIFEST_NAME, &manifest, err) ||
        !need_file(verification->bundle, SIGNATURE_NAME, &signature, err))
        return false;
    if (signature->bytes.length != SIGNATURE_SIZE ||
        !signature_is_good(verification->public_key, manifest->bytes.bytes, manifest->bytes.length,
                           (const uint8_t *)signature->bytes.bytes))
        return fail(err, ERROR_INVALID,
                    MANIFEST_NAME " was not signed by the key given, or was changed since");
    return manifest_read(manifest->bytes.bytes, manifest->bytes.length, &verification->manifest,
                         err);
}

static bool check_file(const struct manifest_file *listed, const struct bundle_file *file,
                       struct error *err)
{
    struct digest digest = digest_of(file->bytes.bytes, file->bytes.length);

    if (file->bytes.length != listed->bytes)
        return fail(err, ERROR_INVALID, "%s has %zu bytes, the manifest says %" PRIu64,
                    listed->name, file->bytes.length, listed->bytes);
    if (!digest_equal(&digest, &listed->digest))
        return fail(err, ERROR_INVALID, "%s was changed: its SHA-256 is not the manifest's",
                    listed->name);
    if (manifest_rows(&file->bytes) != listed->rows)
        return fail(err, ERROR_INVALID, "%s has other rows than the manifest says", listed->name);
    return true;
}

/* A report from before there were seals has no openings. */
static bool has_people(const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->file_count; i++)
        if (strcmp(manifest->files[i].name, PEOPLE_NAME) == 0)
            return true;
    return false;
}

/* Every file of the table is listed, every listed one is there, and nothing else. */
static bool check_files(struct verification *verification, struct error *err)
{
    const struct manifest *manifest = &verification->manifest;
    const struct bundle_file *file;
    size_t wanted = render_count - !has_people(manifest), row = 0;

    if (manifest->file_count != wanted || verification->bundle->count != wanted + 2)
        return fail(err, ERROR_INVALID, "the folder has %zu files, a report has %zu",
                    verification->bundle->count, wanted + 2);
    for (size_t i = 0; i < manifest->file_count; i++, row++) {
        if (wanted < render_count && strcmp(renders[row].file, PEOPLE_NAME) == 0)
            row++;
        if (strcmp(manifest->files[i].name, renders[row].file) != 0)
            return fail(err, ERROR_INVALID, "the manifest lists %s where %s belongs",
                        manifest->files[i].name, renders[row].file);
        if (!need_file(verification->bundle, manifest->files[i].name, &file, err) ||
            !check_file(&manifest->files[i], file, err))
            return false;
    }
    return true;
}

/* The table as it follows from the items, byte for byte. */
static bool check_table(const struct verification *verification, const char *name,
                        render_fn *render, const struct report *sums, struct error *err)
{
    const struct bundle_file *file;
    struct buffer rendered;
    bool same;

    if (!need_file(verification->bundle, name, &file, err))
        return false;
    buffer_init(&rendered);
    render(sums, &rendered);
    same = rendered.length == file->bytes.length &&
           memcmp(rendered.bytes, file->bytes.bytes, rendered.length) == 0;
    buffer_clear(&rendered);
    return same || fail(err, ERROR_INVALID, "%s does not add up to R04.csv", name);
}

/* The page's figures, from its one mark to its end. */
static bool check_page(const struct verification *verification, const char *name, render_fn *render,
                       const struct report *sums, struct error *err)
{
    const struct bundle_file *file;
    CLEANUP(buffer_clear) struct buffer rendered;
    const char *items;

    buffer_init(&rendered);
    if (!need_file(verification->bundle, name, &file, err))
        return false;
    render(sums, &rendered);
    items = strstr(file->bytes.bytes, HTML_ITEMS_MARK);
    if (items && strcmp(items, rendered.bytes) == 0)
        return true;
    return fail(err, ERROR_INVALID, "%s does not show what R04.csv adds up to", name);
}

/* Columns of R01.csv that follow from the items: projects_active to su_waived. */
#define SUMMARY_FIRST 4
#define SUMMARY_LAST  11

/* Others of its columns. */
#define SUMMARY_ROR     2
#define SUMMARY_TITLE   3
#define SUMMARY_GRANTED 12
#define SUMMARY_EVER    13

static bool read_summary(struct csv *csv, struct error *err)
{
    bool header = csv_next(csv, err) == 1;

    if (!header || csv_next(csv, err) != 1 || csv->count <= SUMMARY_LAST)
        return fail(err, ERROR_INVALID, "R01.csv is not a header and a row");
    return true;
}

static bool check_summary(const struct verification *verification, const struct report *sums,
                          struct error *err)
{
    const struct bundle_file *file;
    CLEANUP(csv_clear) struct csv found = {0}, right = {0};
    CLEANUP(buffer_clear) struct buffer rendered;

    buffer_init(&rendered);
    if (!need_file(verification->bundle, "R01.csv", &file, err))
        return false;
    render_summary_csv(sums, &rendered);
    csv_init(&found, &file->bytes);
    csv_init(&right, &rendered);
    if (!read_summary(&found, err) || !read_summary(&right, err))
        return false;
    for (size_t i = SUMMARY_FIRST; i <= SUMMARY_LAST; i++)
        if (strcmp(found.fields[i], right.fields[i]) != 0)
            return fail(err, ERROR_INVALID,
                        "R01.csv does not add up to R04.csv: column %zu is %s, "
                        "the items give %s",
                        i + 1, found.fields[i], right.fields[i]);
    return true;
}

/* Summary, projects and users are made again from the items. */
static bool check_totals(struct verification *verification, struct error *err)
{
    CLEANUP(report_freep) struct report *sums = items_sum(verification->bundle, err);

    if (!sums || !check_summary(verification, sums, err) ||
        !check_table(verification, "R02.csv", render_projects_csv, sums, err) ||
        !check_table(verification, "R03.csv", render_users_csv, sums, err) ||
        !check_table(verification, "R07.csv", render_clusters_csv, sums, err) ||
        !check_table(verification, "R08.csv", render_waits_csv, sums, err) ||
        !check_table(verification, "R09.csv", render_efficiency_csv, sums, err) ||
        !check_page(verification, "report.en.html", render_html_items_english, sums, err) ||
        !check_page(verification, "report.es.html", render_html_items_spanish, sums, err))
        return false;
    if (sums->totals.charged_micro != verification->manifest.charged_micro ||
        sums->totals.waived_micro != verification->manifest.waived_micro)
        return fail(err, ERROR_INVALID, "the manifest's sums are not those of R04.csv");
    return true;
}

static bool check_charges(struct verification *verification, struct error *err)
{
    return items_check_prices(verification->bundle, err);
}

static bool check_rates(struct verification *verification, struct error *err)
{
    return rates_verify(verification->bundle, err);
}

static bool check_chain(struct verification *verification, struct error *err)
{
    return items_check_chain(verification->bundle, &verification->manifest, err);
}

static bool read_checkpoint(const struct verification *verification, const struct bundle *bundle,
                            struct checkpoint *ret_checkpoint, struct error *err)
{
    const struct bundle_file *note;

    return need_file(bundle, CHECKPOINT_NAME, &note, err) &&
           checkpoint_read(note->bytes.bytes, note->bytes.length, verification->public_key,
                           ret_checkpoint, err);
}

static bool read_proofs(const struct verification *verification, struct proofs *ret_proofs,
                        struct error *err)
{
    const struct bundle_file *file;
    struct proofs proofs = {0};

    if (!need_file(verification->bundle, PROOFS_NAME, &file, err) ||
        !read_checkpoint(verification, verification->bundle, &proofs.checkpoint, err) ||
        !proofs_read(file->bytes.bytes, &proofs, err))
        return false;
    *ret_proofs = proofs;
    return true;
}

/* The chain's end is in the log that everybody is shown. */
static bool check_log(struct verification *verification, struct error *err)
{
    const struct manifest *manifest = &verification->manifest;
    struct digest leaf = tree_leaf(&manifest->head);
    struct proofs proofs;

    if (!read_proofs(verification, &proofs, err))
        return false;
    if (manifest->first_sequence == 0)
        return true;
    return (proofs.has_leaf && tree_check_leaf(&proofs.leaf, proofs.checkpoint.leaves, proofs.index,
                                               &leaf, &proofs.checkpoint.root)) ||
           fail(err, ERROR_INVALID,
                "the end of the institution's chain is not in the log of the checkpoint");
}

/* The log of the report kept before is the beginning of this one's. */
static bool check_growth(struct verification *verification, struct error *err)
{
    struct checkpoint before;
    struct proofs proofs;

    if (!verification->previous)
        return true;
    if (!read_checkpoint(verification, verification->previous, &before, err))
        return fail_in(err, "the previous report");
    if (!read_proofs(verification, &proofs, err))
        return false;
    if (strcmp(before.origin, proofs.checkpoint.origin) != 0)
        return fail(err, ERROR_INVALID, "the previous report is of the log %s, this one of %s",
                    before.origin, proofs.checkpoint.origin);
    if (proofs.before != before.leaves)
        return fail(err, ERROR_INVALID,
                    "no proof that the log grew out of the previous report's (%" PRIu64 " leaves)",
                    before.leaves);
    return tree_check_growth(&proofs.growth, before.leaves, &before.root, proofs.checkpoint.leaves,
                             &proofs.checkpoint.root) ||
           fail(err, ERROR_INVALID,
                "the log is not the one of the previous report: its past was changed");
}

/* Is every posting of the month?  A correction of an older one is posted when it is made, and never
 * into a month that has ended. */
static bool check_dates(const struct manifest *manifest, const char *leaves, struct error *err)
{
    int64_t at_us;

    for (uint64_t n = manifest->first_sequence; *leaves; n++) {
        const char *end = strstr(leaves, "\n\n");

        if (sscanf(leaves, "txn 1 %*s %*s %*s %" SCNd64, &at_us) == 1 &&
            (at_us < manifest->start_us || at_us >= manifest->end_us))
            return fail(err, ERROR_INVALID, "entry %" PRIu64 " is dated outside of the month", n);
        if (!end)
            break;
        leaves = end + 2;
    }
    return true;
}

/* What was corrected is what the chain says, no more and no less. */
static bool check_corrections(struct verification *verification, struct error *err)
{
    const struct bundle_file *file, *leaves;
    CLEANUP(buffer_clear) struct buffer rendered;

    buffer_init(&rendered);
    if (!need_file(verification->bundle, "R15.csv", &file, err) ||
        !need_file(verification->bundle, "leaves.txt", &leaves, err) ||
        !check_dates(&verification->manifest, leaves->bytes.bytes, err))
        return false;
    corrections_from_leaves(leaves->bytes.bytes, verification->manifest.first_sequence, &rendered);
    if (rendered.length == file->bytes.length &&
        memcmp(rendered.bytes, file->bytes.bytes, rendered.length) == 0)
        return true;
    return fail(err, ERROR_INVALID, "R15.csv is not what the ledger has of corrections");
}

/* Nobody learns from it what others' people did. */
static bool check_privacy(struct verification *verification, struct error *err)
{
    return items_check_institution(verification->bundle, verification->manifest.institution, err) &&
           people_verify(verification->bundle, err);
}

/* The month before ended where this one begins: nothing was put in or left out between. */
static bool check_previous(struct verification *verification, struct error *err)
{
    struct verification before = {.bundle = verification->previous,
                                  .public_key = verification->public_key};
    CLEANUP(manifest_clear) struct manifest manifest = {0};

    if (!verification->previous)
        return true;
    if (!check_signature(&before, err))
        return fail_in(err, "the previous report");
    manifest = before.manifest;
    if (strcmp(manifest.institution, verification->manifest.institution) != 0)
        return fail(err, ERROR_INVALID, "the previous report is of %s", manifest.institution);
    if (verification->manifest.first_sequence != 0 &&
        (verification->manifest.first_sequence != manifest.last_sequence + 1 ||
         !digest_equal(&verification->manifest.head_before, &manifest.head)))
        return fail(err, ERROR_INVALID,
                    "the chain does not go on where the previous report (%s) ended",
                    manifest.period);
    return true;
}

/* All institutions are shown one log: the checkpoint of a month that has ended is the same for
 * all. */
static bool check_witness(struct verification *verification, struct error *err)
{
    const struct buffer *note = verification->witness;
    struct checkpoint theirs, ours;

    if (!note)
        return true;
    if (!checkpoint_read(note->bytes, note->length, verification->public_key, &theirs, err))
        return fail_in(err, "the other institution's");
    if (!read_checkpoint(verification, verification->bundle, &ours, err))
        return false;
    if (strcmp(theirs.origin, ours.origin) != 0 || theirs.leaves != ours.leaves)
        return fail(err, ERROR_INVALID,
                    "the other checkpoint (%s, %" PRIu64 " leaves) is not of this month, which "
                    "ended with %" PRIu64,
                    theirs.origin, theirs.leaves, ours.leaves);
    return digest_equal(&theirs.root, &ours.root) ||
           fail(err, ERROR_INVALID, "the other institution was shown another log");
}

/* What the statement says beside the sums: it is all in R01.csv, manifest and checkpoint. */
static bool fill_sums(const struct verification *verification, struct report *sums,
                      struct error *err)
{
    const struct manifest *manifest = &verification->manifest;
    const struct bundle_file *file;
    CLEANUP(csv_clear) struct csv summary = {0};

    if (!need_file(verification->bundle, "R01.csv", &file, err))
        return false;
    csv_init(&summary, &file->bytes);
    if (!read_summary(&summary, err) || summary.count <= SUMMARY_EVER)
        return fail(err, ERROR_INVALID, "R01.csv is not a header and a row");
    free(sums->institution);
    free(sums->title);
    free(sums->ror);
    sums->network = memory_copy(manifest->network);
    sums->institution = memory_copy(manifest->institution);
    sums->title = memory_copy(summary.fields[SUMMARY_TITLE]);
    sums->ror = memory_copy(summary.fields[SUMMARY_ROR]);
    memory_put_text(sums->period.name, sizeof(sums->period.name), manifest->period);
    sums->period.start_us = manifest->start_us;
    sums->period.end_us = manifest->end_us;
    sums->provisional = manifest->provisional;
    sums->first_sequence = manifest->first_sequence;
    sums->last_sequence = manifest->last_sequence;
    sums->head = manifest->head;
    return parse_amount(summary.fields[SUMMARY_GRANTED], &sums->granted_micro, err) &&
           parse_amount(summary.fields[SUMMARY_EVER], &sums->charged_ever_micro, err) &&
           read_checkpoint(verification, verification->bundle, &sums->proofs.checkpoint, err);
}

static bool check_statement(const struct verification *verification, const char *name,
                            const struct texts *texts, const struct report *sums, struct error *err)
{
    const struct bundle_file *file, *corrections;
    CLEANUP(buffer_clear) struct buffer rendered;

    buffer_init(&rendered);
    if (!need_file(verification->bundle, name, &file, err) ||
        !need_file(verification->bundle, "R15.csv", &corrections, err))
        return false;
    if (!pdf_is_of_this_library(&file->bytes))
        return true; /* signed it is; to compare it takes the same library */
    statement_print(sums, texts, &corrections->bytes, &rendered);
    return (rendered.length == file->bytes.length &&
            memcmp(rendered.bytes, file->bytes.bytes, rendered.length) == 0) ||
           fail(err, ERROR_INVALID, "%s does not show what the tables say", name);
}

/* The pages for print are what follows from the other files. */
static bool check_statements(struct verification *verification, struct error *err)
{
    CLEANUP(report_freep) struct report *sums = items_sum(verification->bundle, err);

    return sums && fill_sums(verification, sums, err) &&
           check_statement(verification, "report.en.pdf", &texts_english, sums, err) &&
           check_statement(verification, "report.es.pdf", &texts_spanish, sums, err);
}

const struct check checks[] = {
    {"signature",   10, "the network's key signed the manifest",                     check_signature,  NEEDS_NOTHING },
    {"files",       11, "every file is the one that was signed",                     check_files,      NEEDS_NOTHING },
    {"totals",      12, "summary, projects, users and items add up to the same",     check_totals,
     NEEDS_NOTHING                                                                                                   },
    {"charges",     13, "each charge is cores x time x factor, rounded once",        check_charges,
     NEEDS_NOTHING                                                                                                   },
    {"rates",       14, "each factor is what the rate card of its start says",       check_rates,
     NEEDS_NOTHING                                                                                                   },
    {"chain",       15, "the items are the ledger's, all of them, in its order",     check_chain,
     NEEDS_NOTHING                                                                                                   },
    {"log",         16, "the chain's end is in the log of its checkpoint",           check_log,        NEEDS_NOTHING },
    {"previous",    19, "the report continues the one kept before",                  check_previous,   NEEDS_PREVIOUS},
    {"growth",      17, "the log is the one of the report kept before, grown",       check_growth,
     NEEDS_PREVIOUS                                                                                                  },
    {"witness",     18, "another institution was shown the same log",                check_witness,    NEEDS_WITNESS },
    {"corrections", 21, "refunds, moves and ends of grants are those of the ledger",
     check_corrections,                                                                                NEEDS_NOTHING },
    {"privacy",     22, "only people and projects of this institution are in it",    check_privacy,
     NEEDS_NOTHING                                                                                                   },
    {"statement",   23, "the pages for print show what the tables say",              check_statements,
     NEEDS_NOTHING                                                                                                   },
};
const size_t check_count = COUNT_OF(checks);
