/* pdf.c - pages of A4 with text, lines and bars */

#include "accounting/pdf.h"

#include "base/parse.h"

#include <assert.h>
#include <hpdf.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE_MAX 65536u /* bytes that the library hands over at a time */

struct pdf {
    HPDF_Doc document;
    HPDF_Page page; /* drawn on now */
    unsigned pages;
    HPDF_Font fonts[PDF_FONT_COUNT];
};

/* Every call is one of ours with arguments of ours: what the library refuses is a bug. */
static void must(HPDF_STATUS status)
{
    assert(status == HPDF_OK);
}

static HPDF_Date date_of(int64_t at_us)
{
    time_t seconds = (time_t)(at_us / US_PER_SECOND);
    struct tm utc;

    assert(gmtime_r(&seconds, &utc));
    return (HPDF_Date){
        .year = utc.tm_year + 1900,
        .month = utc.tm_mon + 1,
        .day = utc.tm_mday,
        .hour = utc.tm_hour,
        .minutes = utc.tm_min,
        .seconds = utc.tm_sec,
        .ind = 'Z',
    };
}

/* --- letters --------------------------------------------------------------------------------- */

/* U+0100 to U+017F without their marks: the macrons of Nahuatl, names from elsewhere. */
static const char nearest[] = "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLl"
                              "NnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/* What Windows-1252 has between 0x80 and 0x9F of what texts have. */
static const struct {
    uint32_t letter;
    char byte;
} others[] = {
    {0x20AC, '\x80'},
    {0x2026, '\x85'},
    {0x0160, '\x8A'},
    {0x0152, '\x8C'},
    {0x017D, '\x8E'},
    {0x2018, '\x91'},
    {0x2019, '\x92'},
    {0x201C, '\x93'},
    {0x201D, '\x94'},
    {0x2022, '\x95'},
    {0x2013, '\x96'},
    {0x2014, '\x97'},
    {0x0161, '\x9A'},
    {0x0153, '\x9C'},
    {0x017E, '\x9E'},
    {0x0178, '\x9F'},
};

/* One letter of a text that was UTF-8 when it was admitted. */
static uint32_t next_letter(const char **place)
{
    const unsigned char *bytes = (const unsigned char *)*place;
    unsigned more = 0;
    uint32_t letter = bytes[0];

    if (letter >= 0xC0)
        more = letter >= 0xF0 ? 3 : letter >= 0xE0 ? 2 : 1;
    if (more > 0)
        letter &= 0x3Fu >> more;
    (*place)++;
    for (; more > 0 && (**place & 0xC0) == 0x80; more--)
        letter = letter << 6 | ((unsigned char)*(*place)++ & 0x3Fu);
    return letter;
}

static void add_letter(uint32_t letter, struct buffer *buffer)
{
    if (letter >= 0x300 && letter <= 0x36F) /* a mark over the letter before */
        return;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (others[i].letter == letter) {
            buffer_add_char(buffer, others[i].byte);
            return;
        }
    if ((letter >= 0x20 && letter < 0x7F) || (letter >= 0xA0 && letter <= 0xFF))
        buffer_add_char(buffer, (char)letter);
    else if (letter >= 0x100 && letter < 0x100 + sizeof(nearest) - 1)
        buffer_add_char(buffer, nearest[letter - 0x100]);
    else
        buffer_add_char(buffer, '?');
}

/* In the fonts' own letters. */
static void encode(const char *text, struct buffer *buffer)
{
    buffer_init(buffer);
    while (*text)
        add_letter(next_letter(&text), buffer);
}

/* --- the document ---------------------------------------------------------------------------- */

static void set_info(struct pdf *pdf, HPDF_InfoType type, const char *text)
{
    CLEANUP(buffer_clear) struct buffer letters;

    encode(text, &letters);
    must(HPDF_SetInfoAttr(pdf->document, type, letters.bytes));
}

struct pdf *pdf_new(const char *title, const char *author, int64_t made_us)
{
    static const char *const names[PDF_FONT_COUNT] = {"Helvetica", "Helvetica-Bold", "Courier"};
    struct pdf *pdf = NEW(struct pdf);
    HPDF_Date date = date_of(made_us);

