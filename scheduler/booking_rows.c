/* booking_rows.c - a transaction of the ledger as a row of the database, and back */

#include "scheduler/booking_rows.h"

#include <string.h>

void booking_put_usage(struct txn_row *row, const struct usage *usage)
{
    row->job = (int64_t)usage->job;
    row->attempt = usage->attempt;
    row->slice = usage->slice;
    row->project = usage->project;
    row->user = usage->user;
    row->cluster = usage->cluster;
    row->partition = usage->partition;
    row->submit_us = usage->submit_us;
    row->eligible_us = usage->eligible_us;
    row->start_us = usage->start_us;
    row->end_us = usage->end_us;
    row->nodes = usage->nodes;
    row->cores = usage->cores;
    row->wall_us = usage->wall_us;
    row->cpu_used_us = usage->cpu_used_us;
    row->memory = (int64_t)usage->memory_bytes;
    row->memory_peak = (int64_t)usage->memory_peak_bytes;
    row->charged = usage->charged_micro;
    row->waived = usage->waived_micro;
    row->listed = usage->listed_micro;
    row->factor_ppm = usage->factor_ppm;
    row->card = (int64_t)usage->card;
    row->gpus = usage->gpus;
    row->qos_ppm = usage_has_price_line(usage) ? usage->qos_ppm : 0; /* as in the text */
    row->state = usage->state;
}

void booking_add_row(const struct txn *txn, const struct usage *usage, int64_t id,
                     struct batch *batch, struct buffer *scratch)
{
    struct row row = {
        .kind = ROW_TXN,
        .txn = {.id = id,
                .chain = (int64_t)txn->chain,
                .sequence = (int64_t)txn->sequence,
                .kind = (int64_t)txn->kind,
                .institution = txn->institution,
                .at_us = txn->at_us,
                .head = {txn->head.bytes, DIGEST_SIZE},
                .txn_key = "",
                .text = "",
                .project = "",
                .user = "",
                .cluster = "",
                .partition = "",
                .state = ""},
    };

    if (usage) {
        booking_put_usage(&row.txn, usage);
    } else {
        buffer_reset(scratch);
        txn_print_canonical(txn, NULL, scratch);
        row.txn.txn_key = txn->key;
        row.txn.text = scratch->bytes;
    }
    batch_add(batch, WRITE_PUT, &row);
}

bool booking_has_usage(const struct txn_row *row)
{
    return row->job > 0 && txn_posts_usage((enum txn_kind)row->kind);
}

struct usage booking_usage(const struct txn_row *row)
{
    struct usage usage = {
        .job = (uint64_t)row->job,
        .attempt = (uint32_t)row->attempt,
        .slice = (uint32_t)row->slice,
        .submit_us = row->submit_us,
        .eligible_us = row->eligible_us,
        .start_us = row->start_us,
        .end_us = row->end_us,
        .nodes = (uint32_t)row->nodes,
        .cores = (uint32_t)row->cores,
        .wall_us = row->wall_us,
        .cpu_used_us = row->cpu_used_us,
        .memory_bytes = (uint64_t)row->memory,
        .memory_peak_bytes = (uint64_t)row->memory_peak,
        .charged_micro = row->charged,
        .waived_micro = row->waived,
        .listed_micro = row->listed,
        .factor_ppm = (uint32_t)row->factor_ppm,
        .card = (uint64_t)row->card,
        .gpus = (uint32_t)row->gpus,
        .qos_ppm = (uint32_t)row->qos_ppm,
    };

    memory_put_text(usage.institution, sizeof(usage.institution), row->institution);
    memory_put_text(usage.project, sizeof(usage.project), row->project);
    memory_put_text(usage.user, sizeof(usage.user), row->user);
    memory_put_text(usage.cluster, sizeof(usage.cluster), row->cluster);
    memory_put_text(usage.partition, sizeof(usage.partition), row->partition);
    memory_put_text(usage.state, sizeof(usage.state), row->state);
    return usage;
}

struct txn booking_txn(const struct txn_row *row)
{
    struct txn txn = {
        .kind = (enum txn_kind)row->kind,
        .chain = (uint64_t)row->chain,
        .sequence = (uint64_t)row->sequence,
        .at_us = row->at_us,
    };

    memory_put_text(txn.key, sizeof(txn.key), row->txn_key);
    memory_put_text(txn.institution, sizeof(txn.institution), row->institution);
    if (row->head.size == DIGEST_SIZE)
        memcpy(txn.head.bytes, row->head.bytes, DIGEST_SIZE);
    return txn;
}

void booking_print_text(const struct txn_row *row, struct buffer *buffer)
{
    struct usage usage;
    struct txn txn;

    if (*row->text || !booking_has_usage(row)) {
        buffer_add_text(buffer, row->text);
        return;
    }
    usage = booking_usage(row);
    txn_of_usage((enum txn_kind)row->kind, &usage, row->at_us, &txn);
    txn_print_canonical(&txn, &usage, buffer);
}

void booking_print_key(const struct txn_row *row, struct buffer *buffer)
{
    struct usage usage;
    struct txn txn;

    if (*row->txn_key || !booking_has_usage(row)) {
        buffer_add_text(buffer, row->txn_key);
        return;
    }
    usage = booking_usage(row);
    txn_of_usage((enum txn_kind)row->kind, &usage, row->at_us, &txn);
    buffer_add_text(buffer, txn.key);
}
