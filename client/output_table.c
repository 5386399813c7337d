/* output_table.c - rows with columns side by side */

#include "base/memory.h"
#include "client/output_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUT_LEAST = 8 };

struct layout {
    const struct format *format;
    size_t *widths;
    bool colours;
    bool header;
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void measure(const struct output *output, struct layout *layout)
{
    CLEANUP(buffer_clear) struct buffer text, scratch;

    buffer_init(&text);
    buffer_init(&scratch);
    for (size_t i = 0; i < layout->format->count; i++) {
        const struct format_item *item = &layout->format->items[i];

        layout->widths[i] = item->width;
        if (item->width > 0 || !item->column || layout->format->letters)
            continue;
        if (layout->header)
            layout->widths[i] = output_width(item->column->title);
        for (size_t row = 0; row < output->count; row++) {
            struct cell cell;

            output_read(item->column, output->rows[row], &cell, &scratch);
            buffer_reset(&text);
            output_cell(&cell, &text);
            layout->widths[i] = larger(layout->widths[i], output_width(text.bytes));
        }
    }
}

/* The widest column that may still become narrower; count when there is none. */
static size_t find_widest(const struct layout *layout)
{
    const struct format *format = layout->format;
    size_t widest = format->count;

    for (size_t i = 0; i < format->count; i++) {
        const struct format_item *item = &format->items[i];
        size_t least = item->column ? larger(CUT_LEAST, output_width(item->column->title)) : 0;

        if (!item->column || item->width > 0 || !(item->column->flags & COLUMN_CUT) ||
            layout->widths[i] <= least)
            continue;
        if (widest == format->count || layout->widths[i] > layout->widths[widest])
            widest = i;
    }
    return widest;
}

static void fit(struct layout *layout, size_t terminal)
{
    const struct format *format = layout->format;
    size_t sum = format->count ? format->count - 1 : 0;

    for (size_t i = 0; i < format->count; i++)
        sum += layout->widths[i];
    while (sum > terminal) {
        size_t widest = find_widest(layout);

        if (widest == format->count)
            return;
        layout->widths[widest]--;
        sum--;
    }
}

static void print_spaces(size_t count)
{
    printf("%*s", (int)count, "");
}

/* One field; the last one is not filled up with spaces. */
static void print_field(const struct layout *layout, size_t i, const char *text, enum tone tone)
{
    const struct format_item *item = &layout->format->items[i];
    size_t width = layout->widths[i], own = output_width(text), shown = strlen(text);
    bool cut = width > 0 && own > width;
    bool right = layout->format->letters || item->width > 0
                     ? item->right
                     : (item->column->flags & COLUMN_RIGHT) != 0;
    size_t space;

    if (cut && layout->format->letters) {
        shown = output_prefix(text, width); /* squeue marks nothing, and tools count on it */
        own = width;
    } else if (cut) {
        shown = output_prefix(text, width - 1);
        own = width;
    }
    space = width > own ? width - own : 0;
    if (right)
        print_spaces(space);
    fputs(output_tone(tone, layout->colours), stdout);
    fwrite(text, 1, shown, stdout);
    if (cut && !layout->format->letters)
        putchar('+');
    fputs(output_tone_end(tone, layout->colours), stdout);
    if (!right && (i + 1 < layout->format->count || layout->format->letters))
        print_spaces(space);
}

/* row NULL: the titles. */
static void print_row(const struct layout *layout, const void *row, struct buffer *text,
                      struct buffer *scratch)
{
    const struct format *format = layout->format;

    for (size_t i = 0; i < format->count; i++) {
        const struct format_item *item = &format->items[i];
        struct cell cell = {0};

        if (i > 0 && !format->letters)
            putchar(' ');
        if (!item->column) {
            fwrite(item->text, 1, item->text_length, stdout);
            continue;
        }
        if (!row) {
            print_field(layout, i, item->column->title, TONE_PLAIN);
            continue;
        }
        output_read(item->column, row, &cell, scratch);
        buffer_reset(text);
        output_cell(&cell, text);
        print_field(layout, i, text->bytes, cell.tone);
    }
    putchar('\n');
}

void output_table(const struct output *output, const struct format *format, bool header)
{
    CLEANUP(buffer_clear) struct buffer text, scratch;
    CLEANUP(memory_freep) size_t *widths = NEW_ARRAY(size_t, format->count + 1);
    struct layout layout = {
        .format = format, .widths = widths, .header = header, .colours = output_has_colours()};
    size_t terminal = output_terminal_width();

    buffer_init(&text);
    buffer_init(&scratch);
    measure(output, &layout);
    if (terminal > 0 && !format->letters)
        fit(&layout, terminal);
    if (header)
        print_row(&layout, NULL, &text, &scratch);
    for (size_t row = 0; row < output->count; row++)
        print_row(&layout, output->rows[row], &text, &scratch);
}
