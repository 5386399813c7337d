/* job_curves.c - what a job used over its time, drawn: as a line of text, as a picture */

#include "client/job_curves.h"

#include "base/parse.h"
#include "client/text.h"

#include <inttypes.h>
#include <langinfo.h>
#include <string.h>

enum { LEFT = 90, TOP = 40, WIDTH = 640, HEIGHT = 90, GAP = 40, LEVELS = 8, ROW = HEIGHT + GAP };

bool job_series(const struct job_row *row, struct series *ret_series)
{
    struct error ignored;

    return row->shown && *row->shown->samples &&
           series_parse(row->shown->samples, ret_series, &ignored);
}

static double value_of(const struct series *series, enum curve curve, uint32_t i)
{
    const struct series_step *step = &series->steps[i];
    int64_t length_us = i + 1 == series->count ? series->last_us : series->step_us;

    switch (curve) {
    case CURVE_CPU:
        return (double)step->cpu_us / (double)length_us;
    case CURVE_MEMORY:
        return (double)step->memory_bytes;
    case CURVE_READ:
        return (double)step->read_bytes;
    case CURVE_WRITTEN:
        return (double)step->written_bytes;
    case CURVE_POWER: /* W */
        return 1e3 * (double)step->energy_mj / (double)length_us;
    case CURVE_COUNT:
        break;
    }
    return 0;
}

static double largest(const struct series *series, enum curve curve)
{
    double most = 0;

    for (uint32_t i = 0; i < series->count; i++)
        if (value_of(series, curve, i) > most)
            most = value_of(series, curve, i);
    return most;
}

/* What it had; 0: there is no bound. */
static double had(const Wire__JobView *job, enum curve curve)
{
    if (curve == CURVE_CPU)
        return job->cores;
    return curve == CURVE_MEMORY ? (double)job->memory : 0;
}

static double top_of(const Wire__JobView *job, const struct series *series, enum curve curve)
{
    double most = largest(series, curve), bound = had(job, curve);

    return most > bound ? most : bound;
}

static void print_amount_of(enum curve curve, double value, struct buffer *buffer)
{
    const struct cell size = {.kind = CELL_SIZE, .number = (int64_t)value};

    if (curve == CURVE_CPU)
        buffer_print(buffer, "%.3g", value);
    else if (curve == CURVE_POWER)
        buffer_print(buffer, "%.0f W", value);
    else
        output_cell(&size, buffer);
}

/* "at most 3.9 of 4 cores" */
static void print_most(const Wire__JobView *job, const struct series *series, enum curve curve,
                       struct buffer *buffer)
{
    double bound = had(job, curve);

    buffer_add_text(buffer, _("at most "));
    print_amount_of(curve, largest(series, curve), buffer);
    if (bound > 0) {
        buffer_add_text(buffer, _(" of "));
        print_amount_of(curve, bound, buffer);
    }
    if (curve == CURVE_CPU)
        buffer_add_text(buffer, _(" cores"));
    if (curve == CURVE_READ || curve == CURVE_WRITTEN) {
        buffer_add_text(buffer, _(" in "));
        buffer_print(buffer, "%g s", (double)series->step_us / 1e6);
    }
}

void curve_print(const Wire__JobView *job, const struct series *series, enum curve curve,
                 struct buffer *buffer)
{
    static const char *const bars[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const letters[LEVELS] = {"_", ".", ":", "-", "=", "+", "*", "#"};
    const char *const *marks = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? bars : letters;
    double top = top_of(job, series, curve);

    if (curve >= CURVE_READ && largest(series, curve) <= 0)
        return;
    for (uint32_t i = 0; i < series->count; i++) {
        double share = top > 0 ? value_of(series, curve, i) / top : 0;
        int level = (int)(share * LEVELS);

        buffer_add_text(buffer, marks[level < LEVELS ? level : LEVELS - 1]);
    }
    buffer_add_char(buffer, ' ');
    print_most(job, series, curve, buffer);
}

/* --- a picture ---------------------------------------------------------------------------------- */

/* One bar for each step: its width is its time. */
static void draw_bars(const struct series *series, enum curve curve, double top, int y,
                      struct buffer *buffer)
{
    static const char *const colours[CURVE_COUNT] = {"#4a78b5", "#5a9a5a", "#b58a3c", "#a8554e",
                                                     "#7a5aa0"};
    double per_us = (double)WIDTH / (double)series_span(series);

    for (uint32_t i = 0; i < series->count; i++) {
        int64_t length_us = i + 1 == series->count ? series->last_us : series->step_us;
        double height = top > 0 ? value_of(series, curve, i) / top * HEIGHT : 0;

        buffer_print(buffer,
                     "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
                     LEFT + (double)(i * series->step_us) * per_us, y + HEIGHT - height,
                     (double)length_us * per_us, height, colours[curve]);
    }
}

static void draw_curve(const Wire__JobView *job, const struct series *series, enum curve curve,
                       struct buffer *buffer)
{
    const char *const names[CURVE_COUNT] = {_("CPU"), _("Memory"), _("Read"), _("Written"),
                                            _("Power")};
    double top = top_of(job, series, curve);
    int y = TOP + (int)curve * ROW;

    buffer_print(buffer, "<text x=\"%d\" y=\"%d\">%s: ", LEFT, y - 6, names[curve]);
    print_most(job, series, curve, buffer);
    buffer_print(buffer,
                 "</text>\n<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#f4f4f4\" "
                 "stroke=\"#999999\"/>\n",
                 LEFT, y, WIDTH, HEIGHT);
    draw_bars(series, curve, top, y, buffer);
    buffer_print(buffer, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 6, y + 10);
    print_amount_of(curve, top, buffer);
    buffer_print(buffer, "</text>\n<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>\n",
                 LEFT - 6, y + HEIGHT);
}

void curves_print_svg(const Wire__JobView *job, const struct series *series, struct buffer *buffer)
{
    enum curve curves = largest(series, CURVE_POWER) > 0 ? CURVE_COUNT : CURVE_POWER;
    int bottom = TOP + (int)curves * ROW;

    buffer_print(buffer,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                 "font-family=\"sans-serif\" font-size=\"12\">\n"
                 "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
                 "<text x=\"6\" y=\"16\">%" PRIu64 " ",
                 LEFT + WIDTH + 20, bottom, job->id);
    buffer_add_markup(buffer, job->name);
    buffer_add_text(buffer, "</text>\n");
    for (enum curve curve = 0; curve < curves; curve++)
        draw_curve(job, series, curve, buffer);
    buffer_print(buffer, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT + WIDTH,
                 bottom - GAP + 16);
    print_duration(series_span(series), buffer);
    buffer_add_text(buffer, "</text>\n</svg>\n");
}
