/* check_books.c - is a transaction's text, which its chain protects, what the tables say
 *
 * The text is made again from the rows of txn and usage, and from the entries read out of it. */

#include "scheduler/check.h"

#include "accounting/core/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct rebuilt {
    struct txn txn;
    struct usage usage;
    int64_t usage_txn;
    bool has_usage;
};

static void take_text(char *place, size_t size, const char *text)
{
    snprintf(place, size, "%s", text);
}

/* What is no entry, or one too many, is missing from the text made again. */
static void read_entries(const char *canonical, struct txn *txn)
{
    while (txn->entry_count < LEDGER_ENTRY_MAX &&
           txn_next_entry(&canonical, &txn->entries[txn->entry_count]))
        txn->entry_count++;
}

static bool on_usage(void *owner, const struct row *row, bool good)
{
    struct rebuilt *rebuilt = owner;
    const struct usage_row *from = &row->usage;
    struct usage *usage = &rebuilt->usage;

    (void)good;
    *usage = (struct usage){
        .job = (uint64_t)from->job,
        .attempt = (uint32_t)from->attempt,
        .slice = (uint32_t)from->slice,
        .submit_us = from->submit_us,
        .eligible_us = from->eligible_us,
        .start_us = from->start_us,
        .end_us = from->end_us,
        .nodes = (uint32_t)from->nodes,
        .cores = (uint32_t)from->cores,
        .wall_us = from->wall_us,
        .cpu_used_us = from->cpu_used_us,
        .memory_bytes = (uint64_t)from->memory,
        .memory_peak_bytes = (uint64_t)from->memory_peak,
        .charged_micro = from->charged,
        .waived_micro = from->waived,
        .factor_ppm = (uint32_t)from->factor_ppm,
    };
    take_text(usage->institution, sizeof(usage->institution), from->institution);
    take_text(usage->project, sizeof(usage->project), from->project);
    take_text(usage->user, sizeof(usage->user), from->user);
    take_text(usage->cluster, sizeof(usage->cluster), from->cluster);
    take_text(usage->partition, sizeof(usage->partition), from->partition);
    take_text(usage->state, sizeof(usage->state), from->state);
    rebuilt->usage_txn = from->txn;
    rebuilt->has_usage = true;
    return false;
}

static bool on_priced(void *owner, const struct row *row, bool good)
{
    struct usage *usage = owner;

    (void)good;
    usage->card = (uint64_t)row->priced.card;
    usage->gpus = (uint32_t)row->priced.gpus;
    usage->qos_ppm = (uint32_t)row->priced.qos_ppm;
    usage->listed_micro = row->priced.listed;
    return false;
}

/* "CHG/17/1/0" names the usage it is for. */
static bool read_usage(struct store *store, const char *key, struct rebuilt *rebuilt,
                       struct error *err)
{
    struct query query = {.kind = QUERY_USAGE_AT, .lane = LANE_SLOW};

    if (sscanf(key, "%*[A-Z]/%" SCNd64 "/%" SCNd64 "/%" SCNd64, &query.from, &query.until,
               &query.after) != 3)
        return true;
    if (!store->query(store, &query, on_usage, rebuilt, err))
        return false;
    query.kind = QUERY_PRICED_AT;
    return store->query(store, &query, on_priced, &rebuilt->usage, err);
}

bool txn_is_as_its_rows(struct store *store, const struct txn_row *row, bool *ret_same,
                        bool *ret_has_usage, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct rebuilt rebuilt = {.txn = {.at_us = row->at_us}};

    buffer_init(&text);
    *ret_same = false;
    *ret_has_usage = false;
    if (!read_usage(store, row->txn_key, &rebuilt, err))
        return false;
    if (row->kind < 0 || row->kind >= TXN_KIND_COUNT)
        return true;
    read_entries(row->canonical, &rebuilt.txn);
    rebuilt.txn.kind = (enum txn_kind)row->kind;
    take_text(rebuilt.txn.key, sizeof(rebuilt.txn.key), row->txn_key);
    take_text(rebuilt.txn.institution, sizeof(rebuilt.txn.institution), row->institution);
    txn_print_canonical(&rebuilt.txn, rebuilt.has_usage ? &rebuilt.usage : NULL, &text);
    *ret_same = strcmp(text.bytes, row->canonical) == 0 &&
                (!rebuilt.has_usage || rebuilt.usage_txn == row->id);
    *ret_has_usage = rebuilt.has_usage;
    return true;
}
