/* pdf.h - pages of A4 with text, lines and bars
 *
 * The same calls give the same bytes: the date is the caller's, nothing is compressed, and fonts
 * are those that every reader of PDF has.  Places are points (1/72 inch) from the upper left
 * corner.  The fonts have the letters of Western Europe; others are shown by the letter that is
 * nearest, or by '?'.
 *
 * Owns: its pages.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_PDF_H
#define ACCOUNTING_PDF_H

#include "base/buffer.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define PDF_WIDTH  595.0F
#define PDF_HEIGHT 842.0F

struct pdf;

enum pdf_font { PDF_PLAIN, PDF_BOLD, PDF_MONO, PDF_FONT_COUNT };

struct pdf_style {
    enum pdf_font font;
    float size;
};

enum pdf_tone { PDF_DARK, PDF_GREY, PDF_RULE, PDF_ACCENT };

struct pdf_box {
    float x, y, width, height;
};

/* Dated made_us (UTC); without a page. */
struct pdf *pdf_new(const char *title, const char *author, int64_t made_us);
void pdf_free(struct pdf *pdf);
DEFINE_CLEANUP(struct pdf *, pdf_free)

/* A new page behind the others, or one that is there (from 0): all is drawn on it from now on. */
void pdf_add_page(struct pdf *pdf);
void pdf_turn_to(struct pdf *pdf, unsigned page);
unsigned pdf_page_count(const struct pdf *pdf);

/* UTF-8; y is the line on which the letters stand. */
void pdf_text(struct pdf *pdf, const struct pdf_style *style, float x, float y, const char *text);
float pdf_text_width(struct pdf *pdf, const struct pdf_style *style, const char *text);
void pdf_set_tone(struct pdf *pdf, enum pdf_tone tone);
void pdf_fill(struct pdf *pdf, const struct pdf_box *box);

/* The whole file. */
void pdf_print(struct pdf *pdf, struct buffer *buffer);

/* Did the version of the library that this program runs with make the file?  Another may write
 * the same pages in other bytes. */
bool pdf_is_of_this_library(const struct buffer *file);

#endif
