/* paper.c - a document of headings, paragraphs, tables and bars that fills page after page */

#include "accounting/paper.h"

#include <stdio.h>
#include <string.h>

#define LEFT       56.0F
#define RIGHT      (PDF_WIDTH - LEFT)
#define TOP        72.0F
#define BOTTOM     772.0F
#define LINE       14.0F
#define NAME_WIDTH 150.0F /* of a table's first column */
#define GAP        6.0F
#define BAR_LEFT   (LEFT + 130.0F)
#define BAR_WIDTH  270.0F
#define BAR_LINE   15.0F

static const struct pdf_style title_style = {PDF_BOLD, 20.0F};
static const struct pdf_style heading_style = {PDF_BOLD, 13.0F};
static const struct pdf_style plain_style = {PDF_PLAIN, 9.5F};
static const struct pdf_style bold_style = {PDF_BOLD, 8.5F};
static const struct pdf_style mono_style = {PDF_MONO, 8.0F};
static const struct pdf_style small_style = {PDF_PLAIN, 8.0F};

static void begin_page(struct paper *paper)
{
    pdf_add_page(paper->pdf);
    pdf_set_tone(paper->pdf, PDF_DARK);
    paper->y = TOP;
}

void paper_init(struct paper *paper, struct pdf *pdf, const struct texts *texts)
{
    *paper = (struct paper){.pdf = pdf, .texts = texts};
    begin_page(paper);
}

void paper_clear(struct paper *paper)
{
    pdf_free(paper->pdf);
    paper->pdf = NULL;
}

void paper_need(struct paper *paper, float height)
{
    if (paper->y + height > BOTTOM)
        begin_page(paper);
}

static void add_rule(struct paper *paper, float y)
{
    const struct pdf_box rule = {LEFT, y, RIGHT - LEFT, 0.6F};

    pdf_set_tone(paper->pdf, PDF_RULE);
    pdf_fill(paper->pdf, &rule);
    pdf_set_tone(paper->pdf, PDF_DARK);
}

/* --- text ------------------------------------------------------------------------------------ */

/* Bytes of the words that fit into the width, at least one word. */
static size_t fitting(struct paper *paper, const struct pdf_style *style, const char *text,
                      float width)
{
    size_t end = strcspn(text, " ");

    while (text[end]) {
        size_t next = end + 1 + strcspn(text + end + 1, " ");
        CLEANUP(memory_freep) char *line = memory_copy_bytes(text, next + 1);

        line[next] = '\0';
        if (pdf_text_width(paper->pdf, style, line) > width)
            break;
        end = next;
    }
    return end;
}

static void add_wrapped(struct paper *paper, const struct pdf_style *style, const char *text)
{
    float line_height = style->size * 1.45F;

    while (*text) {
        size_t end = fitting(paper, style, text, RIGHT - LEFT);
        CLEANUP(memory_freep) char *line = memory_copy_bytes(text, end + 1);

        line[end] = '\0';
        paper_need(paper, line_height);
        paper->y += line_height;
        pdf_text(paper->pdf, style, LEFT, paper->y, line);
        text += end + (text[end] == ' ');
    }
}

void paper_title(struct paper *paper, const char *text)
{
    add_wrapped(paper, &title_style, text);
    paper->y += GAP;
}

void paper_heading(struct paper *paper, const char *text)
{
    /* Not alone at the end of a page. */
    paper_need(paper, 6.0F * LINE);
    paper->y += LINE;
    add_wrapped(paper, &heading_style, text);
    paper->y += GAP;
}

void paper_paragraph(struct paper *paper, const char *text)
{
    add_wrapped(paper, &plain_style, text);
    paper->y += GAP;
}

/* --- tables ---------------------------------------------------------------------------------- */

/* The right edge of a column. */
static float edge_of(const struct paper_table *table, unsigned column)
{
    float width = (RIGHT - LEFT - NAME_WIDTH) / (float)(table->columns - 1);

    return LEFT + NAME_WIDTH + width * (float)column;
}

static float width_of(const struct paper_table *table, unsigned column)
{
    if (column > 0)
        return edge_of(table, 1) - edge_of(table, 0) - GAP;
    if (table->columns > 2)
        return NAME_WIDTH;
    return table->mono ? NAME_WIDTH + 20.0F : NAME_WIDTH + 100.0F;
}

static void add_cell(const struct paper_table *table, const struct pdf_style *style,
                     unsigned column, const char *text)
{
    struct pdf *pdf = table->paper->pdf;
    float x = LEFT;

    if (column > 0)
        x = edge_of(table, column) - pdf_text_width(pdf, style, text);
    pdf_text(pdf, style, x, table->paper->y, text);
}

