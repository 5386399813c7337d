/* jobfile.c - a job script and the options in its #TEQUIO and #SBATCH lines */

#include "client/jobfile.h"

#include "base/file.h"
#include "base/parse.h"
#include "client/directive.h"
#include "client/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct jobfile {
    char *name;  /* for messages */
    char *title; /* for the job */
    struct buffer script;
    struct buffer notes;
    struct directive *directives;
    size_t count;
    uint32_t component; /* so many lines "hetjob" were read */
};

/* --- checks of the whole -------------------------------------------------------------------- */

static size_t line_of(const char *start, const char *place)
{
    size_t line = 1;

    for (; start < place; start++)
        line += *start == '\n';
    return line;
}

static bool check_bytes(const struct jobfile *file, struct error *err)
{
    const char *bytes = file->script.bytes;
    size_t size = file->script.length;
    const char *nul = memchr(bytes, '\0', size);
    const char *dos;

    if (size == 0)
        return fail(err, ERROR_INVALID, _("%s: the script is empty"), file->name);
    if (size > JOBFILE_SIZE_MAX)
        return fail(err, ERROR_INVALID, _("%s: the script has more than the %u bytes allowed"),
                    file->name, JOBFILE_SIZE_MAX);
    if (nul)
        return fail(err, ERROR_INVALID, _("%s:%zu: a NUL byte: this is no script"), file->name,
                    line_of(bytes, nul));
    dos = strstr(bytes, "\r\n");
    if (dos)
        return fail(err, ERROR_INVALID,
                    _("%s:%zu: lines end as in DOS (CR LF), which no shell understands: "
                      "sed -i 's/\\r$//' %s"),
                    file->name, line_of(bytes, dos), file->name);
    return true;
}

static bool check_interpreter(const struct jobfile *file, struct error *err)
{
    const char *bytes = file->script.bytes;
    size_t length = strcspn(bytes, "\n");
    size_t after = 2 + strspn(bytes + (length < 2 ? length : 2), " \t");

    if (strncmp(bytes, "\xef\xbb\xbf", 3) == 0)
        return fail(err, ERROR_INVALID,
                    _("%s:1: a byte order mark stands before #!: save it as UTF-8 without one"),
                    file->name);
    if (strncmp(bytes, "#!", 2) != 0)
        return fail(err, ERROR_INVALID,
                    _("%s:1: the first line names the interpreter: #!/bin/bash"), file->name);
    if (after >= length)
        return fail(err, ERROR_INVALID, _("%s:1: no interpreter after #!: write #!/bin/bash"),
                    file->name);
    if (length > JOBFILE_INTERPRETER_MAX)
        return fail(err, ERROR_INVALID, _("%s:1: the first line has %zu bytes; Linux reads %d"),
                    file->name, length, JOBFILE_INTERPRETER_MAX);
    return true;
}

/* --- lines ---------------------------------------------------------------------------------- */

static void note(struct jobfile *file, size_t line, const char *text)
{
    buffer_add_escaped(&file->notes, file->name);
    buffer_print(&file->notes, ":%zu: %s\n", line, text);
}

/* What someone meant and a batch system does not see. */
static void note_comment(struct jobfile *file, size_t line, const char *text)
{
    const char *word = text + 1 + strspn(text + 1, " \t");
    bool spaced = word > text + 1;

    if (spaced && (strncmp(word, "SBATCH ", 7) == 0 || strncmp(word, "TEQUIO ", 7) == 0))
        note(file, line, _("not read: a space stands between # and the word"));
    else if (strncasecmp(text, "#sbatch ", 8) == 0 || strncasecmp(text, "#tequio ", 8) == 0)
        note(file, line, _("not read: the word is written in capitals"));
    else if (strncmp(text, "#PBS ", 5) == 0 || strncmp(text, "#BSUB ", 6) == 0 ||
             strncmp(text, "#$ -", 4) == 0)
        note(file, line, _("not read: options of another batch system"));
}

/* What follows is asked for another component of a heterogeneous job; Slurm's older word too. */
static bool begins_component(const struct directive *directive)
{
    return directive->count == 2 && (strcmp(directive->words[1], "hetjob") == 0 ||
                                     strcmp(directive->words[1], "packjob") == 0);
}

static bool add_directive(struct jobfile *file, size_t line, const char *text, struct error *err)
{
    struct directive directive;

    if (!directive_parse(text, &directive, err))
        return fail_in(err, "%s:%zu", file->name, line);
    if (begins_component(&directive)) {
        directive_clear(&directive);
        file->component++;
        return true;
    }
    directive.line = line;
    directive.component = file->component;
    if (directive.has_variable)
        note(file, line,
             /* xgettext:no-c-format */
             _("variables are not expanded here; % patterns are, in names of files"));
    file->directives = memory_resize(file->directives, file->count + 1, sizeof(*file->directives));
    file->directives[file->count++] = directive;
    return true;
}

/* The head of the script; *ret_rest is the first line that is run, NULL when there is none. */
static bool read_head(struct jobfile *file, const char **ret_rest, size_t *ret_line,
                      struct error *err)
{
    const char *place = file->script.bytes;

