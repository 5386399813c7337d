/* render_csv.c - a report's tables, for programs and spreadsheets */

#include "accounting/corrections.h"
#include "accounting/render.h"
#include "base/parse.h"

#include <inttypes.h>
#include <string.h>

const char csv_summary_columns[] =
    "period,institution,ror,title,projects_active,users_active,jobs_ended,jobs_ok,jobs_fault,"
    "core_hours,su_billed,su_waived,su_granted,su_billed_ever,cpu_eff_ppm,seq_first,seq_last";
const char csv_group_columns[] =
    "jobs_ended,jobs_ok,jobs_fault,core_hours,su_billed,su_waived,cpu_eff_ppm";
const char csv_item_columns[] =
    "inst_seq,txn_key,job,attempt,slice,institution,project,user,cluster,partition,submit_us,"
    "eligible_us,start_us,end_us,nodes,cores,wall_us,cpu_used_us,memory_bytes,memory_peak_bytes,"
    "factor_ppm,billed_usu,waived_usu,state,gpus,card,qos_ppm,listed_usu";

/* Quoted only when it has to be (RFC 4180). */
static void add_field(struct buffer *buffer, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        buffer_add_text(buffer, text);
        return;
    }
    buffer_add_char(buffer, '"');
    for (; *text; text++) {
        if (*text == '"')
            buffer_add_char(buffer, '"');
        buffer_add_char(buffer, *text);
    }
    buffer_add_char(buffer, '"');
}

/* SU with all six decimals, so that columns add up by eye too. */
static void add_amount(struct buffer *buffer, int64_t amount_micro)
{
    uint64_t size = amount_micro < 0 ? 0 - (uint64_t)amount_micro : (uint64_t)amount_micro;

    buffer_print(buffer, "%s%" PRIu64 ".%06" PRIu64, amount_micro < 0 ? "-" : "", size / 1000000,
                 size % 1000000);
}

/* Measured over allocated; empty when nothing was allocated. */
static void add_efficiency(struct buffer *buffer, const struct totals *totals)
{
    if (totals->core_us > 0)
        buffer_print(buffer, "%" PRId64,
                     (int64_t)((__int128)totals->cpu_used_us * 1000000 / totals->core_us));
}

/* Core-hours with 6 decimals, like SU: one core-hour is 3.6e9 core-microseconds. */
static void add_core_hours(struct buffer *buffer, const struct totals *totals)
{
    add_amount(buffer, (int64_t)((__int128)totals->core_us * 1000000 / US_PER_HOUR));
}

static void add_totals(struct buffer *buffer, const struct totals *totals)
{
    buffer_print(buffer, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", totals->jobs, totals->jobs_ok,
                 totals->jobs_fault);
    add_core_hours(buffer, totals);
    buffer_add_char(buffer, ',');
    add_amount(buffer, totals->charged_micro);
    buffer_add_char(buffer, ',');
    add_amount(buffer, totals->waived_micro);
}

void render_summary_csv(const struct report *report, struct buffer *buffer)
{
    buffer_print(buffer, "%s\n%s,", csv_summary_columns, report->period.name);
    add_field(buffer, report->institution);
    buffer_add_char(buffer, ',');
    add_field(buffer, report->ror);
    buffer_add_char(buffer, ',');
    add_field(buffer, report->title);
    buffer_print(buffer, ",%zu,%zu,", report->projects.count, report->users.count);
    add_totals(buffer, &report->totals);
    buffer_add_char(buffer, ',');
    add_amount(buffer, report->granted_micro);
    buffer_add_char(buffer, ',');
    add_amount(buffer, report->charged_ever_micro);
    buffer_add_char(buffer, ',');
    add_efficiency(buffer, &report->totals);
    buffer_print(buffer, ",%" PRIu64 ",%" PRIu64 "\n", report->first_sequence,
                 report->last_sequence);
}

