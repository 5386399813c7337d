/* render_html.c - a report to look at: static pages in English and Spanish, without any script
 *
 * What follows from the items stands between two marks, so that the verifier can make it again and
 * hold it against the page. */

#include "accounting/render.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BARS_MOST  12
#define ROW_HEIGHT 24
#define BAR_START  190
#define BAR_WIDTH  360

struct texts {
    const char *language;
    const char *title, *provisional, *network, *granted, *ever, *whole;
    const char *jobs, *jobs_ok, *jobs_fault, *core_hours, *billed, *waived, *efficiency;
    const char *by_project, *by_person, *by_cluster, *project, *person, *cluster;
    const char *waits, *mean, *half, *most, *longest, *failed;
    const char *others, *chart, *none, *how;
};

static const struct texts english = {
    .language = "en",
    .title = "Usage report",
    .provisional = "Provisional: the month has not ended.",
    .network = "Network",
    .granted = "Granted for this month, SU",
    .ever = "Billed since the beginning, SU",
    .whole = "The month as a whole",
    .jobs = "Attempts ended",
    .jobs_ok = "Completed",
    .jobs_fault = "Ended by a fault, waived",
    .core_hours = "Core-hours",
    .billed = "Billed, SU",
    .waived = "Waived, SU",
    .efficiency = "CPU used",
    .by_project = "By project",
    .by_person = "By person",
    .by_cluster = "By cluster",
    .cluster = "Cluster",
    .waits = "Waiting time, minutes",
    .mean = "Mean",
    .half = "Half of them at most",
    .most = "95 % of them at most",
    .longest = "Longest",
    .failed = "Billed for what did not complete, SU",
    .project = "Project",
    .person = "Person",
    .others = "others",
    .chart = "Service units billed",
    .none = "Nothing was used.",
    .how = "One service unit (SU) is an hour of one core of the reference node. This page is part "
           "of a "
           "signed report: tequio verify checks it against each single item.",
};

static const struct texts spanish = {
    .language = "es",
    .title = "Informe de uso",
    .provisional = "Provisional: el mes no ha terminado.",
    .network = "Red",
    .granted = "Concedido para este mes, SU",
    .ever = "Cobrado desde el principio, SU",
    .whole = "El mes entero",
    .jobs = "Intentos terminados",
    .jobs_ok = "Completados",
    .jobs_fault = "Terminados por una falla, condonados",
    .core_hours = "Horas de núcleo",
    .billed = "Cobrado, SU",
    .waived = "Condonado, SU",
    .efficiency = "CPU usada",
    .by_project = "Por proyecto",
    .by_person = "Por persona",
    .by_cluster = "Por clúster",
    .cluster = "Clúster",
    .waits = "Tiempo de espera, minutos",
    .mean = "Media",
    .half = "La mitad, a lo más",
    .most = "El 95 %, a lo más",
    .longest = "El más largo",
    .failed = "Cobrado por lo que no se completó, SU",
    .project = "Proyecto",
    .person = "Persona",
    .others = "otros",
    .chart = "Unidades de servicio cobradas",
    .none = "No se usó nada.",
    .how = "Una unidad de servicio (SU) es una hora de un núcleo del nodo de referencia. Esta "
           "página es "
           "parte de un informe firmado: tequio verify la comprueba contra cada partida.",
};

static void add_html(struct buffer *buffer, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            buffer_add_text(buffer, "&amp;");
        else if (*text == '<')
            buffer_add_text(buffer, "&lt;");
        else if (*text == '>')
            buffer_add_text(buffer, "&gt;");
        else if (*text == '"')
            buffer_add_text(buffer, "&quot;");
        else
            buffer_add_char(buffer, *text);
    }
}

