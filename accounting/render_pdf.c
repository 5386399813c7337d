/* render_pdf.c - the statement: a report on paper */

#include "accounting/csv.h"
#include "accounting/figures.h"
#include "accounting/paper.h"
#include "accounting/render.h"
#include "accounting/statement.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CORRECTION_COLUMNS 6

/* "noviembre de 2026" */
static void add_month(struct buffer *buffer, const struct texts *texts, const char *period)
{
    struct error ignored;
    uint32_t month;

    if (strlen(period) != 7 || !parse_u32(period + 5, 1, 12, &month, &ignored)) {
        buffer_add_text(buffer, period);
        return;
    }
    buffer_print(buffer, "%s%s%.4s", texts->months[month - 1], texts->of, period);
}

static void add_head(struct paper *paper, const struct report *report)
{
    const struct texts *texts = paper->texts;
    CLEANUP(buffer_clear) struct buffer line;

    buffer_init(&line);
    buffer_print(&line, "%s, ", texts->title);
    add_month(&line, texts, report->period.name);
    paper_title(paper, *report->title ? report->title : report->institution);
    paper_heading(paper, line.bytes);
    if (report->provisional)
        paper_paragraph(paper, texts->provisional);
}

/* A table of two columns without titles: a name, and what it is. */
static struct paper_table list_begin(struct paper *paper, bool mono)
{
    struct paper_table table = {.paper = paper, .columns = 2, .mono = mono};

    paper_table_begin(&table);
    return table;
}

static void list_add(struct paper_table *table, const char *name, const char *text)
{
    buffer_add_text(&table->cells[0], name);
    buffer_add_text(&table->cells[1], text);
    paper_table_row(table);
}

static void list_add_amount(struct paper_table *table, const char *name, int64_t amount_micro)
{
    figure_add_amount(&table->cells[1], amount_micro);
    list_add(table, name, "");
}

static void list_add_number(struct paper_table *table, const char *name, uint64_t number)
{
    buffer_add_unsigned(&table->cells[1], number);
    list_add(table, name, "");
}

static void add_names(struct paper *paper, const struct report *report)
{
    const struct texts *texts = paper->texts;
    struct paper_table list = list_begin(paper, false);

    list_add(&list, texts->network, report->network);
    if (*report->ror)
        list_add(&list, "ROR", report->ror);
    print_time_utc(report->period.start_us, &list.cells[1]);
    buffer_add_text(&list.cells[1], " - ");
    print_time_utc(report->period.end_us, &list.cells[1]);
    list_add(&list, texts->dates, "");
    list_add_amount(&list, texts->granted, report->granted_micro);
    list_add_amount(&list, texts->ever, report->charged_ever_micro);
    paper_table_end(&list);
}

static void add_whole(struct paper *paper, const struct totals *totals)
{
    const struct texts *texts = paper->texts;
    struct paper_table list;

    paper_heading(paper, texts->whole);
    list = list_begin(paper, false);
    list_add_number(&list, texts->jobs, totals->jobs);
    list_add_number(&list, texts->jobs_ok, totals->jobs_ok);
    list_add_number(&list, texts->jobs_fault, totals->jobs_fault);
    list_add_amount(&list, texts->core_hours, figure_core_hours(totals));
    list_add_amount(&list, texts->billed, totals->charged_micro);
    list_add_amount(&list, texts->waived, totals->waived_micro);
    list_add_amount(&list, texts->failed, totals->failed_micro);
    figure_add_percent(&list.cells[1], totals);
    list_add(&list, texts->efficiency, "");
    paper_table_end(&list);
}

static void add_group(struct paper_table *table, const struct group *group)
{
    buffer_add_text(&table->cells[0], group->name);
    buffer_add_unsigned(&table->cells[1], group->totals.jobs);
    figure_add_amount(&table->cells[2], figure_core_hours(&group->totals));
    figure_add_amount(&table->cells[3], group->totals.charged_micro);
    figure_add_amount(&table->cells[4], group->totals.waived_micro);
    figure_add_percent(&table->cells[5], &group->totals);
    paper_table_row(table);
}

static void add_groups(struct paper *paper, const char *title, const char *column,
                       const struct group_list *list)
{
    const struct texts *texts = paper->texts;
    CLEANUP(memory_freep) const struct group **groups = figure_sort(list);
    struct bar bars[BARS_MOST + 1];
    struct paper_table table = {
        .paper = paper,
        .columns = 6,
        .titles = {column, texts->jobs, texts->core_hours, texts->billed, texts->waived,
                   texts->efficiency},
    };

    paper_heading(paper, title);
    if (list->count == 0) {
        paper_paragraph(paper, texts->none);
        return;
    }
    paper_bars(paper, bars, figure_bars(groups, list->count, texts->others, bars));
    paper_table_begin(&table);
    for (size_t i = 0; i < list->count; i++)
        add_group(&table, groups[i]);
    paper_table_end(&table);
}

