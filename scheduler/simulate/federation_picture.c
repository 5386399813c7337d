/* federation_picture.c - what a network of sites gains, as a picture (SVG)
 *
 * Three charts with a pair of bars, or one bar, for each site: waits, slowdowns, and what each gave
 * or had net.  Waits and slowdowns are drawn by their logarithms, as sites differ by much. */

#include "scheduler/simulate/federation.h"
#include "scheduler/simulate/picture.h"
#include "scheduler/simulate/text.h"

#include <inttypes.h>
#include <math.h>

#define WIDTH      1000
#define LEFT       90
#define COLUMNS    890
#define TOP        56
#define CHART_HIGH 150
#define CHART_STEP 215
#define ALONE      "#d49a6a"
#define TOGETHER   "#6a9fd4"

struct chart {
    const struct federation *federation;
    struct buffer *buffer;
    int top;
};

static void print_text(const struct chart *chart, double x, int y, const char *anchor,
                       const char *text)
{
    buffer_print(chart->buffer, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y,
                 anchor, text);
}

static void print_bar(const struct chart *chart, double x, double from, double to,
                      const char *colour, const char *tip)
{
    buffer_print(chart->buffer,
                 "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\">"
                 "<title>%s</title></rect>\n",
                 x, from, 0.38 * COLUMNS / chart->federation->site_count, to - from, colour, tip);
}

static double column(const struct chart *chart, double index)
{
    return LEFT + COLUMNS * index / chart->federation->site_count;
}

static void print_names(const struct chart *chart)
{
    for (uint32_t i = 0; i < chart->federation->site_count; i++) {
        char name[16];

        snprintf(name, sizeof(name), "%c%" PRIu32, REPLAY_CLUSTER, i + 1);
        print_text(chart, column(chart, i + 0.5), chart->top + CHART_HIGH + 16, "middle", name);
    }
}

/* --- pairs ------------------------------------------------------------------------------------ */

typedef double value_fn(const struct statistics *statistics);

static double wait_of(const struct statistics *statistics)
{
    return statistics->wait_s > 1 ? statistics->wait_s : 1;
}

static double slowdown_of(const struct statistics *statistics)
{
    return statistics->slowdown;
}

/* The next power of ten. */
static double most_of(const struct federation *federation, value_fn *value)
{
    double most = 10;

    for (uint32_t i = 0; i < federation->site_count; i++) {
        while (value(&federation->sites[i].alone) > most)
            most *= 10;
        while (value(&federation->sites[i].together) > most)
            most *= 10;
    }
    return most;
}

static void print_scale(const struct chart *chart, double most, const char *title)
{
    print_text(chart, LEFT, chart->top - 8, "start", title);
    for (int digits = 0, all = (int)lround(log10(most)); digits <= all; digits++) {
        double y = chart->top + CHART_HIGH * (1 - (double)digits / all);
        char shown[32];

        snprintf(shown, sizeof(shown), "%.0f", pow(10, digits));
        buffer_print(chart->buffer, "<path stroke=\"#ccc\" d=\"M%d %.1fh%d\"/>\n", LEFT, y,
                     COLUMNS);
        print_text(chart, LEFT - 6, (int)y + 4, "end", shown);
    }
}

static void print_value(const struct chart *chart, double x, double value, double most,
                        const char *colour)
{
    double bottom = chart->top + CHART_HIGH;
    char tip[32];

    snprintf(tip, sizeof(tip), "%.1f", value);
    print_bar(chart, x, bottom - CHART_HIGH * log10(value) / log10(most), bottom, colour, tip);
}

static void print_pairs(const struct chart *chart, value_fn *value, const char *title)
{
    double most = most_of(chart->federation, value);

    print_scale(chart, most, title);
    for (uint32_t i = 0; i < chart->federation->site_count; i++) {
        const struct federation_site *site = &chart->federation->sites[i];

        print_value(chart, column(chart, i + 0.1), value(&site->alone), most, ALONE);
        print_value(chart, column(chart, i + 0.5), value(&site->together), most, TOGETHER);
    }
    print_names(chart);
}

/* --- contributions ---------------------------------------------------------------------------- */

static double net_of(const struct federation_site *site)
{
    return (double)(site->lent_s - site->used_s) / 3600;
}

static void print_net(const struct chart *chart)
{
    double most = 1, middle = chart->top + CHART_HIGH / 2.0;

    for (uint32_t i = 0; i < chart->federation->site_count; i++)
        if (fabs(net_of(&chart->federation->sites[i])) > most)
            most = fabs(net_of(&chart->federation->sites[i]));
    print_text(chart, LEFT, chart->top - 8, "start",
               _("net contribution, processor hours (above: gave more than it had)"));
    buffer_print(chart->buffer, "<path stroke=\"#444\" d=\"M%d %.1fh%d\"/>\n", LEFT, middle,
                 COLUMNS);
    for (uint32_t i = 0; i < chart->federation->site_count; i++) {
        double net = net_of(&chart->federation->sites[i]);
        double high = fabs(net) / most * CHART_HIGH / 2;
        char tip[32];

        snprintf(tip, sizeof(tip), "%.0f", net);
        print_bar(chart, column(chart, i + 0.31), net > 0 ? middle - high : middle,
                  net > 0 ? middle : middle + high, net > 0 ? "#7ab87a" : "#c77", tip);
        print_text(chart, column(chart, i + 0.5), (int)(net > 0 ? middle + 14 : middle - 5),
                   "middle", tip);
    }
    print_names(chart);
}

static void print_legend(struct buffer *buffer)
{
    buffer_print(buffer,
                 "<rect x=\"%d\" y=\"6\" width=\"12\" height=\"12\" fill=\"%s\"/>"
                 "<text x=\"%d\" y=\"16\">%s</text>\n"
                 "<rect x=\"%d\" y=\"22\" width=\"12\" height=\"12\" fill=\"%s\"/>"
                 "<text x=\"%d\" y=\"32\">%s</text>\n",
                 WIDTH - 250, ALONE, WIDTH - 232, _("each site alone"), WIDTH - 250, TOGETHER,
                 WIDTH - 232, _("all sites as one network"));
}

void federation_print_picture(const struct federation *federation, struct buffer *buffer)
{
    struct chart chart = {.federation = federation, .buffer = buffer, .top = TOP};
    CLEANUP(memory_freep)
    char *title = memory_format("%s, %s", federation->log, federation->policy);

    picture_begin(buffer, WIDTH, TOP + 3 * CHART_STEP, title);
    print_legend(buffer);
    print_pairs(&chart, wait_of, _("average wait, seconds"));
    chart.top += CHART_STEP;
    print_pairs(&chart, slowdown_of, _("average bounded slowdown"));
    chart.top += CHART_STEP;
    print_net(&chart);
    buffer_add_text(buffer, "</svg>\n");
}
