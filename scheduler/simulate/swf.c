/* swf.c - a log of jobs in the Standard Workload Format */

#include "scheduler/simulate/swf.h"

#include "base/file.h"
#include "base/parse.h"
#include "scheduler/simulate/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define UNUSED SIZE_MAX

struct swf {
    gzFile file;
    char *name;
    uint64_t line;
    struct swf_header header;
};

/* The fields in their order; what is not used is checked to be a number all the same. */
static const struct {
    const char *name;
    int64_t least, most;
    size_t offset;
} fields[SWF_FIELDS] = {
    {"job number",             0,                  INT64_MAX,                                       offsetof(struct swf_job,number)},
    {"submit time",                        0,                              SWF_TIME_MAX,                                                     offsetof(struct swf_job,submit_s)},
    {"wait time",               -1,                                 SWF_TIME_MAX,                                                                      UNUSED                                          },
    {"run time",                  -1,                                    SWF_DURATION_MAX,     offsetof(struct swf_job,run_s)},
    {"allocated processors", -1,             SWF_PROCESSORS_MAX,                                                        offsetof(struct swf_job,                                                                                            processors)},
    {"average CPU time",      -1,INT64_MAX,UNUSED},
    {"used memory",                 -1,                                      INT64_MAX,                                                                                                              UNUSED                                                                                                                                                                                                                                       },
    {"requested processors",      -1,SWF_PROCESSORS_MAX,offsetof(struct swf_job,processors_asked)},
    {"requested time",                 -1,                                        SWF_DURATION_MAX,                                                                                                                                                           offsetof(struct swf_job,                                                                                                                                                                                                                                                                                                                                                                                                                                                                            limit_s)},
    {"requested memory",         -1,         INT64_MAX, UNUSED},
    {"status",                        -1,                         INT64_MAX,                                                              UNUSED},
    {"user",                        -1,                                   INT32_MAX,                                                         offsetof(struct swf_job,                                                                                                                                                                                                         user)},
    {"group",                        -1,                                     INT32_MAX,                                                           offsetof(struct swf_job,group)},
    {"application",                   -1,                                     INT64_MAX,                                                                              UNUSED},
    {"queue", -1,             INT64_MAX,  UNUSED},
    {"partition",               -1,INT64_MAX,UNUSED                                                                                                      },
    {"preceding job",               -1,               INT64_MAX,                                                             UNUSED                                },
    {"think time",               -1,                                     INT64_MAX,                                                                                                                            UNUSED},
};

/* --- one line -------------------------------------------------------------------------------- */

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

