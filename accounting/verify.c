/* verify.c - the checks of a report, in the order in which they can be believed */

#include "accounting/verify.h"

#include "accounting/csv.h"
#include "accounting/render.h"
#include "accounting/verify_items.h"
#include "base/digest.h"
#include "base/parse.h"

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

/* Columns of the sums: jobs first, then … billed and waived SU at `first` + 4 and + 5. */
static bool add_sums(const struct csv *csv, size_t first, struct item_sums *sums, struct error *err)
{
    uint64_t jobs;
    int64_t billed, waived;

    if (csv->count < first + 6)
        return fail(err, ERROR_INVALID, "row %zu is too short", csv->row);
    if (!parse_u64(csv->fields[first], 0, UINT64_MAX, &jobs, err) ||
        !parse_amount(csv->fields[first + 4], &billed, err) ||
        !parse_amount(csv->fields[first + 5], &waived, err))
        return fail_in(err, "row %zu", csv->row);
    sums->jobs += jobs;
    sums->charged_micro += billed;
    sums->waived_micro += waived;
    return true;
}

static bool sum_file(const struct bundle *bundle, const char *name, size_t first,
                     struct item_sums *ret_sums, struct error *err)
{
    const struct bundle_file *file;
    CLEANUP(csv_clear) struct csv csv = {0};
    struct item_sums sums = {0};
    int more;

    if (!need_file(bundle, name, &file, err))
        return false;
    csv_init(&csv, &file->bytes);
    if (csv_next(&csv, err) != 1)
        return fail(err, ERROR_INVALID, "%s has no header row", name);
    while ((more = csv_next(&csv, err)) == 1)
        if (!add_sums(&csv, first, &sums, err))
            return fail_in(err, "%s", name);
    *ret_sums = sums;
    return more == 0 || fail_in(err, "%s", name);
}

static bool same_sums(const struct item_sums *a, const struct item_sums *b)
{
    return a->jobs == b->jobs && a->charged_micro == b->charged_micro &&
           a->waived_micro == b->waived_micro;
}

/* R01 = sum of R02 = sum of R03 = sum of R04 = the manifest. */
static bool check_totals(struct verification *verification, struct error *err)
{
    static const struct {
        const char *file;
        size_t first;
    } tables[] = {
        {"R01.csv", 6},
        {"R02.csv", 1},
        {"R03.csv", 1}
    };
    struct item_sums items = {0}, sums = {0};

    if (!items_sum(verification->bundle, &items, err))
        return false;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        if (!sum_file(verification->bundle, tables[i].file, tables[i].first, &sums, err))
            return false;
        if (!same_sums(&sums, &items))
            return fail(err, ERROR_INVALID, "%s does not add up to R04.csv", tables[i].file);
    }
    if (items.charged_micro != verification->manifest.charged_micro ||
        items.waived_micro != verification->manifest.waived_micro)
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
    {"signature", 10, "the network's key signed the manifest",                 check_signature},
    {"files",     11, "every file is the one that was signed",                 check_files    },
    {"totals",    12, "summary, projects, users and items add up to the same", check_totals   },
    {"charges",   13, "each charge is cores x time x factor, rounded once",    check_charges  },
    {"chain",     15, "the items are the ledger's, all of them, in its order", check_chain    },
    {"previous",  19, "the report continues the one kept before",              check_previous },
};
const size_t check_count = COUNT_OF(checks);
