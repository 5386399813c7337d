/* report.c - one institution's month, gathered from the ledger */

#include "accounting/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void totals_add(struct totals *totals, const struct usage *usage)
{
    totals->jobs++;
    totals->jobs_ok += strcmp(usage->state, "COMPLETED") == 0;
    totals->jobs_fault += usage->waived_micro > 0;
    totals->core_us += (int64_t)usage->cores * usage->wall_us;
    totals->cpu_used_us += usage->cpu_used_us;
    totals->charged_micro += usage->charged_micro;
    if (strcmp(usage->state, "COMPLETED") != 0)
        totals->failed_micro += usage->charged_micro;
    totals->memory_mib_s += (__int128)(usage->memory_bytes >> 20) * (usage->wall_us / 1000000);
    totals->memory_used_mib_s +=
        (__int128)(usage->memory_peak_bytes >> 20) * (usage->wall_us / 1000000);
    totals->waived_micro += usage->waived_micro;
}

/* The group of that name, made if it is new.  Binary search: groups stay sorted. */
static struct group *find_group(struct group_list *list, const char *name)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, list->all[middle].name);

        if (order == 0)
            return &list->all[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        list->all = memory_resize(list->all, list->capacity, sizeof *list->all);
    }
    memmove(&list->all[low + 1], &list->all[low], (list->count - low) * sizeof *list->all);
    list->count++;
    list->all[low] = (struct group){.name = memory_copy(name)};
    return &list->all[low];
}

static void add_wait(struct group *group, int64_t wait_us)
{
    if (group->wait_count == group->wait_capacity) {
        group->wait_capacity = group->wait_capacity ? 2 * group->wait_capacity : 64;
        group->waits_us =
            memory_resize(group->waits_us, group->wait_capacity, sizeof *group->waits_us);
    }
    group->waits_us[group->wait_count++] = wait_us;
}

void report_add_usage(struct report *report, const struct usage *usage)
{
    struct group *cluster = find_group(&report->clusters, usage->cluster);

    totals_add(&cluster->totals, usage);
    if (usage->start_us >= usage->eligible_us)
        add_wait(cluster, usage->start_us - usage->eligible_us);
    totals_add(&report->totals, usage);
    totals_add(&find_group(&report->projects, usage->project)->totals, usage);
    totals_add(&find_group(&report->users, usage->user)->totals, usage);
}

static bool add_line(void *owner, const struct txn_row *row, struct error *err)
{
    struct report *report = owner;
    struct report_line *line;

    if (report->line_count > 0 && row->sequence != report->last_sequence + 1)
        return fail(err, ERROR_IO, "the chain of %s has a gap before entry %llu",
                    report->institution, (unsigned long long)row->sequence);
    if (report->line_count == report->line_capacity) {
        report->line_capacity = report->line_capacity ? 2 * report->line_capacity : 64;
        report->lines = memory_resize(report->lines, report->line_capacity, sizeof *report->lines);
    }
    line = &report->lines[report->line_count++];
    *line = (struct report_line){
        .kind = row->kind,
        .key = arena_copy(report->texts, row->key),
        .sequence = row->sequence,
        .at_us = row->at_us,
        .canonical = arena_copy(report->texts, row->canonical),
        .has_usage = row->has_usage,
        .usage = row->usage,
    };
    if (row->has_usage) {
        const char *name = openings_name(report->openings, row->usage.user);

        memory_put_text(line->usage.user, sizeof(line->usage.user), name);
        if (seal_is(line->usage.user))
            return fail(err, ERROR_IO, "nobody's seal is opened by what %s is posted to", row->key);
    }
    if (report->first_sequence == 0)
        report->first_sequence = row->sequence;
    report->last_sequence = row->sequence;
    report->head = row->head;
    report->last_id = row->id;
    if (row->has_usage)
        report_add_usage(report, &line->usage);
    return true;
}

static bool add_rate(void *owner, const struct rate *rate, int64_t made_us, struct error *err)
{
    struct report *report = owner;

    (void)err;
    report->rates = memory_resize(report->rates, report->rate_count + 1, sizeof(*report->rates));
    report->rates[report->rate_count++] = (struct report_rate){*rate, made_us};
    return true;
}

struct report *report_make(struct store_reader *reader, const char *institution,
                           const struct period *period, int64_t now_us, struct error *err)
{
    CLEANUP(report_freep) struct report *report = NEW(struct report);
    CLEANUP(institution_row_clear) struct institution_row row = {0};

    report->texts = arena_new();
    report->period = *period;
    report->made_us = now_us;
    report->provisional = now_us < period->end_us;
    report->institution = memory_copy(institution);
    report->network = store_reader_meta(reader, "network");
    if (!report->network)
        report->network = memory_copy("");
    if (!store_reader_institution(reader, institution, &row, err))
        return NULL;
    report->title = STEAL(row.title);
    report->ror = STEAL(row.ror);
    report->openings = store_reader_openings(reader, err);
    if (!report->openings || !store_reader_rates(reader, period->end_us, add_rate, report, err) ||
        !store_reader_txns(reader, institution, period, add_line, report, err) ||
        !store_reader_budget(reader, institution, period, &report->granted_micro,
                             &report->charged_ever_micro, err))
        return NULL;
    if (report->first_sequence > 1 &&
        !store_reader_head(reader, institution, report->first_sequence - 1, &report->head_before,
                           err))
        return NULL;
    return STEAL(report);
}

bool report_prove(struct report *report, const struct tree_source *source, uint64_t leaves,
                  uint64_t before, struct error *err)
{
    struct proofs *proofs = &report->proofs;

    *proofs = (struct proofs){
        .checkpoint = {.leaves = leaves},
        .has_leaf = report->last_id > 0 && report->last_id <= leaves,
        .index = report->last_id - 1,
        .before = before <= leaves ? before : 0,
    };
    snprintf(proofs->checkpoint.origin, sizeof(proofs->checkpoint.origin), "tequio/%.64s",
             *report->network ? report->network : "network");
    return proofs_make(source, proofs) ||
           fail(err, ERROR_IO, "the hashes of the log cannot be read");
}

static void clear_groups(struct group_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->all[i].name);
        free(list->all[i].waits_us);
    }
    free(list->all);
}

void report_free(struct report *report)
{
    if (!report)
        return;
    arena_free(report->texts);
    free(report->lines);
    free(report->rates);
    openings_free(report->openings);
    clear_groups(&report->projects);
    clear_groups(&report->users);
    clear_groups(&report->clusters);
    free(report->network);
    free(report->institution);
    free(report->title);
    free(report->ror);
    free(report);
}