static void render_groups(const struct group_list *list, const char *column, struct buffer *buffer)
{
    buffer_print(buffer, "%s,%s\n", column, csv_group_columns);
    for (size_t i = 0; i < list->count; i++) {
        add_field(buffer, list->all[i].name);
        buffer_add_char(buffer, ',');
        add_totals(buffer, &list->all[i].totals);
        buffer_add_char(buffer, ',');
        add_efficiency(buffer, &list->all[i].totals);
        buffer_add_char(buffer, '\n');
    }
}

void render_projects_csv(const struct report *report, struct buffer *buffer)
{
    render_groups(&report->projects, "project", buffer);
}

void render_users_csv(const struct report *report, struct buffer *buffer)
{
    render_groups(&report->users, "user", buffer);
}

/* Whose computers the institution used. */
void render_clusters_csv(const struct report *report, struct buffer *buffer)
{
    render_groups(&report->clusters, "cluster", buffer);
}

static void add_text(struct buffer *buffer, const char *text)
{
    buffer_add_text(buffer, text);
    buffer_add_char(buffer, ',');
}

static void add_count(struct buffer *buffer, uint64_t value)
{
    buffer_add_unsigned(buffer, value);
    buffer_add_char(buffer, ',');
}

static void add_signed(struct buffer *buffer, int64_t value)
{
    buffer_add_signed(buffer, value);
    buffer_add_char(buffer, ',');
}

/* Most of a report is here: no printf. */
static void add_item(struct buffer *buffer, const struct report_line *line)
{
    const struct usage *usage = &line->usage;

    add_count(buffer, line->sequence);
    add_text(buffer, line->key);
    add_count(buffer, usage->job);
    add_count(buffer, usage->attempt);
    add_count(buffer, usage->slice);
    add_text(buffer, usage->institution);
    add_text(buffer, usage->project);
    add_text(buffer, usage->user);
    add_text(buffer, usage->cluster);
    add_text(buffer, usage->partition);
    add_signed(buffer, usage->submit_us);
    add_signed(buffer, usage->eligible_us);
    add_signed(buffer, usage->start_us);
    add_signed(buffer, usage->end_us);
    add_count(buffer, usage->nodes);
    add_count(buffer, usage->cores);
    add_signed(buffer, usage->wall_us);
    add_signed(buffer, usage->cpu_used_us);
    add_count(buffer, usage->memory_bytes);
    add_count(buffer, usage->memory_peak_bytes);
    add_count(buffer, usage->factor_ppm);
    add_signed(buffer, usage->charged_micro);
    add_signed(buffer, usage->waived_micro);
    add_text(buffer, usage->state);
    add_count(buffer, usage->gpus);
    add_count(buffer, usage->card);
    add_count(buffer, usage->qos_ppm);
    buffer_add_signed(buffer, usage->listed_micro);
    buffer_add_char(buffer, '\n');
}

/* Names in the ledger are names of base/parse.h: nothing in an item needs quotes. */
void render_items_csv(const struct report *report, struct buffer *buffer)
{
    buffer_print(buffer, "%s\n", csv_item_columns);
    for (size_t i = 0; i < report->line_count; i++)
        if (report->lines[i].has_usage)
            add_item(buffer, &report->lines[i]);
}

void render_corrections(const struct report *report, struct buffer *buffer)
{
    buffer_print(buffer, "%s\n", csv_correction_columns);
    for (size_t i = 0; i < report->line_count; i++)
        if (!report->lines[i].has_usage)
            corrections_add_leaf(report->lines[i].canonical, report->lines[i].sequence, buffer);
}

/* The texts that the chain hashes, each followed by an empty line. */
void render_leaves(const struct report *report, struct buffer *buffer)
{
    for (size_t i = 0; i < report->line_count; i++) {
        buffer_add_text(buffer, report->lines[i].canonical);
        buffer_add_char(buffer, '\n');
    }
}