/* Digits, perhaps with decimals, which are cut off: averages have some in old logs. */
static bool read_number(const char *text, size_t length, int64_t *ret_value)
{
    bool negative = length > 0 && text[0] == '-';
    size_t i = negative;
    uint64_t value = 0;

    if (i == length || !isdigit((unsigned char)text[i]))
        return false;
    for (; i < length && isdigit((unsigned char)text[i]); i++) {
        if (value > (INT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (i < length && text[i] == '.')
        for (i++; i < length && isdigit((unsigned char)text[i]);)
            i++;
    *ret_value = negative ? -(int64_t)value : (int64_t)value;
    return i == length;
}

static const char *show(const char *text, size_t length, char shown[TEXT_SHOWN_SIZE])
{
    char copy[TEXT_SHOWN_SIZE];

    snprintf(copy, sizeof(copy), "%.*s", (int)(length < sizeof(copy) ? length : sizeof(copy) - 1),
             text);
    return text_show(copy, shown);
}

static bool read_field(unsigned field, const char *text, size_t length, int64_t *ret_value,
                       struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    if (!read_number(text, length, ret_value))
        return fail(err, ERROR_INVALID, _("field %u (%s) is %s: a number is right"), field + 1,
                    fields[field].name, show(text, length, shown));
    if (*ret_value < fields[field].least || *ret_value > fields[field].most)
        return fail(err, ERROR_INVALID,
                    _("field %u (%s) is %s: %" PRId64 " to %" PRId64 " is right"), field + 1,
                    fields[field].name, show(text, length, shown), fields[field].least,
                    fields[field].most);
    return true;
}

static void set_field(struct swf_job *job, unsigned field, int64_t value)
{
    if (fields[field].offset != UNUSED)
        memcpy((char *)job + fields[field].offset, &value, sizeof(value));
}

bool swf_read_line(const char *line, struct swf_job *ret_job, struct error *err)
{
    struct swf_job job = {0};
    unsigned count = 0;

    for (const char *place = line;; count++) {
        const char *end;
        int64_t value;

        while (is_blank(*place))
            place++;
        if (!*place)
            break;
        for (end = place; *end && !is_blank(*end);)
            end++;
        if (count == SWF_FIELDS)
            return fail(err, ERROR_INVALID, _("more than %d fields"), SWF_FIELDS);
        if (!read_field(count, place, (size_t)(end - place), &value, err))
            return false;
        set_field(&job, count, value);
        place = end;
    }
    if (count < SWF_FIELDS)
        return fail(err, ERROR_INVALID, _("%u fields: %d are right"), count, SWF_FIELDS);
    *ret_job = job;
    return true;
}

/* --- the header ------------------------------------------------------------------------------ */

static void read_header_number(const char *text, const char *name, int64_t most, int64_t *place)
{
    size_t length = strlen(name);
    int64_t value;

    if (strncmp(text, name, length) != 0)
        return;
    for (text += length; is_blank(*text);)
        text++;
    /* Words may follow the number; what is no number at all says nothing. */
    if (read_number(text, strspn(text, "0123456789"), &value) && value <= most)
        *place = value;
}

static void read_header(struct swf_header *header, const char *line)
{
    while (*line == ';' || is_blank(*line))
        line++;
    read_header_number(line, "MaxProcs:", SWF_PROCESSORS_MAX, &header->processors);
    read_header_number(line, "MaxNodes:", SWF_PROCESSORS_MAX, &header->nodes);
    read_header_number(line, "UnixStartTime:", SWF_TIME_MAX, &header->start_s);
}

/* --- the file -------------------------------------------------------------------------------- */

struct swf *swf_open_descriptor(int descriptor, const char *name, struct error *err)
{
    gzFile file = gzdopen(descriptor, "rb");
    struct swf *swf;

    if (!file) {
        fail_errno(err, "%.150s", name);
        close(descriptor);
        return NULL;
    }
    (void)gzbuffer(file, 1 << 18);
    swf = NEW(struct swf);
    swf->file = file;
    swf->name = memory_copy(name);
    return swf;
}

struct swf *swf_open(const char *path, struct error *err)
{
    bool is_input = strcmp(path, "-") == 0;
    int descriptor = is_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0) {
        fail_errno(err, "%.150s", path);
        if (errno == ENOENT)
            err->code = ERROR_NOT_FOUND;
        return NULL;
    }
    return swf_open_descriptor(descriptor, is_input ? _("standard input") : path, err);
}

void swf_free(struct swf *swf)
{
    if (!swf)
        return;
    (void)gzclose(swf->file);
    free(swf->name);
    free(swf);
}

const struct swf_header *swf_header(const struct swf *swf)
{
    return &swf->header;
}

/* The end of the file, or why there is no more of it. */
static bool is_sound(const struct swf *swf, struct error *err)
{
    int code;
    const char *reason = gzerror(swf->file, &code);

    if (code == Z_OK || code == Z_STREAM_END)
        return true;
    return fail(err, ERROR_IO, _("%.120s: cannot be read after line %" PRIu64 ": %.60s"), swf->name,
                swf->line, code == Z_ERRNO ? strerror(errno) : reason);
}

/* 1: a line; 0: the end; -1. */
static int read_text(struct swf *swf, char text[SWF_LINE_MAX], struct error *err)
{
    size_t length;

    if (!gzgets(swf->file, text, SWF_LINE_MAX))
        return is_sound(swf, err) ? 0 : -1;
    length = strlen(text);
    if (length > 0 && text[length - 1] == '\n') {
        text[length - 1] = '\0';
    } else if (gzeof(swf->file)) {
        if (!is_sound(swf, err))
            return -1;
    } else {
        fail(err, ERROR_INVALID,
             _("%.120s:%" PRIu64 ": longer than %d bytes, or binary: is it an SWF log?"), swf->name,
             swf->line + 1, SWF_LINE_MAX - 2);
        return -1;
    }
    swf->line++;
    return 1;
}

int swf_next(struct swf *swf, struct swf_job *ret_job, struct error *err)
{
    char text[SWF_LINE_MAX];
    int read;

    while ((read = read_text(swf, text, err)) == 1) {
        size_t blanks = strspn(text, " \t\r");

        if (text[blanks] == ';') {
            read_header(&swf->header, text + blanks);
            continue;
        }
        if (!text[blanks])
            continue;
        if (swf_read_line(text, ret_job, err))
            return 1;
        fail_in(err, "%.100s:%" PRIu64, swf->name, swf->line);
        return -1;
    }
    return read;
}
