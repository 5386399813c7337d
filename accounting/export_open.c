/* export_open.c - the open data: who used which cluster in a month, without a person in it */

#include "accounting/core/ledger.h"
#include "accounting/export.h"
#include "accounting/figures.h"
#include "accounting/json.h"
#include "base/digest.h"
#include "base/parse.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char export_open_columns[] = "period,cluster,institution,jobs_ended,jobs_ok,core_hours,"
                                   "su_billed,su_waived,cpu_eff_ppm,wait_p50_s,users_band";

/* What each column is: name, type of the Table Schema, in English, in Spanish. */
static const char *const fields[][4] = {
    {"period",      "yearmonth", "month, in the network's zone",             "mes, en la zona de la red"      },
    {"cluster",     "string",    "cluster",                                  "clúster"                       },
    {"institution", "string",    "institution whose people used it",         "institución cuya gente lo usó"},
    {"jobs_ended",  "integer",   "attempts that ended",                      "intentos terminados"            },
    {"jobs_ok",     "integer",   "of them completed",                        "de ellos completados"           },
    {"core_hours",  "number",    "hours of cores allocated",                 "horas de núcleo asignadas"     },
    {"su_billed",   "number",    "service units billed",                     "unidades de servicio cobradas"  },
    {"su_waived",   "number",    "service units not billed after faults",
     "unidades de servicio no cobradas por fallas"                                                            },
    {"cpu_eff_ppm", "integer",   "processor time used, millionths",
     "tiempo de procesador usado, millonésimas"                                                              },
    {"wait_p50_s",  "integer",   "half of the attempts waited no longer, s",
     "la mitad de los intentos no esperó más, s"                                                            },
    {"users_band",  "string",    "how many people, in bands",                "cuántas personas, por tramos"  },
};

/* A cluster in the month of one institution: a report of its own has the sums. */
struct cell {
    char cluster[LEDGER_NAME_MAX + 1];
    struct report *sums;
};

struct cells {
    size_t count, capacity;
    struct cell *all;
};

static struct cell *find_cell(struct cells *cells, const char *cluster)
{
    struct cell *cell;

    for (size_t i = 0; i < cells->count; i++)
        if (strcmp(cells->all[i].cluster, cluster) == 0)
            return &cells->all[i];
    if (cells->count == cells->capacity) {
        cells->capacity = cells->capacity ? 2 * cells->capacity : 8;
        cells->all = memory_resize(cells->all, cells->capacity, sizeof(*cells->all));
    }
    cell = &cells->all[cells->count++];
    *cell = (struct cell){.sums = NEW(struct report)};
    memory_put_text(cell->cluster, sizeof(cell->cluster), cluster);
    return cell;
}

static bool add_usage(void *owner, const struct usage *usage, struct error *err)
{
    (void)err;
    report_add_usage(find_cell(owner, usage->cluster)->sums, usage);
    return true;
}

static int compare_cells(const void *a, const void *b)
{
    return strcmp(((const struct cell *)a)->cluster, ((const struct cell *)b)->cluster);
}

static void clear_cells(struct cells *cells)
{
    for (size_t i = 0; i < cells->count; i++)
        report_free(cells->all[i].sums);
    free(cells->all);
}

static const char *band_of(size_t people)
{
    static const struct {
        size_t below;
        const char *name;
    } bands[] = {
        {10,       "5-9"  },
        {20,       "10-19"},
        {50,       "20-49"},
        {100,      "50-99"},
        {SIZE_MAX, "100+" },
    };
    size_t i = 0;

    while (people >= bands[i].below)
        i++;
    return bands[i].name;
}

static void add_row(struct buffer *buffer, const struct manifest *manifest, const struct cell *cell)
{
    const struct totals *totals = &cell->sums->totals;
    struct waits waits;

    if (cell->sums->users.count < OPEN_PEOPLE_LEAST ||
        cell->sums->projects.count < OPEN_PROJECTS_LEAST)
        return;
    buffer_print(buffer, "%s,%s,%s,%" PRIu64 ",%" PRIu64 ",", manifest->period, cell->cluster,
                 manifest->institution, totals->jobs, totals->jobs_ok);
    print_amount(figure_core_hours(totals), buffer);
    buffer_add_char(buffer, ',');
    print_amount(totals->charged_micro, buffer);
    buffer_add_char(buffer, ',');
    print_amount(totals->waived_micro, buffer);
    buffer_add_char(buffer, ',');
    if (totals->core_us > 0)
        buffer_print(buffer, "%" PRId64,
                     (int64_t)((__int128)totals->cpu_used_us * 1000000 / totals->core_us));
    buffer_add_char(buffer, ',');
    if (waits_summarize(&cell->sums->clusters.all[0], &waits))
        buffer_print(buffer, "%" PRId64, waits.half_us / US_PER_SECOND);
    buffer_print(buffer, ",%s\n", band_of(cell->sums->users.count));
}

bool export_open_table(const struct export_source *sources, size_t count, struct buffer *buffer,
                       struct error *err)
{
    buffer_print(buffer, "%s\n", export_open_columns);
    for (size_t i = 0; i < count; i++) {
        CLEANUP(clear_cells) struct cells cells = {0};

        if (!items_each_usage(sources[i].bundle, add_usage, &cells, err))
            return false;
        if (cells.count > 1)
            qsort(cells.all, cells.count, sizeof(*cells.all), compare_cells);
        for (size_t k = 0; k < cells.count; k++)
            add_row(buffer, &sources[i].manifest, &cells.all[k]);
    }
    return true;
}

static json_t *schema_object(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", fields[i][0], "type",
                                              fields[i][1], "description", fields[i][2],
                                              "description_es", fields[i][3]));
    return json_pack("{s:o, s:[s], s:[s, s, s]}", "fields", list, "missingValues", "", "primaryKey",
                     "period", "cluster", "institution");
}

/* Which reports it was made from, by the ends of their chains. */
static json_t *sources_array(const struct export_source *sources, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct manifest *manifest = &sources[i].manifest;
        CLEANUP(buffer_clear) struct buffer title;

        buffer_init(&title);
        buffer_print(&title, "%s %s %s ", manifest->network, manifest->institution,
                     manifest->period);
        hex_print(manifest->head.bytes, DIGEST_SIZE, &title);
        json_array_append_new(list, json_pack("{s:s}", "title", title.bytes));
    }
    return list;
}

void export_open_package(const struct export_source *sources, size_t count,
                         const struct buffer *table, struct buffer *buffer)
{
    struct digest digest = digest_of(table->bytes, table->length);
    CLEANUP(buffer_clear) struct buffer hash;
    json_t *resource;

    buffer_init(&hash);
    buffer_add_text(&hash, "sha256:");
    hex_print(digest.bytes, DIGEST_SIZE, &hash);
    resource = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o}", "name", "usage", "path",
                         "usage.csv", "profile", "tabular-data-resource", "format", "csv",
                         "mediatype", "text/csv", "encoding", "utf-8", "hash", hash.bytes, "bytes",
                         (json_int_t)table->length, "schema", schema_object());
    json_print(json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:[o]}", "profile", "tabular-data-package",
                         "name", "tequio-usage", "title",
                         "Use of the shared computers, by month, cluster and institution",
                         "title_es",
                         "Uso de las computadoras compartidas, por mes, clúster e institución",
                         "description",
                         "Rows that fewer than 5 people or 2 projects stand behind are left out. "
                         "Made from signed reports, which the sources name by institution, month "
                         "and the end of their chain.",
                         "sources", sources_array(sources, count), "resources", resource),
               buffer);
}
