/* report.c - what a replay has shown, for people and for programs */

#include "scheduler/simulate/report.h"

#include "base/memory.h"
#include "base/parse.h"
#include "scheduler/simulate/text.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* The values in the order in which they are shown. */
static const struct {
    const char *key;  /* for programs */
    const char *text; /* for people */
    const char *unit;
    size_t offset;
    double factor; /* to the unit for people */
    int decimals;  /* for people */
} values[] = {
    {"wait_s",          N_("average wait"),             "s",   offsetof(struct statistics, wait_s),          1,   1},
    {"wait_p95_s",      N_("95th percentile of waits"), "s",   offsetof(struct statistics, wait_p95_s),      1,
     0                                                                                                             },
    {"wait_max_s",      N_("maximum wait"),             "s",   offsetof(struct statistics, wait_max_s),      1,   0},
    {"slowdown",        N_("average bounded slowdown"), "",    offsetof(struct statistics, slowdown),        1,   3},
    {"utilization",     N_("utilization"),              "%",   offsetof(struct statistics, utilization),     100, 3},
    {"makespan_s",      N_("makespan"),                 "s",   offsetof(struct statistics, makespan_s),      1,   0},
    {"cpu_s",           N_("CPU time"),                 "s",   offsetof(struct statistics, cpu_s),           1,   2},
    {"decisions_per_s", N_("decisions"),                "1/s", offsetof(struct statistics, decisions_per_s), 1,   0},
};

static double value_of(const struct statistics *statistics, size_t index)
{
    double value;

    memcpy(&value, (const char *)statistics + values[index].offset, sizeof(value));
    return value;
}

/* Padded by characters, not bytes: translations have accents. */
static void add_padded(struct buffer *buffer, const char *text, int width)
{
    int shown = 0;

    for (const char *place = text; *place; place++)
        shown += ((unsigned char)*place & 0xc0) != 0x80;
    buffer_add_text(buffer, text);
    buffer_print(buffer, "%*s", shown < width ? width - shown : 0, "");
}

#define TEXT_WIDTH 28

static void print_line(struct buffer *buffer, const char *text, const char *value)
{
    add_padded(buffer, text, TEXT_WIDTH);
    buffer_add_text(buffer, value);
    buffer_add_char(buffer, '\n');
}

static void print_count(struct buffer *buffer, const char *text, uint64_t count)
{
    char value[24];

    snprintf(value, sizeof(value), "%" PRIu64, count);
    print_line(buffer, text, value);
}

static void print_runs(const struct report *report, struct buffer *buffer)
{
    buffer_print(buffer, "\n%4s %12s %12s %12s %12s %9s\n", _("run"), _("wait"), _("p95"),
                 _("maximum"), _("slowdown"), _("used"));
    for (unsigned i = 0; i < report->run_count; i++) {
        const struct statistics *run = &report->runs[i];

        buffer_print(buffer, "%4u %12.1f %12.0f %12.0f %12.3f %8.3f%%\n", i + 1, run->wait_s,
                     run->wait_p95_s, run->wait_max_s, run->slowdown, 100 * run->utilization);
    }
}

void report_print(const struct report *report, struct buffer *buffer)
{
    CLEANUP(buffer_clear) struct buffer log;

    buffer_init(&log);
    buffer_add_escaped(&log, report->log);
    print_line(buffer, _("log"), log.bytes);
    print_line(buffer, _("policy"), report->policy);
    print_count(buffer, _("processors"), report->processors);
    print_count(buffer, _("jobs"), report->workload->count);
    if (report->workload->left_out_idle)
        print_count(buffer, _("left out: never ran"), report->workload->left_out_idle);
    if (report->workload->left_out_large)
        print_count(buffer, _("left out: too large"), report->workload->left_out_large);
    if (report->run_count > 1)
        print_count(buffer, _("runs"), report->run_count);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        char value[64];

        snprintf(value, sizeof(value), "%.*f%s%s", values[i].decimals,
                 value_of(&report->mean, i) * values[i].factor, *values[i].unit ? " " : "",
                 values[i].unit);
        print_line(buffer, _(values[i].text), value);
    }
    if (report->run_count > 1)
        print_runs(report, buffer);
}

/* --- JSON ------------------------------------------------------------------------------------ */

void report_add_text(struct buffer *buffer, const char *text)
{
    if (!text_is_utf8(text, strlen(text)))
        text = "?";
    buffer_add_char(buffer, '"');
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            buffer_print(buffer, "\\%c", *text);
        else if ((unsigned char)*text < 0x20 || (unsigned char)*text == 0x7f)
            buffer_print(buffer, "\\u%04x", (unsigned)(unsigned char)*text);
        else
            buffer_add_char(buffer, *text);
    buffer_add_char(buffer, '"');
}

static void add_statistics(struct buffer *buffer, const struct statistics *statistics)
{
    for (size_t i = 0; i < COUNT_OF(values); i++)
        buffer_print(buffer, "%s\"%s\": %.6f", i ? ", " : "{", values[i].key,
                     value_of(statistics, i));
    buffer_add_char(buffer, '}');
}

void report_print_json(const struct report *report, struct buffer *buffer)
{
    buffer_add_text(buffer, "{\"log\": ");
    report_add_text(buffer, report->log);
    buffer_add_text(buffer, ", \"policy\": ");
    report_add_text(buffer, report->policy);
    buffer_print(buffer,
                 ", \"processors\": %" PRIu32 ", \"jobs\": %zu, \"left_out_idle\": %" PRIu64
                 ", \"left_out_large\": %" PRIu64 ", \"shake_s\": %" PRIu32 ", \"seed\": %" PRIu64
                 ",\n \"mean\": ",
                 report->processors, report->workload->count, report->workload->left_out_idle,
                 report->workload->left_out_large, report->shake_s, report->seed);
    add_statistics(buffer, &report->mean);
    buffer_add_text(buffer, ",\n \"runs\": [");
    for (unsigned i = 0; i < report->run_count; i++) {
        buffer_add_text(buffer, i ? ",\n  " : "\n  ");
        add_statistics(buffer, &report->runs[i]);
    }
    buffer_add_text(buffer, "]}\n");
}
