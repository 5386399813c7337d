/* store_reader_chain.c - the chains of transactions, as they are read for reports and checkpoints */

#include "accounting/store_reader.h"

#include "accounting/store_reader_inside.h"
#include "base/buffer.h"

#include <string.h>

static bool copy_digest(struct reader_statement *statement, int column, struct digest *ret_digest)
{
    size_t size;
    const void *bytes = reader_bytes(statement, column, &size);

    if (size != DIGEST_SIZE)
        return false;
    memcpy(ret_digest->bytes, bytes, DIGEST_SIZE);
    return true;
}

/* The columns of a transaction, in the order in which read_txn() takes them. */
#define TXN_COLUMNS                                                                                \
    "kind, txn_key, sequence, at_us, head, id, text, job, attempt, slice, institution, project,"   \
    " \"user\", cluster, partition, state, submit_us, eligible_us, start_us, end_us, nodes, "      \
    "cores,"                                                                                       \
    " wall_us, cpu_used_us, memory, memory_peak, charged, waived, listed, factor_ppm, card, gpus," \
    " qos_ppm"

static void copy_name(struct reader_statement *statement, int column, char *place, size_t room)
{
    memory_put_text(place, room, reader_text(statement, column));
}

static struct usage read_usage(struct reader_statement *statement)
{
    struct usage usage = {
        .job = (uint64_t)reader_number(statement, 7),
        .attempt = (uint32_t)reader_number(statement, 8),
        .slice = (uint32_t)reader_number(statement, 9),
        .submit_us = reader_number(statement, 16),
        .eligible_us = reader_number(statement, 17),
        .start_us = reader_number(statement, 18),
        .end_us = reader_number(statement, 19),
        .nodes = (uint32_t)reader_number(statement, 20),
        .cores = (uint32_t)reader_number(statement, 21),
        .wall_us = reader_number(statement, 22),
        .cpu_used_us = reader_number(statement, 23),
        .memory_bytes = (uint64_t)reader_number(statement, 24),
        .memory_peak_bytes = (uint64_t)reader_number(statement, 25),
        .charged_micro = reader_number(statement, 26),
        .waived_micro = reader_number(statement, 27),
        .listed_micro = reader_number(statement, 28),
        .factor_ppm = (uint32_t)reader_number(statement, 29),
        .card = (uint64_t)reader_number(statement, 30),
        .gpus = (uint32_t)reader_number(statement, 31),
        .qos_ppm = (uint32_t)reader_number(statement, 32),
    };

    copy_name(statement, 10, usage.institution, sizeof(usage.institution));
    copy_name(statement, 11, usage.project, sizeof(usage.project));
    copy_name(statement, 12, usage.user, sizeof(usage.user));
    copy_name(statement, 13, usage.cluster, sizeof(usage.cluster));
    copy_name(statement, 14, usage.partition, sizeof(usage.partition));
    copy_name(statement, 15, usage.state, sizeof(usage.state));
    return usage;
}

/* A walk along a chain: the row at hand, and what its texts are in. */
struct walk {
    struct txn_row row;
    struct txn txn;
    struct buffer text;
};

/* What an attempt used has no text of its own: it follows. */
static bool read_txn(struct reader_statement *statement, struct walk *walk, struct error *err)
{
    struct txn_row *row = &walk->row;

    row->kind = (enum txn_kind)(int)reader_number(statement, 0);
    row->key = reader_text(statement, 1);
    row->sequence = (uint64_t)reader_number(statement, 2);
    row->at_us = reader_number(statement, 3);
    row->id = (uint64_t)reader_number(statement, 5);
    row->canonical = reader_text(statement, 6);
    row->has_usage = txn_posts_usage(row->kind);
    if (!copy_digest(statement, 4, &row->head))
        return fail(err, ERROR_IO, "transaction %llu has a damaged digest",
                    (unsigned long long)row->id);
    if (!row->has_usage)
        return true;
    row->usage = read_usage(statement);
    txn_of_usage(row->kind, &row->usage, row->at_us, &walk->txn);
    row->key = walk->txn.key;
    if (*row->canonical)
        return true;
    buffer_reset(&walk->text);
    txn_print_canonical(&walk->txn, &row->usage, &walk->text);
    row->canonical = walk->text.bytes;
    return true;
}

/* The number of the institution's chain; 0: it has none yet. */
static bool find_chain(struct store_reader *reader, const char *institution, int64_t *ret_chain,
                       struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    enum reader_step code;

    statement = reader_prepare(
        reader, "SELECT chain FROM txn WHERE institution = ?1 AND sequence = 1", err);
    if (!statement)
        return false;
    reader_bind_text(statement, 1, institution);
    code = reader_step(statement);
    *ret_chain = code == READER_ROW ? reader_number(statement, 0) : 0;
    return code == READER_ROW || code == READER_DONE || reader_fail(reader, "read the ledger", err);
}

/* A chain lies in one piece, its transactions in their order: their places, from `sequence` on. */
static void bind_places(struct reader_statement *statement, int64_t chain, uint64_t sequence)
{
    reader_bind_number(statement, 1, (chain << 32) + (int64_t)sequence);
    reader_bind_number(statement, 2, (chain + 1) << 32);
}

