/* manifest.c - the list that is signed */

#include "accounting/manifest.h"

#include "accounting/json.h"
#include "base/parse.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What no report of this version can show: said in each, so that nobody assumes it. */
static const char *const not_included[] = {
    "that a node's own kernel told the truth about the processor time used",
    "energy, GPU and storage use",
};

uint64_t manifest_rows(const struct buffer *bytes)
{
    uint64_t lines = 0;
    const char *place = bytes->bytes, *end = place + bytes->length;

    while ((place = memchr(place, '\n', (size_t)(end - place)))) {
        place++;
        lines++;
    }
    return lines ? lines - 1 : 0;
}

static json_t *hex_string(const void *bytes, size_t size)
{
    struct buffer text;
    json_t *value;

    buffer_init(&text);
    hex_print(bytes, size, &text);
    value = json_string(text.bytes);
    buffer_clear(&text);
    return value;
}

static json_t *files_array(const struct bundle *bundle)
{
    json_t *array = json_array();

    for (size_t i = 0; i < bundle->count; i++) {
        const struct bundle_file *file = &bundle->files[i];
        struct digest digest = digest_of(file->bytes.bytes, file->bytes.length);

        if (strcmp(file->name, MANIFEST_NAME) == 0 || strcmp(file->name, SIGNATURE_NAME) == 0)
            continue;
        json_array_append_new(array, json_pack("{s:s, s:o, s:I, s:I}", "path", file->name, "sha256",
                                               hex_string(digest.bytes, sizeof digest.bytes),
                                               "bytes", (json_int_t)file->bytes.length, "rows",
                                               (json_int_t)manifest_rows(&file->bytes)));
    }
    return array;
}

void manifest_print(const struct report *report, const struct bundle *bundle,
                    const uint8_t public_key[SIGNATURE_PUBLIC_KEY_SIZE], struct buffer *buffer)
{
    json_t *missing = json_array();
    json_t *root;

    for (size_t i = 0; i < COUNT_OF(not_included); i++)
        json_array_append_new(missing, json_string(not_included[i]));
    root = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}",
        "format", MANIFEST_FORMAT, "network", report->network, "institution", report->institution,
        "period", report->period.name, "start_us", (json_int_t)report->period.start_us, "end_us",
        (json_int_t)report->period.end_us, "provisional", report->provisional, "inst_seq_first",
        (json_int_t)report->first_sequence, "inst_seq_last", (json_int_t)report->last_sequence,
        "inst_head_before", hex_string(&report->head_before, sizeof report->head_before),
        "inst_head", hex_string(&report->head, sizeof report->head), "su_billed",
        json_of_amount(report->totals.charged_micro), "su_waived",
        json_of_amount(report->totals.waived_micro), "files", files_array(bundle), "not_included",
        missing, "public_key", hex_string(public_key, SIGNATURE_PUBLIC_KEY_SIZE), "software",
        PACKAGE_STRING);
    json_print(root, buffer);
}

static void free_json(json_t **root)
{
    json_decref(*root);
}

static bool read_digest(const json_t *object, const char *name, struct digest *ret_digest,
                        struct error *err)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (!text)
        return fail(err, ERROR_INVALID, "the manifest has no %s", name);
    return hex_parse(text, ret_digest->bytes, sizeof ret_digest->bytes, err) ||
           fail_in(err, "%s of the manifest", name);
}

static bool read_amount(const json_t *object, const char *name, int64_t *ret_micro,
                        struct error *err)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (!text)
        return fail(err, ERROR_INVALID, "the manifest has no %s", name);
    return parse_amount(text, ret_micro, err) || fail_in(err, "%s of the manifest", name);
}

static bool read_files(const json_t *array, struct manifest *manifest, struct error *err)
{
    size_t i;
    json_t *object;

    if (!json_is_array(array) || json_array_size(array) > BUNDLE_FILES_MAX)
        return fail(err, ERROR_INVALID, "the manifest has no list of files");
    json_array_foreach(array, i, object)
    {
        struct manifest_file *file = &manifest->files[manifest->file_count++];
        const char *name = json_string_value(json_object_get(object, "path"));

        if (!name || strlen(name) >= sizeof file->name || strchr(name, '/'))
            return fail(err, ERROR_INVALID, "the manifest names a file wrongly");
        snprintf(file->name, sizeof file->name, "%s", name);
        file->bytes = (uint64_t)json_integer_value(json_object_get(object, "bytes"));
        file->rows = (uint64_t)json_integer_value(json_object_get(object, "rows"));
        if (!read_digest(object, "sha256", &file->digest, err))
            return false;
    }
    return true;
}

static bool read_root(const json_t *root, struct manifest *manifest, struct error *err)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    const char *institution = json_string_value(json_object_get(root, "institution"));
    const char *network = json_string_value(json_object_get(root, "network"));
    const char *period = json_string_value(json_object_get(root, "period"));

    if (!format || strcmp(format, MANIFEST_FORMAT) != 0)
        return fail(err, ERROR_INVALID, "the manifest is not of the format " MANIFEST_FORMAT);
    if (!institution || !network || !period || strlen(period) >= sizeof manifest->period)
        return fail(err, ERROR_INVALID, "the manifest names no institution and period");
    manifest->institution = memory_copy(institution);
    manifest->network = memory_copy(network);
    snprintf(manifest->period, sizeof manifest->period, "%s", period);
    manifest->start_us = (int64_t)json_integer_value(json_object_get(root, "start_us"));
    manifest->end_us = (int64_t)json_integer_value(json_object_get(root, "end_us"));
    manifest->provisional = json_is_true(json_object_get(root, "provisional"));
    manifest->first_sequence =
        (uint64_t)json_integer_value(json_object_get(root, "inst_seq_first"));
    manifest->last_sequence = (uint64_t)json_integer_value(json_object_get(root, "inst_seq_last"));
    return read_digest(root, "inst_head_before", &manifest->head_before, err) &&
           read_digest(root, "inst_head", &manifest->head, err) &&
           read_amount(root, "su_billed", &manifest->charged_micro, err) &&
           read_amount(root, "su_waived", &manifest->waived_micro, err) &&
           read_files(json_object_get(root, "files"), manifest, err);
}

bool manifest_read(const char *text, size_t size, struct manifest *ret_manifest, struct error *err)
{
    json_error_t where;
    CLEANUP(free_json) json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);

    if (!root)
        return fail(err, ERROR_INVALID, MANIFEST_NAME ":%d: %s", where.line, where.text);
    *ret_manifest = (struct manifest){0};
    if (read_root(root, ret_manifest, err))
        return true;
    manifest_clear(ret_manifest);
    return false;
}

void manifest_clear(struct manifest *manifest)
{
    free(manifest->institution);
    free(manifest->network);
    manifest->institution = NULL;
    manifest->network = NULL;
}
