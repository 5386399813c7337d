/* report.c - news of a part that the scheduler has not acknowledged yet */

#include "agent/report.h"

#include "base/parse.h"

#include <stdlib.h>
#include <string.h>

struct report *report_new(void)
{
    struct report *report = NEW(struct report);

    report->text = memory_copy("");
    report->trouble = memory_copy("");
    report->core_list = memory_copy("");
    report->gpu_list = memory_copy("");
    report->cpu_list = memory_copy("");
    report->output = memory_copy("");
    report->error = memory_copy("");
    report->samples = memory_copy("");
    return report;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    free(report->text);
    free(report->trouble);
    free(report->core_list);
    free(report->gpu_list);
    free(report->cpu_list);
    free(report->output);
    free(report->error);
    free(report->samples);
    free(report);
}

void report_set_text(char **place, const char *text)
{
    CLEANUP(buffer_clear) struct buffer escaped = {0};

    free(*place);
    if (!text)
        text = "";
    if (text_is_utf8(text, strlen(text))) {
        *place = memory_copy(text);
        return;
    }
    buffer_init(&escaped);
    buffer_add_escaped(&escaped, text);
    *place = buffer_steal(&escaped);
}

void report_fill(struct report *report, Wire__PartReport *wire)
{
    wire__part_report__init(wire);
    wire->sequence = report->number;
    wire->job = report->key.job;
    wire->attempt = report->key.attempt;
    wire->part = report->key.part;
    wire->token = (ProtobufCBinaryData){.len = TOKEN_SIZE, .data = report->token};
    wire->event = report->event;
    wire->at_us = report->at_us;
    wire->cause = (Wire__EndCause)report->end.cause;
    wire->exit_code = report->end.exit_code;
    wire->exit_signal = report->end.exit_signal;
    wire->wall_used_us = report->end.wall_used_us;
    wire->cpu_used_us = report->end.cpu_used_us;
    wire->memory_peak = report->end.memory_peak_bytes;
    wire->turn = report->turn;
    wire->text = report->text;
    wire->trouble = report->trouble;
    wire->core_list = report->core_list;
    wire->gpu_list = report->gpu_list;
    wire->cpu_list = report->cpu_list;
    wire->output = report->output;
    wire->error = report->error;
    wire->samples = report->samples;
}

struct report *report_read(const Wire__PartReport *wire, const uint8_t lineage[LINEAGE_SIZE],
                           struct error *err)
{
    struct report *report;

    if (wire->token.len != TOKEN_SIZE) {
        fail(err, ERROR_INVALID, "a report whose token has %zu bytes", wire->token.len);
        return NULL;
    }
    report = report_new();
    report->number = wire->sequence;
    report->key = (struct task_key){.job = wire->job, .attempt = wire->attempt, .part = wire->part};
    memcpy(report->token, wire->token.data, TOKEN_SIZE);
    memcpy(report->lineage, lineage, LINEAGE_SIZE);
    report->event = wire->event;
    report->at_us = wire->at_us;
    report->end = (struct task_end){
        .cause = (enum task_end_cause)wire->cause,
        .exit_code = wire->exit_code,
        .exit_signal = wire->exit_signal,
        .wall_used_us = wire->wall_used_us,
        .cpu_used_us = wire->cpu_used_us,
        .memory_peak_bytes = wire->memory_peak,
        .ended_us = wire->at_us,
    };
    report->turn = wire->turn;
    report_set_text(&report->text, wire->text);
    report_set_text(&report->trouble, wire->trouble);
    report_set_text(&report->core_list, wire->core_list);
    report_set_text(&report->gpu_list, wire->gpu_list);
    report_set_text(&report->cpu_list, wire->cpu_list);
    report_set_text(&report->output, wire->output);
    report_set_text(&report->error, wire->error);
    report_set_text(&report->samples, wire->samples);
    return report;
}
