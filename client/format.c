/* format.c - which fields to print, and how wide */

#include "client/format.h"

#include "base/parse.h"
#include "client/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct format_item *add_item(struct format *format)
{
    format->items = memory_resize(format->items, format->count + 1, sizeof(*format->items));
    format->items[format->count] = (struct format_item){0};
    return &format->items[format->count++];
}

static const struct column *find_name(const struct column *columns, const char *name)
{
    for (; columns->name; columns++)
        if (strcasecmp(columns->name, name) == 0 ||
            (columns->alias && strcasecmp(columns->alias, name) == 0))
            return columns;
    return NULL;
}

static const struct column *find_letter(const struct column *columns, char letter)
{
    for (; columns->name; columns++)
        if (columns->letter == letter)
            return columns;
    return NULL;
}

static bool fail_name(const char *name, const struct column *columns, struct error *err)
{
    CLEANUP(memory_freep) const char **names = NULL;
    char shown[TEXT_SHOWN_SIZE];
    const char *nearest;
    size_t count = 0;

    while (columns[count].name)
        count++;
    names = memory_get(2 * count + 1, sizeof(*names));
    for (size_t i = 0, used = 0; i < count; i++) {
        names[used++] = columns[i].name;
        if (columns[i].alias)
            names[used++] = columns[i].alias;
    }
    nearest = nearest_name(name, names);
    if (nearest)
        return fail(err, ERROR_INVALID, _("unknown field %s; nearest is %s"),
                    text_show(name, shown), nearest);
    return fail(err, ERROR_INVALID, _("unknown field %s; the manual page lists them"),
                text_show(name, shown));
}

/* Digits at *place, at most FORMAT_WIDTH_MAX; 0 when there are none. */
static bool take_width(const char **place, size_t *ret_width, struct error *err)
{
    size_t width = 0;

    for (; isdigit((unsigned char)**place); (*place)++) {
        width = 10 * width + (size_t)(**place - '0');
        if (width > FORMAT_WIDTH_MAX)
            return fail(err, ERROR_INVALID, _("a field is at most %d characters wide"),
                        FORMAT_WIDTH_MAX);
    }
    *ret_width = width;
    return true;
}

/* "%.18i": right-justified, 18 wide, letter i. */
static bool take_letter(struct format *format, const char **place, const struct column *columns,
                        struct error *err)
{
    struct format_item *item;
    const struct column *column;
    bool right = false;
    size_t width;

    (*place)++;
    if (**place == '.') {
        right = true;
        (*place)++;
    }
    if (!take_width(place, &width, err))
        return false;
    column = **place ? find_letter(columns, **place) : NULL;
    if (!column && **place >= ' ' && **place <= '~')
        return fail(err, ERROR_INVALID, _("unknown field %%%c; the manual page lists them"),
                    **place);
    if (!column)
        return fail(err, ERROR_INVALID, _("a %% in a format is followed by a letter"));
    (*place)++;
    item = add_item(format);
    item->column = column;
    item->right = right;
    item->width = width;
    return true;
}

static bool parse_letters(struct format *format, const struct column *columns, struct error *err)
{
    const char *place = format->text;

    format->letters = true;
    while (*place) {
        struct format_item *item;

        if (format->count >= FORMAT_ITEM_MAX)
            return fail(err, ERROR_INVALID, _("a format has at most %d fields"), FORMAT_ITEM_MAX);
        if (place[0] == '%' && place[1] != '%') {
            if (!take_letter(format, &place, columns, err))
                return false;
            continue;
        }
        item = add_item(format);
        item->text = place;
        item->text_length = *place == '%' ? 1 : strcspn(place, "%");
        place += *place == '%' ? 2 : item->text_length;
    }
    return true;
}

/* "name", "name%20", "name%-30" or, as squeue -O has it, "name:20". */
static bool parse_name_item(struct format *format, char *text, const struct column *columns,
                            struct error *err)
{
    char *end = text + strcspn(text, "%:");
    bool sized = *end != '\0';
    const char *place = sized ? end + 1 : end;
    struct format_item *item;
    size_t width = 0;
    bool left = *place == '-';

    *end = '\0';
    place += left;
    if (!take_width(&place, &width, err))
        return false;
    if (sized && (width == 0 || *place))
        return fail(err, ERROR_INVALID, _("the width of a field is a number: %s%%20"), text);
    if (!find_name(columns, text))
        return fail_name(text, columns, err);
    item = add_item(format);
    item->column = find_name(columns, text);
    item->width = width;
    item->right = sized ? !left : (item->column->flags & COLUMN_RIGHT) != 0;
    return true;
}

static bool parse_names(struct format *format, const struct column *columns, struct error *err)
{
    char *rest = format->text, *text;

    while ((text = strsep(&rest, ","))) {
        if (format->count >= FORMAT_ITEM_MAX)
            return fail(err, ERROR_INVALID, _("a format has at most %d fields"), FORMAT_ITEM_MAX);
        if (*text && !parse_name_item(format, text, columns, err))
            return false;
    }
    if (format->count == 0)
        return fail(err, ERROR_INVALID, _("the format names no field"));
    return true;
}

/* Names: only letters, digits, '_', ',' and widths. */
static bool looks_like_names(const char *text)
{
    const char *place = text;

    if (!isalpha((unsigned char)*place))
        return false;
    while (*place) {
        while (isalnum((unsigned char)*place) || *place == '_' || *place == '-')
            place++;
        if ((*place == '%' || *place == ':') &&
            (isdigit((unsigned char)place[1]) || place[1] == '-'))
            place++;
        else if (*place == ',')
            place++;
        else if (*place)
            return strchr(text, '%') == NULL; /* then names with a mistake */
    }
    return true;
}

struct format *format_parse(const char *text, const struct column *columns, struct error *err)
{
    CLEANUP(format_freep) struct format *format = NEW(struct format);

    format->text = memory_copy(text);
    if (!(looks_like_names(text) ? parse_names(format, columns, err)
                                 : parse_letters(format, columns, err)))
        return NULL;
    return STEAL(format);
}

struct format *format_all(const struct column *columns)
{
    struct format *format = NEW(struct format);

    for (; columns->name; columns++)
        add_item(format)->column = columns;
    return format;
}

void format_free(struct format *format)
{
    if (!format)
        return;
    free(format->items);
    free(format->text);
    free(format);
}
