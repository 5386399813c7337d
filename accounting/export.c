/* export.c - a report's items as OGF usage records, and as APEL's summary */

#include "accounting/export.h"

#include "accounting/core/ledger.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- Usage Record 2.0 (GFD.204) -------------------------------------------------------------- */

struct records {
    const struct export_source *source;
    struct buffer *buffer;
};

static void add_element(struct buffer *buffer, const char *name, const char *text)
{
    buffer_print(buffer, "      <urf:%s>", name);
    buffer_add_markup(buffer, text);
    buffer_print(buffer, "</urf:%s>\n", name);
}

static void add_time(struct buffer *buffer, const char *name, int64_t at_us)
{
    buffer_print(buffer, "      <urf:%s>", name);
    print_time_utc(at_us, buffer);
    buffer_print(buffer, "</urf:%s>\n", name);
}

/* In seconds, rounded down, as durations of XML Schema are written. */
static void add_duration(struct buffer *buffer, const char *name, int64_t time_us)
{
    buffer_print(buffer, "      <urf:%s>PT%" PRId64 "S</urf:%s>\n", name, time_us / US_PER_SECOND,
                 name);
}

static void add_identity(struct buffer *buffer, const char *network, const struct usage *usage)
{
    buffer_add_text(buffer, "    <urf:RecordIdentityBlock>\n      <urf:RecordId>");
    buffer_add_markup(buffer, network);
    buffer_print(buffer, "/%" PRIu64 "/%" PRIu32 "/%" PRIu32 "</urf:RecordId>\n", usage->job,
                 usage->attempt, usage->slice);
    add_time(buffer, "CreateTime", usage->end_us);
    add_element(buffer, "Site", usage->cluster);
    buffer_add_text(buffer, "    </urf:RecordIdentityBlock>\n    <urf:SubjectIdentityBlock>\n");
    add_element(buffer, "LocalUserId", usage->user);
    add_element(buffer, "LocalGroupId", usage->project);
    add_element(buffer, "GlobalGroupId", usage->institution);
    buffer_add_text(buffer, "    </urf:SubjectIdentityBlock>\n");
}

static bool add_record(void *owner, const struct usage *usage, struct error *err)
{
    struct records *records = owner;
    struct buffer *buffer = records->buffer;

    (void)err;
    buffer_add_text(buffer, "  <urf:UsageRecord>\n");
    add_identity(buffer, records->source->manifest.network, usage);
    buffer_print(buffer,
                 "    <urf:JobUsageBlock>\n      <urf:LocalJobId>%" PRIu64 "</urf:LocalJobId>\n",
                 usage->job);
    add_element(buffer, "MachineName", usage->cluster);
    add_element(buffer, "Queue", usage->partition);
    buffer_add_text(buffer, "      <urf:TimeInstant urf:type=\"Ctime\">");
    print_time_utc(usage->submit_us, buffer);
    buffer_add_text(buffer, "</urf:TimeInstant>\n");
    buffer_print(buffer,
                 "      <urf:ServiceLevel urf:type=\"custom\">%" PRIu32 ".%06" PRIu32
                 "</urf:ServiceLevel>\n",
                 usage->factor_ppm / 1000000, usage->factor_ppm % 1000000);
    add_element(buffer, "Status", usage->state);
    buffer_add_text(buffer, "    </urf:JobUsageBlock>\n    <urf:ComputeUsageBlock>\n");
    add_duration(buffer, "CpuDuration", usage->cpu_used_us);
    add_duration(buffer, "WallDuration", usage->wall_us);
    add_time(buffer, "StartTime", usage->start_us);
    add_time(buffer, "EndTime", usage->end_us);
    buffer_print(buffer,
                 "      <urf:Processors>%" PRIu32 "</urf:Processors>\n"
                 "      <urf:NodeCount>%" PRIu32 "</urf:NodeCount>\n"
                 "    </urf:ComputeUsageBlock>\n  </urf:UsageRecord>\n",
                 usage->cores, usage->nodes);
    return true;
}

bool export_usage_records(const struct export_source *sources, size_t count, struct buffer *buffer,
                          struct error *err)
{
    buffer_add_text(buffer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urf:UsageRecords "
                            "xmlns:urf=\"http://schema.ogf.org/urf/2013/04/urf\">\n");
    for (size_t i = 0; i < count; i++) {
        struct records records = {&sources[i], buffer};

        if (!items_each_usage(sources[i].bundle, add_record, &records, err))
            return false;
    }
    buffer_add_text(buffer, "</urf:UsageRecords>\n");
    return true;
}

