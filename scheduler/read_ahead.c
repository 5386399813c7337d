/* read_ahead.c - rows are read and checked on one thread while another uses those before */

#include "scheduler/read_ahead.h"

#include "base/relay.h"

#include <stdlib.h>

#define BLOCKS     8   /* so far ahead, and no further */
#define BLOCK_ROWS 256 /* few enough to stay in a cache, enough that to hand them over is nothing */
#define BLOCK_TEXT ((size_t)128 * 1024)

struct block {
    struct arena *texts;
    size_t query, count;
    struct row rows[BLOCK_ROWS];
    bool good[BLOCK_ROWS];
};

/* What the reader writes here is read when it has returned. */
struct reading {
    struct store *store;
    const struct query *queries;
    size_t count;
    struct relay *relay;
    struct block *blocks;

    struct block *open; /* the reader's, filled and not yet handed over; NULL: none */
    size_t query;
    bool stopped; /* nobody takes any more */
    bool failed;
    struct error err;
};

static bool open_block(struct reading *reading)
{
    size_t place;

    if (!relay_begin(reading->relay, &place))
        return false;
    reading->open = &reading->blocks[place];
    reading->open->query = reading->query;
    reading->open->count = 0;
    arena_reset(reading->open->texts);
    return true;
}

static void hand_over(struct reading *reading)
{
    if (!reading->open)
        return;
    reading->open = NULL;
    relay_end(reading->relay);
}

static bool keep_row(void *owner, const struct row *row, bool good)
{
    struct reading *reading = owner;
    struct block *block;

    if (!reading->open && !open_block(reading)) {
        reading->stopped = true;
        return false;
    }
    block = reading->open;
    row_copy(&block->rows[block->count], row, block->texts);
    block->good[block->count++] = good;
    if (block->count == BLOCK_ROWS)
        hand_over(reading);
    return true;
}

static void read_all(void *owner, struct relay *relay)
{
    struct reading *reading = owner;

    reading->relay = relay;
    for (size_t i = 0; i < reading->count && !reading->stopped && !reading->failed; i++) {
        struct query query = reading->queries[i];

        query.lane = LANE_SLOW;
        reading->query = i;
        reading->failed =
            !reading->store->query(reading->store, &query, keep_row, reading, &reading->err);
        hand_over(reading); /* a block has rows of one query */
    }
}

static bool use_block(const struct block *block, ahead_fn *on_row, void *owner)
{
    for (size_t i = 0; i < block->count; i++)
        if (!on_row(owner, block->query, &block->rows[i], block->good[i]))
            return false;
    return true;
}

bool read_ahead(struct store *store, const struct query *queries, size_t count, ahead_fn *on_row,
                void *owner, struct error *err)
{
    struct reading reading = {.store = store, .queries = queries, .count = count};
    struct relay *relay;
    bool more = true;
    size_t place;

    reading.blocks = NEW_ARRAY(struct block, BLOCKS);
    for (size_t i = 0; i < BLOCKS; i++)
        reading.blocks[i].texts = arena_new_sized(BLOCK_TEXT);
    relay = relay_new(BLOCKS, read_all, &reading);
    while (more && relay_take(relay, &place)) {
        more = use_block(&reading.blocks[place], on_row, owner);
        relay_give_back(relay);
    }
    relay_free(relay);
    for (size_t i = 0; i < BLOCKS; i++)
        arena_free(reading.blocks[i].texts);
    free(reading.blocks);
    if (more && reading.failed)
        *err = reading.err;
    return !more || !reading.failed;
}
