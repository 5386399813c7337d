/* picture.c - a schedule as a picture (SVG) */

#include "scheduler/simulate/picture.h"

#include "base/memory.h"
#include "scheduler/simulate/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH      1000
#define LEFT       70
#define TOP        40
#define CHART_HIGH 300
#define QUEUE_TOP  (TOP + CHART_HIGH + 40)
#define QUEUE_HIGH 120
#define COLUMNS    900
#define HUES       360

/* Something more or less from a moment on. */
struct change {
    int64_t at_s;
    int64_t busy, waiting;
};

struct canvas {
    const struct picture *picture;
    struct buffer *buffer;
    int64_t first_s, last_s;
};

static int compare_changes(const void *a, const void *b)
{
    int64_t first = ((const struct change *)a)->at_s, second = ((const struct change *)b)->at_s;

    return first < second ? -1 : first > second;
}

static double place_x(const struct canvas *canvas, int64_t at_s)
{
    return LEFT + (double)COLUMNS * (double)(at_s - canvas->first_s) /
                      (double)(canvas->last_s - canvas->first_s);
}

/* --- boxes ----------------------------------------------------------------------------------- */

/* The processors are not the core's to choose in a pool: here they are the lowest that are
 * free, in pieces where no hole is wide enough. */
static void print_box(struct canvas *canvas, int64_t *free_s, size_t index)
{
    const struct work *job = &canvas->picture->jobs[index];
    int64_t start_s = canvas->picture->starts_s[index], end_s = start_s + job->run_s;
    double unit = (double)CHART_HIGH / canvas->picture->processors;
    uint32_t left = job->processors;

    for (uint32_t i = 0; i < canvas->picture->processors && left > 0; i++) {
        uint32_t first = i;

        while (i < canvas->picture->processors && free_s[i] <= start_s && left > 0) {
            free_s[i++] = end_s;
            left--;
        }
        if (i == first)
            continue;
        buffer_print(canvas->buffer,
                     "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
                     "fill=\"hsl(%d,60%%,65%%)\"><title>%" PRId64 ": %" PRIu32 " x %" PRId64
                     " s</title></rect>\n",
                     place_x(canvas, start_s), TOP + CHART_HIGH - unit * i,
                     place_x(canvas, end_s) - place_x(canvas, start_s), unit * (i - first),
                     (int)(job->number * 47 % HUES), job->number, job->processors, job->run_s);
        i--;
    }
}

struct begin {
    int64_t start_s;
    size_t index;
};

static int compare_begins(const void *a, const void *b)
{
    const struct begin *first = a, *second = b;

    if (first->start_s != second->start_s)
        return first->start_s < second->start_s ? -1 : 1;
    return first->index < second->index ? -1 : 1;
}

static void print_boxes(struct canvas *canvas)
{
    size_t count = canvas->picture->count;
    CLEANUP(memory_freep) struct begin *begins = NEW_ARRAY(struct begin, count);
    CLEANUP(memory_freep) int64_t *free_s = NEW_ARRAY(int64_t, canvas->picture->processors);

    for (uint32_t i = 0; i < canvas->picture->processors; i++)
        free_s[i] = INT64_MIN;
    for (size_t i = 0; i < count; i++)
        begins[i] = (struct begin){canvas->picture->starts_s[i], i};
    qsort(begins, count, sizeof(*begins), compare_begins);
    for (size_t i = 0; i < count; i++)
        print_box(canvas, free_s, begins[i].index);
}

/* --- areas ----------------------------------------------------------------------------------- */

/* Sums of value x seconds in each column, from changes in order. */
struct columns {
    double busy[COLUMNS], waiting[COLUMNS];
};

static void fill_columns(const struct canvas *canvas, const struct change *changes, size_t count,
                         struct columns *columns)
{
    double span_s = (double)(canvas->last_s - canvas->first_s) / COLUMNS;
    double busy = 0, waiting = 0, place = 0;

    for (size_t i = 0; i < count; i++) {
        double next = (double)(changes[i].at_s - canvas->first_s) / span_s;

        while (place < next && place < COLUMNS) {
            size_t column = (size_t)place;
            double end = next < (double)(column + 1) ? next : (double)(column + 1);

            columns->busy[column] += busy * (end - place);
            columns->waiting[column] += waiting * (end - place);
            place = end;
        }
        busy += (double)changes[i].busy;
        waiting += (double)changes[i].waiting;
    }
}

