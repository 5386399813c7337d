/* verify_items.c - the items of a report (R04.csv) and the chain they come from */

#include "accounting/verify_items.h"

#include "accounting/core/ledger.h"
#include "accounting/csv.h"
#include "accounting/people.h"
#include "accounting/render.h"
#include "base/parse.h"
#include "base/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ITEM_COLUMNS 28

/* Where a number of a row goes; signed fields are never negative in a ledger. */
static const struct {
    unsigned column;
    size_t offset;
    unsigned size;
} number_fields[] = {
    {0,  offsetof(struct item, sequence),                8},
    {2,  offsetof(struct item, usage.job),               8},
    {3,  offsetof(struct item, usage.attempt),           4},
    {4,  offsetof(struct item, usage.slice),             4},
    {10, offsetof(struct item, usage.submit_us),         8},
    {11, offsetof(struct item, usage.eligible_us),       8},
    {12, offsetof(struct item, usage.start_us),          8},
    {13, offsetof(struct item, usage.end_us),            8},
    {14, offsetof(struct item, usage.nodes),             4},
    {15, offsetof(struct item, usage.cores),             4},
    {16, offsetof(struct item, usage.wall_us),           8},
    {17, offsetof(struct item, usage.cpu_used_us),       8},
    {18, offsetof(struct item, usage.memory_bytes),      8},
    {19, offsetof(struct item, usage.memory_peak_bytes), 8},
    {20, offsetof(struct item, usage.factor_ppm),        4},
    {21, offsetof(struct item, usage.charged_micro),     8},
    {22, offsetof(struct item, usage.waived_micro),      8},
    {24, offsetof(struct item, usage.gpus),              4},
    {25, offsetof(struct item, usage.card),              8},
    {26, offsetof(struct item, usage.qos_ppm),           4},
    {27, offsetof(struct item, usage.listed_micro),      8},
};

static const struct {
    unsigned column;
    size_t offset;
    size_t size;
} text_fields[] = {
    {1,  offsetof(struct item, key),               LEDGER_KEY_MAX                       },
    {5,  offsetof(struct item, usage.institution), LEDGER_NAME_MAX + 1                  },
    {6,  offsetof(struct item, usage.project),     LEDGER_NAME_MAX + 1                  },
    {7,  offsetof(struct item, usage.user),        LEDGER_NAME_MAX + 1                  },
    {8,  offsetof(struct item, usage.cluster),     LEDGER_NAME_MAX + 1                  },
    {9,  offsetof(struct item, usage.partition),   LEDGER_NAME_MAX + 1                  },
    {23, offsetof(struct item, usage.state),       sizeof(((struct usage *)NULL)->state)},
};

static bool read_number(struct item *item, size_t field, const char *text, struct error *err)
{
    char *place = (char *)item + number_fields[field].offset;
    uint64_t most = number_fields[field].size == 4 ? UINT32_MAX : INT64_MAX;
    uint64_t value;
    uint32_t narrow;

    if (!parse_u64(text, 0, most, &value, err))
        return false;
    narrow = (uint32_t)value;
    if (number_fields[field].size == 4)
        memcpy(place, &narrow, sizeof narrow);
    else
        memcpy(place, &value, sizeof value);
    return true;
}

static bool read_item(const struct csv *csv, struct item *ret_item, struct error *err)
{
    struct item item = {0};

    if (csv->count != ITEM_COLUMNS)
        return fail(err, ERROR_INVALID, "row %zu has %zu columns, not %d", csv->row, csv->count,
                    ITEM_COLUMNS);
    for (size_t i = 0; i < COUNT_OF(number_fields); i++)
        if (!read_number(&item, i, csv->fields[number_fields[i].column], err))
            return fail_in(err, "row %zu, column %u", csv->row, number_fields[i].column + 1);
    for (size_t i = 0; i < COUNT_OF(text_fields); i++) {
        const char *text = csv->fields[text_fields[i].column];

        if (strlen(text) >= text_fields[i].size)
            return fail(err, ERROR_INVALID, "row %zu, column %u is too long", csv->row,
                        text_fields[i].column + 1);
        snprintf((char *)&item + text_fields[i].offset, text_fields[i].size, "%s", text);
    }
    *ret_item = item;
    return true;
}

