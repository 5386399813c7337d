/* check_rates.c - is each attempt's price the one that the rate card of its start says */

#include "scheduler/check_rates.h"

#include "scheduler/booking_rows.h"
#include "scheduler/rate_rows.h"

#include <inttypes.h>

/* No core has more hardware threads; of them and of the time the clocks may be off by so much. */
#define THREADS_MOST      8
#define MEASURED_SLACK_US INT64_C(2000000)

static bool is_price(int64_t price)
{
    return price >= 0 && price <= RATE_PRICE_MOST;
}

static bool has_prices(const struct rate_row *row)
{
    return is_price(row->core) && is_price(row->gib) && is_price(row->gpu) && is_price(row->node);
}

void check_rates_card(struct rates *rates, const struct rate_row *row, const struct finder *finder)
{
    struct error err;
    struct rate rate;

    if (!has_prices(row) || !rate_from_row(row, &rate, &err)) {
        find(finder, "I12: rate card %" PRId64 " has prices that no card has", row->id);
        return;
    }
    if (!rates_check_made(rates, &rate, row->made_us, &err))
        find(finder, "I12: rate card %" PRId64 ": %.180s", row->id, err.text);
    rates_add(rates, &rate);
}

static bool fits(int64_t number)
{
    return number >= 0 && number <= UINT32_MAX;
}

static void check_amount(const struct finder *finder, const struct txn_row *row,
                         const struct usage *usage)
{
    bool possible = fits(row->cores) && row->wall_us >= 0 && fits(row->factor_ppm);

    if (possible && usage_is_settled(usage))
        return;
    find(finder,
         "I7: job %" PRId64 " attempt %" PRId64 " costs %" PRId64 " micro SU, charged %" PRId64
         ", waived %" PRId64 ", listed %" PRId64,
         row->job, row->attempt,
         possible ? ledger_price(usage->cores, usage->wall_us, usage->factor_ppm) : -1,
         row->charged, row->waived, usage->listed_micro);
}

/* Which quality of service it had is in its card alone. */
static void check_card(const struct rates *rates, const struct finder *finder,
                       const struct txn_row *row, const struct usage *usage)
{
    const struct rate *card = rates_find_id(rates, usage->card);
    const struct rate *right = rates_at(rates, row->cluster, row->partition,
                                        card && *card->qos ? card->qos : NULL, row->start_us);
    const struct quantities quantities = {usage->cores, usage->nodes, usage->gpus,
                                          usage->memory_bytes};

    if (card != right || (usage->card && !card))
        find(finder,
             "I12: job %" PRId64 " attempt %" PRId64 " is priced by rate card %" PRIu64
             ", where %" PRIu64 " was in force",
             row->job, row->attempt, usage->card, right ? right->id : 0);
    else if (card && usage->cores > 0 &&
             usage->factor_ppm != rate_with_qos(rate_factor(card, &quantities), usage->qos_ppm))
        find(finder,
             "I12: job %" PRId64 " attempt %" PRId64 " costs not what rate card %" PRIu64 " says",
             row->job, row->attempt, usage->card);
}

static void check_measured(const struct finder *finder, const struct txn_row *row)
{
    __int128 wall_us = (__int128)row->wall_us + row->wall_us / 100 + MEASURED_SLACK_US;

    if (row->cpu_used_us <= wall_us * row->cores * THREADS_MOST)
        return;
    find(finder,
         "I13: job %" PRId64 " attempt %" PRId64 " used %" PRId64
         " us of processor time, more than its %" PRId64 " cores had",
         row->job, row->attempt, row->cpu_used_us, row->cores);
}

void check_rates_usage(const struct rates *rates, const struct txn_row *row,
                       const struct finder *finder)
{
    const struct usage usage = booking_usage(row);

    check_amount(finder, row, &usage);
    check_card(rates, finder, row, &usage);
    check_measured(finder, row);
}
