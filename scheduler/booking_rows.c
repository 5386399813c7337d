/* booking_rows.c - a transaction of the ledger as rows of the database */

#include "scheduler/booking_rows.h"

static void add_usage(const struct usage *usage, int64_t txn, struct batch *batch)
{
    const struct row row = {
        .kind = ROW_USAGE,
        .usage = {.job = (int64_t)usage->job,
                  .attempt = usage->attempt,
                  .slice = usage->slice,
                  .txn = txn,
                  .institution = usage->institution,
                  .project = usage->project,
                  .user = usage->user,
                  .cluster = usage->cluster,
                  .partition = usage->partition,
                  .submit_us = usage->submit_us,
                  .eligible_us = usage->eligible_us,
                  .start_us = usage->start_us,
                  .end_us = usage->end_us,
                  .nodes = usage->nodes,
                  .cores = usage->cores,
                  .wall_us = usage->wall_us,
                  .cpu_used_us = usage->cpu_used_us,
                  .memory = (int64_t)usage->memory_bytes,
                  .memory_peak = (int64_t)usage->memory_peak_bytes,
                  .charged = usage->charged_micro,
                  .waived = usage->waived_micro,
                  .factor_ppm = usage->factor_ppm,
                  .state = usage->state},
    };

    batch_add(batch, WRITE_PUT, &row);
}

static void add_priced(const struct usage *usage, struct batch *batch)
{
    const struct row row = {
        .kind = ROW_PRICED,
        .priced = {.job = (int64_t)usage->job,
                   .attempt = usage->attempt,
                   .slice = usage->slice,
                   .card = (int64_t)usage->card,
                   .gpus = usage->gpus,
                   .qos_ppm = usage->qos_ppm,
                   .listed = usage->listed_micro},
    };

    batch_add(batch, WRITE_PUT, &row);
}

void booking_add_rows(const struct txn *txn, const struct usage *usage, int64_t id,
                      struct batch *batch, struct buffer *scratch)
{
    struct row row = {
        .kind = ROW_TXN,
        .txn = {.id = id,
                .txn_key = txn->key,
                .kind = (int64_t)txn->kind,
                .institution = txn->institution,
                .sequence = (int64_t)txn->sequence,
                .at_us = txn->at_us,
                .leaf = {txn->leaf.bytes, DIGEST_SIZE},
                .head = {txn->head.bytes, DIGEST_SIZE}},
    };

    buffer_reset(scratch);
    txn_print_canonical(txn, usage, scratch);
    row.txn.canonical = scratch->bytes;
    batch_add(batch, WRITE_PUT, &row);
    if (usage)
        add_usage(usage, id, batch);
    if (usage && usage_has_price_line(usage))
        add_priced(usage, batch);
}
