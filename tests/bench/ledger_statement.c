/* ledger_statement.c - the month of one institution out of many records, as a signed bundle */

#include "accounting/bundle.h"
#include "accounting/report.h"
#include "tests/bench/ledger_bench.h"

#include <stdio.h>
#include <string.h>

/* Of this process, in MiB: "VmHWM" the most ever, "VmRSS" now. */
static double memory_mib(const char *field)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    unsigned long kib = 0;

    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, field, strlen(field)) == 0)
            sscanf(line + strlen(field), ": %lu", &kib);
    if (file)
        fclose(file);
    return (double)kib / 1024;
}

static const struct period month = {.name = "2026-11",
                                    .start_us = BENCH_START_US,
                                    .end_us = BENCH_START_US + INT64_C(2592000000000)};

bool bench_statement(const char *database, const char *institution, struct error *err)
{
    CLEANUP(store_reader_freep) struct store_reader *reader = store_reader_open(database, err);
    CLEANUP(report_freep) struct report *report = NULL;
    CLEANUP(bundle_freep) struct bundle *bundle = NULL;
    double before = memory_mib("VmRSS"), start = bench_seconds(), read;
    struct signing_key key;

    if (!reader)
        return false;
    report = report_make(reader, institution, &month, month.end_us + 1, err);
    if (!report)
        return false;
    read = bench_seconds();
    signing_key_make(&key);
    bundle = bundle_make(report, &key);
    bench_say("statement.read", read - start, "s");
    bench_say("statement.render", bench_seconds() - read, "s");
    bench_say("statement.total", bench_seconds() - start, "s");
    bench_say("statement.lines", (double)report->line_count, "lines");
    bench_say("statement.memory", memory_mib("VmHWM") - before, "MiB");
    return true;
}

bool bench_statements(const char *database, struct error *err)
{
    CLEANUP(store_reader_freep) struct store_reader *reader = store_reader_open(database, err);
    double start = bench_seconds();
    struct signing_key key;

    if (!reader)
        return false;
    signing_key_make(&key);
    for (unsigned i = 0; i < BENCH_INSTITUTIONS; i++) {
        CLEANUP(memory_freep) char *name = memory_format("uni%02u", i);
        CLEANUP(bundle_freep) struct bundle *bundle = NULL;
        CLEANUP(report_freep)
        struct report *report = report_make(reader, name, &month, month.end_us + 1, err);

        if (!report)
            return false;
        bundle = bundle_make(report, &key);
    }
    bench_say("statements.all", bench_seconds() - start, "s");
    bench_say("statements.memory", memory_mib("VmHWM"), "MiB");
    return true;
}
