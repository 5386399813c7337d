/* people.c - whose seals are in the leaves of a report (people.csv) */

#include "accounting/people.h"

#include "accounting/csv.h"
#include "accounting/verify_items.h"
#include "base/digest.h"
#include "base/table.h"

#include <string.h>

static const char columns[] = "user,salt";
#define COLUMNS 2

/* Names are names of base/parse.h: nothing needs quotes.  Those in the sums are sorted. */
void render_people(const struct report *report, struct buffer *buffer)
{
    buffer_print(buffer, "%s\n", columns);
    for (size_t i = 0; report->openings && i < report->users.count; i++) {
        const struct opening *opening = openings_find(report->openings, report->users.all[i].name);

        if (!opening)
            continue;
        buffer_print(buffer, "%s,", opening->name);
        hex_print(opening->salt, SEAL_SALT_SIZE, buffer);
        buffer_add_char(buffer, '\n');
    }
}

static bool read_row(const struct csv *csv, struct openings *openings, struct error *err)
{
    uint8_t salt[SEAL_SALT_SIZE];

    if (csv->count != COLUMNS)
        return fail(err, ERROR_INVALID, "row %zu has %zu columns, not %d", csv->row, csv->count,
                    COLUMNS);
    if (!hex_parse(csv->fields[1], salt, sizeof(salt), err))
        return fail_in(err, "row %zu", csv->row);
    if (strlen(csv->fields[0]) > LEDGER_NAME_MAX || seal_is(csv->fields[0]) ||
        !openings_add(openings, csv->fields[0], salt))
        return fail(err, ERROR_INVALID, "row %zu: %.64s is no name, or is there twice", csv->row,
                    csv->fields[0]);
    return true;
}

struct openings *people_read(const struct bundle *bundle, struct error *err)
{
    const struct bundle_file *file = bundle_find(bundle, PEOPLE_NAME);
    CLEANUP(openings_freep) struct openings *openings = openings_new();
    CLEANUP(csv_clear) struct csv csv = {0};
    int more;

    if (!file)
        return STEAL(openings);
    csv_init(&csv, &file->bytes);
    if (csv_next(&csv, err) != 1 || csv.count != COLUMNS || strcmp(csv.fields[0], "user") != 0 ||
        strcmp(csv.fields[1], "salt") != 0) {
        fail(err, ERROR_INVALID, PEOPLE_NAME " has other columns than a report has");
        return NULL;
    }
    while ((more = csv_next(&csv, err)) == 1)
        if (!read_row(&csv, openings, err))
            break;
    if (more == 0)
        return STEAL(openings);
    fail_in(err, PEOPLE_NAME);
    return NULL;
}

static bool note_user(void *owner, const struct item *item, struct error *err)
{
    (void)err;
    table_put_text(owner, item->usage.user, owner);
    return true;
}

bool people_verify(const struct bundle *bundle, struct error *err)
{
    CLEANUP(openings_freep) struct openings *openings = people_read(bundle, err);
    CLEANUP(table_freep) struct table *users = table_new();
    const struct opening *opening;

    if (!openings || !items_each(bundle, note_user, users, err))
        return false;
    for (size_t place = 0; (opening = openings_next(openings, &place));)
        if (!table_get_text(users, opening->name))
            return fail(err, ERROR_INVALID, PEOPLE_NAME " has %s, who has no item", opening->name);
    return true;
}