/* To be read: two decimals, rounded; the exact amounts are in the tables. */
static void add_amount(struct buffer *buffer, int64_t amount_micro)
{
    uint64_t size = amount_micro < 0 ? 0 - (uint64_t)amount_micro : (uint64_t)amount_micro;
    uint64_t cents = (size + 5000) / 10000;

    buffer_print(buffer, "%s%" PRIu64 ".%02" PRIu64, amount_micro < 0 ? "-" : "", cents / 100,
                 cents % 100);
}

static int64_t core_hours_micro(const struct totals *totals)
{
    return (int64_t)((__int128)totals->core_us * 1000000 / US_PER_HOUR);
}

static void add_percent(struct buffer *buffer, const struct totals *totals)
{
    if (totals->core_us > 0)
        buffer_print(buffer, "%" PRId64 " %%",
                     (int64_t)(((__int128)totals->cpu_used_us * 100 + totals->core_us / 2) /
                               totals->core_us));
}

static void add_number_row(struct buffer *buffer, const char *name, uint64_t number)
{
    buffer_print(buffer, "<tr><th scope=\"row\">%s</th><td>%" PRIu64 "</td></tr>\n", name, number);
}

static void add_amount_row(struct buffer *buffer, const char *name, int64_t amount_micro)
{
    buffer_print(buffer, "<tr><th scope=\"row\">%s</th><td>", name);
    add_amount(buffer, amount_micro);
    buffer_add_text(buffer, "</td></tr>\n");
}

static void add_whole(struct buffer *buffer, const struct texts *texts, const struct totals *totals)
{
    buffer_print(buffer, "<h2>%s</h2>\n<table>\n", texts->whole);
    add_number_row(buffer, texts->jobs, totals->jobs);
    add_number_row(buffer, texts->jobs_ok, totals->jobs_ok);
    add_number_row(buffer, texts->jobs_fault, totals->jobs_fault);
    add_amount_row(buffer, texts->core_hours, core_hours_micro(totals));
    add_amount_row(buffer, texts->billed, totals->charged_micro);
    add_amount_row(buffer, texts->waived, totals->waived_micro);
    add_amount_row(buffer, texts->failed, totals->failed_micro);
    buffer_print(buffer, "<tr><th scope=\"row\">%s</th><td>", texts->efficiency);
    add_percent(buffer, totals);
    buffer_add_text(buffer, "</td></tr>\n</table>\n");
}

/* --- charts ---------------------------------------------------------------------------------- */

static int compare_groups(const void *a, const void *b)
{
    const struct group *first = *(const struct group *const *)a;
    const struct group *second = *(const struct group *const *)b;

    if (first->totals.charged_micro != second->totals.charged_micro)
        return first->totals.charged_micro < second->totals.charged_micro ? 1 : -1;
    return strcmp(first->name, second->name);
}

/* By amount, the largest first; free() it. */
static const struct group **sorted(const struct group_list *list)
{
    const struct group **groups = NEW_ARRAY(const struct group *, list->count + 1);

    for (size_t i = 0; i < list->count; i++)
        groups[i] = &list->all[i];
    if (list->count > 1)
        qsort(groups, list->count, sizeof *groups, compare_groups);
    return groups;
}

struct bar {
    const char *name;
    int64_t amount_micro;
};

/* The largest, and all others as one. */
static size_t make_bars(const struct group *const *groups, size_t count, const char *others,
                        struct bar bars[BARS_MOST + 1])
{
    size_t shown = count > BARS_MOST ? BARS_MOST : count;

    for (size_t i = 0; i < shown; i++)
        bars[i] = (struct bar){groups[i]->name, groups[i]->totals.charged_micro};
    if (count == shown)
        return shown;
    bars[shown] = (struct bar){others, 0};
    for (size_t i = shown; i < count; i++)
        bars[shown].amount_micro += groups[i]->totals.charged_micro;
    return shown + 1;
}

