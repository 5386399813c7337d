/* handlers_rates.c - rate cards: made, ended and shown */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "scheduler/foresee.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_BYTES 256

static bool check_reason(const char *reason, struct error *err)
{
    if (*reason == '\0')
        return fail(err, ERROR_INVALID, "a rate card is made and ended with a reason");
    if (strlen(reason) > REASON_BYTES)
        return fail(err, ERROR_INVALID, "the reason has more than %d bytes", REASON_BYTES);
    return true;
}

/* --- RateAdd ------------------------------------------------------------------------------------------ */

static bool has_partition(const struct inventory *inventory, const char *cluster,
                          const char *partition)
{
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *there = inventory_cluster(inventory, i);

        if ((*cluster == '\0' || strcmp(cluster, there->name) == 0) &&
            cluster_find_partition(there, partition))
            return true;
    }
    return false;
}

static bool check_place(const struct service *service, const Wire__RateAdd *wire, struct error *err)
{
    const struct inventory *inventory = core_inventory(service->core);

    if (*wire->cluster && !inventory_find_cluster(inventory, wire->cluster))
        return fail(err, ERROR_NOT_FOUND, "no cluster %.64s", wire->cluster);
    if (*wire->partition && !has_partition(inventory, wire->cluster, wire->partition))
        return fail(err, ERROR_NOT_FOUND, "%s%.64s has no partition %.64s",
                    *wire->cluster ? "cluster " : "no cluster", wire->cluster, wire->partition);
    if (*wire->qos && !qos_find(core_qoses(service->core), wire->qos))
        return fail(err, ERROR_NOT_FOUND, "no quality of service %.64s", wire->qos);
    return true;
}

static uint64_t next_card(const struct rates *rates)
{
    const struct rate *rate;
    uint64_t last = 0;

    for (size_t place = 0; (rate = rates_next(rates, &place));)
        if (rate->id > last)
            last = rate->id;
    return last + 1;
}

/* Names were checked: they fit. */
static bool read_rate(const struct service *service, const Wire__RateAdd *wire,
                      struct rate *ret_rate, struct error *err)
{
    const struct rates *rates = core_rates(service->core);
    struct rate rate = {
        .id = next_card(rates),
        .prices = {wire->core, wire->gib, wire->gpu, wire->node},
        .listed = wire->listed,
        .start_us = wire->start_us ? wire->start_us : service->now_us,
        .end_us = wire->end_us,
    };

    if (!check_reason(wire->reason, err) || !check_place(service, wire, err) ||
        !rate_mode_parse(*wire->mode ? wire->mode : rate_mode_name(RATE_SUM), &rate.mode, err))
        return false;
    snprintf(rate.cluster, sizeof(rate.cluster), "%s", wire->cluster);
    snprintf(rate.partition, sizeof(rate.partition), "%s", wire->partition);
    snprintf(rate.qos, sizeof(rate.qos), "%s", wire->qos);
    if (!rates_check(rates, &rate, service->now_us, err))
        return false;
    *ret_rate = rate;
    return true;
}

static void put_rate(struct service *service, const struct ask *ask, const struct rate *rate)
{
    const struct row row = {
        .kind = ROW_RATE,
        .rate = {.id = (int64_t)rate->id,
                 .cluster = rate->cluster,
                 .partition = rate->partition,
                 .qos = rate->qos,
                 .mode = rate_mode_name(rate->mode),
                 .core = rate->prices.core,
                 .gib = rate->prices.gib,
                 .gpu = rate->prices.gpu,
                 .node = rate->prices.node,
                 .listed = rate->listed,
                 .start_us = rate->start_us,
                 .end_us = rate->end_us,
                 .reason = ask->envelope->rate_add->reason,
                 .made_by = ask->principal->name,
                 .made_us = service->now_us,
                 .end_reason = "",
                 .ended_by = ""},
    };

    group_put(service, &row);
    given_put(service->given, &row);
}

static bool on_rate_add(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                        struct error *err)
{
    struct service *service = owner;
    const Wire__RateAdd *wire = ask->envelope->rate_add;
    struct event event = {.kind = EVENT_RATE_ADDED, .by = ask->principal->name};
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);
    const struct rate *rate = &event.rate;

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!read_rate(service, wire, &event.rate, err))
        return false;
    if (wire->dry_run) {
        CLEANUP(rates_freep) struct rates *after = rates_copy(core_rates(service->core));

        rates_add(after, rate);
        foresee_rates(service, after, rate->start_us, answer, keep);
        return true;
    }
    put_rate(service, ask, rate);
    service_step(service, &event);
    audit(service, ask->principal->name, "rate-add",
          "%" PRIu64 " %s/%s/%s %s core=%" PRIu32 " gib=%" PRIu32 " gpu=%" PRIu32 " node=%" PRIu32
          "%s start=%" PRId64 " end=%" PRId64 " reason=%s",
          rate->id, rate->cluster, rate->partition, rate->qos, rate_mode_name(rate->mode),
          rate->prices.core, rate->prices.gib, rate->prices.gpu, rate->prices.node,
          rate->listed ? " listed" : "", rate->start_us, rate->end_us, wire->reason);
    log_info("rate=%" PRIu64 " by=%s", rate->id, ask->principal->name);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

