/* render_json.c - a report for programs that would rather not read CSV */

#include "accounting/render.h"
#include "base/parse.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

static json_t *amount(int64_t amount_micro)
{
    struct buffer text;
    json_t *value;

    buffer_init(&text);
    print_amount(amount_micro, &text);
    value = json_string(text.bytes);
    buffer_clear(&text);
    return value;
}

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
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "jobs_ended", (json_int_t)totals->jobs,
                     "jobs_ok", (json_int_t)totals->jobs_ok, "jobs_fault",
                     (json_int_t)totals->jobs_fault, "core_us", (json_int_t)totals->core_us,
                     "cpu_used_us", (json_int_t)totals->cpu_used_us, "su_billed",
                     amount(totals->charged_micro), "su_waived", amount(totals->waived_micro));
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
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "network",
        report->network, "institution", report->institution, "title", report->title, "ror",
        report->ror, "period", report->period.name, "provisional", report->provisional, "start",
        instant(report->period.start_us), "end", instant(report->period.end_us), "made",
        instant(report->made_us), "su_granted", amount(report->granted_micro), "su_billed_ever",
        amount(report->charged_ever_micro), "totals", totals_object(&report->totals), "projects",
        groups_array(&report->projects), "users", groups_array(&report->users));
    char *text;

    assert(root); /* every text was UTF-8 when it was admitted */
    text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
    buffer_add_text(buffer, text);
    buffer_add_char(buffer, '\n');
    free(text);
    json_decref(root);
}
