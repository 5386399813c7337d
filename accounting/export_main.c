/* export_main.c - tequio-export: reports in the forms of others, offline */

#include "accounting/export.h"
#include "accounting/verify.h"
#include "base/file.h"
#include "base/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDERS_MAX 4096

struct arguments {
    const char *key;
    const char *form;
    const char *directory;
    bool help;
    bool version;
};

static const struct option_rule options[] = {
    OPTION_TEXT('k', "key", "FILE", struct arguments, key,
                "the network's public key: what it did not sign is not exported (needed)"),
    OPTION_TEXT('t', "to", "FORM", struct arguments, form, "ur, apel or open-data (needed)"),
    OPTION_TEXT('d', "directory", "DIR", struct arguments, directory,
                "where the two files of open-data go"),
    OPTION_FLAG('h', "help", struct arguments, help, "show this and end"),
    OPTION_FLAG('V', "version", struct arguments, version, "show the version and end"),
    OPTION_END,
};

static bool write_text(const struct buffer *text, struct error *err)
{
    return fwrite(text->bytes, 1, text->length, stdout) == text->length ||
           fail_errno(err, "write what was exported");
}

static bool write_file(const char *directory, const char *name, const struct buffer *text,
                       struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", directory, name);

    return file_replace(path, text->bytes, text->length, 0644, err);
}

static bool print(export_fn *export, const struct export_source *sources, size_t count,
                  struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    return export(sources, count, &text, err) && write_text(&text, err);
}

static bool print_open(const char *directory, const struct export_source *sources, size_t count,
                       struct error *err)
{
    CLEANUP(buffer_clear) struct buffer table;
    CLEANUP(buffer_clear) struct buffer package;

    buffer_init(&table);
    buffer_init(&package);
    if (!directory)
        return fail(err, ERROR_INVALID, "open-data are two files: give their --directory");
    if (!export_open_table(sources, count, &table, err))
        return false;
    export_open_package(sources, count, &table, &package);
    return file_make_directory(directory, 0755, err) &&
           write_file(directory, "usage.csv", &table, err) &&
           write_file(directory, "datapackage.json", &package, err);
}

/* All that `tequio verify` checks of a report alone. */
static bool open_source(const char *path, const uint8_t *public_key, struct export_source *source,
                        struct error *err)
{
    struct verification verification = {.public_key = public_key};

    source->bundle = bundle_read(path, err);
    verification.bundle = source->bundle;
    if (!source->bundle)
        return false;
    for (size_t i = 0; i < check_count; i++)
        if (!checks[i].run(&verification, err)) {
            manifest_clear(&verification.manifest);
            return fail_in(err, "%s: check '%s'", path, checks[i].name);
        }
    source->manifest = verification.manifest;
    return true;
}

static bool export_folders(const struct arguments *arguments, char *const *paths, size_t count,
                           struct error *err)
{
    struct export_source *sources = NEW_ARRAY(struct export_source, count);
    uint8_t public_key[SIGNATURE_PUBLIC_KEY_SIZE];
    bool good = public_key_read(arguments->key, public_key, err);

    for (size_t i = 0; i < count && good; i++)
        good = open_source(paths[i], public_key, &sources[i], err);
    if (good && strcmp(arguments->form, "ur") == 0)
        good = print(export_usage_records, sources, count, err);
    else if (good && strcmp(arguments->form, "apel") == 0)
        good = print(export_apel, sources, count, err);
    else if (good && strcmp(arguments->form, "open-data") == 0)
        good = print_open(arguments->directory, sources, count, err);
    else if (good)
        good = fail(err, ERROR_INVALID, "--to %.40s: there are ur, apel and open-data",
                    arguments->form);
    for (size_t i = 0; i < count; i++) {
        bundle_free(sources[i].bundle);
        manifest_clear(&sources[i].manifest);
    }
    free(sources);
    return good;
}

static int complain(const struct error *err)
{
    fprintf(stderr, "tequio-export: %s\n", err->text);
    return (int)err->code;
}

static int usage(void)
{
    printf("Usage: tequio-export --key FILE --to FORM DIR...\n\n"
           "Print the items of reports as OGF usage records (ur) or as APEL's summary\n"
           "(apel), or write open data without personal data (open-data).  Each report is\n"
           "verified first.\n"
           "\n");
    options_print(options, 80, NULL);
    return options_told("tequio-export");
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct error err;
    int first;

    if (!options_read(options, argc, argv, &arguments, &first, &err))
        return complain(&err);
    if (arguments.help)
        return usage();
    if (arguments.version)
        return options_told_version("tequio-export");
    if (!arguments.key || !arguments.form || first == argc || argc - first > FOLDERS_MAX) {
        fprintf(stderr, "tequio-export: give the public key, a form and report folders: "
                        "tequio-export --key FILE --to FORM DIR...\n");
        return ERROR_INVALID;
    }
    if (!export_folders(&arguments, argv + first, (size_t)(argc - first), &err))
        return complain(&err);
    return options_told("tequio-export");
}
