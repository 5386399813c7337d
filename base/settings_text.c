/* settings_text.c - what libconfuse would let pass in a configuration file */

#include "base/settings_text.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/table.h"

#include <string.h>

#define DEPTH_MAX 8 /* sections inside sections; ours go two deep */

#define WORD_ENDS " \t\r\n{}()=+,#\"'"

enum token { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_SIGN };

struct scan {
    const char *place;
    unsigned line;
    const char *mistake; /* found below the grammar: the rest cannot be trusted */
    unsigned mistake_line;
    const char *start; /* of the last token, without its quotes */
    size_t size;
    char sign;            /* of TOKEN_SIGN; '+' for "+=" */
    struct buffer within; /* the sections we are in, as in "cluster alpha{/limits{/" */
    size_t depth;
    size_t lengths[DEPTH_MAX]; /* of `within` before each was entered */
    struct table *seen;        /* names with what they are within */
};

static void scan_clear(struct scan *scan)
{
    buffer_clear(&scan->within);
    table_free(scan->seen);
}

static void note_mistake(struct scan *scan, const char *mistake)
{
    if (scan->mistake)
        return;
    scan->mistake = mistake;
    scan->mistake_line = scan->line;
}

static void move(struct scan *scan, size_t size)
{
    for (; size > 0 && *scan->place; size--)
        if (*scan->place++ == '\n')
            scan->line++;
}

static void skip_to(struct scan *scan, const char *end)
{
    const char *found = strstr(scan->place, end);

    move(scan, found ? (size_t)(found - scan->place) + strlen(end) : strlen(scan->place));
}

static void skip_space(struct scan *scan)
{
    for (;;) {
        move(scan, strspn(scan->place, " \t\r\n"));
        if (*scan->place == '#' || strncmp(scan->place, "//", 2) == 0)
            skip_to(scan, "\n");
        else if (strncmp(scan->place, "/*", 2) == 0) {
            if (!strstr(scan->place + 2, "*/"))
                note_mistake(scan, "a comment is not closed: */ is missing");
            move(scan, 2);
            skip_to(scan, "*/");
        } else
            return;
    }
}

/* libconfuse would put the environment's value there, and that runs on past quotes: the
 * file would mean what its reader's surroundings make of it. */
static void look_for_variable(struct scan *scan)
{
    if (strncmp(scan->place, "${", 2) == 0)
        note_mistake(
            scan, "${...} is not replaced here: write the value, or '...' around what is to stay");
}

static enum token take_text(struct scan *scan)
{
    char quote = *scan->place;

    move(scan, 1);
    scan->start = scan->place;
    while (*scan->place && *scan->place != quote) {
        if (quote == '"')
            look_for_variable(scan);
        move(scan, *scan->place == '\\' ? 2 : 1);
    }
    scan->size = (size_t)(scan->place - scan->start);
    if (!*scan->place)
        note_mistake(scan, "a text is not closed: a quote is missing");
    move(scan, 1);
    return TOKEN_TEXT;
}

static enum token take_token(struct scan *scan)
{
    skip_space(scan);
    if (!*scan->place)
        return TOKEN_END;
    if (*scan->place == '"' || *scan->place == '\'')
        return take_text(scan);
    scan->start = scan->place;
    scan->size = strcspn(scan->place, WORD_ENDS);
    if (scan->size > 0) {
        move(scan, scan->size - 1);
        look_for_variable(scan);
        move(scan, 1);
        return TOKEN_WORD;
    }
    scan->sign = *scan->place;
    move(scan, strncmp(scan->place, "+=", 2) == 0 ? 2 : 1);
    return TOKEN_SIGN;
}

/* Remember what `within` names now. */
static bool note(struct scan *scan, const char *path, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];
    const char *own = strrchr(scan->within.bytes, '/');

    own = own ? own + 1 : scan->within.bytes;
    if (!table_put_text(scan->seen, scan->within.bytes, scan))
        return true;
    return fail(err, ERROR_INVALID, "%s:%u: %s is given twice", path, scan->line,
                text_show(own, shown));
}

/* Past a value: one word or text, or a list of them in braces. */
static bool skip_value(struct scan *scan)
{
    enum token token = take_token(scan);

    if (token != TOKEN_SIGN)
        return token != TOKEN_END;
    if (scan->sign != '{')
        return false;
    while ((token = take_token(scan)) != TOKEN_END)
        if (token == TOKEN_SIGN && scan->sign == '}')
            return true;
    return false;
}

/* What one statement turned out to be. */
enum statement { STATEMENT_GOOD, STATEMENT_REFUSED, STATEMENT_UNKNOWN };

