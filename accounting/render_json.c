/* render_json.c - a report for programs that would rather not read CSV */

#include "accounting/json.h"
#include "accounting/render.h"
#include "base/parse.h"

#include <jansson.h>

static json_t *instant(int64_t at_us)
{
    struct buffer text;
    json_t *value;

    buffer_init(&text);
    print_time_utc(at_us, &text);
    value = json_string(text.bytes);
    buffer_clear(&text);
    return value;
}

static json_t *totals_object(const struct totals *totals)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "jobs_ended", (json_int_t)totals->jobs, "jobs_ok",
        (json_int_t)totals->jobs_ok, "jobs_fault", (json_int_t)totals->jobs_fault, "core_us",
        (json_int_t)totals->core_us, "cpu_used_us", (json_int_t)totals->cpu_used_us, "su_billed",
        json_of_amount(totals->charged_micro), "su_waived", json_of_amount(totals->waived_micro));
}

static json_t *groups_array(const struct group_list *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++) {
        json_t *object = totals_object(&list->all[i].totals);

        json_object_set_new(object, "name", json_string(list->all[i].name));
        json_array_append_new(array, object);
    }
    return array;
}

void render_json(const struct report *report, struct buffer *buffer)
{
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "network",
        report->network, "institution", report->institution, "title", report->title, "ror",
        report->ror, "period", report->period.name, "provisional", report->provisional, "start",
        instant(report->period.start_us), "end", instant(report->period.end_us), "made",
        instant(report->made_us), "su_granted", json_of_amount(report->granted_micro),
        "su_billed_ever", json_of_amount(report->charged_ever_micro), "totals",
        totals_object(&report->totals), "projects", groups_array(&report->projects), "users",
        groups_array(&report->users), "clusters", groups_array(&report->clusters));

    json_print(root, buffer);
}
