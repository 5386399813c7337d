/* usage.c - what an attempt used, its price, and the text that the chain hashes */

#include "accounting/core/ledger.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* One SU is a core for an hour at a factor of a million, and has a million micro SU:
 * cores * us * ppm / 3,600,000,000. */
#define PRICE_DIVISOR UINT64_C(3600000000)

int64_t ledger_price(uint32_t cores, int64_t wall_us, uint32_t factor_ppm)
{
    unsigned __int128 product, price;
    uint64_t rest;

    assert(wall_us >= 0);
    product = (unsigned __int128)cores * (uint64_t)wall_us * factor_ppm;
    price = product / PRICE_DIVISOR;
    rest = (uint64_t)(product % PRICE_DIVISOR);
    if (2 * rest > PRICE_DIVISOR || (2 * rest == PRICE_DIVISOR && (price & 1)))
        price++;
    return price > LEDGER_AMOUNT_MAX ? LEDGER_AMOUNT_MAX : (int64_t)price;
}

/* A field is never empty, so that the text can be split at its spaces. */
static void add_field(struct buffer *buffer, const char *text)
{
    buffer_add_char(buffer, ' ');
    buffer_add_text(buffer, text[0] ? text : "-");
}

static void add_count(struct buffer *buffer, uint64_t value)
{
    buffer_add_char(buffer, ' ');
    buffer_add_unsigned(buffer, value);
}

static void add_amount(struct buffer *buffer, int64_t value)
{
    buffer_add_char(buffer, ' ');
    buffer_add_signed(buffer, value);
}

bool usage_is_settled(const struct usage *usage)
{
    int64_t price = ledger_price(usage->cores, usage->wall_us, usage->factor_ppm);
    int64_t amounts[] = {usage->charged_micro, usage->waived_micro, usage->listed_micro};
    unsigned in_full = 0, nothing = 0;

    for (size_t i = 0; i < COUNT_OF(amounts); i++) {
        in_full += amounts[i] == price;
        nothing += amounts[i] == 0;
    }
    return price == 0 ? nothing == 3 : in_full == 1 && nothing == 2;
}

bool usage_has_price_line(const struct usage *usage)
{
    return usage->card != 0 || usage->gpus != 0 || usage->listed_micro != 0;
}

/* Each start and end of a job passes here: no printf. */
void usage_print_canonical(const struct usage *usage, struct buffer *buffer)
{
    buffer_add_text(buffer, "usage");
    add_count(buffer, usage->job);
    add_count(buffer, usage->attempt);
    add_count(buffer, usage->slice);
    add_field(buffer, usage->institution);
    add_field(buffer, usage->project);
    add_field(buffer, usage->user);
    add_field(buffer, usage->cluster);
    add_field(buffer, usage->partition);
    add_amount(buffer, usage->submit_us);
    add_amount(buffer, usage->eligible_us);
    add_amount(buffer, usage->start_us);
    add_amount(buffer, usage->end_us);
    add_count(buffer, usage->nodes);
    add_count(buffer, usage->cores);
    add_amount(buffer, usage->wall_us);
    add_amount(buffer, usage->cpu_used_us);
    add_count(buffer, usage->memory_bytes);
    add_count(buffer, usage->memory_peak_bytes);
    add_amount(buffer, usage->charged_micro);
    add_amount(buffer, usage->waived_micro);
    add_count(buffer, usage->factor_ppm);
    add_field(buffer, usage->state);
    buffer_add_char(buffer, '\n');
    if (!usage_has_price_line(usage))
        return;
    buffer_add_text(buffer, "price");
    add_count(buffer, usage->card);
    add_count(buffer, usage->gpus);
    add_count(buffer, usage->qos_ppm);
    add_amount(buffer, usage->listed_micro);
    buffer_add_char(buffer, '\n');
}

/* The fields behind "usage", in their order: texts have a size, numbers 4 or 8 bytes. */
struct field {
    size_t offset, size;
    bool text;
};

