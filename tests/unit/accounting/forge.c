/* forge.c - a report and who forges it: changes that are signed again, in harmony or not */

#include "tests/unit/accounting/forge.h"

#include "accounting/verify.h"
#include "tests/lib/runner.h"
#include "tests/unit/accounting/sample_report.h"

#include <stdio.h>
#include <string.h>

struct bundle_file *forge_file(struct bundle *bundle, const char *name)
{
    return (struct bundle_file *)(uintptr_t)bundle_find(bundle, name);
}

int forge_status(struct verification *verification)
{
    struct error err;
    int status = 0;

    for (size_t i = 0; i < check_count && status == 0; i++)
        if (!checks[i].run(verification, &err))
            status = checks[i].status;
    manifest_clear(&verification->manifest);
    return status;
}

int forge_verify(const struct bundle *bundle, const struct bundle *previous,
                 const struct signing_key *key)
{
    struct verification verification = {
        .bundle = bundle, .previous = previous, .public_key = key->public};

    return forge_status(&verification);
}

/* The first `from` in a file. */
void forge_replace(struct bundle *bundle, const char *name, const char *from, const char *to)
{
    struct bundle_file *file = forge_file(bundle, name);
    struct buffer changed;
    char *place = strstr(file->bytes.bytes, from);

    CU_ASSERT_PTR_NOT_NULL(place);
    if (!place)
        return;
    buffer_init(&changed);
    buffer_add(&changed, file->bytes.bytes, (size_t)(place - file->bytes.bytes));
    buffer_add_text(&changed, to);
    buffer_add_text(&changed, place + strlen(from));
    buffer_clear(&file->bytes);
    file->bytes = changed;
}

/* Cut row `row` (from 0: the header) out of a file. */
void forge_cut_row(struct bundle *bundle, const char *name, int row)
{
    struct bundle_file *file = forge_file(bundle, name);
    char *start = file->bytes.bytes, *end;

    for (int i = 0; i < row; i++)
        start = strchr(start, '\n') + 1;
    end = strchr(start, '\n') + 1;
    memmove(start, end, strlen(end) + 1);
    file->bytes.length -= (size_t)(end - start);
}

/* The forger with the key: list and sign what the files are now. */
void forge_sign(struct bundle *bundle, const struct report *report, const struct signing_key *key)
{
    struct bundle_file *manifest = forge_file(bundle, MANIFEST_NAME);
    struct bundle_file *signature = forge_file(bundle, SIGNATURE_NAME);

    buffer_reset(&manifest->bytes);
    manifest_print(report, bundle, key->public, &manifest->bytes);
    sign_bytes(key, manifest->bytes.bytes, manifest->bytes.length,
               (uint8_t *)signature->bytes.bytes);
}

struct scene scene_make(int month)
{
    struct scene scene;

    signing_key_make(&scene.key);
    scene.report = sample_report(month);
    scene.bundle = bundle_make(scene.report, &scene.key);
    return scene;
}

void scene_clear(struct scene *scene)
{
    report_free(scene->report);
    bundle_free(scene->bundle);
}

/* Make all files, the chain too, from the report's lines as they are now. */
struct bundle *forge_harmony(struct report *report, const struct signing_key *key)
{
    struct digest head = report->head_before;

    report->last_sequence = report->first_sequence + report->line_count - 1;
    for (size_t i = 0; i < report->line_count; i++) {
        struct report_line *line = &report->lines[i];
        struct digest leaf = chain_leaf(line->canonical, strlen(line->canonical));

        line->sequence = report->first_sequence + i;
        head = chain_next(&head, line->sequence, &leaf);
    }
    report->head = head;
    sample_report_prove(report);
    return bundle_make(report, key);
}

/* The line's text with the key and usage that it has now. */
void forge_line(struct report *report, struct report_line *line)
{
    struct txn txn = {.kind = line->kind, .at_us = line->at_us};
    CLEANUP(buffer_clear) struct buffer text;

    snprintf(txn.key, sizeof(txn.key), "%s", line->key);
    snprintf(txn.institution, sizeof(txn.institution), "uni");
    buffer_init(&text);
    txn_print_canonical(&txn, &line->usage, &text);
    line->canonical = arena_copy(report->texts, text.bytes);
}