/* Titles are one or two lines high. */
static void add_titles(struct paper_table *table)
{
    struct paper *paper = table->paper;

    if (!table->titles[0])
        return;
    paper->y += LINE;
    for (unsigned i = 0; i < table->columns; i++) {
        const char *text = table->titles[i];
        size_t end = fitting(paper, &bold_style, text, width_of(table, i));
        CLEANUP(memory_freep) char *first = memory_copy_bytes(text, end + 1);

        first[end] = '\0';
        add_cell(table, &bold_style, i, first);
        if (!text[end])
            continue;
        paper->y += LINE - 3.0F;
        add_cell(table, &bold_style, i, text + end + 1);
        paper->y -= LINE - 3.0F;
    }
    paper->y += LINE;
    add_rule(paper, paper->y);
}

void paper_table_begin(struct paper_table *table)
{
    for (unsigned i = 0; i < table->columns; i++)
        buffer_init(&table->cells[i]);
    paper_need(table->paper, 4.0F * LINE);
    add_titles(table);
}

/* Names may be longer than a column: then their end is left out, and that is shown. */
static void cut_to(struct paper *paper, float width, struct buffer *text)
{
    if (pdf_text_width(paper->pdf, &plain_style, text->bytes) <= width)
        return;
    while (text->length > 1 && pdf_text_width(paper->pdf, &plain_style, text->bytes) > width - 8.0F)
        text->bytes[--text->length] = '\0';
    buffer_add_text(text, "…");
}

void paper_table_row(struct paper_table *table)
{
    struct paper *paper = table->paper;
    float before = paper->y;

    paper_need(paper, LINE + 3.0F);
    if (paper->y < before) {
        pdf_set_tone(paper->pdf, PDF_GREY);
        pdf_text(paper->pdf, &small_style, LEFT, paper->y, paper->texts->continued);
        pdf_set_tone(paper->pdf, PDF_DARK);
        add_titles(table);
    }
    paper->y += LINE - 2.0F;
    cut_to(paper, width_of(table, 0), &table->cells[0]);
    for (unsigned i = 0; i < table->columns; i++) {
        bool digest = table->mono && i + 1 == table->columns;

        add_cell(table, digest ? &mono_style : &plain_style, i, table->cells[i].bytes);
        buffer_reset(&table->cells[i]);
    }
    paper->y += 4.0F;
    add_rule(paper, paper->y);
}

void paper_table_end(struct paper_table *table)
{
    for (unsigned i = 0; i < table->columns; i++)
        buffer_clear(&table->cells[i]);
    table->paper->y += GAP;
}

/* --- charts and page numbers ----------------------------------------------------------------- */

static void add_bar(struct paper *paper, const struct bar *bar, int64_t longest_micro)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct pdf_box box = {.x = BAR_LEFT, .y = paper->y + 3.0F, .height = BAR_LINE - 6.0F};

    buffer_init(&text);
    buffer_add_text(&text, bar->name);
    cut_to(paper, BAR_LEFT - LEFT - GAP, &text);
    if (longest_micro > 0)
        box.width = (float)((double)bar->amount_micro / (double)longest_micro) * BAR_WIDTH;
    pdf_text(paper->pdf, &plain_style,
             BAR_LEFT - GAP - pdf_text_width(paper->pdf, &plain_style, text.bytes),
             paper->y + BAR_LINE - 5.0F, text.bytes);
    pdf_set_tone(paper->pdf, PDF_ACCENT);
    pdf_fill(paper->pdf, &box);
    pdf_set_tone(paper->pdf, PDF_DARK);
    buffer_reset(&text);
    figure_add_amount(&text, bar->amount_micro);
    pdf_text(paper->pdf, &small_style, BAR_LEFT + box.width + GAP, paper->y + BAR_LINE - 5.0F,
             text.bytes);
    paper->y += BAR_LINE;
}

void paper_bars(struct paper *paper, const struct bar *bars, size_t count)
{
    int64_t longest_micro = figure_longest(bars, count);

    paper_need(paper, (float)count * BAR_LINE + GAP);
    for (size_t i = 0; i < count; i++)
        add_bar(paper, &bars[i], longest_micro);
    paper->y += GAP;
}

void paper_number(struct paper *paper, const char *of)
{
    unsigned count = pdf_page_count(paper->pdf);
    char text[64];

    for (unsigned page = 0; page < count; page++) {
        pdf_turn_to(paper->pdf, page);
        snprintf(text, sizeof(text), "%s %u/%u", paper->texts->page, page + 1, count);
        add_rule(paper, BOTTOM + 14.0F);
        pdf_set_tone(paper->pdf, PDF_GREY);
        pdf_text(paper->pdf, &small_style, LEFT, BOTTOM + 28.0F, of);
        pdf_text(paper->pdf, &small_style, RIGHT - pdf_text_width(paper->pdf, &small_style, text),
                 BOTTOM + 28.0F, text);
    }
}