static void print_area(struct canvas *canvas, const double *values, double most, int bottom,
                       int high, const char *colour)
{
    buffer_print(canvas->buffer, "<path fill=\"%s\" d=\"M%d %d", colour, LEFT, bottom);
    for (int i = 0; i < COLUMNS; i++)
        buffer_print(canvas->buffer, "V%.1fh1", bottom - high * values[i] / most);
    buffer_print(canvas->buffer, "V%dZ\"/>\n", bottom);
}

static void print_axis(struct canvas *canvas, int top, int high, double most, const char *name)
{
    buffer_print(canvas->buffer,
                 "<path stroke=\"#444\" fill=\"none\" d=\"M%d %dv%dh%d\"/>\n"
                 "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.0f</text>\n"
                 "<text x=\"%d\" y=\"%d\">%s</text>\n",
                 LEFT, top, high, COLUMNS, LEFT - 4, top + 10, most, LEFT, top - 6, name);
}

static struct change *make_changes(const struct picture *picture, size_t *ret_count)
{
    struct change *changes = NEW_ARRAY(struct change, 3 * picture->count);
    size_t count = 0;

    for (size_t i = 0; i < picture->count; i++) {
        const struct work *job = &picture->jobs[i];
        int64_t start_s = picture->starts_s[i];

        changes[count++] = (struct change){job->submit_s, 0, 1};
        changes[count++] = (struct change){start_s, job->processors, -1};
        changes[count++] = (struct change){start_s + job->run_s, -(int64_t)job->processors, 0};
    }
    qsort(changes, count, sizeof(*changes), compare_changes);
    *ret_count = count;
    return changes;
}

static double most_of(const double *values)
{
    double most = 1;

    for (size_t i = 0; i < COLUMNS; i++)
        if (values[i] > most)
            most = values[i];
    return most;
}

static void print_days(struct canvas *canvas)
{
    int bottom = QUEUE_TOP + QUEUE_HIGH;

    buffer_print(canvas->buffer,
                 "<text x=\"%d\" y=\"%d\">0</text>\n"
                 "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">",
                 LEFT, bottom + 16, LEFT + COLUMNS, bottom + 16);
    buffer_print(canvas->buffer, _("%.1f hours"),
                 (double)(canvas->last_s - canvas->first_s) / 3600);
    buffer_add_text(canvas->buffer, "</text>\n");
}

static void print_charts(struct canvas *canvas, const struct change *changes, size_t count)
{
    CLEANUP(memory_freep) struct columns *columns = NEW(struct columns);
    double processors = canvas->picture->processors;
    double waiting;

    fill_columns(canvas, changes, count, columns);
    waiting = most_of(columns->waiting);
    if (canvas->picture->count <= PICTURE_BOXES_MOST)
        print_boxes(canvas);
    else
        print_area(canvas, columns->busy, processors, TOP + CHART_HIGH, CHART_HIGH, "#6a9fd4");
    print_axis(canvas, TOP, CHART_HIGH, processors, _("processors"));
    print_area(canvas, columns->waiting, waiting, QUEUE_TOP + QUEUE_HIGH, QUEUE_HIGH, "#d49a6a");
    print_axis(canvas, QUEUE_TOP, QUEUE_HIGH, waiting, _("jobs that wait"));
    print_days(canvas);
}

static void print_title(struct buffer *buffer, const char *title)
{
    for (; *title; title++)
        if (strchr("<>&\"", *title))
            buffer_print(buffer, "&#%d;", *title);
        else
            buffer_add_char(buffer, *title);
}

void picture_begin(struct buffer *buffer, int width, int height, const char *title)
{
    CLEANUP(buffer_clear) struct buffer shown;

    buffer_init(&shown);
    buffer_add_escaped(&shown, title);
    buffer_print(buffer,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                 "font-family=\"sans-serif\" font-size=\"12\">\n"
                 "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
                 "<text x=\"%d\" y=\"16\" font-size=\"14\">",
                 width, height, LEFT);
    print_title(buffer, shown.bytes);
    buffer_add_text(buffer, "</text>\n");
}

void picture_print(const struct picture *picture, struct buffer *buffer)
{
    struct canvas canvas = {.picture = picture, .buffer = buffer};
    size_t count;
    CLEANUP(memory_freep) struct change *changes = make_changes(picture, &count);

    canvas.first_s = changes[0].at_s;
    canvas.last_s = changes[count - 1].at_s; /* later: every job runs for a second or more */
    picture_begin(buffer, WIDTH, QUEUE_TOP + QUEUE_HIGH + 30, picture->title);
    print_charts(&canvas, changes, count);
    buffer_add_text(buffer, "</svg>\n");
}
