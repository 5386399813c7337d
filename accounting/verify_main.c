/* verify_main.c - tequio-verify: check a report's folder, offline */

#include "accounting/checkpoint.h"
#include "accounting/verify.h"
#include "base/file.h"
#include "base/options.h"

#include <stdio.h>
#include <string.h>

struct arguments {
    const char *key;
    const char *previous;
    const char *witness;
    bool quiet;
    bool help;
    bool version;
};

static const struct option_rule options[] = {
    OPTION_TEXT('k', "key", "FILE", struct arguments, key,
                "the network's public key (needed; get it from the operator, not from the report)"),
    OPTION_TEXT('p', "previous", "DIR", struct arguments, previous,
                "the report kept from the month before: check that this one continues it"),
    OPTION_TEXT('w', "witness", "FILE", struct arguments, witness,
                "the file checkpoint of another institution's report of the same month"),
    OPTION_FLAG('q', "quiet", struct arguments, quiet, "say nothing when all is well"),
    OPTION_FLAG('h', "help", struct arguments, help, "show this and end"),
    OPTION_FLAG('V', "version", struct arguments, version, "show the version and end"),
    OPTION_END,
};

static int usage(void)
{
    printf("Usage: tequio-verify --key FILE [--previous DIR] DIR\n\n"
           "Check that the report in DIR is what the network signed, that it adds up, and\n"
           "that it is the ledger's.  The exit status is 0, or the number of the check that\n"
           "failed:\n\n");
    for (size_t i = 0; i < check_count; i++)
        printf("  %2d  %-11s %s\n", checks[i].status, checks[i].name, checks[i].proves);
    printf("\n");
    options_print(options, 80, NULL);
    return options_told("tequio-verify");
}

static int complain(const struct error *err)
{
    fprintf(stderr, "tequio-verify: %s\n", err->text);
    return (int)err->code;
}

static bool has_needed(const struct verification *verification, enum needs needs)
{
    return (needs != NEEDS_PREVIOUS || verification->previous) &&
           (needs != NEEDS_WITNESS || verification->witness);
}

static int run_checks(struct verification *verification, bool quiet)
{
    struct error err;

    for (size_t i = 0; i < check_count; i++) {
        if (!checks[i].run(verification, &err)) {
            fprintf(stderr, "tequio-verify: check '%s' failed: %s\n", checks[i].name, err.text);
            return checks[i].status;
        }
        if (!quiet && has_needed(verification, checks[i].needs))
            printf("ok  %-11s %s\n", checks[i].name, checks[i].proves);
    }
    if (!quiet)
        printf("verified: %s, %s%s\n", verification->manifest.institution,
               verification->manifest.period,
               verification->manifest.provisional ? " (provisional)" : "");
    return 0;
}

static int verify(const struct arguments *arguments, const char *path)
{
    CLEANUP(bundle_freep) struct bundle *bundle = NULL;
    CLEANUP(bundle_freep) struct bundle *previous = NULL;
    CLEANUP(buffer_clear) struct buffer witness = {0};
    uint8_t public_key[SIGNATURE_PUBLIC_KEY_SIZE];
    struct verification verification = {.public_key = public_key};
    struct error err;
    int status;

    if (!public_key_read(arguments->key, public_key, &err) || !(bundle = bundle_read(path, &err)))
        return complain(&err);
    if (arguments->previous && !(previous = bundle_read(arguments->previous, &err)))
        return complain(&err);
    buffer_init(&witness);
    if (arguments->witness && !file_read(arguments->witness, CHECKPOINT_MAX, &witness, &err))
        return complain(&err);
    verification.witness = arguments->witness ? &witness : NULL;
    verification.bundle = bundle;
    verification.previous = previous;
    status = run_checks(&verification, arguments->quiet);
    manifest_clear(&verification.manifest);
    return status;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct error err;
    int first, status;

    if (!options_read(options, argc, argv, &arguments, &first, &err))
        return complain(&err);
    if (arguments.help)
        return usage();
    if (arguments.version)
        return options_told_version("tequio-verify");
    if (!arguments.key || first + 1 != argc) {
        fprintf(stderr, "tequio-verify: give the public key and one report folder: "
                        "tequio-verify --key FILE DIR\n");
        return ERROR_INVALID;
    }
    status = verify(&arguments, argv[first]);
    return status == 0 ? options_told("tequio-verify") : status;
}