    static_assert(sizeof(nearest) == 0x80 + 1, "a letter for each of U+0100 to U+017F");
    pdf->document = HPDF_New(NULL, NULL);
    assert(pdf->document);
    must(HPDF_SetCompressionMode(pdf->document, HPDF_COMP_NONE));
    for (size_t i = 0; i < PDF_FONT_COUNT; i++) {
        pdf->fonts[i] = HPDF_GetFont(pdf->document, names[i], "WinAnsiEncoding");
        assert(pdf->fonts[i]);
    }
    set_info(pdf, HPDF_INFO_TITLE, title);
    set_info(pdf, HPDF_INFO_AUTHOR, author);
    must(HPDF_SetInfoDateAttr(pdf->document, HPDF_INFO_CREATION_DATE, date));
    must(HPDF_SetInfoDateAttr(pdf->document, HPDF_INFO_MOD_DATE, date));
    return pdf;
}

void pdf_free(struct pdf *pdf)
{
    if (!pdf)
        return;
    HPDF_Free(pdf->document);
    free(pdf);
}

void pdf_add_page(struct pdf *pdf)
{
    pdf->page = HPDF_AddPage(pdf->document);
    assert(pdf->page);
    must(HPDF_Page_SetWidth(pdf->page, PDF_WIDTH));
    must(HPDF_Page_SetHeight(pdf->page, PDF_HEIGHT));
    pdf->pages++;
}

void pdf_turn_to(struct pdf *pdf, unsigned page)
{
    pdf->page = HPDF_GetPageByIndex(pdf->document, page);
    assert(pdf->page);
}

unsigned pdf_page_count(const struct pdf *pdf)
{
    return pdf->pages;
}

void pdf_set_tone(struct pdf *pdf, enum pdf_tone tone)
{
    static const float tones[][3] = {
        [PDF_DARK] = {0.13F, 0.13F, 0.13F},
        [PDF_GREY] = {0.40F, 0.40F, 0.40F},
        [PDF_RULE] = {0.80F, 0.80F, 0.80F},
        [PDF_ACCENT] = {0.12F, 0.44F, 0.55F},
    };

    must(HPDF_Page_SetRGBFill(pdf->page, tones[tone][0], tones[tone][1], tones[tone][2]));
}

void pdf_text(struct pdf *pdf, const struct pdf_style *style, float x, float y, const char *text)
{
    CLEANUP(buffer_clear) struct buffer letters;

    encode(text, &letters);
    must(HPDF_Page_BeginText(pdf->page));
    must(HPDF_Page_SetFontAndSize(pdf->page, pdf->fonts[style->font], style->size));
    must(HPDF_Page_TextOut(pdf->page, x, PDF_HEIGHT - y, letters.bytes));
    must(HPDF_Page_EndText(pdf->page));
}

float pdf_text_width(struct pdf *pdf, const struct pdf_style *style, const char *text)
{
    CLEANUP(buffer_clear) struct buffer letters;
    HPDF_TextWidth width;

    encode(text, &letters);
    width = HPDF_Font_TextWidth(pdf->fonts[style->font], (const HPDF_BYTE *)letters.bytes,
                                (HPDF_UINT)letters.length);
    return (float)width.width * style->size / 1000.0F;
}

void pdf_fill(struct pdf *pdf, const struct pdf_box *box)
{
    must(HPDF_Page_Rectangle(pdf->page, box->x, PDF_HEIGHT - box->y - box->height, box->width,
                             box->height));
    must(HPDF_Page_Fill(pdf->page));
}

void pdf_print(struct pdf *pdf, struct buffer *buffer)
{
    HPDF_UINT32 size = PIECE_MAX;

    must(HPDF_SaveToStream(pdf->document));
    must(HPDF_ResetStream(pdf->document));
    while (size == PIECE_MAX) {
        HPDF_BYTE *place = (HPDF_BYTE *)buffer_reserve(buffer, PIECE_MAX);
        HPDF_STATUS status = HPDF_ReadFromStream(pdf->document, place, &size);

        assert(status == HPDF_OK || status == HPDF_STREAM_EOF);
        buffer->length += size;
    }
    buffer_add_text(buffer, ""); /* its NUL */
}

bool pdf_is_of_this_library(const struct buffer *file)
{
    CLEANUP(memory_freep)
    char *producer = memory_format("Haru Free PDF Library %s", HPDF_GetVersion());

    return memmem(file->bytes, file->length, producer, strlen(producer)) != NULL;
}
