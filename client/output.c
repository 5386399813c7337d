/* output.c - cells as text, records, and the ends of standard output */

#include "client/output.h"

#include "base/memory.h"
#include "base/parse.h"
#include "client/output_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

static const char *const tones[TONE_COUNT] = {"", "\033[32m", "\033[33m", "\033[31m"};

bool output_has_colours(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    return !(no_colour && *no_colour) && !(terminal && strcmp(terminal, "dumb") == 0) &&
           isatty(STDOUT_FILENO);
}

const char *output_tone(enum tone tone, bool colours)
{
    return colours ? tones[tone] : "";
}

const char *output_tone_end(enum tone tone, bool colours)
{
    return colours && tone != TONE_PLAIN ? "\033[0m" : "";
}

size_t output_terminal_width(void)
{
    struct winsize size;
    uint32_t columns;
    struct error ignored;
    const char *text = getenv("COLUMNS");

    if (!isatty(STDOUT_FILENO))
        return 0;
    if (text && parse_u32(text, 1, FORMAT_WIDTH_MAX, &columns, &ignored))
        return columns;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* Step over one character; its columns.  In a locale that cannot tell, each has one. */
static size_t take_character(const char **text)
{
    mbstate_t state = {0};
    wchar_t character;
    size_t length = mbrtowc(&character, *text, MB_CUR_MAX, &state);
    int columns = 1;

    if (length == 0 || length > MB_CUR_MAX) {
        length = 1;
        while (((unsigned char)(*text)[length] & 0xc0) == 0x80)
            length++;
    } else {
        columns = wcwidth(character);
    }
    *text += length;
    return columns > 0 ? (size_t)columns : 0;
}

size_t output_width(const char *text)
{
    size_t width = 0;

    while (*text)
        width += take_character(&text);
    return width;
}

size_t output_prefix(const char *text, size_t width)
{
    const char *place = text;

    while (*place) {
        const char *next = place;
        size_t columns = take_character(&next);

        if (columns > width)
            break;
        width -= columns;
        place = next;
    }
    return (size_t)(place - text);
}

/* For people: at most one digit behind the point. */
static void print_size_rounded(uint64_t bytes, struct buffer *buffer)
{
    static const char letters[] = "KMGTPE";
    double size = (double)bytes / 1024;
    long tenths;
    size_t i = 0;

    for (; size >= 1023.95 && letters[i + 1]; i++)
        size /= 1024;
    tenths = (long)(10 * size + 0.5);
    buffer_print(buffer, "%ld", tenths / 10);
    if (tenths % 10)
        buffer_print(buffer, ".%ld", tenths % 10);
    buffer_add_char(buffer, letters[i]);
}

void output_cell(const struct cell *cell, struct buffer *buffer)
{
    switch (cell->kind) {
    case CELL_TEXT:
        buffer_add_escaped(buffer, cell->text);
        return;
    case CELL_NUMBER:
        buffer_print(buffer, "%" PRId64, cell->number);
        return;
    case CELL_FRACTION:
        buffer_print(buffer, "%.2f", cell->fraction);
        return;
    case CELL_FLAG:
        buffer_add_text(buffer, cell->number ? _("yes") : _("no"));
        return;
    case CELL_TIME:
        print_time(cell->number, buffer);
        return;
    case CELL_DURATION:
        if (cell->number == PARSE_UNLIMITED)
            buffer_add_text(buffer, "UNLIMITED");
        else
            print_duration(cell->number, buffer);
        return;
    case CELL_SIZE:
        if (cell->number == 0)
            buffer_add_char(buffer, '0');
        else
            print_size_rounded((uint64_t)cell->number, buffer);
        return;
    case CELL_AMOUNT:
        print_amount(cell->number, buffer);
        return;
    case CELL_NONE:
        buffer_add_text(buffer, cell->absent ? cell->absent : "-");
        return;
    }
}

void output_read(const struct column *column, const void *row, struct cell *cell,
                 struct buffer *scratch)
{
    *cell = (struct cell){0};
    buffer_reset(scratch);
    column->cell(row, cell, scratch);
    if (cell->kind == CELL_TEXT && (!cell->text || !*cell->text))
        cell->kind = CELL_NONE;
}

void output_text(const char *text)
{
    CLEANUP(buffer_clear) struct buffer buffer;

    buffer_init(&buffer);
    buffer_add_escaped(&buffer, text);
    fwrite(buffer.bytes, 1, buffer.length, stdout);
}

bool output_check(const struct column *columns, const struct output_options *options,
                  struct error *err)
{
    CLEANUP(format_freep) struct format *format = NULL;

    if (!options->format)
        return true;
    format = format_parse(options->format, columns, err);
    return format != NULL;
}

/* A value, in which the delimiter does not occur: its first byte is written as \xNN there. */
static void add_parsable(const struct cell *cell, const char *delimiter, struct buffer *text,
                         struct buffer *value)
{
    buffer_reset(value);
    if (cell->kind == CELL_SIZE)
        print_size((uint64_t)cell->number, value);
    else
        output_cell(cell, value);
    for (const char *place = value->bytes; *place; place++)
        if (*delimiter && strncmp(place, delimiter, strlen(delimiter)) == 0)
            buffer_print(text, "\\x%02x", (unsigned char)*place);
        else
            buffer_add_char(text, *place);
}

/* row NULL: the titles. */
static void add_parsable_row(const struct format *format, const void *row, const char *delimiter,
                             struct buffer *text)
{
    CLEANUP(buffer_clear) struct buffer scratch, value;

    buffer_init(&scratch);
    buffer_init(&value);
    for (size_t i = 0; i < format->count; i++) {
        const struct column *column = format->items[i].column;
        struct cell cell = {.kind = CELL_TEXT, .text = column->title};

        if (i > 0)
            buffer_add_text(text, delimiter);
        if (row)
            output_read(column, row, &cell, &scratch);
        if (cell.kind != CELL_NONE)
            add_parsable(&cell, delimiter, text, &value);
    }
}

/* Parsable output: values and delimiters, nothing else. */
static void print_parsable(const struct output *output, const struct format *format,
                           const struct output_options *options)
{
    const char *delimiter = options->delimiter ? options->delimiter : "|";
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    for (size_t row = options->no_header ? 1 : 0; row <= output->count; row++) {
        buffer_reset(&text);
        add_parsable_row(format, row ? output->rows[row - 1] : NULL, delimiter, &text);
        if (options->parsable_end)
            buffer_add_text(&text, delimiter);
        puts(text.bytes);
    }
}

/* What to print: as asked for, else the command's own, or everything in JSON. */
static struct format *choose_format(const struct output *output,
                                    const struct output_options *options, struct error *err)
{
    if (options->format)
        return format_parse(options->format, output->columns, err);
    if (options->json || !output->standard)
        return format_all(output->columns);
    return format_parse(output->standard, output->columns, err);
}

bool output_print(const struct output *output, const struct output_options *options,
                  struct error *err)
{
    CLEANUP(format_freep) struct format *format = choose_format(output, options, err);

    if (!format)
        return false;
    if (options->json)
        output_json(output, format);
    else if ((options->parsable || options->parsable_end) && !format->letters)
        print_parsable(output, format, options);
    else
        output_table(output, format, !options->no_header);
    return true;
}

static void print_record(const struct output *output, const struct format *format, const void *row,
                         bool colours)
{
    CLEANUP(buffer_clear) struct buffer text, scratch;
    size_t title_width = 0;

    buffer_init(&text);
    buffer_init(&scratch);
    for (size_t i = 0; i < format->count; i++) {
        const struct column *column = format->items[i].column;
        size_t width = column ? output_width(_(column->title)) : 0;

        title_width = width > title_width ? width : title_width;
    }
    for (size_t i = 0; i < format->count; i++) {
        const struct column *column = format->items[i].column;
        struct cell cell;

        if (!column)
            continue;
        output_read(column, row, &cell, &scratch);
        if (cell.kind == CELL_NONE)
            continue;
        buffer_reset(&text);
        output_cell(&cell, &text);
        printf("%*s%s  %s%s%s\n", (int)(title_width - output_width(_(column->title))), "",
               _(column->title), output_tone(cell.tone, colours), text.bytes,
               output_tone_end(cell.tone, colours));
    }
    (void)output;
}

bool output_records(const struct output *output, const struct output_options *options,
                    struct error *err)
{
    CLEANUP(format_freep) struct format *format = choose_format(output, options, err);
    bool colours = output_has_colours();

    if (!format)
        return false;
    if (options->json) {
        output_json(output, format);
        return true;
    }
    for (size_t row = 0; row < output->count; row++) {
        if (row > 0)
            putchar('\n');
        print_record(output, format, output->rows[row], colours);
    }
    return true;
}

void output_begin(void)
{
    /* Read-only: what is written to a closed stdout fails, as it should. */
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", O_RDONLY);
}

/* A pipe or socket whose other end is closed. */
static bool nobody_reads(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && out.revents & (POLLERR | POLLHUP);
}

/* When a buffer before the last could not be written, errno tells nothing of it any more. */
bool output_end(bool *ret_quiet, struct error *err)
{
    *ret_quiet = false;
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    *ret_quiet = errno == EPIPE || (errno == 0 && nobody_reads());
    if (errno)
        return fail_errno(err, _("standard output"));
    return fail(err, ERROR_IO, _("standard output: not all could be written"));
}