    *ret_rest = NULL;
    for (size_t line = 1; *place; line++) {
        size_t length = strcspn(place, "\n");
        CLEANUP(memory_freep) char *text = memory_format("%.*s", (int)length, place);
        const char *options = directive_options(text);

        if (options && !add_directive(file, line, options, err))
            return false;
        if (!options && text[0] == '#')
            note_comment(file, line, text);
        if (text[0] != '#' && text[strspn(text, " \t\r\f\v")] != '\0' &&
            text[strspn(text, " \t")] != '#') {
            *ret_rest = place;
            *ret_line = line;
            return true;
        }
        place += length + (place[length] == '\n');
    }
    return true;
}

/* Directives below the first command have no effect; the first of them is named. */
static void note_late(struct jobfile *file, const char *place, size_t line)
{
    for (; *place; line++) {
        size_t length = strcspn(place, "\n");

        if (strncmp(place, "#SBATCH ", 8) == 0 || strncmp(place, "#TEQUIO ", 8) == 0) {
            note(file, line, _("not read: it stands after the first command"));
            return;
        }
        place += length + (place[length] == '\n');
    }
}

/* --- making --------------------------------------------------------------------------------- */

static struct jobfile *new_file(const char *name, const char *title)
{
    struct jobfile *file = NEW(struct jobfile);
    CLEANUP(buffer_clear) struct buffer shown = {0};

    buffer_init(&file->script);
    buffer_init(&file->notes);
    buffer_init(&shown);
    buffer_add_escaped(&shown, name);
    file->name = buffer_steal(&shown);
    file->title = memory_copy(title);
    return file;
}

static bool parse(struct jobfile *file, struct error *err)
{
    const char *rest;
    size_t line = 0;

    if (!check_bytes(file, err) || !check_interpreter(file, err) ||
        !read_head(file, &rest, &line, err))
        return false;
    if (!rest)
        return fail(err, ERROR_INVALID, _("%s: nothing but comments: there is no command to run"),
                    file->name);
    note_late(file, rest, line);
    return true;
}

static const char *title_of(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash && slash[1] ? slash + 1 : name;
}

struct jobfile *jobfile_parse(const char *name, const void *bytes, size_t size, struct error *err)
{
    CLEANUP(jobfile_freep) struct jobfile *file = new_file(name, title_of(name));

    buffer_add(&file->script, bytes, size);
    return parse(file, err) ? STEAL(file) : NULL;
}

/* Until its end, or until it is too much. */
static bool read_stdin(struct buffer *script, struct error *err)
{
    for (;;) {
        char *place = buffer_reserve(script, 65536);
        ssize_t got = read(STDIN_FILENO, place, 65536);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(err, _("standard input"));
        script->length += (size_t)got;
        if (got == 0 || script->length > JOBFILE_SIZE_MAX)
            return true;
    }
}

struct jobfile *jobfile_read(const char *path, struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    CLEANUP(jobfile_freep)
    struct jobfile *file =
        is_stdin ? new_file(_("standard input"), "stdin") : new_file(path, title_of(path));

    if (!(is_stdin ? read_stdin(&file->script, err)
                   : file_read(path, JOBFILE_SIZE_MAX, &file->script, err)))
        return NULL;
    return parse(file, err) ? STEAL(file) : NULL;
}

struct jobfile *jobfile_wrap(const char *command, struct error *err)
{
    CLEANUP(jobfile_freep) struct jobfile *file = new_file("--wrap", "wrap");

    buffer_print(&file->script, "#!/bin/sh\n# made by tequio submit --wrap\n\n%s\n", command);
    return parse(file, err) ? STEAL(file) : NULL;
}

void jobfile_free(struct jobfile *file)
{
    if (!file)
        return;
    for (size_t i = 0; i < file->count; i++)
        directive_clear(&file->directives[i]);
    free(file->directives);
    buffer_clear(&file->script);
    buffer_clear(&file->notes);
    free(file->name);
    free(file->title);
    free(file);
}

/* --- reading -------------------------------------------------------------------------------- */

bool jobfile_options(const struct jobfile *file, uint32_t component,
                     const struct option_rule *rules, void *place, struct error *err)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct directive *directive = &file->directives[i];
        int first;

        if (directive->component != component)
            continue;
        if (!options_read(rules, directive->count, directive->words, place, &first, err)) {
            if (err->code == ERROR_NONE) /* --help */
                fail(err, ERROR_INVALID, _("--help has no place in a script"));
            return fail_in(err, "%s:%zu", file->name, directive->line);
        }
        if (first < directive->count)
            return fail(err, ERROR_INVALID, _("%s:%zu: \"%s\" is no option"), file->name,
                        directive->line, directive->words[first]);
    }
    return true;
}

uint32_t jobfile_components(const struct jobfile *file)
{
    return file->component + 1;
}

const char *jobfile_notes(const struct jobfile *file)
{
    return file->notes.bytes;
}

const void *jobfile_bytes(const struct jobfile *file, size_t *ret_size)
{
    *ret_size = file->script.length;
    return file->script.bytes;
}

const char *jobfile_name(const struct jobfile *file)
{
    return file->title;
}
