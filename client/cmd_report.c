/* cmd_report.c - tequio report: an institution's signed month */

#include "base/file.h"
#include "base/parse.h"
#include "client/command.h"
#include "client/output.h"
#include "client/session.h"
#include "client/use_tables.h"
#include "proto/arena.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define REPORT_FILE_MAX (UINT64_C(1) << 30)
#define SHOWN_FILE      "report.txt"

enum { REPORT_FILES_MAX = 64, REPORT_NAME_MAX = 200 };

struct arguments {
    const char *period;
    const char *directory;
    bool quiet;
    struct use_options tables;
};

static bool set_unit(void *place, const char *text, struct error *err)
{
    return use_unit_parse(text, place, err);
}

static const struct option_rule options[] = {
    OPTION_TEXT(0, "period", "YYYY-MM", struct arguments, period,
                N_("this month; the present one, provisional, when not given")),
    OPTION_TEXT('d', "directory", "DIRECTORY", struct arguments, directory,
                N_("put the report's folder here")),
    OPTION_FLAG('Q', "quiet", struct arguments, quiet, N_("print only the folder's path")),
    OPTION_WITH('t', "time", "UNIT", struct arguments, tables.unit_us, set_unit,
                N_("count in a table in Seconds, Minutes (when not given) or Hours")),
    OPTION_FLAG('n', "noheader", struct arguments, tables.output.no_header,
                N_("print no titles of a table")),
    OPTION_FLAG('P', "parsable2", struct arguments, tables.output.parsable,
                N_("with | between fields")),
    OPTION_FLAG('p', "parsable", struct arguments, tables.output.parsable_end,
                N_("with | behind each field")),
    OPTION_TEXT('o', "format", "FIELDS", struct arguments, tables.output.format,
                N_("print these fields: names with commas, each with %WIDTH if wanted")),
    OPTION_FLAG(0, "json", struct arguments, tables.output.json,
                N_("print JSON, all fields unless --format")),
    OPTION_HELP,
    OPTION_END,
};

/* A bundle on its way from the accounting service. */
struct download {
    struct session *session;
    struct arena *arena;
    const char *institution;
    const char *period;
    char *bundle; /* its name, once known */
    char *folder;
    uint32_t files;
    bool quiet;
};

/* Names come over the network and become files: no folders, nothing hidden. */
static bool check_file_name(const char *name, struct error *err)
{
    return parse_name(name, _("file of the report"), REPORT_NAME_MAX, err);
}

static Wire__Envelope *ask_piece(struct download *download, uint32_t file, uint64_t offset,
                                 struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ReportAsk body = WIRE__REPORT_ASK__INIT;

    body.institution = arena_copy_utf8(download->arena, download->institution);
    body.period = arena_copy_utf8(download->arena, download->period ? download->period : "");
    body.bundle = download->bundle ? download->bundle : arena_copy(download->arena, "");
    body.file = file;
    body.offset = offset;
    ask.body_case = WIRE__ENVELOPE__BODY_REPORT_ASK;
    ask.report_ask = &body;
    return session_ask_books(download->session, &ask, WIRE__ENVELOPE__BODY_REPORT_FILE, err);
}

static bool begin(struct download *download, const Wire__ReportFile *piece, const char *directory,
                  struct error *err)
{
    if (!check_file_name(piece->bundle, err))
        return false;
    if (piece->files == 0 || piece->files > REPORT_FILES_MAX)
        return fail(err, ERROR_INTERNAL, _("a report of %" PRIu32 " files"), piece->files);
    download->bundle = arena_copy(download->arena, piece->bundle);
    download->files = piece->files;
    download->folder = arena_format(download->arena, "%s/%s", directory, piece->bundle);
    return file_make_directory(download->folder, 0755, err);
}

static bool check_piece(const struct download *download, const Wire__ReportFile *piece,
                        const char *name, uint64_t offset, struct error *err)
{
    if (!check_file_name(piece->name, err))
        return false;
    if (strcmp(piece->bundle, download->bundle) != 0 || (*name && strcmp(piece->name, name) != 0))
        return fail(err, ERROR_CONFLICT, _("the report was made anew meanwhile: ask again"));
    if (piece->offset != offset || piece->size < offset || piece->size > REPORT_FILE_MAX ||
        piece->bytes.len > piece->size - offset || (piece->bytes.len == 0 && offset < piece->size))
        return fail(err, ERROR_INTERNAL, _("%s: a piece does not fit the others"), piece->name);
    return true;
}

static bool write_file(const struct download *download, const char *name,
                       const struct buffer *bytes, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", download->folder, name);

    if (!file_replace(path, bytes->bytes, bytes->length, 0644, err))
        return false;
    if (!download->quiet && strcmp(name, SHOWN_FILE) == 0)
        fwrite(bytes->bytes, 1, bytes->length, stdout);
    return true;
}

/* One file, piece after piece. */
static bool fetch(struct download *download, uint32_t file, const char *directory,
                  struct error *err)
{
    CLEANUP(buffer_clear) struct buffer bytes;
    char name[REPORT_NAME_MAX + 1] = "";
    uint64_t size = 1;

    buffer_init(&bytes);
    while (bytes.length < size) {
        CLEANUP(message_freep)
        Wire__Envelope *answer = ask_piece(download, file, bytes.length, err);
        const Wire__ReportFile *piece = answer ? answer->report_file : NULL;

        if (!piece || (!download->bundle && !begin(download, piece, directory, err)) ||
            !check_piece(download, piece, name, bytes.length, err))
            return false;
        snprintf(name, sizeof(name), "%s", piece->name);
        buffer_add(&bytes, piece->bytes.data, piece->bytes.len);
        size = piece->size;
    }
    return write_file(download, name, &bytes, err);
}

static bool get_report(struct download *download, const struct arguments *arguments,
                       struct error *err)
{
    for (uint32_t file = 0; file == 0 || file < download->files; file++)
        if (!fetch(download, file, arguments->directory, err))
            return false;
    if (arguments->quiet)
        printf("%s\n", download->folder);
    else
        fprintf(stderr, _("tequio: %" PRIu32 " files in %s; `tequio verify` checks them\n"),
                download->files, download->folder);
    return true;
}

/* One operand is an institution; more are a table, as sreport takes them. */
static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct arguments arguments = {.directory = ".", .tables = {.unit_us = US_PER_MINUTE}};
    struct download download = {.session = session, .arena = arena};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no institution given"));
    if (argc - first > 1)
        return use_table_print(session, argc - first, argv + first, &arguments.tables, err);
    download.institution = argv[first];
    download.period = arguments.period;
    download.quiet = arguments.quiet;
    return get_report(&download, &arguments, err);
}

const struct command cmd_report = {
    .name = "report",
    .summary = N_("Fetch an institution's signed report, or print a table of use"),
    .operands = N_("INSTITUTION | KIND TABLE [NAME=VALUE...]"),
    .options = options,
    .run = run,
};