static const struct field fields[] = {
#define FIELD(name, is_text)                                                        \
    {                                                                               \
        offsetof(struct usage, name), sizeof(((struct usage *)NULL)->name), is_text \
    }
    FIELD(job, false),           FIELD(attempt, false),      FIELD(slice, false),
    FIELD(institution, true),    FIELD(project, true),       FIELD(user, true),
    FIELD(cluster, true),        FIELD(partition, true),     FIELD(submit_us, false),
    FIELD(eligible_us, false),   FIELD(start_us, false),     FIELD(end_us, false),
    FIELD(nodes, false),         FIELD(cores, false),        FIELD(wall_us, false),
    FIELD(cpu_used_us, false),   FIELD(memory_bytes, false), FIELD(memory_peak_bytes, false),
    FIELD(charged_micro, false), FIELD(waived_micro, false), FIELD(factor_ppm, false),
    FIELD(state, true),
};

/* Those behind "price". */
static const struct field price_fields[] = {
    FIELD(card, false),
    FIELD(gpus, false),
    FIELD(qos_ppm, false),
    FIELD(listed_micro, false),
#undef FIELD
};

/* Decimal digits of a number that is never negative in a ledger. */
static bool read_number(const char *text, size_t length, char *place, size_t size)
{
    uint64_t value = 0;
    uint32_t narrow;

    if (length == 0 || length > 19)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = 10 * value + (uint64_t)(text[i] - '0');
    }
    narrow = (uint32_t)value;
    if (size == sizeof(narrow) && value > UINT32_MAX)
        return false;
    if (size == sizeof(narrow))
        memcpy(place, &narrow, size);
    else
        memcpy(place, &value, size);
    return true;
}

static bool read_text(const char *text, size_t length, char *place, size_t size)
{
    if (length >= size)
        return false;
    if (length == 1 && *text == '-')
        return true;
    memcpy(place, text, length);
    return true;
}

/* Fields with a space behind each, a line's end behind the last; *place is moved behind that. */
static bool read_fields(const struct field *line, size_t count, const char **place,
                        struct usage *usage)
{
    char *base = (char *)usage;

    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        size_t length = strcspn(*place, " \n");

        if ((*place)[length] != (last ? '\n' : ' '))
            return false;
        if (line[i].text ? !read_text(*place, length, base + line[i].offset, line[i].size)
                         : !read_number(*place, length, base + line[i].offset, line[i].size))
            return false;
        *place += length + 1;
    }
    return true;
}

bool usage_read_canonical(const char *canonical, struct usage *ret_usage)
{
    static const char start[] = "\nusage ", price[] = "price ";
    const char *place = strstr(canonical, start);
    struct usage usage = {0};

    if (!place)
        return false;
    place += sizeof(start) - 1;
    if (!read_fields(fields, COUNT_OF(fields), &place, &usage))
        return false;
    if (strncmp(place, price, sizeof(price) - 1) == 0) {
        place += sizeof(price) - 1;
        if (!read_fields(price_fields, COUNT_OF(price_fields), &place, &usage))
            return false;
    }
    *ret_usage = usage;
    return true;
}

static const char *const kinds[] = {
    "grant-institution", "grant-project", "charge", "waive", "refund",
    "transfer",          "grant-end",     "list",
};
static_assert(COUNT_OF(kinds) == TXN_KIND_COUNT, "one name for each kind, in their order");

void txn_print_canonical(const struct txn *txn, const struct usage *usage, struct buffer *buffer)
{
    buffer_add_text(buffer, "txn 1");
    add_field(buffer, txn->key);
    add_field(buffer, kinds[txn->kind]);
    add_field(buffer, txn->institution);
    add_amount(buffer, txn->at_us);
    buffer_add_char(buffer, '\n');
    for (unsigned i = 0; i < txn->entry_count; i++) {
        buffer_add_text(buffer, "entry");
        add_field(buffer, txn->entries[i].account);
        add_amount(buffer, txn->entries[i].amount_micro);
        buffer_add_char(buffer, '\n');
    }
    if (usage)
        usage_print_canonical(usage, buffer);
}
