/* usage.c - what an attempt used, its price, and the text that the chain hashes */

#include "accounting/core/ledger.h"

#include <assert.h>
#include <inttypes.h>

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

void usage_print_canonical(const struct usage *usage, struct buffer *buffer)
{
    buffer_print(buffer, "usage %" PRIu64 " %" PRIu32 " %" PRIu32, usage->job, usage->attempt,
                 usage->slice);
    add_field(buffer, usage->institution);
    add_field(buffer, usage->project);
    add_field(buffer, usage->user);
    add_field(buffer, usage->cluster);
    add_field(buffer, usage->partition);
    buffer_print(buffer, " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, usage->submit_us,
                 usage->eligible_us, usage->start_us, usage->end_us);
    buffer_print(buffer, " %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRId64 " %" PRIu64 " %" PRIu64,
                 usage->nodes, usage->cores, usage->wall_us, usage->cpu_used_us,
                 usage->memory_bytes, usage->memory_peak_bytes);
    buffer_print(buffer, " %" PRId64 " %" PRId64 " %" PRIu32, usage->charged_micro,
                 usage->waived_micro, usage->factor_ppm);
    add_field(buffer, usage->state);
    buffer_add_char(buffer, '\n');
}

static const char *const kinds[] = {"grant-institution", "grant-project", "charge", "waive"};
static_assert(COUNT_OF(kinds) == TXN_KIND_COUNT, "one name for each kind, in their order");

void txn_print_canonical(const struct txn *txn, const struct usage *usage, struct buffer *buffer)
{
    buffer_print(buffer, "txn 1 %s %s", txn->key, kinds[txn->kind]);
    add_field(buffer, txn->institution);
    buffer_print(buffer, " %" PRId64 "\n", txn->at_us);
    for (unsigned i = 0; i < txn->entry_count; i++)
        buffer_print(buffer, "entry %s %" PRId64 "\n", txn->entries[i].account,
                     txn->entries[i].amount_micro);
    if (usage)
        usage_print_canonical(usage, buffer);
}