static void add_bar(struct buffer *buffer, const struct bar *bar, size_t row, int64_t most_micro)
{
    int64_t width =
        most_micro > 0 ? (int64_t)((__int128)bar->amount_micro * BAR_WIDTH / most_micro) : 0;
    size_t y = row * ROW_HEIGHT;

    buffer_print(buffer, "<text x=\"%d\" y=\"%zu\" text-anchor=\"end\">", BAR_START - 8, y + 16);
    add_html(buffer, bar->name);
    buffer_print(buffer,
                 "</text><rect x=\"%d\" y=\"%zu\" width=\"%" PRId64 "\" height=\"%d\"/>"
                 "<text x=\"%" PRId64 "\" y=\"%zu\">",
                 BAR_START, y + 4, width, ROW_HEIGHT - 8, BAR_START + width + 6, y + 16);
    add_amount(buffer, bar->amount_micro);
    buffer_add_text(buffer, "</text>\n");
}

static void add_chart(struct buffer *buffer, const struct texts *texts,
                      const struct group *const *groups, size_t count)
{
    struct bar bars[BARS_MOST + 1];
    size_t shown = make_bars(groups, count, texts->others, bars);
    int64_t most_micro = 0;

    for (size_t i = 0; i < shown; i++)
        if (bars[i].amount_micro > most_micro)
            most_micro = bars[i].amount_micro;
    buffer_print(buffer, "<svg viewBox=\"0 0 680 %zu\" role=\"img\" aria-label=\"%s\">\n",
                 shown * ROW_HEIGHT, texts->chart);
    for (size_t i = 0; i < shown; i++)
        add_bar(buffer, &bars[i], i, most_micro);
    buffer_add_text(buffer, "</svg>\n");
}

static void add_group_row(struct buffer *buffer, const struct group *group)
{
    buffer_add_text(buffer, "<tr><th scope=\"row\">");
    add_html(buffer, group->name);
    buffer_print(buffer, "</th><td>%" PRIu64 "</td><td>", group->totals.jobs);
    add_amount(buffer, core_hours_micro(&group->totals));
    buffer_add_text(buffer, "</td><td>");
    add_amount(buffer, group->totals.charged_micro);
    buffer_add_text(buffer, "</td><td>");
    add_amount(buffer, group->totals.waived_micro);
    buffer_add_text(buffer, "</td><td>");
    add_percent(buffer, &group->totals);
    buffer_add_text(buffer, "</td></tr>\n");
}

static void add_groups(struct buffer *buffer, const struct texts *texts, const char *title,
                       const char *column, const struct group_list *list)
{
    CLEANUP(memory_freep) const struct group **groups = sorted(list);

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
    int64_t tenths = time_us / (US_PER_MINUTE / 10);

    buffer_print(buffer, "<td>%" PRId64 ".%" PRId64 "</td>", tenths / 10, tenths % 10);
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
        add_html(buffer, clusters->all[i].name);
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
    add_html(buffer, report->institution);
    buffer_print(buffer, "</title>\n<style>%s</style>\n</head>\n<body>\n<h1>%s<br>", style,
                 texts->title);
    add_html(buffer, *report->title ? report->title : report->institution);
    buffer_print(buffer, "<br>%s</h1>\n", report->period.name);
    if (report->provisional)
        buffer_print(buffer, "<p class=\"note\">%s</p>\n", texts->provisional);
    buffer_print(buffer, "<p>%s: ", texts->network);
    add_html(buffer, report->network);
    buffer_print(buffer, "<br>%s: ", texts->granted);
    add_amount(buffer, report->granted_micro);
    buffer_print(buffer, "<br>%s: ", texts->ever);
    add_amount(buffer, report->charged_ever_micro);
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
    add_head(buffer, &english, report);
    add_items(buffer, &english, report);
}

void render_html_spanish(const struct report *report, struct buffer *buffer)
{
    add_head(buffer, &spanish, report);
    add_items(buffer, &spanish, report);
}

void render_html_items_english(const struct report *report, struct buffer *buffer)
{
    add_items(buffer, &english, report);
}

void render_html_items_spanish(const struct report *report, struct buffer *buffer)
{
    add_items(buffer, &spanish, report);
}