/* --- APEL ------------------------------------------------------------------------------------ */

struct block {
    struct usage first; /* whose names and sizes all of the block have */
    int64_t earliest_us, latest_us;
    int64_t wall_us, cpu_used_us;
    uint64_t jobs;
};

struct summary {
    size_t count, capacity;
    struct block *all;
};

static bool collect(void *owner, const struct usage *usage, struct error *err)
{
    struct summary *summary = owner;

    (void)err;
    if (summary->count == summary->capacity) {
        summary->capacity = summary->capacity ? 2 * summary->capacity : 256;
        summary->all = memory_resize(summary->all, summary->capacity, sizeof(*summary->all));
    }
    summary->all[summary->count++] = (struct block){
        .first = *usage,
        .earliest_us = usage->end_us,
        .latest_us = usage->end_us,
        .wall_us = usage->wall_us,
        .cpu_used_us = usage->cpu_used_us,
        .jobs = 1,
    };
    return true;
}

static int compare_blocks(const void *a, const void *b)
{
    const struct usage *first = &((const struct block *)a)->first;
    const struct usage *second = &((const struct block *)b)->first;
    int order = strcmp(first->cluster, second->cluster);

    if (order == 0)
        order = strcmp(first->project, second->project);
    if (order == 0)
        order = strcmp(first->user, second->user);
    if (order == 0)
        order = (first->cores > second->cores) - (first->cores < second->cores);
    if (order == 0)
        order = (first->nodes > second->nodes) - (first->nodes < second->nodes);
    if (order == 0)
        order = (first->factor_ppm > second->factor_ppm) - (first->factor_ppm < second->factor_ppm);
    return order;
}

/* Those that are alike become one; they are sorted. */
static void merge(struct summary *summary)
{
    size_t kept = 0;

    if (summary->count > 1)
        qsort(summary->all, summary->count, sizeof(*summary->all), compare_blocks);
    for (size_t i = 0; i < summary->count; i++) {
        const struct block *block = &summary->all[i];
        struct block *last = kept > 0 ? &summary->all[kept - 1] : NULL;

        if (!last || compare_blocks(last, block) != 0) {
            summary->all[kept++] = *block;
            continue;
        }
        last->jobs += block->jobs;
        last->wall_us += block->wall_us;
        last->cpu_used_us += block->cpu_used_us;
        if (block->earliest_us < last->earliest_us)
            last->earliest_us = block->earliest_us;
        if (block->latest_us > last->latest_us)
            last->latest_us = block->latest_us;
    }
    summary->count = kept;
}

static void add_block(struct buffer *buffer, const struct manifest *manifest,
                      const struct block *block)
{
    const struct usage *usage = &block->first;

    buffer_print(buffer, "Site: %s\nMonth: %s\nYear: %.4s\nGlobalUserName: %s\nVO: %s\n",
                 usage->cluster, manifest->period + 5, manifest->period, usage->user,
                 usage->institution);
    buffer_print(buffer, "VOGroup: /%s/%s\nSubmitHost: %s\nInfrastructureType: grid\n",
                 usage->institution, usage->project, manifest->network);
    buffer_print(buffer, "ServiceLevelType: custom\nServiceLevel: %" PRIu32 ".%03" PRIu32 "\n",
                 usage->factor_ppm / 1000000, usage->factor_ppm % 1000000 / 1000);
    buffer_print(buffer, "NodeCount: %" PRIu32 "\nProcessors: %" PRIu32 "\n", usage->nodes,
                 usage->cores);
    buffer_print(buffer, "EarliestEndTime: %" PRId64 "\nLatestEndTime: %" PRId64 "\n",
                 block->earliest_us / US_PER_SECOND, block->latest_us / US_PER_SECOND);
    buffer_print(buffer,
                 "WallDuration: %" PRId64 "\nCpuDuration: %" PRId64 "\nNumberOfJobs: %" PRIu64
                 "\n%%%%\n",
                 block->wall_us / US_PER_SECOND, block->cpu_used_us / US_PER_SECOND, block->jobs);
}

bool export_apel(const struct export_source *sources, size_t count, struct buffer *buffer,
                 struct error *err)
{
    buffer_add_text(buffer, "APEL-summary-job-message: v0.2\n");
    for (size_t i = 0; i < count; i++) {
        struct summary summary = {0};
        bool good = items_each_usage(sources[i].bundle, collect, &summary, err);

        merge(&summary);
        for (size_t k = 0; k < summary.count; k++)
            add_block(buffer, &sources[i].manifest, &summary.all[k]);
        free(summary.all);
        if (!good)
            return false;
    }
    return true;
}
