/* pattern.c - names of output files: "slurm-%j.out" */

#include "proto/pattern.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

#define WIDTH_MAX 10

typedef void pattern_fn(const struct pattern_facts *facts, int width, struct buffer *buffer);

static void add_job(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    buffer_print(buffer, "%0*" PRIu64, width, facts->job);
}

static void add_job_step(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    add_job(facts, width, buffer);
    if (facts->step)
        buffer_print(buffer, ".%" PRIu64, facts->step);
}

static void add_array(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    buffer_print(buffer, "%0*" PRIu64, width, facts->array ? facts->array : facts->job);
}

/* Of a job that is no element of an array, what Slurm prints. */
static void add_array_index(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    buffer_print(buffer, "%0*" PRIu32, width, facts->array ? facts->element : UINT32_MAX - 1);
}

static void add_name(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    (void)width;
    /* The name is the user's: it must not reach into other directories. */
    for (const char *c = facts->name; *c; c++)
        buffer_add_char(buffer, *c == '/' ? '_' : *c);
}

static void add_node(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    (void)width;
    buffer_add(buffer, facts->node, strcspn(facts->node, "."));
}

static void add_node_number(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    buffer_print(buffer, "%0*" PRIu32, width, facts->node_number);
}

static void add_user(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    (void)width;
    buffer_add_text(buffer, facts->user);
}

static void add_task(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    buffer_print(buffer, "%0*" PRIu32, width, facts->task);
}

static void add_step(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    if (facts->step)
        buffer_print(buffer, "%0*" PRIu64, width, facts->step);
    else
        buffer_add_text(buffer, "batch");
}

static void add_percent(const struct pattern_facts *facts, int width, struct buffer *buffer)
{
    (void)facts;
    (void)width;
    buffer_add_char(buffer, '%');
}

static const struct {
    char letter;
    pattern_fn *add;
} letters[] = {
    {'%', add_percent    },
    {'A', add_array      },
    {'J', add_job_step   },
    {'N', add_node       },
    {'a', add_array_index},
    {'j', add_job        },
    {'n', add_node_number},
    {'s', add_step       },
    {'t', add_task       },
    {'u', add_user       },
    {'x', add_name       },
};

static pattern_fn *find_letter(char letter)
{
    for (size_t i = 0; i < COUNT_OF(letters); i++)
        if (letters[i].letter == letter)
            return letters[i].add;
    return NULL;
}

/* *place is behind the '%'; moves it behind the letter.  NULL with *err: no such thing. */
static pattern_fn *read_one(const char **place, int *ret_width, struct error *err)
{
    int width = 0;
    pattern_fn *add;

    for (; **place >= '0' && **place <= '9'; (*place)++) {
        width = width * 10 + (**place - '0');
        if (width > WIDTH_MAX) {
            fail(err, ERROR_INVALID, "a width after '%%' is at most %d", WIDTH_MAX);
            return NULL;
        }
    }
    add = find_letter(**place);
    if (!**place)
        fail(err, ERROR_INVALID, "it ends with '%%': write '%%%%' for a per cent sign");
    else if (!add)
        fail(
            err, ERROR_INVALID,
            "'%%%c' stands for nothing: %%j %%J %%A %%a %%x %%N %%n %%u %%t %%s and %%%% are known",
            (unsigned char)**place < 0x80 ? **place : '?'); /* no half of a character */
    else
        (*place)++;
    *ret_width = width;
    return add;
}

/* A backslash anywhere: no letter means anything. */
static bool is_literal(const char *pattern)
{
    return strchr(pattern, '\\') != NULL;
}

bool pattern_check(const char *pattern, struct error *err)
{
    const char *place = is_literal(pattern) ? NULL : strchr(pattern, '%');
    int width;

    while (place) {
        place++;
        if (!read_one(&place, &width, err))
            return false;
        place = strchr(place, '%');
    }
    return true;
}

static bool check_path(const char *path, struct error *err)
{
    size_t size = strlen(path);

    if (size == 0)
        return fail(err, ERROR_INVALID, "it is empty");
    if (size > PATTERN_PATH_MAX)
        return fail(err, ERROR_INVALID, "the path has %zu bytes, at most %d are possible", size,
                    PATTERN_PATH_MAX);
    for (const char *element = path; *element;) {
        size_t length = strcspn(element, "/");

        if (length > PATTERN_NAME_MAX)
            return fail(err, ERROR_INVALID,
                        "one of its names has %zu bytes, at most %d are "
                        "possible",
                        length, PATTERN_NAME_MAX);
        element += length;
        element += *element == '/';
    }
    return true;
}

static bool expand_all(const char *pattern, const struct pattern_facts *facts,
                       struct buffer *buffer, struct error *err)
{
    bool literal = is_literal(pattern);
    pattern_fn *add;
    int width;

    while (*pattern) {
        if (*pattern == '\\' || (*pattern != '%' || literal)) {
            if (*pattern != '\\')
                buffer_add_char(buffer, *pattern);
            pattern++;
            continue;
        }
        pattern++;
        add = read_one(&pattern, &width, err);
        if (!add)
            return false;
        add(facts, width, buffer);
        if (buffer->length > 2 * PATTERN_PATH_MAX)
            break; /* too long already: check_path() says so */
    }
    return true;
}

bool pattern_expand(const char *pattern, const struct pattern_facts *facts, struct buffer *buffer,
                    struct error *err)
{
    return pattern_path(pattern, "", facts, buffer, err);
}

bool pattern_path(const char *pattern, const char *directory, const struct pattern_facts *facts,
                  struct buffer *buffer, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer path = {0};
    const char *unescaped = pattern + strspn(pattern, "\\");

    buffer_init(&path);
    if (*directory && *unescaped != '/')
        buffer_print(&path, "%s/", directory);
    if (!expand_all(pattern, facts, &path, err) || !check_path(path.bytes, err))
        return fail_in(err, "file name '%.80s'", pattern);
    buffer_add(buffer, path.bytes, path.length);
    return true;
}