bool items_each(const struct bundle *bundle, item_fn *each, void *owner, struct error *err)
{
    const struct bundle_file *file = bundle_find(bundle, "R04.csv");
    CLEANUP(csv_clear) struct csv csv = {0};
    struct item item;
    int more;

    if (!file)
        return fail(err, ERROR_NOT_FOUND, "%s has no R04.csv", bundle->name);
    if (strncmp(file->bytes.bytes, csv_item_columns, strlen(csv_item_columns)) != 0)
        return fail(err, ERROR_INVALID, "R04.csv has other columns than a report has");
    csv_init(&csv, &file->bytes);
    (void)csv_next(&csv, err);
    while ((more = csv_next(&csv, err)) == 1)
        if (!read_item(&csv, &item, err) || !each(owner, &item, err))
            return fail_in(err, "R04.csv");
    return more == 0 || fail_in(err, "R04.csv");
}

struct usage_walk {
    usage_fn *each;
    void *owner;
};

static bool pass_usage(void *owner, const struct item *item, struct error *err)
{
    const struct usage_walk *walk = owner;

    return walk->each(walk->owner, &item->usage, err);
}

bool items_each_usage(const struct bundle *bundle, usage_fn *each, void *owner, struct error *err)
{
    struct usage_walk walk = {each, owner};

    return items_each(bundle, pass_usage, &walk, err);
}

static bool add_item(void *owner, const struct item *item, struct error *err)
{
    (void)err;
    report_add_usage(owner, &item->usage);
    return true;
}

struct report *items_sum(const struct bundle *bundle, struct error *err)
{
    CLEANUP(report_freep) struct report *sums = NEW(struct report);

    sums->institution = memory_copy("");
    sums->title = memory_copy("");
    sums->ror = memory_copy("");
    return items_each(bundle, add_item, sums, err) ? STEAL(sums) : NULL;
}

/* The key says what the posting is for, and nothing is posted twice, under whatever number. */
static bool check_key(struct table *seen, const struct item *item, struct error *err)
{
    const struct usage *usage = &item->usage;
    CLEANUP(memory_freep)
    char *cause = memory_format("%" PRIu64 "/%u/%u", usage->job, usage->attempt, usage->slice);
    const char *kind = usage->listed_micro ? "LST/" : usage->waived_micro ? "WAV/" : "CHG/";

    if (strncmp(item->key, kind, 4) != 0 || strcmp(item->key + 4, cause) != 0)
        return fail(err, ERROR_INVALID, "job %" PRIu64 " attempt %u is posted as %s", usage->job,
                    usage->attempt, item->key);
    if (table_get_text(seen, cause))
        return fail(err, ERROR_INVALID, "job %" PRIu64 " attempt %u is posted twice", usage->job,
                    usage->attempt);
    table_put_text(seen, cause, seen);
    return true;
}

/* An attempt is charged, waived or listed, in full. */
static bool check_price(void *owner, const struct item *item, struct error *err)
{
    const struct usage *usage = &item->usage;
    int64_t price = ledger_price(usage->cores, usage->wall_us, usage->factor_ppm);

    if (!check_key(owner, item, err))
        return false;
    if (usage_is_settled(usage))
        return true;
    return fail(err, ERROR_INVALID,
                "job %" PRIu64 " attempt %u: %u cores for %" PRId64 " us cost %" PRId64
                " micro SU, billed %" PRId64 ", waived %" PRId64 ", listed %" PRId64,
                usage->job, usage->attempt, usage->cores, usage->wall_us, price,
                usage->charged_micro, usage->waived_micro, usage->listed_micro);
}

bool items_check_prices(const struct bundle *bundle, struct error *err)
{
    CLEANUP(table_freep) struct table *seen = table_new();

    return items_each(bundle, check_price, seen, err);
}

static bool check_institution(void *owner, const struct item *item, struct error *err)
{
    const char *institution = owner;

    if (strcmp(item->usage.institution, institution) == 0)
        return true;
    return fail(err, ERROR_INVALID,
                "job %" PRIu64 " is of %s: it does not belong in a report of %s", item->usage.job,
                item->usage.institution, institution);
}

bool items_check_institution(const struct bundle *bundle, const char *institution,
                             struct error *err)
{
    return items_each(bundle, check_institution, (void *)(uintptr_t)institution, err);
}

/* A walk along leaves.txt: each leaf is its lines up to an empty one. */
struct chain_walk {
    const char *place;
    uint64_t sequence; /* of the last leaf taken */
    struct digest head;
    const char *leaf; /* the last leaf taken */
    size_t leaf_size;
    const struct openings *openings;
};

