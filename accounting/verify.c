/* verify.c - the checks of a report, in the order in which they can be believed */

#include "accounting/verify.h"

#include "accounting/corrections.h"
#include "accounting/csv.h"
#include "accounting/render.h"
#include "accounting/verify_items.h"
#include "base/digest.h"

#include <inttypes.h>
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

/* Every file of the table is listed, every listed one is there, and nothing else. */
static bool check_files(struct verification *verification, struct error *err)
{
    const struct manifest *manifest = &verification->manifest;
    const struct bundle_file *file;

    if (manifest->file_count != render_count ||
        verification->bundle->count != manifest->file_count + 2)
        return fail(err, ERROR_INVALID, "the folder has %zu files, a report has %zu",
                    verification->bundle->count, render_count + 2);
    for (size_t i = 0; i < manifest->file_count; i++) {
        if (strcmp(manifest->files[i].name, renders[i].file) != 0)
            return fail(err, ERROR_INVALID, "the manifest lists %s where %s belongs",
                        manifest->files[i].name, renders[i].file);
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

static bool check_chain(struct verification *verification, struct error *err)
{
    return items_check_chain(verification->bundle, &verification->manifest, err);
}

/* What was corrected is what the chain says, no more and no less. */
static bool check_corrections(struct verification *verification, struct error *err)
{
    const struct bundle_file *file, *leaves;
    CLEANUP(buffer_clear) struct buffer rendered;

    buffer_init(&rendered);
    if (!need_file(verification->bundle, "R15.csv", &file, err) ||
        !need_file(verification->bundle, "leaves.txt", &leaves, err))
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
    return items_check_institution(verification->bundle, verification->manifest.institution, err);
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

const struct check checks[] = {
    {"signature",   10, "the network's key signed the manifest",                     check_signature},
    {"files",       11, "every file is the one that was signed",                     check_files    },
    {"totals",      12, "summary, projects, users and items add up to the same",     check_totals   },
    {"charges",     13, "each charge is cores x time x factor, rounded once",        check_charges  },
    {"chain",       15, "the items are the ledger's, all of them, in its order",     check_chain    },
    {"previous",    19, "the report continues the one kept before",                  check_previous },
    {"corrections", 21, "refunds, moves and ends of grants are those of the ledger",
     check_corrections                                                                              },
    {"privacy",     22, "only people and projects of this institution are in it",    check_privacy  },
};
const size_t check_count = COUNT_OF(checks);