static enum statement take_setting(struct scan *scan, const char *path, struct error *err)
{
    size_t length = scan->within.length;

    buffer_add(&scan->within, scan->start, scan->size);
    if (!note(scan, path, err))
        return STATEMENT_REFUSED;
    scan->within.bytes[length] = '\0';
    scan->within.length = length;
    return STATEMENT_GOOD;
}

static enum statement enter(struct scan *scan, const char *name, size_t name_size, const char *path,
                            struct error *err)
{
    if (scan->depth == DEPTH_MAX) {
        fail(err, ERROR_INVALID, "%s:%u: sections in more than %d others", path, scan->line,
             DEPTH_MAX);
        return STATEMENT_REFUSED;
    }
    scan->lengths[scan->depth++] = scan->within.length;
    buffer_add(&scan->within, name, name_size);
    if (scan->size > 0) {
        buffer_add_char(&scan->within, ' ');
        buffer_add(&scan->within, scan->start, scan->size);
    }
    if (!note(scan, path, err))
        return STATEMENT_REFUSED;
    buffer_add_text(&scan->within, "{/");
    return STATEMENT_GOOD;
}

static enum statement leave(struct scan *scan)
{
    if (scan->depth == 0)
        return STATEMENT_UNKNOWN;
    scan->within.length = scan->lengths[--scan->depth];
    scan->within.bytes[scan->within.length] = '\0';
    return STATEMENT_GOOD;
}

/* After a name: "= value", "+= value", "{" or "title {". */
static enum statement take_rest(struct scan *scan, const char *path, struct error *err)
{
    struct scan name = *scan; /* where the name is */
    enum token token = take_token(scan);

    if (token == TOKEN_SIGN && scan->sign == '+')
        return skip_value(scan) ? STATEMENT_GOOD : STATEMENT_UNKNOWN;
    if (token == TOKEN_SIGN && scan->sign == '=') {
        scan->start = name.start;
        scan->size = name.size;
        if (take_setting(scan, path, err) == STATEMENT_REFUSED)
            return STATEMENT_REFUSED;
        return skip_value(scan) ? STATEMENT_GOOD : STATEMENT_UNKNOWN;
    }
    if (token == TOKEN_SIGN && scan->sign == '{') {
        scan->size = 0;
        return enter(scan, name.start, name.size, path, err);
    }
    if (token == TOKEN_TEXT || token == TOKEN_WORD) {
        struct scan title = *scan;

        if (take_token(scan) != TOKEN_SIGN || scan->sign != '{')
            return STATEMENT_UNKNOWN;
        scan->start = title.start;
        scan->size = title.size;
        return enter(scan, name.start, name.size, path, err);
    }
    return STATEMENT_UNKNOWN;
}

static enum statement take_statement(struct scan *scan, enum token token, const char *path,
                                     struct error *err)
{
    if (token == TOKEN_SIGN && scan->sign == '}')
        return leave(scan);
    if (token != TOKEN_WORD)
        return STATEMENT_UNKNOWN;
    return take_rest(scan, path, err);
}

/* libconfuse takes the end of the file for the end of all sections: half a file for a whole
 * one. */
static bool fail_open(struct scan *scan, const char *path, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];
    const char *own;

    scan->within.length -= strlen("{/");
    scan->within.bytes[scan->within.length] = '\0';
    own = strrchr(scan->within.bytes, '/');
    return fail(err, ERROR_INVALID, "%s:%u: %s is not closed: a '}' is missing", path, scan->line,
                text_show(own ? own + 1 : scan->within.bytes, shown));
}

bool settings_text_check(const char *text, const char *path, struct error *err)
{
    CLEANUP(scan_clear) struct scan scan = {.place = text, .line = 1, .seen = table_new()};
    enum statement statement = STATEMENT_GOOD;
    enum token token;

    buffer_init(&scan.within);
    /* What is not understood here libconfuse refuses, and says so better. */
    while (statement == STATEMENT_GOOD && (token = take_token(&scan)) != TOKEN_END && !scan.mistake)
        statement = take_statement(&scan, token, path, err);
    while (statement == STATEMENT_UNKNOWN && take_token(&scan) != TOKEN_END && !scan.mistake)
        continue; /* but for what is not closed, at which it writes to standard output */
    if (scan.mistake)
        return fail(err, ERROR_INVALID, "%s:%u: %s", path, scan.mistake_line, scan.mistake);
    if (statement == STATEMENT_GOOD && scan.depth > 0)
        return fail_open(&scan, path, err);
    return statement != STATEMENT_REFUSED;
}
