/* render_html.c - a report to look at: static pages in English and Spanish, without any script
 *
 * What follows from the items stands between two marks, so that the verifier can make it again and
 * hold it against the page. */

#include "accounting/figures.h"
#include "accounting/render.h"
#include "accounting/texts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROW_HEIGHT 24
#define BAR_START  190
#define BAR_WIDTH  360

static void add_number_row(struct buffer *buffer, const char *name, uint64_t number)
{
    buffer_print(buffer, "<tr><th scope=\"row\">%s</th><td>%" PRIu64 "</td></tr>\n", name, number);
}

static void add_amount_row(struct buffer *buffer, const char *name, int64_t amount_micro)
{
    buffer_print(buffer, "<tr><th scope=\"row\">%s</th><td>", name);
    figure_add_amount(buffer, amount_micro);
    buffer_add_text(buffer, "</td></tr>\n");
}

static void add_whole(struct buffer *buffer, const struct texts *texts, const struct totals *totals)
{
    buffer_print(buffer, "<h2>%s</h2>\n<table>\n", texts->whole);
    add_number_row(buffer, texts->jobs, totals->jobs);
    add_number_row(buffer, texts->jobs_ok, totals->jobs_ok);
    add_number_row(buffer, texts->jobs_fault, totals->jobs_fault);
    add_amount_row(buffer, texts->core_hours, figure_core_hours(totals));
    add_amount_row(buffer, texts->billed, totals->charged_micro);
    add_amount_row(buffer, texts->waived, totals->waived_micro);
    add_amount_row(buffer, texts->failed, totals->failed_micro);
    buffer_print(buffer, "<tr><th scope=\"row\">%s</th><td>", texts->efficiency);
    figure_add_percent(buffer, totals);
    buffer_add_text(buffer, "</td></tr>\n</table>\n");
}

/* --- charts ---------------------------------------------------------------------------------- */

static void add_bar(struct buffer *buffer, const struct bar *bar, size_t row, int64_t most_micro)
{
    int64_t width =
        most_micro > 0 ? (int64_t)((__int128)bar->amount_micro * BAR_WIDTH / most_micro) : 0;
    size_t y = row * ROW_HEIGHT;

    buffer_print(buffer, "<text x=\"%d\" y=\"%zu\" text-anchor=\"end\">", BAR_START - 8, y + 16);
    buffer_add_markup(buffer, bar->name);
    buffer_print(buffer,
                 "</text><rect x=\"%d\" y=\"%zu\" width=\"%" PRId64 "\" height=\"%d\"/>"
                 "<text x=\"%" PRId64 "\" y=\"%zu\">",
                 BAR_START, y + 4, width, ROW_HEIGHT - 8, BAR_START + width + 6, y + 16);
    figure_add_amount(buffer, bar->amount_micro);
    buffer_add_text(buffer, "</text>\n");
}

static void add_chart(struct buffer *buffer, const struct texts *texts,
                      const struct group *const *groups, size_t count)
{
    struct bar bars[BARS_MOST + 1];
    size_t shown = figure_bars(groups, count, texts->others, bars);
    int64_t most_micro = figure_longest(bars, shown);

    buffer_print(buffer, "<svg viewBox=\"0 0 680 %zu\" role=\"img\" aria-label=\"%s\">\n",
                 shown * ROW_HEIGHT, texts->chart);
    for (size_t i = 0; i < shown; i++)
        add_bar(buffer, &bars[i], i, most_micro);
    buffer_add_text(buffer, "</svg>\n");
}

static void add_group_row(struct buffer *buffer, const struct group *group)
{
    buffer_add_text(buffer, "<tr><th scope=\"row\">");
    buffer_add_markup(buffer, group->name);
    buffer_print(buffer, "</th><td>%" PRIu64 "</td><td>", group->totals.jobs);
    figure_add_amount(buffer, figure_core_hours(&group->totals));
    buffer_add_text(buffer, "</td><td>");
    figure_add_amount(buffer, group->totals.charged_micro);
    buffer_add_text(buffer, "</td><td>");
    figure_add_amount(buffer, group->totals.waived_micro);
    buffer_add_text(buffer, "</td><td>");
    figure_add_percent(buffer, &group->totals);
    buffer_add_text(buffer, "</td></tr>\n");
}