static void add_waits(struct paper *paper, const struct group_list *clusters)
{
    const struct texts *texts = paper->texts;
    struct waits waits;
    struct paper_table table = {
        .paper = paper,
        .columns = 5,
        .titles = {texts->cluster, texts->mean, texts->half, texts->most, texts->longest},
    };

    if (clusters->count == 0)
        return;
    paper_heading(paper, texts->waits);
    paper_table_begin(&table);
    for (size_t i = 0; i < clusters->count; i++) {
        if (!waits_summarize(&clusters->all[i], &waits))
            continue;
        buffer_add_text(&table.cells[0], clusters->all[i].name);
        figure_add_minutes(&table.cells[1], waits.mean_us);
        figure_add_minutes(&table.cells[2], waits.half_us);
        figure_add_minutes(&table.cells[3], waits.most_us);
        figure_add_minutes(&table.cells[4], waits.longest_us);
        paper_table_row(&table);
    }
    paper_table_end(&table);
}

/* A row of R15.csv. */
static void add_correction(struct paper_table *table, char *const *fields)
{
    struct error ignored;
    uint64_t size = 0;
    bool less = fields[5][0] == '-';

    if (!parse_u64(fields[5] + less, 0, INT64_MAX, &size, &ignored))
        return;
    buffer_print(&table->cells[0], "%s  %s", fields[0], fields[1]);
    buffer_add_text(&table->cells[1], fields[2]);
    buffer_add_text(&table->cells[2], fields[4]);
    figure_add_amount(&table->cells[3], less ? -(int64_t)size : (int64_t)size);
    paper_table_row(table);
}

static void add_corrections(struct paper *paper, const struct buffer *corrections)
{
    const struct texts *texts = paper->texts;
    CLEANUP(csv_clear) struct csv csv = {0};
    struct error ignored;
    struct paper_table table = {
        .paper = paper,
        .columns = 4,
        .titles = {texts->entry, texts->kind, texts->account, texts->amount},
    };

    csv_init(&csv, corrections);
    if (csv_next(&csv, &ignored) != 1 || !*csv.place)
        return;
    paper_heading(paper, texts->corrections);
    paper_table_begin(&table);
    while (csv_next(&csv, &ignored) == 1)
        if (csv.count == CORRECTION_COLUMNS)
            add_correction(&table, csv.fields);
    paper_table_end(&table);
}

/* The last page: what this is a part of, and how to see that it is true. */
static void add_check(struct paper *paper, const struct report *report)
{
    const struct texts *texts = paper->texts;
    const struct checkpoint *checkpoint = &report->proofs.checkpoint;
    struct paper_table list;

    paper_need(paper, 300.0F);
    paper_heading(paper, texts->check);
    paper_paragraph(paper, texts->how);
    list = list_begin(paper, true);
    buffer_print(&list.cells[1], "%" PRIu64 " - %" PRIu64, report->first_sequence,
                 report->last_sequence);
    list_add(&list, texts->entries, "");
    hex_print(report->head.bytes, DIGEST_SIZE, &list.cells[1]);
    list_add(&list, texts->head, "");
    list_add_number(&list, texts->log, checkpoint->leaves);
    hex_print(checkpoint->root.bytes, DIGEST_SIZE, &list.cells[1]);
    list_add(&list, texts->root, "");
    paper_table_end(&list);
    for (size_t i = 0; i < COUNT_OF(texts->steps); i++)
        paper_paragraph(paper, texts->steps[i]);
}

void statement_print(const struct report *report, const struct texts *texts,
                     const struct buffer *corrections, struct buffer *buffer)
{
    const char *name = *report->title ? report->title : report->institution;
    CLEANUP(memory_freep)
    char *title = memory_format("%s: %s, %s", texts->title, name, report->period.name);
    CLEANUP(paper_clear) struct paper paper;

    paper_init(&paper, pdf_new(title, report->network, report->period.end_us), texts);
    add_head(&paper, report);
    add_names(&paper, report);
    add_whole(&paper, &report->totals);
    add_groups(&paper, texts->by_project, texts->project, &report->projects);
    add_groups(&paper, texts->by_person, texts->person, &report->users);
    add_groups(&paper, texts->by_cluster, texts->cluster, &report->clusters);
    add_waits(&paper, &report->clusters);
    add_corrections(&paper, corrections);
    add_check(&paper, report);
    paper_number(&paper, title);
    pdf_print(paper.pdf, buffer);
}

static void render(const struct report *report, const struct texts *texts, struct buffer *buffer)
{
    CLEANUP(buffer_clear) struct buffer corrections;

    buffer_init(&corrections);
    render_corrections(report, &corrections);
    statement_print(report, texts, &corrections, buffer);
}

void render_pdf_english(const struct report *report, struct buffer *buffer)
{
    render(report, &texts_english, buffer);
}

void render_pdf_spanish(const struct report *report, struct buffer *buffer)
{
    render(report, &texts_spanish, buffer);
}
