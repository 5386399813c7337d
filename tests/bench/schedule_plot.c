/* schedule_plot.c - how the times of the scheduler grow, as a picture (SVG) */

#include "tests/bench/schedule_plot.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>

#define WIDTH  460
#define HEIGHT 340
#define LEFT   60
#define TOP    40
#define BOTTOM (TOP + HEIGHT)
/* Of the axis of times: 1 us to 100 s. */
#define DECADES 8

static const struct {
    const char *name, *color;
} lines[] = {
    {"submission", "#2a7"},
    {"full pass",  "#c33"},
    {"a job ends", "#36c"},
};

struct chart {
    const struct plot_series *series;
    struct buffer *svg;
    int offset;
};

double plot_exponent(const struct plot_series *series, enum plot_time time)
{
    const struct plot_point *first = &series->points[0], *last = &series->points[series->count - 1];

    return log(last->times_us[time] / first->times_us[time]) /
           log((double)last->size / first->size);
}

static double place_x(const struct chart *chart, double size)
{
    const struct plot_series *series = chart->series;
    double first = log10((double)series->points[0].size);
    double span = log10((double)series->points[series->count - 1].size) - first;

    return chart->offset + LEFT + (span > 0 ? (log10(size) - first) / span : 0.5) * WIDTH;
}

static double place_y(double time_us)
{
    double place = log10(time_us > 1 ? time_us : 1) / DECADES;

    return BOTTOM - (place < 1 ? place : 1) * HEIGHT;
}

static void print_axes(const struct chart *chart)
{
    static const char *const marks[] = {"1 µs",   "10 µs", "100 µs", "1 ms", "10 ms",
                                        "100 ms", "1 s",   "10 s",   "100 s"};

    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        double y = BOTTOM - (double)i / DECADES * HEIGHT;

        buffer_print(chart->svg,
                     "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#ddd'/>"
                     "<text x='%d' y='%.1f' text-anchor='end'>%s</text>\n",
                     chart->offset + LEFT, chart->offset + LEFT + WIDTH, y, y,
                     chart->offset + LEFT - 6, y + 4, marks[i]);
    }
    for (size_t i = 0; i < chart->series->count; i++) {
        uint32_t size = chart->series->points[i].size;

        buffer_print(chart->svg, "<text x='%.1f' y='%d' text-anchor='middle'>%" PRIu32 "</text>\n",
                     place_x(chart, size), BOTTOM + 18, size);
    }
    buffer_print(chart->svg, "<text x='%d' y='%d' font-weight='bold'>%s</text>\n",
                 chart->offset + LEFT, TOP - 14, chart->series->title);
}

static void print_line(const struct chart *chart, enum plot_time time)
{
    const struct plot_series *series = chart->series;
    const struct plot_point *last = &series->points[series->count - 1];

    buffer_print(chart->svg, "<polyline fill='none' stroke='%s' stroke-width='2' points='",
                 lines[time].color);
    for (size_t i = 0; i < series->count; i++)
        buffer_print(chart->svg, "%.1f,%.1f ", place_x(chart, series->points[i].size),
                     place_y(series->points[i].times_us[time]));
    buffer_print(chart->svg, "'/><text x='%.1f' y='%.1f' text-anchor='end' fill='%s'>%s</text>\n",
                 place_x(chart, last->size), place_y(last->times_us[time]) - 6, lines[time].color,
                 lines[time].name);
}

/* What n log n makes of the first full pass. */
static void print_reference(const struct chart *chart)
{
    const struct plot_series *series = chart->series;
    double first = series->points[0].size;

    buffer_add_text(chart->svg,
                    "<polyline fill='none' stroke='#999' stroke-dasharray='4' points='");
    for (size_t i = 0; i < series->count; i++) {
        double size = series->points[i].size;
        double factor = size * log(size) / (first * log(first));

        buffer_print(chart->svg, "%.1f,%.1f ", place_x(chart, size),
                     place_y(series->points[0].times_us[PLOT_PASS] * factor));
    }
    buffer_add_text(chart->svg, "'/>\n");
}

void plot_print(const struct plot_series *series, size_t count, struct buffer *ret_svg)
{
    int width = (int)count * (LEFT + WIDTH + 20);

    buffer_print(ret_svg,
                 "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
                 "font-family='sans-serif' font-size='12'>\n"
                 "<rect width='100%%' height='100%%' fill='white'/>\n",
                 width, BOTTOM + 40);
    for (size_t i = 0; i < count; i++) {
        struct chart chart = {&series[i], ret_svg, (int)i * (LEFT + WIDTH + 20)};

        print_axes(&chart);
        print_reference(&chart);
        for (int time = 0; time < PLOT_TIME_COUNT; time++)
            print_line(&chart, (enum plot_time)time);
    }
    buffer_add_text(ret_svg, "</svg>\n");
}