static void add_groups(struct buffer *buffer, const struct texts *texts, const char *title,
                       const char *column, const struct group_list *list)
{
    CLEANUP(memory_freep) const struct group **groups = figure_sort(list);

    buffer_print(buffer, "<h2>%s</h2>\n", title);
    if (list->count == 0) {
        buffer_print(buffer, "<p>%s</p>\n", texts->none);
        return;
    }
    add_chart(buffer, texts, groups, list->count);
    buffer_print(buffer,
                 "<table>\n<tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th><th>%s</th><th>%s</th>"
                 "</tr>\n",
                 column, texts->jobs, texts->core_hours, texts->billed, texts->waived,
                 texts->efficiency);
    for (size_t i = 0; i < list->count; i++)
        add_group_row(buffer, groups[i]);
    buffer_add_text(buffer, "</table>\n");
}

static void add_minutes(struct buffer *buffer, int64_t time_us)
{
    buffer_add_text(buffer, "<td>");
    figure_add_minutes(buffer, time_us);
    buffer_add_text(buffer, "</td>");
}

static void add_waits(struct buffer *buffer, const struct texts *texts,
                      const struct group_list *clusters)
{
    buffer_print(buffer,
                 "<h2>%s</h2>\n<table>\n<tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th><th>%s"
                 "</th></tr>\n",
                 texts->waits, texts->cluster, texts->mean, texts->half, texts->most,
                 texts->longest);
    for (size_t i = 0; i < clusters->count; i++) {
        struct waits waits;

        if (!waits_summarize(&clusters->all[i], &waits))
            continue;
        buffer_add_text(buffer, "<tr><th scope=\"row\">");
        buffer_add_markup(buffer, clusters->all[i].name);
        buffer_add_text(buffer, "</th>");
        add_minutes(buffer, waits.mean_us);
        add_minutes(buffer, waits.half_us);
        add_minutes(buffer, waits.most_us);
        add_minutes(buffer, waits.longest_us);
        buffer_add_text(buffer, "</tr>\n");
    }
    buffer_add_text(buffer, "</table>\n");
}

/* --- the page -------------------------------------------------------------------------------- */

static const char style[] =
    "body{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:1rem 0;width:100%}"
    "th,td{padding:.25rem .5rem;border-bottom:1px solid #ccc;text-align:right}"
    "th[scope=row],tr th:first-child{text-align:left;font-weight:normal}"
    "svg{width:100%;font-size:13px}rect{fill:#1f6f8b}.note{color:#a33}footer{color:#666}";

static void add_head(struct buffer *buffer, const struct texts *texts, const struct report *report)
{
    buffer_print(buffer,
                 "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s %s ",
                 texts->language, texts->title, report->period.name);
    buffer_add_markup(buffer, report->institution);
    buffer_print(buffer, "</title>\n<style>%s</style>\n</head>\n<body>\n<h1>%s<br>", style,
                 texts->title);
    buffer_add_markup(buffer, *report->title ? report->title : report->institution);
    buffer_print(buffer, "<br>%s</h1>\n", report->period.name);
    if (report->provisional)
        buffer_print(buffer, "<p class=\"note\">%s</p>\n", texts->provisional);
    buffer_print(buffer, "<p>%s: ", texts->network);
    buffer_add_markup(buffer, report->network);
    buffer_print(buffer, "<br>%s: ", texts->granted);
    figure_add_amount(buffer, report->granted_micro);
    buffer_print(buffer, "<br>%s: ", texts->ever);
    figure_add_amount(buffer, report->charged_ever_micro);
    buffer_add_text(buffer, "</p>\n");
}

static void add_items(struct buffer *buffer, const struct texts *texts, const struct report *report)
{
    buffer_add_text(buffer, HTML_ITEMS_MARK);
    add_whole(buffer, texts, &report->totals);
    add_groups(buffer, texts, texts->by_project, texts->project, &report->projects);
    add_groups(buffer, texts, texts->by_person, texts->person, &report->users);
    add_groups(buffer, texts, texts->by_cluster, texts->cluster, &report->clusters);
    add_waits(buffer, texts, &report->clusters);
    buffer_print(buffer, "<footer><p>%s</p></footer>\n</body>\n</html>\n", texts->how);
}

void render_html_english(const struct report *report, struct buffer *buffer)
{
    add_head(buffer, &texts_english, report);
    add_items(buffer, &texts_english, report);
}

void render_html_spanish(const struct report *report, struct buffer *buffer)
{
    add_head(buffer, &texts_spanish, report);
    add_items(buffer, &texts_spanish, report);
}

void render_html_items_english(const struct report *report, struct buffer *buffer)
{
    add_items(buffer, &texts_english, report);
}

void render_html_items_spanish(const struct report *report, struct buffer *buffer)
{
    add_items(buffer, &texts_spanish, report);
}