/* The number and time of the first of the chain from that number on; 0: none is left. */
static bool first_from(struct reader_statement *statement, int64_t chain, uint64_t sequence,
                       uint64_t *ret_sequence, int64_t *ret_at_us)
{
    enum reader_step code;

    bind_places(statement, chain, sequence);
    code = reader_step(statement);
    *ret_sequence = code == READER_ROW ? (uint64_t)reader_number(statement, 0) : 0;
    *ret_at_us = code == READER_ROW ? reader_number(statement, 1) : 0;
    reader_reset(statement);
    return code == READER_ROW || code == READER_DONE;
}

/* The first number of the chain that was posted at that time or later, by halves: times grow
 * along a chain, and have no index. */
static bool seek_time(struct store_reader *reader, int64_t chain, int64_t at_us,
                      uint64_t *ret_sequence, struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    uint64_t low = 1, high = UINT32_MAX, found;
    int64_t found_us;

    statement = reader_prepare(reader,
                               "SELECT sequence, at_us FROM txn WHERE place >= ?1"
                               " AND place < ?2 ORDER BY place LIMIT 1",
                               err);
    if (!statement)
        return false;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (!first_from(statement, chain, middle, &found, &found_us))
            return reader_fail(reader, "read the ledger", err);
        if (found == 0 || found_us >= at_us)
            high = middle;
        else
            low = found + 1;
    }
    *ret_sequence = low;
    return true;
}

static void walk_clear(struct walk *walk)
{
    buffer_clear(&walk->text);
}

/* One walk along the chain, which lies in one piece, is the whole month. */
bool store_reader_txns(struct store_reader *reader, const char *institution,
                       const struct period *period, txn_row_fn *each, void *owner,
                       struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    CLEANUP(walk_clear) struct walk walk = {0};
    uint64_t first = 0;
    int64_t chain;
    enum reader_step code;

    buffer_init(&walk.text);
    if (!find_chain(reader, institution, &chain, err))
        return false;
    if (chain == 0)
        return true;
    if (!seek_time(reader, chain, period->start_us, &first, err))
        return false;
    statement = reader_prepare(
        reader, "SELECT " TXN_COLUMNS " FROM txn WHERE place >= ?1 AND place < ?2 ORDER BY place",
        err);
    if (!statement)
        return false;
    bind_places(statement, chain, first);
    while ((code = reader_step(statement)) == READER_ROW) {
        if (reader_number(statement, 3) >= period->end_us)
            return true;
        if (!read_txn(statement, &walk, err) || !each(owner, &walk.row, err))
            return false;
    }
    return code == READER_DONE || reader_fail(reader, "read the ledger", err);
}

bool store_reader_head(struct store_reader *reader, const char *institution, uint64_t sequence,
                       struct digest *ret_head, struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    int64_t chain;

    if (sequence == 0) {
        *ret_head = (struct digest){0};
        return true;
    }
    if (!find_chain(reader, institution, &chain, err))
        return false;
    statement = reader_prepare(
        reader, "SELECT head FROM txn WHERE place >= ?1 AND place < ?2 ORDER BY place LIMIT 1",
        err);
    if (!statement)
        return false;
    bind_places(statement, chain, sequence);
    if (reader_step(statement) != READER_ROW || !copy_digest(statement, 0, ret_head))
        return fail(err, ERROR_IO, "the chain of %s has no good entry %llu", institution,
                    (unsigned long long)sequence);
    return true;
}

bool store_reader_heads(struct store_reader *reader, uint64_t after, head_fn *each, void *owner,
                        struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    struct digest head;
    enum reader_step code;

    statement = reader_prepare(reader, "SELECT id, head FROM txn WHERE id > ?1 ORDER BY id", err);
    if (!statement)
        return false;
    reader_bind_number(statement, 1, (int64_t)after);
    while ((code = reader_step(statement)) == READER_ROW) {
        uint64_t id = (uint64_t)reader_number(statement, 0);

        if (!copy_digest(statement, 1, &head))
            return fail(err, ERROR_IO, "transaction %llu has no good head", (unsigned long long)id);
        if (!each(owner, id, &head, err))
            return false;
    }
    return code == READER_DONE || reader_fail(reader, "read the heads", err);
}

bool store_reader_head_of(struct store_reader *reader, uint64_t id, struct digest *ret_head,
                          struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;

    statement = reader_prepare(reader, "SELECT head FROM txn WHERE id = ?1", err);
    if (!statement)
        return false;
    reader_bind_number(statement, 1, (int64_t)id);
    if (reader_step(statement) != READER_ROW || !copy_digest(statement, 0, ret_head))
        return fail(err, ERROR_NOT_FOUND, "no transaction %llu", (unsigned long long)id);
    return true;
}

/* Reports are made soon after their month: what came since is few. */
bool store_reader_last(struct store_reader *reader, int64_t before_us, uint64_t *ret_id,
                       struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    enum reader_step code;

    statement =
        reader_prepare(reader, "SELECT id FROM txn WHERE at_us < ?1 ORDER BY id DESC LIMIT 1", err);
    if (!statement)
        return false;
    reader_bind_number(statement, 1, before_us);
    code = reader_step(statement);
    if (code != READER_ROW && code != READER_DONE)
        return reader_fail(reader, "read the ledger", err);
    *ret_id = code == READER_ROW ? (uint64_t)reader_number(statement, 0) : 0;
    return true;
}
