/* render_text.c - a report for a person to read */

#include "accounting/render.h"
#include "base/parse.h"

#include <inttypes.h>
#include <string.h>

static void add_amount(struct buffer *buffer, const char *label, int64_t amount_micro)
{
    struct buffer text;

    buffer_init(&text);
    print_amount(amount_micro, &text);
    buffer_print(buffer, "  %-28s %20s SU\n", label, text.bytes);
    buffer_clear(&text);
}

static void add_group_rows(struct buffer *buffer, const struct group_list *list,
                           const char *heading)
{
    struct buffer charged, hours;

    buffer_print(buffer, "\n%-28s %8s %16s %16s\n", heading, "Jobs", "Core-hours", "Charged SU");
    for (size_t i = 0; i < list->count; i++) {
        const struct totals *totals = &list->all[i].totals;

        buffer_init(&charged);
        buffer_init(&hours);
        print_amount(totals->charged_micro, &charged);
        print_amount((int64_t)((__int128)totals->core_us * 1000000 / US_PER_HOUR), &hours);
        buffer_print(buffer, "%-28s %8" PRIu64 " %16s %16s\n", list->all[i].name, totals->jobs,
                     hours.bytes, charged.bytes);
        buffer_clear(&charged);
        buffer_clear(&hours);
    }
}

static void add_heading(const struct report *report, struct buffer *buffer)
{
    buffer_print(buffer, "Usage report of %s", report->institution);
    if (*report->title) {
        buffer_add_text(buffer, " (");
        buffer_add_escaped(buffer, report->title);
        buffer_add_char(buffer, ')');
    }
    buffer_print(buffer, "\nNetwork %s, period %s%s\nMade ", report->network, report->period.name,
                 report->provisional ? " (provisional: the month has not ended)" : "");
    print_time_utc(report->made_us, buffer);
    buffer_print(buffer, ", from ");
    print_time_utc(report->period.start_us, buffer);
    buffer_add_text(buffer, " to ");
    print_time_utc(report->period.end_us, buffer);
    buffer_add_text(buffer, "\n\n");
}

void render_text(const struct report *report, struct buffer *buffer)
{
    const struct totals *totals = &report->totals;

    add_heading(report, buffer);
    buffer_print(buffer, "  %-28s %20" PRIu64 "\n", "Jobs ended", totals->jobs);
    buffer_print(buffer, "  %-28s %20" PRIu64 "\n", "  completed", totals->jobs_ok);
    buffer_print(buffer, "  %-28s %20" PRIu64 "\n", "  ended by our fault", totals->jobs_fault);
    add_amount(buffer, "Charged", totals->charged_micro);
    add_amount(buffer, "Waived (our fault)", totals->waived_micro);
    add_amount(buffer, "Granted", report->granted_micro);
    add_amount(buffer, "Charged since the beginning", report->charged_ever_micro);
    add_group_rows(buffer, &report->projects, "Project");
    add_group_rows(buffer, &report->users, "User");
    buffer_print(buffer, "\nLedger entries %" PRIu64 " to %" PRIu64 ", chain head ",
                 report->first_sequence, report->last_sequence);
    hex_print(report->head.bytes, sizeof report->head.bytes, buffer);
    buffer_add_text(buffer, "\n1 SU = one core-hour of the reference node.\n");
}