/* --- RateEnd ------------------------------------------------------------------------------------------ */

static const struct row *find_given(const struct service *service, uint64_t card)
{
    const struct row key = {.kind = ROW_RATE, .rate = {.id = (int64_t)card}};

    return card <= INT64_MAX ? given_find(service->given, &key) : NULL;
}

static bool on_rate_end(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                        struct error *err)
{
    struct service *service = owner;
    const Wire__RateEnd *wire = ask->envelope->rate_end;
    struct event event = {.kind = EVENT_RATE_ENDED, .by = ask->principal->name};
    enum keyed keyed = keyed_begin(service, ask, wire->key, &wire->base, err);
    const struct row *given = find_given(service, wire->card);
    int64_t end_us = wire->end_us ? wire->end_us : service->now_us;
    struct row row;

    if (keyed != KEYED_NEW)
        return keyed == KEYED_AGAIN;
    if (!given)
        return fail(err, ERROR_NOT_FOUND, "no rate card %" PRIu64, wire->card);
    if (!check_reason(wire->reason, err) ||
        !rates_check_end(core_rates(service->core), wire->card, end_us, service->now_us, err))
        return false;
    if (wire->dry_run) {
        CLEANUP(rates_freep) struct rates *after = rates_copy(core_rates(service->core));

        rates_end(after, wire->card, end_us);
        foresee_rates(service, after, end_us, answer, keep);
        return true;
    }
    event.rate.id = wire->card;
    event.rate.end_us = end_us;
    service_step(service, &event);
    row_copy(&row, given, keep); /* it is freed when it is put again */
    row.rate.end_us = rates_find_id(core_rates(service->core), wire->card)->end_us;
    row.rate.end_reason = wire->reason;
    row.rate.ended_by = ask->principal->name;
    group_put(service, &row);
    given_put(service->given, &row);
    audit(service, ask->principal->name, "rate-end", "%" PRIu64 " end=%" PRId64 " reason=%s",
          wire->card, row.rate.end_us, wire->reason);
    answer_done(answer, keep);
    keyed_end(service, ask, wire->key, answer);
    return true;
}

/* --- RatesAsk ----------------------------------------------------------------------------------------- */

static char *text(struct arena *keep, const char *from)
{
    return arena_copy_utf8(keep, from);
}

static Wire__RateRow *show_rate(const struct service *service, const struct rate *rate,
                                struct arena *keep)
{
    const struct row *given = find_given(service, rate->id);
    int64_t until_us = rates_until(core_rates(service->core), rate);
    Wire__RateRow *row = ARENA_NEW(keep, Wire__RateRow);

    wire__rate_row__init(row);
    row->card = rate->id;
    row->cluster = text(keep, rate->cluster);
    row->partition = text(keep, rate->partition);
    row->qos = text(keep, rate->qos);
    row->mode = text(keep, rate_mode_name(rate->mode));
    row->core = rate->prices.core;
    row->gib = rate->prices.gib;
    row->gpu = rate->prices.gpu;
    row->node = rate->prices.node;
    row->listed = rate->listed;
    row->start_us = rate->start_us;
    row->until_us = until_us == INT64_MAX ? 0 : until_us;
    if (given) {
        row->reason = text(keep, given->rate.reason);
        row->made_by = text(keep, given->rate.made_by);
        row->made_us = given->rate.made_us;
        row->end_reason = text(keep, given->rate.end_reason);
        row->ended_by = text(keep, given->rate.ended_by);
    }
    return row;
}

static bool on_rates_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                         struct error *err)
{
    struct service *service = owner;
    const Wire__RatesAsk *wire = ask->envelope->rates_ask;
    const struct rates *rates = core_rates(service->core);
    const struct rate *rate;
    Wire__RateTable *table;

    if (!service_paces(service, ask, PACE_QUERY, err))
        return false;
    table = ANSWER(answer, keep, Wire__RateTable, wire__rate_table, rate_table,
                   WIRE__ENVELOPE__BODY_RATE_TABLE);
    table->rows = ARENA_NEW_ARRAY(keep, Wire__RateRow *, rates_count(rates) + 1);
    for (size_t place = 0; (rate = rates_next(rates, &place));)
        if ((*wire->cluster == '\0' || *rate->cluster == '\0' ||
             strcmp(wire->cluster, rate->cluster) == 0) &&
            (wire->all || rates_until(rates, rate) > service->now_us))
            table->rows[table->n_rows++] = show_rate(service, rate, keep);
    return true;
}

const struct handler rate_handlers[] = {
    {WIRE__ENVELOPE__BODY_RATE_ADD,  ROLE_OPERATOR,                 on_rate_add },
    {WIRE__ENVELOPE__BODY_RATE_END,  ROLE_OPERATOR,                 on_rate_end },
    {WIRE__ENVELOPE__BODY_RATES_ASK, ROLE_PEOPLE | ROLE_ACCOUNTING, on_rates_ask},
    {0,                              0,                             NULL        },
};
