/* measure.c - what a part used over its time, from what each of its task sets did */

#include "agent/measure.h"

#include "agent/agent_inside.h"

void measure_set(struct agent *agent, const struct task_set *set)
{
    const struct runtime *runtime = agent->seams.runtime;
    struct task_key key = part_key(set->part, set->step);
    struct part *part = set->part;
    struct series series;

    if (!runtime->measured || !runtime->measured(runtime->state, &key, &series))
        return;
    if (!part->series)
        part->series = NEW(struct series);
    /* The memory of a set is that of the part, where the kernel counts it. */
    series_join(part->series, &series, true);
    note_series(agent, part);
}

void measure_report(const struct part *part, struct report *report)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    report->end = part->end;
    buffer_init(&text);
    if (part->series)
        series_print(part->series, &text);
    report_set_text(&report->samples, text.bytes);
}