static bool next_leaf(struct chain_walk *walk, struct error *err)
{
    const char *end = strstr(walk->place, "\n\n");
    struct digest leaf;

    if (!end)
        return fail(err, ERROR_INVALID, "leaves.txt ends before entry %" PRIu64,
                    walk->sequence + 1);
    walk->leaf = walk->place;
    walk->leaf_size = (size_t)(end + 1 - walk->place);
    walk->place = end + 2;
    walk->sequence++;
    leaf = chain_leaf(walk->leaf, walk->leaf_size);
    walk->head = chain_next(&walk->head, walk->sequence, &leaf);
    return true;
}

static bool leaf_has_usage(const struct chain_walk *walk)
{
    return memmem(walk->leaf, walk->leaf_size, "\nusage ", 7) != NULL;
}

/* All that is behind its entries, so that nothing can be left out of it. */
static bool leaf_ends_with(const struct chain_walk *walk, const struct buffer *text)
{
    return walk->leaf_size > text->length &&
           memcmp(walk->leaf + walk->leaf_size - text->length, text->bytes, text->length) == 0;
}

/* Does the item stand at the end of the leaf, its person by this name or seal? */
static bool leaf_has_usage_of(const struct chain_walk *walk, const struct item *item,
                              const char *user)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct usage usage = item->usage;

    buffer_init(&text);
    memory_put_text(usage.user, sizeof(usage.user), user);
    usage_print_canonical(&usage, &text);
    return leaf_ends_with(walk, &text);
}

/* What was posted before somebody had a seal has the name; a seal that nobody opens is nobody. */
static bool leaf_has_item(const struct chain_walk *walk, const struct item *item)
{
    const struct opening *opening = openings_find(walk->openings, item->usage.user);

    return (opening && leaf_has_usage_of(walk, item, opening->seal)) ||
           (!seal_is(item->usage.user) && leaf_has_usage_of(walk, item, item->usage.user));
}

/* A leaf begins "txn 1 KEY …". */
static bool leaf_has_key(const struct chain_walk *walk, const char *key)
{
    CLEANUP(memory_freep) char *start = memory_format("txn 1 %s ", key);
    size_t size = strlen(start);

    return walk->leaf_size > size && memcmp(walk->leaf, start, size) == 0;
}

/* Pass leaves without usage (grants) up to the item's number, then hold the item against its leaf.
 * No leaf stands for two items: a row that came twice would be billed twice. */
static bool check_item_leaf(void *owner, const struct item *item, struct error *err)
{
    struct chain_walk *walk = owner;

    if (item->sequence <= walk->sequence)
        return fail(err, ERROR_INVALID, "entry %" PRIu64 " is out of order", item->sequence);
    while (walk->sequence < item->sequence) {
        if (!next_leaf(walk, err))
            return false;
        if (walk->sequence < item->sequence && leaf_has_usage(walk))
            return fail(err, ERROR_INVALID, "entry %" PRIu64 " of the ledger is missing",
                        walk->sequence);
    }
    if (!leaf_has_item(walk, item) || !leaf_has_key(walk, item->key))
        return fail(err, ERROR_INVALID,
                    "entry %" PRIu64 " (job %" PRIu64 ") is not what the ledger has",
                    item->sequence, item->usage.job);
    return true;
}

bool items_check_chain(const struct bundle *bundle, const struct manifest *manifest,
                       struct error *err)
{
    const struct bundle_file *leaves = bundle_find(bundle, "leaves.txt");
    CLEANUP(openings_freep) struct openings *openings = people_read(bundle, err);
    struct chain_walk walk = {.head = manifest->head_before, .openings = openings};

    if (!openings)
        return false;
    if (!leaves)
        return fail(err, ERROR_NOT_FOUND, "%s has no leaves.txt", bundle->name);
    walk.place = leaves->bytes.bytes;
    walk.sequence = manifest->first_sequence ? manifest->first_sequence - 1 : 0;
    if (!items_each(bundle, check_item_leaf, &walk, err))
        return false;
    while (walk.sequence < manifest->last_sequence) {
        if (!next_leaf(&walk, err))
            return false;
        if (leaf_has_usage(&walk))
            return fail(err, ERROR_INVALID, "entry %" PRIu64 " of the ledger is missing in R04.csv",
                        walk.sequence);
    }
    if (*walk.place)
        return fail(err, ERROR_INVALID, "leaves.txt goes on behind entry %" PRIu64, walk.sequence);
    if (manifest->first_sequence && !digest_equal(&walk.head, &manifest->head))
        return fail(err, ERROR_INVALID, "the chain does not end at the manifest's head");
    return true;
}
