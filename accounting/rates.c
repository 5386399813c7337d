/* rates.c - the rate cards of a report (rates.csv), and whether its prices are theirs */

#include "accounting/rates.h"

#include "accounting/csv.h"
#include "accounting/verify_items.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char columns[] = "card,cluster,partition,qos,mode,core_usu,gib_usu,gpu_usu,node_usu,"
                              "listed,start_us,end_us,made_us";
#define COLUMNS 13

/* Names are names of base/parse.h: nothing needs quotes. */
void render_rates(const struct report *report, struct buffer *buffer)
{
    buffer_print(buffer, "%s\n", columns);
    for (size_t i = 0; i < report->rate_count; i++) {
        const struct rate *rate = &report->rates[i].rate;

        buffer_print(buffer,
                     "%" PRIu64 ",%s,%s,%s,%s,%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32
                     ",%d,%" PRId64 ",%" PRId64 ",%" PRId64 "\n",
                     rate->id, rate->cluster, rate->partition, rate->qos,
                     rate_mode_name(rate->mode), rate->prices.core, rate->prices.gib,
                     rate->prices.gpu, rate->prices.node, rate->listed, rate->start_us,
                     rate->end_us, report->rates[i].made_us);
    }
}

static bool read_name(const char *text, char ret_name[LEDGER_NAME_MAX + 1], struct error *err)
{
    if (strlen(text) > LEDGER_NAME_MAX)
        return fail(err, ERROR_INVALID, "a name has more than %d bytes", LEDGER_NAME_MAX);
    snprintf(ret_name, LEDGER_NAME_MAX + 1, "%s", text);
    return true;
}

static bool read_time(const char *text, int64_t *ret_us, struct error *err)
{
    uint64_t value;

    if (!parse_u64(text, 0, INT64_MAX, &value, err))
        return false;
    *ret_us = (int64_t)value;
    return true;
}

static bool read_prices(char *const *fields, struct prices *ret_prices, struct error *err)
{
    return parse_u32(fields[0], 0, RATE_PRICE_MOST, &ret_prices->core, err) &&
           parse_u32(fields[1], 0, RATE_PRICE_MOST, &ret_prices->gib, err) &&
           parse_u32(fields[2], 0, RATE_PRICE_MOST, &ret_prices->gpu, err) &&
           parse_u32(fields[3], 0, RATE_PRICE_MOST, &ret_prices->node, err);
}

static bool read_row(const struct csv *csv, struct rate *ret_rate, int64_t *ret_made_us,
                     struct error *err)
{
    char *const *fields = csv->fields;
    uint32_t listed;

    *ret_rate = (struct rate){0};
    if (csv->count != COLUMNS)
        return fail(err, ERROR_INVALID, "row %zu has %zu columns, not %d", csv->row, csv->count,
                    COLUMNS);
    if (!parse_u64(fields[0], 1, INT64_MAX, &ret_rate->id, err) ||
        !read_name(fields[1], ret_rate->cluster, err) ||
        !read_name(fields[2], ret_rate->partition, err) ||
        !read_name(fields[3], ret_rate->qos, err) ||
        !rate_mode_parse(fields[4], &ret_rate->mode, err) ||
        !read_prices(fields + 5, &ret_rate->prices, err) ||
        !parse_u32(fields[9], 0, 1, &listed, err) ||
        !read_time(fields[10], &ret_rate->start_us, err) ||
        !read_time(fields[11], &ret_rate->end_us, err) || !read_time(fields[12], ret_made_us, err))
        return fail_in(err, "row %zu", csv->row);
    ret_rate->listed = listed;
    return true;
}

static bool take_card(struct rates *rates, const struct csv *csv, struct error *err)
{
    struct rate rate;
    int64_t made_us = 0;

    if (!read_row(csv, &rate, &made_us, err))
        return false;
    if (!rates_check_made(rates, &rate, made_us, err))
        return fail_in(err, "card %" PRIu64, rate.id);
    rates_add(rates, &rate);
    return true;
}

static struct rates *read_rates(const struct bundle *bundle, struct error *err)
{
    const struct bundle_file *file = bundle_find(bundle, RATES_NAME);
    CLEANUP(rates_freep) struct rates *rates = rates_new();
    CLEANUP(csv_clear) struct csv csv = {0};
    int more;

    if (!file || strncmp(file->bytes.bytes, columns, strlen(columns)) != 0) {
        fail(err, ERROR_INVALID, RATES_NAME " is missing, or has other columns than a report has");
        return NULL;
    }
    csv_init(&csv, &file->bytes);
    (void)csv_next(&csv, err);
    while ((more = csv_next(&csv, err)) == 1)
        if (!take_card(rates, &csv, err)) {
            (void)fail_in(err, RATES_NAME);
            return NULL;
        }
    return more == 0 ? STEAL(rates) : NULL;
}

static bool fail_factor(struct error *err, const struct usage *usage, const char *why)
{
    return fail(err, ERROR_INVALID,
                "job %" PRIu64 " attempt %u: factor %u by rate card %" PRIu64 ": %s", usage->job,
                usage->attempt, usage->factor_ppm, usage->card, why);
}

/* Which quality of service it had is in its card alone. */
static bool check_item(void *owner, const struct item *item, struct error *err)
{
    const struct rates *rates = owner;
    const struct usage *usage = &item->usage;
    const struct quantities quantities = {usage->cores, usage->nodes, usage->gpus,
                                          usage->memory_bytes};
    const struct rate *card = usage->card ? rates_find_id(rates, usage->card) : NULL;
    const struct rate *right = rates_at(rates, usage->cluster, usage->partition,
                                        card && *card->qos ? card->qos : NULL, usage->start_us);

    if (usage->card && !card)
        return fail_factor(err, usage, "there is no such card");
    if (card != right)
        return fail_factor(err, usage, "another was in force when it started");
    if (!card)
        return usage->listed_micro == 0 || fail_factor(err, usage, "no card lists it");
    if (usage->cores == 0 ||
        rate_with_qos(rate_factor(card, &quantities), usage->qos_ppm) != usage->factor_ppm)
        return fail_factor(err, usage, "the card says another");
    if (usage->waived_micro == 0 && card->listed && usage->charged_micro != 0)
        return fail_factor(err, usage, "what it is for is billed nothing");
    return card->listed || usage->listed_micro == 0 ||
           fail_factor(err, usage, "what it is for is billed");
}

bool rates_verify(const struct bundle *bundle, struct error *err)
{
    CLEANUP(rates_freep) struct rates *rates = read_rates(bundle, err);

    return rates && items_each(bundle, check_item, rates, err);
}
